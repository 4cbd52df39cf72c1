// SPDX-License-Identifier: Apache-2.0
#include "store/testing/replica.h"

#include <gtest/gtest.h>

#include "store/layout.h"

namespace kith::store::testing {
namespace {

template <typename T>
T unwrap(Result<T> result) {
  if (!result.ok()) ADD_FAILURE() << result.error().message();
  return std::move(result).value();
}

void expect_ok(const Result<void>& result) {
  if (!result.ok()) ADD_FAILURE() << result.error().message();
}

/// A disk with an empty store: creating the tables takes longer than most tests.
const FaultFiles& empty_store(const std::string& schema) {
  static std::map<std::string, FaultFiles> made;
  const auto [found, is_new] = made.try_emplace(schema);
  if (is_new) {
    FakeClock clock;
    HybridClock hybrid(clock);
    unwrap(Store::open({"store.kith", &found->second}, unwrap(Schema::parse(schema)), clock, hybrid));
  }
  return found->second;
}

}  // namespace

DeviceId device_named(std::string_view name) {
  DeviceId device;
  std::copy_n(name.begin(), std::min(name.size(), device.data.size()), device.data.begin());
  return device;
}

Replica::Replica(std::string_view schema, std::string_view device, std::string_view writer, std::string path)
    : schema_(schema), device_(device_named(device)), writer_(writer), path_(std::move(path)) {
  if (path_.empty()) {
    own_files_ = std::make_unique<FaultFiles>();
    files_ = own_files_.get();
    path_ = "store.kith";
    files_->copy_from(empty_store(schema_));
  }
  reopen();
  if (store_ == nullptr) ADD_FAILURE() << open_error().message();
}

Replica::Replica(std::string_view schema, std::string_view device, std::string_view writer, FaultFiles& files)
    : schema_(schema), device_(device_named(device)), writer_(writer), path_("store.kith"), files_(&files) {
  reopen();
}

Replica::~Replica() = default;

void Replica::reopen_with(std::string_view schema) {
  schema_ = schema;
  reopen();
}

void Replica::reopen() {
  store_.reset();
  store::OpenOptions options{.path = path_, .files = files_};
  options.local_tables = local_tables;
  options.is_agreed = is_agreed;
  auto opened = Store::open(options, unwrap(Schema::parse(schema_)), clock, hybrid);
  if (!opened.ok()) {
    open_error_ = std::make_unique<Error>(std::move(opened).error());
    return;
  }
  store_ = std::move(opened).value();
  store_->set_source(this);
  auto self = store_->author(device_, as_bytes(writer_));
  if (!self.ok()) {
    open_error_ = std::make_unique<Error>(std::move(self).error());
    store_.reset();
    return;
  }
  store_->set_self(*self);
}

std::optional<Error> Replica::try_run(const std::vector<std::string>& statements, std::string_view event) {
  if (auto begun = store_->begin(event); !begun.ok()) return std::move(begun).error();
  for (const std::string& sql : statements) {
    if (auto done = store_->exec(sql); !done.ok()) {
      store_->rollback();
      return std::move(done).error();
    }
  }
  auto done = store_->commit();
  if (!done.ok()) return std::move(done).error();
  return std::nullopt;
}

Committed Replica::run(const std::vector<std::string>& statements, std::string_view event) {
  expect_ok(store_->begin(event));
  for (const std::string& sql : statements) expect_ok(store_->exec(sql));
  return unwrap(store_->commit());
}

void Replica::seal() {
  const Rows next = unwrap(store_->db().query("SELECT count(*) FROM kith_journal WHERE seq IS NOT NULL AND author = ?1",
                                              std::vector<Value>{unwrap(store_->find_author(device_)).value}));
  std::int64_t seq = std::get<std::int64_t>(next.rows[0][0]);
  for (const auto& row : unwrap(store_->db().query("SELECT pos FROM kith_journal WHERE form = 0 ORDER BY pos")).rows) {
    unwrap(store_->db().query("UPDATE kith_journal SET form = 1, seq = ?2 WHERE pos = ?1",
                              std::vector<Value>{row[0], seq++}));
  }
}

Entries Replica::entries() {
  Entries entries;
  const Rows rows =
      unwrap(store_->db().query("SELECT a.device, a.writer, j.seq, j.stamp, j.body, j.more, j.values_hash FROM "
                                "kith_journal j JOIN kith_authors a ON a.ref = j.author WHERE j.form = 1"));
  for (const auto& row : rows.rows) {
    Entry entry;
    entry.device = *DeviceId::from(std::get<Bytes>(row[0]));
    entry.writer = std::string(as_text(std::get<Bytes>(row[1])));
    entry.seq = static_cast<std::uint64_t>(std::get<std::int64_t>(row[2]));
    entry.stamp = Stamp(static_cast<std::uint64_t>(std::get<std::int64_t>(row[3])));
    const TailBody body = unwrap(split_tail_body(std::get<Bytes>(row[4])));
    entry.shape = to_bytes(body.shape);
    if (is_null(row[6])) entry.values = to_bytes(body.values);
    entry.more = std::get<std::int64_t>(row[5]) != 0;
    entries.emplace(entry.id(), entry);
  }
  return entries;
}

Result<Applied> Replica::receive(const Entry& entry) {
  const AuthorRef author = KITH_TRY(store_->author(entry.device, as_bytes(entry.writer)));
  const Pos pos = store_->next_pos();
  const Bytes body = make_tail_body(entry.shape, entry.values ? ByteView(*entry.values) : ByteView{});
  const Value erased = entry.values ? Value() : Value(std::int64_t{1});
  KITH_TRY(store_->db().query(
      "INSERT INTO kith_journal(pos, author, stamp, form, more, seq, body, values_hash) VALUES (?1, ?2, ?3, 1, ?4, ?5, "
      "?6, ?7)",
      std::vector<Value>{pos.value, author.value, static_cast<std::int64_t>(entry.stamp.value),
                         std::int64_t{entry.more ? 1 : 0}, static_cast<std::int64_t>(entry.seq), body, erased}));
  const std::optional<ByteView> values = entry.values ? std::optional<ByteView>(*entry.values) : std::nullopt;
  const Applied applied = KITH_TRY(store_->merge({pos, author, entry.stamp, Stamp{}, entry.shape, values}));
  if (applied != Applied::kCounts)
    KITH_TRY(store_->db().query("UPDATE kith_journal SET state = 1 WHERE pos = ?1", std::vector<Value>{pos.value}));
  return applied;
}

void Replica::receive_all(const std::vector<Entry>& entries) {
  expect_ok(store_->begin_merge());
  for (const Entry& entry : entries) {
    if (pos_of(entry.id()).value != 0) continue;
    unwrap(receive(entry));
  }
  expect_ok(store_->end_merge());
}

void Replica::receive_all(const Entries& entries) {
  std::vector<Entry> list;
  for (const auto& [id, entry] : entries) list.push_back(entry);
  receive_all(list);
}

Pos Replica::pos_of(const EntryKey& id) {
  const Rows rows = unwrap(store_->db().query(
      "SELECT j.pos FROM kith_journal j JOIN kith_authors a ON a.ref = j.author WHERE a.device = ?1 AND j.seq = ?2",
      std::vector<Value>{to_bytes(id.first.view()), static_cast<std::int64_t>(id.second)}));
  return rows.rows.empty() ? Pos() : Pos(std::get<std::int64_t>(rows.rows[0][0]));
}

std::vector<Pos> Replica::positions(const std::vector<EntryKey>& ids) {
  std::vector<Pos> positions;
  for (const EntryKey& id : ids) positions.push_back(pos_of(id));
  return positions;
}

void Replica::retract(const std::vector<EntryKey>& ids) {
  expect_ok(store_->begin_merge());
  expect_ok(store_->retract(positions(ids)));
  expect_ok(store_->end_merge());
}

void Replica::restore(const std::vector<EntryKey>& ids) {
  expect_ok(store_->begin_merge());
  expect_ok(store_->restore(positions(ids)));
  expect_ok(store_->end_merge());
}

void Replica::erase(const std::vector<EntryKey>& ids) {
  expect_ok(store_->begin_merge());
  expect_ok(store_->erase(positions(ids)));
  for (const Pos pos : positions(ids)) {
    const Rows rows =
        unwrap(store_->db().query("SELECT body FROM kith_journal WHERE pos = ?1", std::vector<Value>{pos.value}));
    const TailBody body = unwrap(split_tail_body(std::get<Bytes>(rows.rows[0][0])));
    unwrap(store_->db().query("UPDATE kith_journal SET body = ?2, values_hash = 1 WHERE pos = ?1",
                              std::vector<Value>{pos.value, make_tail_body(body.shape, {})}));
  }
  expect_ok(store_->end_merge());
}

std::string Replica::hash(const std::vector<EntryKey>& masked) {
  return to_hex(unwrap(store_->state_hash(positions(masked))));
}

std::string text_of(const Value& value) {
  if (const auto* v = std::get_if<std::int64_t>(&value)) return std::to_string(*v);
  if (const auto* v = std::get_if<double>(&value)) return "r" + std::to_string(*v);
  if (const auto* v = std::get_if<std::string>(&value)) return *v;
  if (const auto* v = std::get_if<Bytes>(&value)) return "x" + to_hex(*v);
  return "NULL";
}

std::string Replica::text(std::string_view sql) {
  std::string out;
  for (const auto& row : unwrap(store_->db().query(sql)).rows) {
    if (!out.empty()) out += "\n";
    for (std::size_t i = 0; i < row.size(); ++i) out += (i > 0 ? "|" : "") + text_of(row[i]);
  }
  return out;
}

std::string Replica::integrity() {
#ifdef __wasi__
  return "ok";
#else
  return text("PRAGMA integrity_check");
#endif
}

Result<std::optional<StoredChangeset>> Replica::changeset_at(Pos pos) {
  const Rows rows = KITH_TRY(store_->db().query(
      "SELECT author, stamp, body, values_hash FROM kith_journal WHERE pos = ?1", std::vector<Value>{pos.value}));
  if (rows.rows.empty()) return std::optional<StoredChangeset>();
  const auto& row = rows.rows[0];
  const TailBody body = KITH_TRY(split_tail_body(std::get<Bytes>(row[2])));
  StoredChangeset stored{AuthorRef(std::get<std::int64_t>(row[0])),
                         Stamp(static_cast<std::uint64_t>(std::get<std::int64_t>(row[1]))),
                         to_bytes(body.shape),
                         {}};
  if (is_null(row[3])) stored.values = to_bytes(body.values);
  return std::optional<StoredChangeset>(std::move(stored));
}

TEST(Replica, seals_and_sends) {
  constexpr std::string_view kSchema = "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT)";
  Replica ana(kSchema, "ana", "Ana");
  Replica ben(kSchema, "ben", "Ben");
  ana.run({"INSERT INTO t VALUES ('k', 'v')"});
  ana.seal();
  ben.receive_all(ana.entries());
  EXPECT_EQ(ben.text("SELECT * FROM t"), "k|v");
  EXPECT_EQ(ana.hash(), ben.hash());
}

}  // namespace kith::store::testing
