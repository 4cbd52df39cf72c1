// SPDX-License-Identifier: Apache-2.0
// How a replica is opened, and what it does while it runs. How it begins is in replica_begin.cc.
#include "replica/replica.h"

#include <algorithm>
#include <cstdlib>

#include "crypto/words.h"
#include "replica/house_operations.h"
#include "replica/journal.h"

namespace kith::replica {
namespace {

/// What changes when one of these operations has written.
std::vector<std::string> areas_of(std::string_view operation) {
  const std::string_view context = operation.substr(0, operation.find('.'));
  if (context == "photos") return {"forum", "market", "outbox"};
  if (context == "notes" || context == "drafts") return {"personal"};
  if (context == "people" || context == "place") return {"people", "place", "outbox"};
  if (context == "forum") return {"forum", "personal", "outbox"};
  if (context == "market") return {"market", "outbox"};
  return {"forum", "market", "people", "place", "personal", "outbox", "authority"};
}

Json names_of(const std::vector<std::string>& areas) {
  Json::Array out;
  for (const std::string& area : areas) out.emplace_back(area);
  return out;
}

std::uint64_t number_of(const std::optional<std::string>& text) {
  return text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
}

}  // namespace

Json problem_of(const Error& error) {
  return Json::object({{"code", error_name(error.code())}, {"cause", error.cause()}, {"remedy", error.remedy()}});
}

Replica::Replica(Setup setup) : setup_(std::move(setup)) {}

Replica::~Replica() {
  // Sessions before the spaces that they speak of.
  links_.reset();
}

Result<std::unique_ptr<Replica>> Replica::open(Setup setup) {
  std::unique_ptr<Replica> replica(new Replica(std::move(setup)));
  KITH_TRY(replica->load());
  replica->make_links();
  KITH_TRY(replica->settle_in());
  return replica;
}

Result<void> Replica::load() {
  if (setup_.files.exists(kKeysFile)) {
    keyring_ = setup_.key_secret ? KITH_TRY(space::load_browser_keyring(setup_.files, kKeysFile, *setup_.key_secret))
                                 : KITH_TRY(space::load_keyring(setup_.files, kKeysFile, std::string_view()));
    has_keys_ = true;
  } else {
    // Of what was begun and cut short nobody has the keys. Whoever listens sees this host until there are some.
    discard_space();
    setup_.random.fill(keyring_.host_seed.data);
  }
  name_host();
  if (!has_keys_) return {};
  personal_ = KITH_TRY(open_space(KITH_TRY(personal_options()), kPersonalIndex));
  if (keyring_.spaces.size() > kSpaceIndex) {
    space_ = KITH_TRY(open_space(KITH_TRY(space_options()), kSpaceIndex));
  } else {
    discard_space();
  }
  return {};
}

void Replica::name_host() {
  host_ = crypto::SigningKey::from_seed(keyring_.host_seed);
  host_key_.data = host_->public_key().data;
}

Result<void> Replica::save_keys() {
  if (setup_.key_secret) {
    return space::save_browser_keyring(setup_.files, kKeysFile, *setup_.key_secret, setup_.random, keyring_);
  }
  return space::save_keyring(setup_.files, kKeysFile, std::string_view(), setup_.random, keyring_);
}

Result<space::OpenOptions> Replica::space_options() {
  return space::OpenOptions{.path = std::string(kSpaceFile),
                            .schema = KITH_TRY(store::Schema::parse(setup_.app.schema())),
                            .storage_key = keyring_.storage_key,
                            .local_tables = setup_.app.local_tables()};
}

Result<space::OpenOptions> Replica::personal_options() {
  return space::OpenOptions{.path = std::string(kPersonalFile),
                            .schema = KITH_TRY(store::Schema::parse(setup_.app.personal_schema())),
                            .storage_key = keyring_.storage_key,
                            .local_tables = setup_.app.personal_local_tables()};
}

Result<std::unique_ptr<space::Space>> Replica::open_space(space::OpenOptions options, std::size_t index) {
  if (!setup_.files.exists(options.path) || index >= keyring_.spaces.size()) {
    return Error(ErrorCode::kNotFound, "This browser has lost the file " + options.path + ", or the key to it.",
                 "Begin again on this device from your twelve words, or link it from another of your devices.");
  }
  return space::Space::open({setup_.clock, setup_.random, &setup_.files}, std::move(options), keyring_.spaces[index]);
}

void Replica::make_links() {
  links_ = std::make_unique<Links>(Link::Context{host_key_, *this, setup_.clock, setup_.random}, *host_, setup_.dialer,
                                   Links::Events{[this](const std::string& address) {
                                                   if (memory_) note(memory_->add_address(address));
                                                 },
                                                 [this] {
                                                   if (memory_) note(memory_->forget(kInvitationName));
                                                 },
                                                 [this](const LinkEnd& end) { link_ended(end); }});
}

/// After the spaces are there: what this run needs beside them.
Result<void> Replica::settle_in() {
  if (personal_) {
    listen_to(*personal_, kPersonalIndex);
    personal_memory_ = KITH_TRY(Memory::open(personal_->store().db()));
  }
  if (!space_) return {};
  listen_to(*space_, kSpaceIndex);
  memory_ = KITH_TRY(Memory::open(space_->store().db()));
  for (const std::string& door : setup_.doors) links_->learn(door);
  for (const std::string& address : KITH_TRY(memory_->addresses())) links_->learn(address);
  learn_addresses();
  heard_before_ms_ = number_of(KITH_TRY(memory_->get(kHeardName)));
  left_ = Seq(number_of(KITH_TRY(memory_->get(kLeftName))));
  if (const auto link = KITH_TRY(memory_->get(kInvitationName))) {
    // Nobody has told us yet that they know us: we may have been cut off between joining and saying so.
    links_->set_invitation(KITH_TRY(space::Invitation::parse(*link)));
    links_->set_maybe_known();
  }
  return say_name();
}

/// What the nodes have written in the space itself.
void Replica::learn_addresses() {
  if (!has_space()) return;
  const auto addresses = setup_.app.addresses(*this);
  if (!addresses.ok()) return note(addresses.error());
  for (const std::string& address : *addresses) links_->learn(address);
}

/// For the day on which the words are all that is left: once, and once more when it is known what the place is called.
void Replica::note_place() {
  if (joining_ || !has_space() || !personal_ || !personal_->is_member()) return;
  if (noted_name_ && !noted_name_->empty()) return;
  const auto name = setup_.app.place_name(*this);
  if (!name.ok()) return note(name.error());
  if (noted_name_ == *name) return;
  noted_name_ = *name;
  note(setup_.app.note_place(*personal_, {space_->lineage(), addresses(), *name}));
  note(note_own_device());
}

void Replica::listen_to(space::Space& space, std::size_t index) {
  space.set_on_change([this] { is_changed_ = true; });
  space.set_on_keys_changed([this, &space, index] {
    keyring_.spaces.at(index) = space.keys();
    note(save_keys());
  });
}

void Replica::discard_space() {
  discard_file(kSpaceFile);
  if (!has_keys_) discard_file(kPersonalFile);
}

void Replica::discard_file(std::string_view name) {
  for (const char* end : {"", "-wal", "-journal", "-shm"}) note(setup_.files.remove(std::string(name) + end));
}

void Replica::note(const Result<void>& result) {
  if (!result.ok()) trouble_ = result.error().message();
}

// --- calls

void Replica::call(std::string_view name, const Json& arguments, Done done) {
  if (name == "begin.join") {
    return join(arguments.at("invite").text().value_or(""), arguments.at("name").text().value_or(""), std::move(done));
  }
  if (name == "begin.restore") {
    const auto text = [&](const char* argument) { return arguments.at(argument).text().value_or(""); };
    const std::string words = text("words"), rescue = text("rescue"), address = text("address");
    return restore({words, rescue, address, arguments.at("alone").boolean().value_or(false)}, std::move(done));
  }
  if (name == "begin.choose") return choose(arguments.at("code").text().value_or(""), std::move(done));
  const OperationTable& table = table_of(name);
  auto answer = kith::call(table, *this, name, arguments);
  const Operation* operation = table.find(name);
  if (!answer.ok() || operation == nullptr || !operation->is_command) return done(std::move(answer));
  for (std::string& area : areas_of(name)) {
    if (std::find(changed_here_.begin(), changed_here_.end(), area) == changed_here_.end()) {
      changed_here_.push_back(std::move(area));
    }
  }
  is_changed_ = true;
  waiting_.push_back({std::move(done), std::move(*answer)});
}

const OperationTable& Replica::table_of(std::string_view operation) const {
  for (const OperationTable* table : {&operations_of_replica(), &house_operations()}) {
    if (table->find(operation) != nullptr) return *table;
  }
  return setup_.app.operations();
}

std::vector<std::string> Replica::queries() const {
  std::vector<std::string> out;
  for (const OperationTable* table : {&operations_of_replica(), &house_operations(), &setup_.app.operations()}) {
    for (const Operation& operation : table->operations) {
      if (!operation.is_command) out.emplace_back(operation.name);
    }
  }
  return out;
}

/// Saved means flushed. False: nobody waited.
bool Replica::flush_and_answer() {
  if (waiting_.empty()) return false;
  Result<void> flushed;
  for (space::Space* one : own_spaces()) {
    if (one != nullptr && flushed.ok()) flushed = one->store().db().flush();
  }
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (flushed.ok()) {
      waiting.done(std::move(waiting.answer));
    } else {
      waiting.done(flushed.error());
    }
  }
  return true;
}

// --- time

std::uint64_t Replica::tick() {
  const std::uint64_t now = setup_.clock.steady_ms();
  std::uint64_t next = now + kTickMsMax;
  if (flush_and_answer()) {
    // A person waits for this; the rest has its turn at once.
    tell_own_changes();
    return now;
  }
  for (space::Space* one : own_spaces()) {
    if (!one->is_member()) continue;
    const auto again = one->tick();
    if (again.ok()) {
      next = std::min(next, *again);
    } else {
      trouble_ = again.error().message();
    }
  }
  note_place();
  if (has_space() && !joining_ && is_tidying_due(now)) note(setup_.app.tidy(*this));
  if (std::exchange(is_changed_, false)) {
    for (const space::Space* one : own_spaces()) links_->notify(one->id());
  }
  next = std::min(next, links_->tick());
  watch_joining(now);
  remember_what_left();
  note_local_tables();
  tell_own_changes();
  next = std::min(next, tell_changes(now));
  tell_progress(now);
  tell_status();
  return is_changed_ ? now : next;
}

bool Replica::is_catching_up() const {
  const auto states = links_->states();
  return std::any_of(states.begin(), states.end(), [](const LinkState& link) { return link.behind > 0; });
}

void Replica::tell_own_changes() {
  if (changed_here_.empty()) return;
  setup_.on_event(Json::object({{"type", "changed"}, {"what", names_of(changed_here_)}, {"from", "here"}}));
  changed_here_.clear();
}

/// What can be looked for follows later than what can be read: once it is all there, that is news as well.
void Replica::note_local_tables() {
  const auto behind = space_ ? space_->store().has_local_backlog() : Result<bool>(false);
  if (!behind.ok()) return note(behind.error());
  if (std::exchange(are_local_tables_behind_, *behind) && !*behind) {
    changed_here_.insert(changed_here_.end(), {"forum", "market", "people"});
  }
}

/// When there is something more to tell. While much comes, ever more seldom: the first of it is what is on the screen.
std::uint64_t Replica::tell_changes(std::uint64_t now) {
  constexpr std::uint64_t kNever = ~std::uint64_t{0};
  const std::uint64_t entries = links_->entries_received();
  if (entries == entries_told_) return kNever;
  const bool is_busy = is_catching_up();
  const std::uint64_t due = news_told_ms_ + (is_busy ? news_gap_ms_ : kNewsMs);
  if (now < due) return due;
  entries_told_ = entries;
  news_told_ms_ = now;
  news_gap_ms_ = is_busy ? std::min(2 * news_gap_ms_, kBusyNewsMs) : kNewsMs;
  learn_addresses();
  // The other link wants to hear of them.
  is_changed_ = true;
  setup_.on_event(Json::object({{"type", "changed"}, {"what", names_of(areas_of(""))}, {"from", "outside"}}));
  return kNever;
}

void Replica::tell_progress(std::uint64_t now) {
  if (!joining_ || now < progress_at_ms_) return;
  const auto states = links_->states();
  if (states.empty()) return;
  progress_at_ms_ = now + kProgressMs;
  const std::uint64_t entries = links_->entries_received();
  const std::uint64_t behind = states.front().behind;
  setup_.on_event(Json::object({{"type", "progress"},
                                {"state", states.front().state},
                                {"entries", entries},
                                {"of", behind > 0 ? Json(entries + behind) : Json()}}));
}

void Replica::tell_status() {
  const std::uint64_t now = setup_.clock.steady_ms();
  // While much comes in, its counts are no news.
  const bool is_calm = now >= status_at_ms_;
  if (!is_calm && !told_status_.empty()) return;
  status_at_ms_ = now + kStatusMs;
  Json event = status();
  event.set("type", "status");
  std::string text = event.dump();
  if (text == told_status_) return;
  told_status_ = std::move(text);
  setup_.on_event(event);
}

/// When a link owes nothing, everything sealed has left.
void Replica::remember_what_left() {
  if (!memory_ || !space_ || !links_->is_settled()) return;
  const Seq next = space_->log().own_next();
  if (next == left_) return;
  left_ = next;
  note(memory_->set(kLeftName, std::to_string(next.value)));
  note(memory_->add_departure({next, setup_.clock.wall_ms()}));
  note(memory_->set(kHeardName, std::to_string(links_->last_heard_ms())));
  changed_here_.emplace_back("outbox");
}

// --- status

std::string Replica::phase() const {
  if (joining_ && !joining_->is_member) return "joining";
  if (space_ && space_->is_member()) return "member";
  return has_keys_ ? "alone" : "empty";
}

Json Replica::status() {
  const bool is_member = has_space();
  Json out = Json::object({{"phase", phase()}});
  const auto place = is_member ? setup_.app.place_name(*this) : Result<std::string>(std::string());
  out.set("place", place.ok() ? *place : std::string());
  out.set("space", is_member ? Json(space_->id().hex()) : Json());
  out.set("me", Json());
  if (is_member) {
    const auto name = setup_.app.name_of(*this, space_->person());
    out.set("me", Json::object({{"person", space_->person().hex()},
                                {"name", name.ok() && !name->empty() ? Json(*name) : Json()},
                                {"device", space_->log().own().hex()},
                                {"personal", personal_->person().hex()}}));
  }
  const Freshness fresh = freshness();
  out.set("members", is_member ? static_cast<std::uint64_t>(space_->authority().members().size()) : std::uint64_t{0});
  out.set("in_touch", fresh.in_touch);
  out.set("last_heard_ms", fresh.last_heard_ms);
  out.set("only_here", fresh.only_here);
  std::uint64_t locked = 0, held = 0;
  if (is_member) {
    if (const auto counters = space_->log().counters(); counters.ok()) {
      locked = counters->locked;
      held = counters->held;
    }
  }
  const Keepers keepers = keepers_of(links_->links(), personal_.get());
  out.set("keepers", Json::object({{"houses", keepers.houses},
                                   {"refused", keepers.refused ? problem_of(*keepers.refused) : Json()}}));
  out.set("locked", locked);
  out.set("held", held);
  out.set("storage", Json::object({{"kind", setup_.storage.kind},
                                   {"bytes", setup_.storage_bytes ? setup_.storage_bytes() : 0},
                                   {"persistent", setup_.storage.persistent}}));
  out.set("words", words_state_name(keyring_.words));
  Json::Array links;
  for (const LinkState& link : links_->states()) {
    links.push_back(Json::object({{"address", link.address},
                                  {"state", link.state},
                                  {"round_trip_ms", link.round_trip_ms},
                                  {"behind", link.behind},
                                  {"owed", link.owed}}));
  }
  out.set("links", std::move(links));
  out.set("version", Json::object({{"core", kCoreVersion},
                                   {"protocol", sync::kSyncProtocol},
                                   {"schema", is_member ? Json(space_->authority().schema_hash().hex()) : Json()}}));
  out.set("update", Json());
  out.set("trouble", trouble_.empty() ? Json() : Json(trouble_));
  return out;
}

// --- House

std::vector<std::string> Replica::addresses() {
  const auto known = memory_ ? memory_->addresses() : Result<std::vector<std::string>>(std::vector<std::string>());
  std::vector<std::string> out = setup_.doors;
  if (!known.ok()) return out;
  for (const std::string& address : *known) {
    const bool is_new = std::find(out.begin(), out.end(), address) == out.end();
    if (is_new && out.size() < kInvitationAddressesMax) out.push_back(address);
  }
  return out;
}

std::string Replica::name_of(const PersonId& person) {
  const auto name = setup_.app.name_of(*this, person);
  return name.ok() ? *name : std::string();
}

// --- Place

Freshness Replica::freshness() {
  Freshness out;
  out.in_touch = links_->is_in_touch();
  const std::uint64_t heard = std::max(links_->last_heard_ms(), heard_before_ms_);
  if (heard > 0) out.last_heard_ms = heard;
  if (!has_space()) return out;
  const auto count = only_here(*space_, left_);
  if (count.ok()) out.only_here = *count;
  return out;
}

}  // namespace kith::replica
