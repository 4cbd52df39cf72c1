// SPDX-License-Identifier: Apache-2.0
#include "sim/store_machine.h"

namespace kith::sim {
namespace {

constexpr std::string_view kPath = "street.kith";
constexpr std::int64_t kNotMerged = 7;  // it did not count when it came

/// shape ‖ values as this world's journal keeps an entry: varint length of the shape, shape, 1 if the values are there,
/// values.
Bytes make_body(ByteView shape, const std::optional<ByteView>& values) {
  Bytes body;
  ByteWriter writer(body);
  writer.varint(shape.size());
  writer.bytes(shape);
  writer.u8(values ? 1 : 0);
  if (values) writer.bytes(*values);
  return body;
}

struct BodyView {
  ByteView shape;
  std::optional<ByteView> values;
};

BodyView split_body(ByteView body) {
  ByteReader reader(body);
  BodyView view;
  view.shape = reader.bytes(reader.varint());
  if (reader.u8() == 1) view.values = reader.rest();
  return view;
}

/// A store's transaction as commands see it.
class StoreWriter final : public Writer {
 public:
  explicit StoreWriter(store::Store& store) : store_(store) {}
  Result<void> exec(std::string_view sql, std::span<const Value> parameters) override {
    return store_.exec(sql, parameters);
  }
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override {
    return store_.query(sql, parameters);
  }
  using Writer::exec;
  using Writer::query;

 private:
  store::Store& store_;
};

}  // namespace

StoreMachine::StoreMachine(std::size_t number, const DeviceId& device, const PersonId& person, std::uint64_t seed,
                           const Timeline& timeline, Run& run)
    : name_("store " + std::to_string(number)),
      device_(device),
      person_(person),
      run_(run),
      dice_(seed),
      disk_(dice_.seed()),
      clock_(timeline),
      workload_(dice_.seed(), person, run) {
  disk_.set_sync_lies(run.options().mutation == Mutation::kNoFlush);
}

StoreMachine::~StoreMachine() = default;

bool StoreMachine::boot() {
  clock_.boot();
  hybrid_ = std::make_unique<HybridClock>(clock_);
  auto schema = store::Schema::parse(Workload::schema());
  store::OpenOptions options{.path = std::string(kPath), .files = &disk_};
  if (run_.options().mutation == Mutation::kBadRetract) options.mutation = store::Mutation::kRetractKeepsWinners;
  auto store = store::Store::open(options, std::move(schema).value(), clock_, *hybrid_);
  if (!store.ok()) {
    if (disk_.is_on()) run_.fail(name_ + " cannot open its store: " + store.error().message());
    return false;
  }
  store_ = std::move(store).value();
  store_->set_source(this);
  const auto self = store_->author(device_, person_.view());
  if (!self.ok()) {
    if (disk_.is_on()) run_.fail(name_ + " cannot name itself: " + self.error().message());
    return false;
  }
  store_->set_self(*self);
  check_durable();
  return !run_.has_failed() && disk_.is_on();
}

void StoreMachine::shut_down() {
  store_.reset();
}

void StoreMachine::write() {
  const auto done = write_one();
  if (workload_.must_be_refused()) {
    if (done.ok()) run_.fail(name_ + " wrote to a row of somebody else's");
    return;
  }
  if (!check(done, "writing")) run_.report().note(Seen::kWriteFailed);
}

Result<void> StoreMachine::write_one() {
  KITH_TRY(store_->begin(dice_.percent(50) ? "letter written" : "something else"));
  StoreWriter writer(*store_);
  if (auto done = workload_.transaction(writer); !done.ok()) {
    store_->rollback();
    return done;
  }
  const store::Committed committed = KITH_TRY(store_->commit());
  if (workload_.must_be_refused() && committed.first == Pos{}) {
    return Error(ErrorCode::kRefused, "Nothing was changed.");
  }
  KITH_TRY(store_->db().flush());
  run_.report().note(Seen::kWrite);
  note_durable();
  return {};
}

void StoreMachine::take_back(std::uint64_t chance) {
  std::vector<std::pair<ParcelName, Pos>> own;
  for (const auto& [name, line] : here()) {
    if (line.form == 0 && name.device == device_) own.emplace_back(name, line.pos);
  }
  if (own.empty()) return;
  const auto& [name, pos] = own[chance % own.size()];
  const bool was_durable = durable_.erase(name) > 0;
  const auto done = in_merge([&] { return store_->take_back(pos); });
  if (done.ok()) {
    run_.report().note(Seen::kTakenBack);
    check(store_->db().flush(), "flushing what was taken back");
    return;
  }
  if (was_durable) durable_.insert(name);
  if (done.error().code() == ErrorCode::kRefused) run_.report().note(Seen::kTakeBackRefused);
  check(done, "taking back");
}

void StoreMachine::publish(std::map<ParcelName, Parcel>& parcels) {
  check(publish_all(parcels), "sealing");
}

Result<void> StoreMachine::publish_all(std::map<ParcelName, Parcel>& parcels) {
  std::vector<std::pair<ParcelName, Parcel>> leaving;
  KITH_TRY(store_->db().begin());
  for (const auto& [name, line] : here()) {
    if (name.device != device_) continue;
    if (line.form == 1 && parcels.contains(name)) continue;
    const auto stored = line.form == 1 ? KITH_TRY(changeset_at(line.pos)) : KITH_TRY(tail_at(line.pos));
    leaving.emplace_back(name, Parcel{person_, stored->shape, *stored->values});
    if (line.form == 1) continue;
    auto update = KITH_TRY(store_->db().cached("UPDATE kith_journal SET form = 1, body = ?2 WHERE pos = ?1"));
    const Bytes body = make_body(stored->shape, ByteView(*stored->values));
    KITH_TRY(update->bind(1, line.pos.value).bind(2, ByteView(body)).run());
  }
  KITH_TRY(store_->db().commit());
  KITH_TRY(store_->db().flush());
  note_durable();
  for (auto& [name, parcel] : leaving) parcels.emplace(name, std::move(parcel));
  return {};
}

Result<std::optional<store::StoredChangeset>> StoreMachine::tail_at(Pos pos) {
  auto select = KITH_TRY(store_->db().cached("SELECT author, stamp, body FROM kith_journal WHERE pos = ?1"));
  select->bind(1, pos.value);
  if (!KITH_TRY(select->step())) return std::optional<store::StoredChangeset>();
  ByteReader reader(select->blob(2));
  const ByteView shape = reader.bytes(reader.varint());
  store::StoredChangeset stored{AuthorRef(select->int64(0)), Stamp(static_cast<std::uint64_t>(select->int64(1))),
                                to_bytes(shape), to_bytes(reader.rest())};
  return std::optional(std::move(stored));
}

Result<std::optional<store::StoredChangeset>> StoreMachine::changeset_at(Pos pos) {
  auto select = KITH_TRY(store_->db().cached("SELECT author, stamp, body FROM kith_journal WHERE pos = ?1"));
  select->bind(1, pos.value);
  if (!KITH_TRY(select->step())) return std::optional<store::StoredChangeset>();
  const BodyView body = split_body(select->blob(2));
  store::StoredChangeset stored{AuthorRef(select->int64(0)), Stamp(static_cast<std::uint64_t>(select->int64(1))),
                                to_bytes(body.shape), std::nullopt};
  if (body.values) stored.values = to_bytes(*body.values);
  return std::optional(std::move(stored));
}

void StoreMachine::accept(const std::vector<ParcelName>& names, const std::map<ParcelName, Parcel>& parcels,
                          const Decisions& decisions, bool flushes) {
  if (names.empty()) return;
  const auto done = in_merge([&] { return accept_all(names, parcels, decisions); });
  if (!check(done, "merging")) return;
  if (flushes) flush();
}

Result<void> StoreMachine::accept_all(const std::vector<ParcelName>& names, const std::map<ParcelName, Parcel>& parcels,
                                      const Decisions& decisions) {
  auto known = here();
  for (const ParcelName& name : names) {
    if (known.contains(name)) {
      run_.report().note(Seen::kParcelDoubled);
      continue;
    }
    KITH_TRY(accept_one(name, parcels.at(name), decisions));
    known.emplace(name, Line{});
  }
  return {};
}

Result<void> StoreMachine::accept_one(const ParcelName& name, const Parcel& parcel, const Decisions& decisions) {
  const AuthorRef author = KITH_TRY(store_->author(name.device, parcel.writer.view()));
  const Pos pos = store_->next_pos();
  const bool counts = !decisions.voided.contains(name);
  const std::optional<ByteView> values =
      decisions.erased.contains(name) ? std::nullopt : std::optional<ByteView>(parcel.values);
  const Bytes body = make_body(parcel.shape, values);
  auto insert = KITH_TRY(store_->db().cached(
      "INSERT INTO kith_journal(pos, author, stamp, form, more, state, body) VALUES (?1, ?2, ?3, 1, 0, ?4, ?5)"));
  KITH_TRY(insert->bind(1, pos.value)
               .bind(2, author.value)
               .bind(3, static_cast<std::int64_t>(name.stamp.value))
               .bind(4, counts ? std::int64_t{0} : kNotMerged)
               .bind(5, ByteView(body))
               .run());
  return counts ? merge_at(pos, name) : Result<void>();
}

Result<void> StoreMachine::merge_at(Pos pos, const ParcelName& name) {
  const auto stored = KITH_TRY(changeset_at(pos));
  store::Incoming incoming;
  incoming.pos = pos;
  incoming.author = stored->author;
  incoming.stamp = name.stamp;
  incoming.shape = stored->shape;
  if (stored->values) incoming.values = ByteView(*stored->values);
  if (KITH_TRY(store_->merge(incoming)) != store::Applied::kCounts) run_.fail(name_ + " calls a sound changeset void");
  run_.report().note(Seen::kMerged);
  return {};
}

void StoreMachine::follow(const Decisions& decisions) {
  check(in_merge([&] { return follow_all(decisions); }), "following decisions");
}

Result<void> StoreMachine::follow_all(const Decisions& decisions) {
  std::vector<Pos> retracted;
  std::vector<Pos> restored;
  std::vector<Pos> erased;
  std::vector<std::pair<ParcelName, Pos>> late;
  for (const auto& [name, line] : here()) {
    const bool is_void = decisions.voided.contains(name);
    if (is_void && line.state == 0) retracted.push_back(line.pos);
    if (!is_void && line.state == 4) restored.push_back(line.pos);
    if (!is_void && line.state == kNotMerged) late.emplace_back(name, line.pos);
    if (decisions.erased.contains(name) && !line.is_erased) erased.push_back(line.pos);
  }
  KITH_TRY(store_->retract(retracted));
  KITH_TRY(store_->restore(restored));
  run_.report().note(Seen::kRetracted, retracted.size());
  run_.report().note(Seen::kRestored, restored.size());
  for (const Pos pos : erased) KITH_TRY(drop_values(pos));
  KITH_TRY(store_->erase(erased));
  run_.report().note(Seen::kErased, erased.size());
  for (const auto& [name, pos] : late) {
    auto update = KITH_TRY(store_->db().cached("UPDATE kith_journal SET state = 0 WHERE pos = ?1"));
    KITH_TRY(update->bind(1, pos.value).run());
    KITH_TRY(merge_at(pos, name));
  }
  return {};
}

Result<void> StoreMachine::drop_values(Pos pos) {
  const auto stored = KITH_TRY(changeset_at(pos));
  const Bytes body = make_body(stored->shape, std::nullopt);
  auto update = KITH_TRY(store_->db().cached("UPDATE kith_journal SET body = ?2 WHERE pos = ?1"));
  return update->bind(1, pos.value).bind(2, ByteView(body)).run();
}

Result<void> StoreMachine::in_merge(const std::function<Result<void>()>& body) {
  KITH_TRY(store_->begin_merge());
  auto done = body();
  if (done.ok()) return store_->end_merge();
  store_->abort_merge();
  return done;
}

void StoreMachine::flush() {
  if (check(store_->db().flush(), "flushing")) note_durable();
}

bool StoreMachine::rebuild() {
  return check(store_->rebuild(), "rebuilding");
}

std::map<ParcelName, StoreMachine::Line> StoreMachine::here() {
  std::map<ParcelName, Line> lines;
  const auto rows = store_->db().query(
      "SELECT a.device, j.stamp, j.pos, j.form, j.state, j.body FROM kith_journal j JOIN kith_authors a ON a.ref = "
      "j.author");
  if (!rows.ok()) return lines;
  for (const auto& row : rows->rows) {
    const ParcelName name{*DeviceId::from(std::get<Bytes>(row[0])),
                          Stamp(static_cast<std::uint64_t>(std::get<std::int64_t>(row[1])))};
    const std::int64_t form = std::get<std::int64_t>(row[3]);
    const bool is_erased = form == 1 && !split_body(std::get<Bytes>(row[5])).values;
    lines.emplace(name, Line{Pos(std::get<std::int64_t>(row[2])), form, std::get<std::int64_t>(row[4]), is_erased});
  }
  return lines;
}

std::optional<Bytes> StoreMachine::state_hash(const std::set<ParcelName>& mask_erased) {
  std::vector<Pos> mask;
  for (const auto& [name, line] : here()) {
    if (mask_erased.contains(name)) mask.push_back(line.pos);
  }
  auto hash = store_->state_hash(mask);
  if (!hash.ok()) {
    run_.fail(name_ + " has no state hash: " + hash.error().message());
    return std::nullopt;
  }
  return std::move(hash).value();
}

std::int64_t StoreMachine::conflicts() {
  const auto rows = store_->db().query("SELECT count(*) FROM kith_conflicts");
  return rows.ok() ? std::get<std::int64_t>(rows->rows[0][0]) : 0;
}

bool StoreMachine::check(const Result<void>& done, std::string_view doing) {
  if (done.ok()) return true;
  run_.say(name_ + ", " + std::string(doing) + ": " + done.error().message());
  if (done.error().code() == ErrorCode::kDiskFull) run_.report().note(Seen::kDiskFull);
  if (!is_expected(done.error())) run_.fail(name_ + ", " + std::string(doing) + ": " + done.error().message());
  return false;
}

void StoreMachine::note_durable() {
  for (const auto& [name, line] : here()) durable_.insert(name);
}

void StoreMachine::check_durable() {
  const auto now = here();
  for (const ParcelName& name : durable_) {
    if (now.contains(name)) continue;
    run_.say("lost: " + name.device.hex().substr(0, 8) + " " + std::to_string(name.stamp.value));
    run_.fail(name_ + " has lost what it had flushed: an acknowledged write, perhaps sent already");
    return;
  }
  note_durable();
}

}  // namespace kith::sim
