// SPDX-License-Identifier: Apache-2.0
#include "sim/house.h"

#include <algorithm>

#include "base/check.h"
#include "town/town.h"

namespace kith::sim {
namespace {

constexpr std::string_view kKeyFile = "keys";
constexpr std::string_view kDatabase = "street.kith";
constexpr std::size_t kOutputBytesMax = 16 << 10;
constexpr std::uint64_t kTickMsMax = 10'000;
constexpr unsigned kSentThenLostPercent = 2;
constexpr unsigned kMisdialedPercent = 3;  // an address that belongs to somebody else by now
constexpr unsigned kLateMuxerPercent = 25;
constexpr StreamId kNarrowEvery = 5;                             // has yamux windows of one byte, until all is healed
constexpr StreamId kSharedEvery = 4;                             // has no stream of its own for backfill
constexpr std::uint32_t kYamuxWindows[] = {256 << 10, 4 << 10};  // both sides must take the same

crypto::Key random_key(Random& random) {
  crypto::Key key;
  random.fill(key.data);
  return key;
}

store::Schema parsed(const std::string& sql) {
  auto schema = store::Schema::parse(sql);
  CHECK(schema.ok());
  return std::move(schema).value();
}

const store::Schema& app_schema(bool is_updated) {
  static const store::Schema first = parsed(town::schema() + Workload::schema());
  static const store::Schema newer = parsed(town::schema() + Workload::schema() + Workload::later_schema());
  return is_updated ? newer : first;
}

std::optional<Seen> seen_of(std::string_view state) {
  if (state == "authority") return Seen::kStateAuthority;
  if (state == "comparing") return Seen::kStateComparing;
  if (state == "backfill") return Seen::kStateBackfill;
  if (state == "live") return Seen::kStateLive;
  return std::nullopt;
}

}  // namespace

House::House(Place place, Beginning beginning, const crypto::Key& root, std::uint64_t seed, Timeline& timeline,
             Network& network, Run& run)
    : place_(place),
      name_("house " + std::to_string(place)),
      beginning_(beginning),
      root_(root),
      timeline_(timeline),
      network_(network),
      run_(run),
      dice_(seed),
      random_(dice_.seed()),
      disk_(dice_.seed()),
      clock_(timeline) {
  disk_.set_sync_lies(run.options().mutation == Mutation::kNoFlush);
  keyring_.host_seed = random_key(random_);
  keyring_.storage_key = random_key(random_);
  host_ = HostKey{crypto::SigningKey::from_seed(keyring_.host_seed).public_key().data};
}

House::~House() = default;

std::vector<std::pair<std::string, Bytes>> House::secrets() const {
  std::vector<std::pair<std::string, Bytes>> out;
  const auto add = [&](const char* what, ByteView secret) { out.emplace_back(name_ + "'s " + what, to_bytes(secret)); };
  add("root", root_.view());
  add("host key", keyring_.host_seed.view());
  add("storage key", keyring_.storage_key.view());
  for (const space::SpaceKeys& keys : keyring_.spaces) {
    add("log key", keys.log_seed.view());
    add("box key", keys.box_secret.view());
    add("self key", keys.self_key.view());
    for (const crypto::Key& wrap : keys.wrap_secrets) add("wrap key", wrap.view());
    if (keys.person_root) add("person root", keys.person_root->view());
  }
  return out;
}

// -- life

void House::boot() {
  ++life_;
  is_up_ = true;
  clock_.boot();
  network_.appear(place_);
  run_.say(name_ + " boots");
  if (load_keys() && open_space() && space_ != nullptr) check_promises();
  if (run_.options().is_over_libp2p()) identity_.emplace(crypto::SigningKey::from_seed(keyring_.host_seed), random_);
  tick_at_ms_ = 0;
  wake_at_ms_ = 0;
  for (auto& [place, neighbour] : neighbours_) {
    neighbour.retry->reset();
    neighbour.next_dial_ms = timeline_.now_ms() + dice_.below(500);
  }
  settle();
}

void House::collapse() {
  if (!is_up_) return;
  run_.say(name_ + " is gone");
  is_up_ = false;
  ++life_;
  network_.vanish(place_);
  disk_.cut_power();
  for (auto& [stream, connection] : connections_) {
    count(connection);
    const p2p::Connection* libp2p = connection.carrier->connection();
    if (libp2p != nullptr && libp2p->step() < p2p::Step::kOpen) run_.report().note(Seen::kDiedInHandshake);
  }
  connections_.clear();
  for (auto& [place, neighbour] : neighbours_) neighbour.stream.reset();
  space_.reset();
  if (on_collapse_) on_collapse_(*this);
}

// The host key names the machine, so it is the same in every life, even if the key file never got onto the disk.
bool House::load_keys() {
  auto loaded = space::load_keyring(disk_, kKeyFile, "");
  if (loaded.ok()) {
    keyring_ = std::move(loaded).value();
    return true;
  }
  if (loaded.error().code() != ErrorCode::kNotFound) {
    if (disk_.is_on()) run_.fail(name_ + " cannot read its key file: " + loaded.error().message());
    return false;
  }
  keyring_.spaces.clear();
  return check(space::save_keyring(disk_, kKeyFile, "", random_, keyring_), "saving its keys");
}

bool House::open_space() {
  if (keyring_.spaces.empty()) {
    forget_files();
    return disk_.is_on();
  }
  auto opened = space::Space::open(environment(), options(), keyring_.spaces.front());
  if (!opened.ok()) {
    if (disk_.is_on()) run_.fail(name_ + " cannot open its space: " + opened.error().message());
    return false;
  }
  adopt(std::move(opened).value());
  return true;
}

// A database without keys to it: the machine died between the two.
void House::forget_files() {
  space_.reset();
  for (const std::string& name : disk_.names()) {
    if (name.starts_with(kDatabase)) check(disk_.remove(name), "removing a file");
  }
}

void House::adopt(std::unique_ptr<space::Space> space) {
  space_ = std::move(space);
  space_->set_on_change([this] { has_changed_ = true; });
  space_->set_on_keys_changed([this] { check(keep_keys(space_->keys()), "saving its keys"); });
  workload_ = std::make_unique<Workload>(dice_.seed(), space_->person(), run_);
  tick_at_ms_ = 0;
}

Result<void> House::keep_keys(const space::SpaceKeys& keys) {
  keyring_.spaces.assign(1, keys);
  return space::save_keyring(disk_, kKeyFile, "", random_, keyring_);
}

space::OpenOptions House::options() const {
  return {.path = std::string(kDatabase), .schema = app_schema(is_updated_), .storage_key = keyring_.storage_key};
}

void House::begin_space() {
  if (beginning_ != Beginning::kFounds || space_ != nullptr || !disk_.is_on()) return;
  forget_files();
  Lineage lineage;
  random_.fill(lineage.data);
  space::SpaceKeys keys;
  auto founded = space::Space::found(environment(), options(), root_, lineage, host_, keys);
  if (!founded.ok()) {
    check(std::move(founded).error(), "founding");
    return;
  }
  if (!check((*founded)->store().db().flush(), "founding") || !check(keep_keys(keys), "founding")) return;
  adopt(std::move(founded).value());
  run_.say(name_ + " has founded the street");
}

void House::be_linked_by(House& other) {
  space::SpaceKeys keys;
  const auto request = space::Space::make_device_request(random_, keys);
  auto answer = other.space()->link_device(request);
  if (!answer.ok()) {
    other.check(std::move(answer).error(), "linking a device");
    return;
  }
  forget_files();
  auto linked = space::Space::link(environment(), options(), request, *answer, keys);
  if (!linked.ok()) {
    check(std::move(linked).error(), "being linked");
    return;
  }
  if (!check((*linked)->store().db().flush(), "being linked") || !check(keep_keys(keys), "being linked")) return;
  adopt(std::move(linked).value());
  run_.report().note(Seen::kDeviceLinked);
  run_.say(name_ + " was linked by " + other.name());
}

Result<void> House::remember() {
  return space_->remember(root_);
}

void House::forget() {
  space_->forget();
  check(keep_keys(space_->keys()), "forgetting the words");
}

// -- neighbours

void House::know(Place place, const HostKey& host) {
  Neighbour& neighbour = neighbours_[place];
  neighbour.host = host;
  neighbour.retry = std::make_unique<sync::Retry>(random_);
}

void House::opened(StreamId stream, Place from) {
  if (!is_up_) return;
  CHECK(neighbours_.contains(from));
  connect(stream, from, sync::Role::kListener, neighbours_.at(from).host);
  settle();
}

void House::received(StreamId stream, ByteView bytes) {
  const auto found = connections_.find(stream);
  if (!is_up_ || found == connections_.end()) return;
  Carrier& carrier = *found->second.carrier;
  const sync::Counters before = carrier.session() != nullptr ? carrier.session()->counters() : sync::Counters{};
  carrier.receive(bytes);
  const sync::Counters after = carrier.session() != nullptr ? carrier.session()->counters() : sync::Counters{};
  if (after.entries_in != before.entries_in || after.authority_in != before.authority_in) {
    count(found->second);
    notify_sessions();
  }
  settle();
}

void House::closed(StreamId stream) {
  if (!is_up_ || !connections_.contains(stream)) return;
  end(stream);
  settle();
}

void House::dial_neighbours() {
  if (!is_member() && !invitation_) return;
  for (auto& [place, neighbour] : neighbours_) {
    if (neighbour.stream || neighbour.next_dial_ms > timeline_.now_ms()) continue;
    const auto stream = network_.dial(place_, place);
    if (!stream) {
      neighbour.next_dial_ms = timeline_.now_ms() + neighbour.retry->next_ms();
      continue;
    }
    neighbour.stream = stream;
    connect(*stream, place, sync::Role::kDialer, whom_to_expect_at(place));
  }
}

// Addresses go stale: somebody else may answer there than the one who is meant.
const HostKey& House::whom_to_expect_at(Place place) {
  const auto stale = neighbours_.upper_bound(place);
  const bool is_stale = run_.options().is_over_libp2p() && dice_.percent(kMisdialedPercent);
  return is_stale && stale != neighbours_.end() ? stale->second.host : neighbours_.at(place).host;
}

void House::connect(StreamId stream, Place other, sync::Role role, const HostKey& expected) {
  Connection connection;
  connection.other = other;
  // Both ends have to know, and all they have in common is the stream.
  connection.is_narrow = run_.options().is_over_libp2p() && !run_.is_healed() && stream % kNarrowEvery == 0;
  connection.carrier = make_carrier(stream, role, expected, connection.is_narrow);
  connection.is_newcomer = role == sync::Role::kDialer && !is_member();
  connection.is_misdialed = expected != neighbours_.at(other).host;
  connections_.emplace(stream, std::move(connection));
  run_.report().note(Seen::kSession);
  if (run_.options().is_over_libp2p() && role == sync::Role::kDialer) run_.report().note(Seen::kLibp2pDialed);
}

void House::heal() {
  std::vector<StreamId> narrow;
  for (const auto& [stream, connection] : connections_) {
    if (connection.is_narrow) narrow.push_back(stream);
  }
  for (const StreamId stream : narrow) {
    network_.close(stream, place_);
    end(stream);
  }
  settle();
}

std::unique_ptr<Carrier> House::make_carrier(StreamId stream, sync::Role role, const HostKey& expected,
                                             bool is_narrow) {
  const MakeSession make_session = [this, role](const HostKey& peer) {
    if (run_.options().is_over_libp2p()) run_.report().note(Seen::kLibp2pOpened);
    const bool is_newcomer = role == sync::Role::kDialer && !is_member() && invitation_;
    return std::make_unique<sync::Session>(role, host_, peer, *this, clock_, random_,
                                           is_newcomer ? &*invitation_ : nullptr);
  };
  if (!run_.options().is_over_libp2p()) return std::make_unique<PlainCarrier>(make_session(expected));
  p2p::ConnectionOptions options{.early_muxer = !dice_.percent(kLateMuxerPercent)};
  options.limits.window_bytes =
      is_narrow ? 1 : kYamuxWindows[run_.options().seed / RunOptions::kLibp2pEvery % std::size(kYamuxWindows)];
  if (role == sync::Role::kListener) {
    options.role = p2p::Role::kListener;
  } else {
    options.expected = p2p::PeerId::of(expected);
  }
  return std::make_unique<Libp2pCarrier>(*identity_, std::move(options), stream % kSharedEvery != 0, clock_, random_,
                                         make_session);
}

void House::tick_space() {
  if (space_ == nullptr || (!has_changed_ && tick_at_ms_ > timeline_.now_ms())) return;
  has_changed_ = false;
  const auto next = space_->tick();
  tick_at_ms_ = timeline_.now_ms() + kTickMsMax;
  if (!next.ok()) {
    has_changed_ = false;  // it tries again when the tick is due, and not at once and for ever
    check(next.error(), "ticking");
    return;
  }
  const std::uint64_t now = clock_.steady_ms();
  tick_at_ms_ = timeline_.now_ms() + std::min(kTickMsMax, *next > now ? *next - now : 0);
  notify_sessions();
}

void House::notify_sessions() {
  if (space_ == nullptr) return;
  for (auto& [stream, connection] : connections_) {
    if (sync::Session* session = connection.carrier->session()) session->notify(space_->id());
  }
}

void House::poke() {
  has_changed_ = true;
  notify_sessions();
  settle();
}

void House::settle() {
  if (!is_up_ || is_settling_) return;
  is_settling_ = true;
  begin_space();
  dial_neighbours();
  tick_space();
  bool is_alive = disk_.is_on();
  std::uint64_t next_ms = std::min(tick_at_ms_, timeline_.now_ms() + kTickMsMax);
  std::vector<StreamId> streams;
  for (const auto& [stream, connection] : connections_) streams.push_back(stream);
  for (const StreamId stream : streams) {
    Connection& connection = connections_.at(stream);
    if (is_alive && connection.tick_at_ms <= timeline_.now_ms()) {
      const std::uint64_t steady = connection.carrier->tick();
      const std::uint64_t wait = steady > clock_.steady_ms() ? steady - clock_.steady_ms() : 1;
      connection.tick_at_ms = timeline_.now_ms() + std::min(kTickMsMax, wait);
      count(connection);
    }
    is_alive = is_alive && disk_.is_on() && send_all(connection, stream);
    if (!is_alive) break;
    next_ms = std::min(next_ms, connection.tick_at_ms);
    if (connection.carrier->is_over()) {
      network_.close(stream, place_);
      end(stream);
    }
  }
  for (const auto& [place, neighbour] : neighbours_) {
    if (!neighbour.stream) next_ms = std::min(next_ms, neighbour.next_dial_ms);
  }
  is_settling_ = false;
  if (!is_alive || !disk_.is_on()) {
    collapse();
    return;
  }
  const std::uint64_t now = timeline_.now_ms();
  wake_after(has_changed_ ? 1 : std::max(next_ms, now + 1) - now);
}

// False: the power went. What a session gave before it noticed is not sent.
bool House::send_all(Connection& connection, StreamId stream) {
  while (connection.carrier->has_output()) {
    const std::size_t room = network_.room(stream, place_);
    if (room == 0) return true;
    Bytes bytes;
    connection.carrier->take_output(bytes, std::min(room, kOutputBytesMax));
    if (!disk_.is_on()) return false;
    if (bytes.empty()) return true;
    network_.send(stream, place_, std::move(bytes));
    if (connection.carrier->session() == nullptr) continue;
    const sync::Counters& now = connection.carrier->session()->counters();
    const bool has_entries =
        now.entries_out > connection.counted.entries_out || now.authority_out > connection.counted.authority_out;
    count(connection);
    if (has_entries && dice_.percent(kSentThenLostPercent) && on_sent_ && on_sent_(*this)) return false;
  }
  return true;
}

void House::end(StreamId stream) {
  const auto found = connections_.find(stream);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  count(connection);
  if (connection.was_past_hello && !connection.was_split && connection.carrier->connection() != nullptr) {
    run_.report().note(Seen::kBackfillShared);
  }
  judge_libp2p(stream, connection);
  judge_end(connection);
  const auto neighbour = neighbours_.find(connection.other);
  if (neighbour != neighbours_.end() && neighbour->second.stream == stream) {
    neighbour->second.stream.reset();
    if (connection.was_past_hello) neighbour->second.retry->reset();
    neighbour->second.next_dial_ms = timeline_.now_ms() + neighbour->second.retry->next_ms();
  }
  const sync::Session* session = connection.carrier->session();
  if (connection.is_newcomer && !is_member() && session != nullptr && session->refusal() != nullptr) {
    run_.report().note(Seen::kJoinRefused);
    run_.say(name_ + " was refused: " + session->refusal()->message());
    refused_by_.insert(connection.other);
    // Who does not know an invitation may just not have heard of it: only when nobody does is it no good.
    const bool may_be_known_elsewhere = session->refusal()->code() == ErrorCode::kInviteUnknown;
    if (!may_be_known_elsewhere || refused_by_.size() == neighbours_.size()) invitation_.reset();
  }
  connections_.erase(found);
}

// Whoever is honest is never refused; whoever is not who was dialed, or shows a key that is not his, always.
void House::judge_libp2p(StreamId stream, const Connection& connection) {
  const p2p::Connection* libp2p = connection.carrier->connection();
  if (libp2p == nullptr) return;
  const p2p::Fault fault = libp2p->fault();
  if (fault != p2p::Fault::kNone) {
    run_.say(name_ + " ended a connection with house " + std::to_string(connection.other) + ": " +
             std::string(p2p::fault_name(fault)));
  }
  const bool is_forged = is_forged_(stream);
  if (connection.carrier->session() != nullptr && (is_forged || connection.is_misdialed)) {
    run_.fail(name_ + " spoke with somebody who is not who he seemed");
  }
  const bool is_nobodys_fault =
      fault == p2p::Fault::kNone || fault == p2p::Fault::kSilent || fault == p2p::Fault::kUpgradeTimeout;
  if (is_nobodys_fault) return;
  if (fault == p2p::Fault::kBadSignature && is_forged) return run_.report().note(Seen::kImpostorRefused);
  if (fault == p2p::Fault::kWrongPeer && connection.is_misdialed) return run_.report().note(Seen::kWrongPeerRefused);
  run_.fail(name_ + " takes an honest neighbour for a liar: " + std::string(p2p::fault_name(fault)));
}

void House::judge_end(const Connection& connection) {
  if (connection.carrier->session() == nullptr) return;
  const sync::Session& session = *connection.carrier->session();
  const sync::Fault fault = session.fault();
  if (fault == sync::Fault::kNone) return;
  run_.report().note(Seen::kSessionFault);
  run_.say(name_ + " ended a session with house " + std::to_string(connection.other) + ": " +
           std::string(sync::fault_name(fault)) + ", " + session.fault_detail());
  switch (fault) {
    case sync::Fault::kNone:
    case sync::Fault::kSilent:
    case sync::Fault::kStalled:
    case sync::Fault::kLocal: return;
    case sync::Fault::kRubbish:
    case sync::Fault::kOversized:
    case sync::Fault::kBadProof:
    case sync::Fault::kBadEntry:
    case sync::Fault::kTooManySpaces:
    case sync::Fault::kVersion:
      run_.fail(name_ + " takes an honest neighbour for a liar (" + std::string(sync::fault_name(fault)) +
                "): " + session.fault_detail());
  }
}

void House::count(Connection& connection) {
  const sync::Session* session = connection.carrier->session();
  if (session == nullptr) return;
  const sync::Counters& now = session->counters();
  sync::Counters& then = connection.counted;
  Report& report = run_.report();
  report.note(Seen::kEntryReceived, now.entries_in - then.entries_in);
  report.note(Seen::kEntryKnown, now.known_in - then.known_in);
  report.note(Seen::kEntryLive, now.live_in - then.live_in);
  report.note(Seen::kGap, now.gaps - then.gaps);
  then = now;
  if (!connection.was_past_hello && session->is_past_hello()) {
    connection.was_past_hello = true;
    if (connection.is_narrow) report.note(Seen::kYamuxWindowOfOneByte);
    report.note(Seen::kPastHello);
  }
  if (!connection.was_split && connection.carrier->has_backfill_stream()) {
    connection.was_split = true;
    report.note(Seen::kBackfillStream);
  }
  for (const sync::SpaceProgress& progress : session->progress()) {
    if (const auto seen = seen_of(progress.state)) report.note(*seen);
  }
}

void House::wake_after(std::uint64_t delay_ms) {
  const std::uint64_t at = timeline_.now_ms() + delay_ms;
  if (wake_at_ms_ > timeline_.now_ms() && wake_at_ms_ <= at) return;
  wake_at_ms_ = at;
  timeline_.after(delay_ms, [this, life = life_, at] {
    if (life != life_ || wake_at_ms_ != at) return;
    wake_at_ms_ = 0;
    settle();
  });
}

// -- promises

void House::promise(const WriteReceipt& receipt, std::string key) {
  if (receipt.pos == Pos{}) return;
  run_.report().note(Seen::kWrite);
  promises_.push_back({receipt.pos, receipt.stamp, std::move(key)});
}

void House::take_back(std::uint64_t chance) {
  if (promises_.empty()) return;
  const std::size_t index = promises_.size() - 1 - chance % std::min<std::size_t>(promises_.size(), 3);
  const auto done = space_->take_back(promises_[index].pos);
  if (done.ok() || !disk_.is_on()) {
    // With the power gone in between, either outcome is one.
    promises_.erase(promises_.begin() + static_cast<std::ptrdiff_t>(index));
    if (done.ok()) run_.report().note(Seen::kTakenBack);
    return;
  }
  if (done.error().code() == ErrorCode::kRefused) run_.report().note(Seen::kTakeBackRefused);
  check(done.error(), "taking back");
}

std::vector<JournalLine> House::journal() {
  std::vector<JournalLine> lines;
  const auto rows = space_->store().db().query(
      "SELECT j.pos, a.device, j.seq, j.id, j.stamp, j.state, j.kind FROM kith_journal j JOIN kith_authors a ON a.ref "
      "= "
      "j.author ORDER BY j.pos");
  if (!rows.ok()) {
    check(rows.error(), "reading its journal");
    return lines;
  }
  for (const auto& row : rows->rows) {
    JournalLine line;
    line.pos = Pos(std::get<std::int64_t>(row[0]));
    line.device = *DeviceId::from(std::get<Bytes>(row[1]));
    if (!is_null(row[2])) line.seq = Seq(static_cast<std::uint64_t>(std::get<std::int64_t>(row[2])));
    if (!is_null(row[3])) line.id = EntryId::from(std::get<Bytes>(row[3]));
    line.stamp = Stamp(static_cast<std::uint64_t>(std::get<std::int64_t>(row[4])));
    line.state = std::get<std::int64_t>(row[5]);
    line.is_content = line.seq && !is_null(row[6]) && std::get<std::int64_t>(row[6]) >= 64;
    lines.push_back(line);
  }
  return lines;
}

void House::check_promises() {
  std::set<Pos> here;
  for (const JournalLine& line : journal()) here.insert(line.pos);
  if (!disk_.is_on()) return;
  for (const Promise& promise : promises_) {
    if (here.contains(promise.pos)) continue;
    run_.fail(name_ + " has lost an acknowledged write, journal " + std::to_string(promise.pos.value));
    return;
  }
  run_.report().note(Seen::kRecovered);
}

bool House::check(const Result<void>& done, std::string_view doing) {
  if (done.ok()) return true;
  run_.say(name_ + ", " + std::string(doing) + ": " + done.error().message());
  if (done.error().code() == ErrorCode::kDiskFull) run_.report().note(Seen::kDiskFull);
  if (disk_.is_on() && !is_expected(done.error())) {
    run_.fail(name_ + ", " + std::string(doing) + ": " + done.error().message());
  }
  return false;
}

// -- sync::Spaces

std::vector<space::Space*> House::spaces() {
  if (!is_member()) return {};
  return {space_.get()};
}

const crypto::SigningKey* House::log_key(const SpaceId& space) {
  return space_ != nullptr && space_->id() == space ? space_->log_key() : nullptr;
}

space::Space* House::visit(const SpaceId& space) {
  if (space_ != nullptr) return space_->id() == space ? space_.get() : nullptr;
  if (!invitation_) return nullptr;
  forget_files();
  auto visited = space::Space::visit(environment(), options(), space, *invitation_);
  if (!visited.ok()) {
    check(std::move(visited).error(), "visiting");
    return nullptr;
  }
  adopt(std::move(visited).value());
  return space_.get();
}

Result<void> House::authority_complete(space::Space& space) {
  if (space.is_member()) return {};
  space::SpaceKeys keys;
  KITH_TRY(space.join(root_, keys));
  KITH_TRY(space.store().db().flush());
  KITH_TRY(keep_keys(keys));
  workload_ = std::make_unique<Workload>(dice_.seed(), space.person(), run_);
  run_.report().note(Seen::kJoined);
  run_.say(name_ + " has joined");
  return {};
}

// Cursors lie in the space's own file, as a node's do: they can never be newer than the entries that they stand for.
sync::PeerCursor House::peer_cursor(const HostKey& peer, const SpaceId&) {
  sync::PeerCursor cursor;
  store::Db& db = space_->store().db();
  const auto rows =
      db.query("SELECT value FROM kith_meta WHERE name = 'sim ' || hex(?)", std::vector<Value>{to_bytes(peer.view())});
  if (!rows.ok() || rows->rows.empty()) return cursor;
  const Bytes& stored = std::get<Bytes>(rows->rows[0][0]);
  ByteReader reader(stored);
  cursor.journal = reader.u64();
  cursor.pos = Pos(static_cast<std::int64_t>(reader.u64()));
  return cursor;
}

void House::set_peer_cursor(const HostKey& peer, const SpaceId&, const sync::PeerCursor& cursor) {
  Bytes stored;
  ByteWriter writer(stored);
  writer.u64(cursor.journal);
  writer.u64(static_cast<std::uint64_t>(cursor.pos.value));
  const auto done =
      space_->store().db().query("INSERT OR REPLACE INTO kith_meta(name, value) VALUES ('sim ' || hex(?), ?)",
                                 std::vector<Value>{to_bytes(peer.view()), stored});
  if (!done.ok()) check(done.error(), "keeping a cursor");
}

}  // namespace kith::sim
