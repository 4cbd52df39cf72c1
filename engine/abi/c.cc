// SPDX-License-Identifier: Apache-2.0
#include "kith/c.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/hybrid_clock.h"
#include "store/layout.h"
#include "store/store.h"

namespace {

using kith::Bytes;
using kith::ByteView;
using kith::DeviceId;
using kith::Error;
using kith::ErrorCode;
using kith::Pos;
using kith::Result;
using kith::Rows;
using kith::Stamp;
using kith::Value;

constexpr std::int64_t kStateVoid = 1;  // of a journal row: it breaks a rule and counts nowhere

/// The caller's clock. What only the wall clock is known of serves as the steady one, held so that it never goes back.
class CallersClock final : public kith::Clock {
 public:
  explicit CallersClock(const kith_self& self) : self_(self) {}
  std::uint64_t wall_ms() override { return self_.wall_ms(self_.context); }
  std::uint64_t steady_ms() override { return steady_ = std::max(steady_, wall_ms()); }

 private:
  kith_self self_;
  std::uint64_t steady_ = 0;
};

Error misuse(const char* cause) {
  return Error(ErrorCode::kUsage, cause, "See kith/c.h.");
}

Result<Value> to_value(const kith_value& v) {
  if (v.data == nullptr && v.size > 0) return misuse("A text or blob has a size but no data.");
  const auto* data = static_cast<const char*>(v.data);
  switch (v.type) {
    case KITH_NULL: return Value();
    case KITH_INTEGER: return Value(v.integer);
    case KITH_REAL: return Value(v.real);
    case KITH_TEXT: return Value(std::string(data, v.size));
    case KITH_BLOB: return Value(Bytes(data, data + v.size));
  }
  return misuse("A value has a type that does not exist.");
}

Result<std::vector<Value>> to_values(const kith_value* parameters, std::size_t count) {
  if (parameters == nullptr && count > 0) return misuse("Parameters are counted but not given.");
  std::vector<Value> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) values.push_back(KITH_TRY(to_value(parameters[i])));
  return values;
}

/// Views into `value`.
kith_value from_value(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return kith_integer(*integer);
  if (const auto* real = std::get_if<double>(&value)) return kith_real(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return {KITH_TEXT, 0, 0, text->data(), text->size()};
  if (const auto* blob = std::get_if<Bytes>(&value)) return kith_blob(blob->data(), blob->size());
  return kith_null();
}

void give_rows(const Rows& rows, kith_row_callback callback, void* context) {
  std::vector<const char*> names;
  for (const std::string& name : rows.columns) names.push_back(name.c_str());
  std::vector<kith_value> values(names.size());
  for (const auto& row : rows.rows) {
    std::transform(row.begin(), row.end(), values.begin(), from_value);
    if (callback(context, values.size(), names.data(), values.data()) != 0) return;
  }
}

}  // namespace

struct kith_db {
  std::unique_ptr<CallersClock> clock;
  std::unique_ptr<kith::HybridClock> hybrid;
  std::unique_ptr<kith::store::Store> store;
  std::string error_name;
  std::string error_cause;
  std::string error_remedy;
  bool is_writing = false;

  int note(const Error& error) {
    error_name = kith::error_name(error.code());
    error_cause = error.cause();
    error_remedy = error.remedy();
    return KITH_ERROR;
  }
  int note(const Result<void>& result) { return result.ok() ? KITH_OK : note(result.error()); }

  Result<void> open(const char* path, const char* schema, const kith_self* self);
  Result<void> begin(const char* event);
  Result<void> exec(const char* sql, const kith_value* parameters, std::size_t count);
  Result<void> commit(std::int64_t* position);
  Result<void> query(const char* sql, const kith_value* parameters, std::size_t count, kith_row_callback row,
                     void* context);
  Result<void> changes(std::int64_t after, kith_change_callback change, void* context);
  Result<void> merge(const kith_change* changes, std::size_t count, std::size_t& fresh);

 private:
  Result<void> check_open() const;
  Result<void> flush();
  Result<bool> merge_one(const kith_change& change);
  Result<void> check_form(const kith_change* changes, std::size_t count) const;
};

Result<void> kith_db::check_open() const {
  return store != nullptr ? Result<void>() : misuse("This database is not open.");
}

Result<void> kith_db::open(const char* path, const char* schema, const kith_self* self) {
  if (path == nullptr || schema == nullptr || self == nullptr || self->wall_ms == nullptr) {
    return misuse("kith_open needs a path, a schema, and who writes with a clock.");
  }
  if (*path == 0 || *path == ':') return misuse("A database is a file: what is only in memory cannot be saved.");
  const auto device = *DeviceId::from(self->device);
  if (device.is_zero()) return misuse("A device of 32 zero bytes names nobody.");
  clock = std::make_unique<CallersClock>(*self);
  hybrid = std::make_unique<kith::HybridClock>(*clock);
  auto parsed = KITH_TRY(kith::store::Schema::parse(schema));
  auto opened = KITH_TRY(kith::store::Store::open({.path = path}, std::move(parsed), *clock, *hybrid));
  // One transaction of a device has one stamp: what is here already is found by both.
  KITH_TRY(opened->db().exec("CREATE INDEX IF NOT EXISTS kith_journal_stamp_of ON kith_journal(author, stamp)"));
  opened->set_self(KITH_TRY(opened->author(device, self->person)));
  store = std::move(opened);
  return {};
}

Result<void> kith_db::begin(const char* event) {
  KITH_TRY(check_open());
  KITH_TRY(store->begin(event != nullptr ? event : ""));
  is_writing = true;
  return {};
}

Result<void> kith_db::exec(const char* sql, const kith_value* parameters, std::size_t count) {
  KITH_TRY(check_open());
  if (sql == nullptr) return misuse("kith_exec needs a statement.");
  const std::vector<Value> values = KITH_TRY(to_values(parameters, count));
  KITH_TRY(store->exec(sql, values));
  return is_writing ? Result<void>() : flush();
}

Result<void> kith_db::flush() {
  auto done = store->db().flush();
  if (done.ok()) return done;
  return std::move(done).error().with_context("This is written, but a power cut may undo it");
}

Result<void> kith_db::commit(std::int64_t* position) {
  KITH_TRY(check_open());
  is_writing = false;
  const auto committed = KITH_TRY(store->commit());
  if (position != nullptr) *position = committed.first.value;
  return flush();
}

Result<void> kith_db::query(const char* sql, const kith_value* parameters, std::size_t count, kith_row_callback row,
                            void* context) {
  KITH_TRY(check_open());
  if (sql == nullptr || row == nullptr) return misuse("kith_query needs a statement and a callback.");
  const std::vector<Value> values = KITH_TRY(to_values(parameters, count));
  give_rows(KITH_TRY(store->query(sql, values)), row, context);
  return {};
}

Result<void> kith_db::changes(std::int64_t after, kith_change_callback callback, void* context) {
  KITH_TRY(check_open());
  if (callback == nullptr) return misuse("kith_changes needs a callback.");
  if (is_writing) return misuse("Changes are given out between transactions, not inside one.");
  KITH_TRY(store->db().flush());
  auto select = KITH_TRY(
      store->db().cached("SELECT j.pos, j.stamp, j.more, j.body, a.device, a.writer FROM kith_journal j "
                         "JOIN kith_authors a ON a.ref = j.author WHERE j.pos > ?1 AND j.state = 0 ORDER BY j.pos"));
  select->bind(1, after);
  while (KITH_TRY(select->step())) {
    const auto body = KITH_TRY(kith::store::split_tail_body(select->blob(3)));
    kith_change change{};
    change.position = select->int64(0);
    change.stamp = static_cast<std::uint64_t>(select->int64(1));
    change.more = static_cast<int>(select->int64(2));
    std::copy_n(select->blob(4).begin(), sizeof change.device, change.device);
    std::copy_n(select->blob(5).begin(), sizeof change.person, change.person);
    change.shape = body.shape.data();
    change.shape_size = body.shape.size();
    change.values = body.values.data();
    change.values_size = body.values.size();
    if (callback(context, &change) != 0) return {};
  }
  return {};
}

Result<void> kith_db::check_form(const kith_change* changes, std::size_t count) const {
  if (changes == nullptr && count > 0) return misuse("Changes are counted but not given.");
  for (std::size_t i = 0; i < count; ++i) {
    const kith_change& change = changes[i];
    if ((change.shape == nullptr && change.shape_size > 0) || (change.values == nullptr && change.values_size > 0)) {
      return misuse("A change has a size but no bytes.");
    }
    // No more than what a payload of the log could carry.
    if (change.shape_size + change.values_size > kith::store::Store::kPartBytesMax) {
      return Error(ErrorCode::kTooLarge, "A change is larger than any that is given out.",
                   "It was not made by Kith; ignore it.");
    }
    if (hybrid->is_ahead(Stamp(change.stamp))) {
      return Error(ErrorCode::kClockAhead,
                   "A change was made more than ten minutes in the future, by this device's clock.",
                   "Keep it and merge it when it is due; check the clocks of both devices.");
    }
    const bool ends_here = i + 1 == count || !std::equal(change.device, std::end(change.device), changes[i + 1].device);
    if (change.more != 0 && ends_here) return misuse("A transaction is cut off: its last part is not in this call.");
  }
  return {};
}

Result<bool> kith_db::merge_one(const kith_change& change) {
  const auto author = KITH_TRY(store->author(*DeviceId::from(change.device), change.person));
  const auto stamp = static_cast<std::int64_t>(change.stamp);
  {
    auto known = KITH_TRY(store->db().cached("SELECT 1 FROM kith_journal WHERE author = ?1 AND stamp = ?2"));
    known->bind(1, author.value).bind(2, stamp);
    if (KITH_TRY(known->step())) return false;
  }
  const ByteView shape(change.shape, change.shape_size);
  const ByteView values(change.values, change.values_size);
  const Pos pos = store->next_pos();
  const auto applied = KITH_TRY(store->merge({pos, author, Stamp(change.stamp), Stamp(), shape, values}));
  auto insert = KITH_TRY(store->db().cached(
      "INSERT INTO kith_journal(pos, author, stamp, form, more, state, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  const Bytes body = kith::store::make_tail_body(shape, values);
  insert->bind(1, pos.value).bind(2, author.value).bind(3, stamp).bind(4, std::int64_t{kith::store::kFormTail});
  insert->bind(5, std::int64_t{change.more != 0});
  insert->bind(6, std::int64_t{applied == kith::store::Applied::kCounts ? kith::store::kStateCounts : kStateVoid});
  insert->bind(7, ByteView(body));
  KITH_TRY(insert->run());
  return true;
}

Result<void> kith_db::merge(const kith_change* changes, std::size_t count, std::size_t& fresh) {
  KITH_TRY(check_open());
  KITH_TRY(check_form(changes, count));
  KITH_TRY(store->begin_merge());
  std::size_t merged = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto is_fresh = merge_one(changes[i]);
    if (!is_fresh.ok()) {
      store->abort_merge();
      return is_fresh.error();
    }
    if (*is_fresh) ++merged;
  }
  KITH_TRY(store->end_merge());
  fresh = merged;
  return flush();
}

int kith_open(const char* path, const char* schema, const kith_self* self, kith_db** out) {
  if (out == nullptr) return KITH_ERROR;
  *out = new (std::nothrow) kith_db;
  return *out == nullptr ? KITH_ERROR : (*out)->note((*out)->open(path, schema, self));
}

void kith_close(kith_db* db) {
  kith_rollback(db);
  delete db;
}

int kith_begin(kith_db* db, const char* event) {
  return db == nullptr ? KITH_ERROR : db->note(db->begin(event));
}

int kith_exec(kith_db* db, const char* sql, const kith_value* parameters, size_t count) {
  return db == nullptr ? KITH_ERROR : db->note(db->exec(sql, parameters, count));
}

int kith_commit(kith_db* db, int64_t* position) {
  return db == nullptr ? KITH_ERROR : db->note(db->commit(position));
}

void kith_rollback(kith_db* db) {
  if (db == nullptr || !db->is_writing) return;
  db->is_writing = false;
  db->store->rollback();
}

int kith_query(kith_db* db, const char* sql, const kith_value* parameters, size_t count, kith_row_callback row,
               void* context) {
  return db == nullptr ? KITH_ERROR : db->note(db->query(sql, parameters, count, row, context));
}

int kith_changes(kith_db* db, int64_t after, kith_change_callback change, void* context) {
  return db == nullptr ? KITH_ERROR : db->note(db->changes(after, change, context));
}

int kith_merge(kith_db* db, const kith_change* changes, size_t count, size_t* fresh) {
  if (db == nullptr) return KITH_ERROR;
  std::size_t merged = 0;
  const int done = db->note(db->merge(changes, count, merged));
  if (fresh != nullptr) *fresh = merged;
  return done;
}

const char* kith_error_name(const kith_db* db) {
  return db == nullptr ? "usage" : db->error_name.c_str();
}

const char* kith_error_cause(const kith_db* db) {
  return db == nullptr ? "There is no database." : db->error_cause.c_str();
}

const char* kith_error_remedy(const kith_db* db) {
  return db == nullptr ? "Open one first; if that failed, there was no memory." : db->error_remedy.c_str();
}
