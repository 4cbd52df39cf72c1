// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "store/authors.h"
#include "store/capture.h"
#include "store/history.h"
#include "store/judge.h"
#include "store/layout.h"
#include "store/local_commit.h"
#include "store/local_tables.h"
#include "store/projection.h"
#include "store/state_hash.h"
#include "store/versions.h"

namespace kith::store {
namespace {

constexpr std::size_t kAppStatementsMax = 256;
constexpr std::uint64_t kLatestRoomMs = 60'000;  // the bound of all stamps is written once for so long

enum class Access : std::uint8_t {
  kEngine,  // our own statements
  kApp,     // an app's: it reads all and writes rows of its own tables
};

/// Tells SQLite what a statement may do while it is compiled.
struct Gate {
  const Schema* schema;
  Access access = Access::kEngine;

  static int judge(void* self, int action, const char* first, const char* second, const char*, const char*) {
    const Gate& gate = *static_cast<Gate*>(self);
    if (gate.access == Access::kEngine) return SQLITE_OK;
    switch (action) {
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_FUNCTION:
      case SQLITE_RECURSIVE: return SQLITE_OK;
      case SQLITE_UPDATE:
        if (second != nullptr && std::strcmp(second, "ROWID") == 0) return SQLITE_DENY;
        [[fallthrough]];
      case SQLITE_INSERT:
      case SQLITE_DELETE: return gate.schema->find(first) != nullptr ? SQLITE_OK : SQLITE_DENY;
      default: return SQLITE_DENY;
    }
  }
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

Error not_allowed() {
  return {ErrorCode::kBadSql,
          "This statement is not for apps: they read everything, and INSERT, UPDATE and DELETE rows of the tables that "
          "they declare.",
          "Declare tables in the schema; transactions are begun and committed by the engine."};
}

}  // namespace

struct Store::Impl {
  Impl(std::unique_ptr<Db> opened, Schema own_schema, Clock& wall, HybridClock& hybrid_clock)
      : db(std::move(opened)), program(std::move(own_schema)), clock(wall), hybrid(hybrid_clock) {}
  ~Impl() {
    statements.clear();
    if (db != nullptr) sqlite3_set_authorizer(db->raw(), nullptr, nullptr);
  }

  std::unique_ptr<Db> db;
  Schema program;
  Layout layout;
  const Schema& schema = layout.laid;
  Clock& clock;
  HybridClock& hybrid;
  Gate gate{&schema};
  Authors authors{*db};
  History history{*db, schema};
  Projection projection{*db, schema, authors, history};
  Capture capture{*db, schema};
  LocalTables local_tables{*db, schema};
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements;
  std::function<void(const Committed&)> on_commit;
  std::optional<AuthorRef> self;
  Sealer* sealer = nullptr;
  Stamp latest;       // no merged stamp in the file is later
  Stamp kept_latest;  // what the file says of that: a bound, so that it is seldom written

  bool is_writing = false;     // between begin and commit
  bool is_merging = false;     // between begin_merge and end_merge
  bool may_be_sealed = false;  // the log holds this transaction already
  bool is_broken = false;      // a statement of this transaction failed half way
  bool has_erased = false;     // the write-ahead log still holds what was erased
  LocalEvent event;
  Mutation mutation = Mutation::kNone;

  Result<void> open(std::vector<LocalTable> declared, bool is_agreed) {
    KITH_TRY(register_guards(*db));
    layout = KITH_TRY(ensure_layout(*db, program, is_agreed));
    KITH_TRY(local_tables.open(std::move(declared)));
    if (!local_tables.is_empty()) capture.set_listener(&local_tables);
    sqlite3_set_authorizer(db->raw(), Gate::judge, &gate);
    KITH_TRY(projection.open());
    KITH_TRY(read_latest());
    // A crash may have come between an erasure and its checkpoint.
    has_erased = !db->checkpoint().ok();
    return {};
  }

  Result<void> agree(Schema agreed) {
    if (agreed.canonical() == layout.agreed.canonical()) return {};
    const Growth growth = KITH_TRY(Schema::compare(layout.agreed, agreed));
    if (growth == Growth::kOlder) {
      return Error(ErrorCode::kBadSchema, "What was agreed on has tables that the new agreement lacks.",
                   "Agree on a schema that holds all of them.");
    }
    KITH_TRY(db->begin());
    auto moved = move_layout(*db, layout, std::move(agreed), program);
    if (!moved.ok()) {
      db->rollback();
      return std::move(moved).error();
    }
    KITH_TRY(db->commit());
    layout = std::move(moved).value();
    statements.clear();
    KITH_TRY(projection.open());
    return local_tables.prepare();
  }

  Result<void> read_latest() {
    const Rows rows =
        KITH_TRY(db->query("SELECT coalesce((SELECT value FROM kith_meta WHERE name = 'latest_stamp'), "
                           "(SELECT max(stamp) FROM kith_journal), 0)"));
    latest = kept_latest = Stamp(static_cast<std::uint64_t>(std::get<std::int64_t>(rows.rows[0][0])));
    return {};
  }

  /// An index over the stamps of all entries would tell as well, and cost each of them more than a microsecond.
  Result<void> keep_latest() {
    if (latest <= kept_latest) return {};
    constexpr std::uint64_t kStampMax = std::numeric_limits<std::int64_t>::max();
    const Stamp bound(std::min(latest.value + Stamp::from_ms(kLatestRoomMs).value, kStampMax));
    auto insert = KITH_TRY(db->cached("INSERT OR REPLACE INTO kith_meta(name, value) VALUES ('latest_stamp', ?1)"));
    insert->bind(1, static_cast<std::int64_t>(bound.value));
    KITH_TRY(insert->run());
    kept_latest = bound;
    return {};
  }

  /// Ends the SQLite transaction.
  Result<void> commit_all() {
    capture.stop();
    KITH_TRY(local_tables.refresh_changed(is_writing));
    KITH_TRY(keep_latest());
    return db->commit();
  }

  Result<Statement*> app_statement(std::string_view sql) {
    if (const auto found = statements.find(sql); found != statements.end()) return &found->second;
    gate.access = Access::kApp;
    auto prepared = db->prepare(sql);
    const bool is_denied = !prepared.ok() && sqlite3_errcode(db->raw()) == SQLITE_AUTH;
    gate.access = Access::kEngine;
    if (is_denied) return not_allowed();
    Statement statement = KITH_TRY(std::move(prepared));
    if (statements.size() >= kAppStatementsMax) statements.clear();
    return &statements.emplace(std::string(sql), std::move(statement)).first->second;
  }

  static Result<void> bind(Statement& statement, std::span<const Value> parameters) {
    const int wanted = sqlite3_bind_parameter_count(statement.raw());
    if (static_cast<std::size_t>(wanted) != parameters.size()) {
      return Error(ErrorCode::kUsage,
                   "The statement has " + std::to_string(wanted) + " parameters, and " +
                       std::to_string(parameters.size()) + " values were given.",
                   "Give one value for each.");
    }
    for (int i = 0; i < wanted; ++i) statement.bind(i + 1, parameters[static_cast<std::size_t>(i)]);
    return {};
  }

  Result<void> exec(std::string_view sql, std::span<const Value> parameters) {
    Statement* statement = KITH_TRY(app_statement(sql));
    KITH_TRY(bind(*statement, parameters));
    const std::int64_t before = sqlite3_total_changes64(db->raw());
    auto done = statement->run();
    // Rows of a statement that failed later stay (ON CONFLICT FAIL, layout): such a transaction must not be committed.
    if (!done.ok() && sqlite3_total_changes64(db->raw()) != before) is_broken = true;
    return done;
  }

  void forget_all() {
    kept_latest = Stamp{};  // written anew by the next transaction
    authors.forget();
    history.forget_all();
    local_tables.forget_changes();
    // If the file cannot even be read, every later call will say so.
    static_cast<void>(projection.reload());
  }

  void roll_back() {
    capture.stop();
    is_writing = is_merging = is_broken = false;
    db->rollback();
    forget_all();
    if (std::exchange(may_be_sealed, false)) sealer->sealing_failed();
  }

  Result<Committed> commit() {
    capture.watch();
    if (is_broken) {
      return Error(ErrorCode::kConstraint, "A statement of this transaction failed half way.",
                   "Write the transaction again without it.");
    }
    if (!self) return Error(ErrorCode::kUsage, "Nobody writes here: set_self() was not called.");
    LocalCommit local(*db, projection, authors, history, capture, hybrid, *self);
    auto committed = local.run(schema, event, sealer, latest);
    may_be_sealed = local.may_be_sealed();
    const Committed done = KITH_TRY(std::move(committed));
    KITH_TRY(commit_all());
    may_be_sealed = false;
    return done;
  }

  Result<std::vector<Pos>> set_state(std::span<const Pos> positions, std::int64_t from, std::int64_t to) {
    std::vector<Pos> changed;
    for (const Pos pos : positions) {
      auto update = KITH_TRY(db->cached("UPDATE kith_journal SET state = ?3 WHERE pos = ?1 AND state = ?2"));
      update->bind(1, pos.value).bind(2, from).bind(3, to);
      KITH_TRY(update->run());
      if (sqlite3_changes(db->raw()) > 0) changed.push_back(pos);
    }
    return changed;
  }

  /// The changesets of these entries; those that cannot be read here are left out, because nothing of them is in any
  /// table.
  Result<std::vector<std::pair<Pos, std::shared_ptr<const Changeset>>>> changesets(std::span<const Pos> positions) {
    std::vector<std::pair<Pos, std::shared_ptr<const Changeset>>> found;
    for (const Pos pos : positions) {
      if (auto changeset = KITH_TRY(history.at_whatever_state(pos))) found.emplace_back(pos, std::move(changeset));
    }
    return found;
  }

  Result<void> retract(std::span<const Pos> positions) {
    const std::vector<Pos> changed = KITH_TRY(set_state(positions, kStateCounts, kStateRetracted));
    if (mutation == Mutation::kRetractKeepsWinners) return {};
    for (const auto& [pos, changeset] : KITH_TRY(changesets(changed))) KITH_TRY(projection.take_out(pos, *changeset));
    return {};
  }

  Result<void> blank_tail_body(Pos pos, const Changeset& changeset) {
    auto update = KITH_TRY(db->cached("UPDATE kith_journal SET body = ?2 WHERE pos = ?1 AND form = 0"));
    const Bytes body = make_tail_body(changeset.shape(), {});
    update->bind(1, pos.value).bind(2, ByteView(body));
    return update->run();
  }

  Result<void> erase(std::span<const Pos> positions) {
    // What is overwritten is really overwritten, in the file's free places too.
    KITH_TRY(db->query("PRAGMA secure_delete = ON"));
    const auto run = [&]() -> Result<void> {
      for (const auto& [pos, changeset] : KITH_TRY(changesets(positions))) {
        KITH_TRY(blank_tail_body(pos, *changeset));
        history.mark_erased(pos);
      }
      for (const auto& [pos, changeset] : KITH_TRY(changesets(positions))) KITH_TRY(projection.refresh(*changeset));
      return {};
    };
    auto done = run();
    KITH_TRY(db->query("PRAGMA secure_delete = OFF"));
    has_erased = true;
    return done;
  }

  Result<std::vector<Pos>> parts_of(Pos first) {
    std::vector<Pos> parts;
    for (Pos pos = first;; pos = Pos(pos.value + 1)) {
      auto select = KITH_TRY(db->cached("SELECT form, more FROM kith_journal WHERE pos = ?1"));
      select->bind(1, pos.value);
      if (!KITH_TRY(select->step())) return Error(ErrorCode::kNotFound, "There is no such transaction here.");
      if (select->int64(0) != kFormTail) {
        return Error(ErrorCode::kRefused, "This has left the device already and cannot be taken back.",
                     "Delete it instead.");
      }
      parts.push_back(pos);
      if (select->int64(1) == 0) return parts;
    }
  }

  /// Transactions of the tail that touch rows which this one brought to life.
  Result<void> check_dependants(const std::vector<Pos>& parts) {
    std::unordered_set<std::int64_t> dependants;
    for (const auto& [pos, changeset] : KITH_TRY(changesets(parts))) {
      for (const Changeset::PlacedOp& placed : changeset->ops()) {
        if (placed.op.kind != OpKind::kBirth && placed.op.kind != OpKind::kRevive) continue;
        const std::int64_t row = KITH_TRY(projection.row_number(projection.state(placed.op.table), placed.op.key));
        auto select =
            KITH_TRY(db->cached("SELECT t.pos FROM kith_touches t JOIN kith_journal j ON j.pos = t.pos WHERE t.tbl = "
                                "?1 AND t.row = ?2 AND t.pos > ?3 AND j.form = 0"));
        select->bind(1, std::int64_t{placed.op.table}).bind(2, row).bind(3, parts.back().value);
        while (KITH_TRY(select->step())) dependants.insert(select->int64(0));
      }
    }
    if (dependants.empty()) return {};
    std::vector<std::int64_t> sorted(dependants.begin(), dependants.end());
    std::sort(sorted.begin(), sorted.end());
    std::string places;
    for (const std::int64_t pos : sorted) places += (places.empty() ? "" : ", ") + std::to_string(pos);
    return Error(ErrorCode::kRefused, "Later changes build on this one (journal " + places + ").",
                 "Take those back first.");
  }

  Result<void> take_back(Pos first) {
    const std::vector<Pos> parts = KITH_TRY(parts_of(first));
    KITH_TRY(check_dependants(parts));
    KITH_TRY(db->query("PRAGMA secure_delete = ON"));
    auto done = retract(parts);
    for (const Pos pos : parts) {
      if (!done.ok()) break;
      auto remove = KITH_TRY(db->cached("DELETE FROM kith_journal WHERE pos = ?1"));
      remove->bind(1, pos.value);
      done = remove->run();
      history.forget(pos);
    }
    KITH_TRY(db->query("PRAGMA secure_delete = OFF"));
    KITH_TRY(std::move(done));
    has_erased = true;
    return projection.keep_next_pos();
  }

  Result<void> replay() {
    KITH_TRY(projection.clear());
    Statement select = KITH_TRY(db->prepare("SELECT pos FROM kith_journal WHERE state = 0 ORDER BY pos"));
    while (KITH_TRY(select.step())) {
      const Pos pos(select.int64(0));
      const auto changeset = KITH_TRY(history.at(pos));
      if (changeset == nullptr) continue;
      const std::optional<ByteView> values =
          changeset->has_values() ? std::optional<ByteView>(changeset->values()) : std::nullopt;
      const Incoming incoming{pos, changeset->author(), changeset->entry(), Stamp{}, changeset->shape(), values};
      KITH_TRY(projection.apply(incoming, changeset->has_values()));
    }
    return {};
  }
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const OpenOptions& options, Schema schema, Clock& clock,
                                           HybridClock& hybrid) {
  auto db = KITH_TRY(Db::open(options.path, options.files));
  auto impl = std::make_unique<Impl>(std::move(db), std::move(schema), clock, hybrid);
  impl->mutation = options.mutation;
  KITH_TRY(impl->open(options.local_tables, options.is_agreed));
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

const Schema& Store::schema() const {
  return impl_->schema;
}

const Schema& Store::agreed_schema() const {
  return impl_->layout.agreed;
}

const Schema& Store::program_schema() const {
  return impl_->program;
}

Result<void> Store::agree(Schema agreed) {
  if (impl_->is_writing || impl_->is_merging || impl_->db->in_transaction()) {
    return Error(ErrorCode::kUsage, "A transaction is open already.", "End it first.");
  }
  return impl_->agree(std::move(agreed));
}

Db& Store::db() {
  return *impl_->db;
}

void Store::set_source(ChangesetSource* source) {
  impl_->history.set_source(source);
}

void Store::set_sealer(Sealer* sealer) {
  impl_->sealer = sealer;
}

Result<AuthorRef> Store::author(const DeviceId& device, ByteView writer) {
  return impl_->authors.ensure(device, writer);
}

Result<AuthorRef> Store::find_author(const DeviceId& device) {
  return impl_->authors.find(device);
}

void Store::set_self(AuthorRef self) {
  impl_->self = self;
  // Our own stamps never go back, whatever the wall clock does.
  auto rows = impl_->db->query("SELECT max(stamp) FROM kith_journal WHERE author = ?1", std::vector<Value>{self.value});
  if (!rows.ok() || rows->rows.empty()) return;
  if (const auto* stamp = std::get_if<std::int64_t>(&rows->rows[0][0]))
    impl_->hybrid.restore(Stamp(static_cast<std::uint64_t>(*stamp)));
}

// -- local writes

Result<void> Store::begin(std::string_view event, std::uint64_t rest_ms) {
  if (impl_->is_writing || impl_->is_merging || impl_->db->in_transaction()) {
    return Error(ErrorCode::kUsage, "A transaction is open already.", "Commit it or roll it back first.");
  }
  if (event.size() > kEventNameBytesMax || !is_clean_text(event)) {
    return Error(ErrorCode::kUsage,
                 "An event's name is longer than " + std::to_string(kEventNameBytesMax) + " bytes, or not UTF-8.",
                 "Choose another name.");
  }
  const std::uint32_t number = impl_->layout.agreed.find_event(event);
  impl_->event = {number, number == 0 ? std::string(event) : std::string(), 0};
  if (rest_ms > 0) impl_->event.rest_until_ms = static_cast<std::int64_t>(impl_->clock.wall_ms() + rest_ms);
  KITH_TRY(impl_->db->begin());
  impl_->capture.start();
  impl_->is_writing = true;
  return {};
}

Result<void> Store::exec(std::string_view sql, std::span<const Value> parameters) {
  if (impl_->is_writing) return impl_->exec(sql, parameters);
  KITH_TRY(begin(""));
  if (auto done = impl_->exec(sql, parameters); !done.ok()) {
    rollback();
    return done;
  }
  KITH_TRY(commit());
  return {};
}

Result<Committed> Store::commit() {
  if (!impl_->is_writing) return Error(ErrorCode::kUsage, "No transaction is open.", "Begin one first.");
  auto done = impl_->commit();
  if (!done.ok()) {
    impl_->roll_back();
    return done;
  }
  impl_->is_writing = false;
  if (done->parts > 0 && impl_->on_commit) impl_->on_commit(*done);
  return done;
}

void Store::rollback() {
  impl_->roll_back();
}

Result<Rows> Store::query(std::string_view sql, std::span<const Value> parameters) {
  Statement* statement = KITH_TRY(impl_->app_statement(sql));
  if (sqlite3_stmt_readonly(statement->raw()) == 0) {
    return Error(ErrorCode::kBadSql, "A query does not write.", "Write in a transaction: begin, exec, commit.");
  }
  KITH_TRY(Impl::bind(*statement, parameters));
  Rows rows;
  const int columns = statement->column_count();
  for (int i = 0; i < columns; ++i) rows.columns.emplace_back(statement->column_name(i));
  while (KITH_TRY(statement->step())) {
    auto& row = rows.rows.emplace_back();
    for (int i = 0; i < columns; ++i) row.push_back(statement->value(i));
  }
  return rows;
}

Result<std::vector<RowVersion>> Store::versions(std::string_view table, const Value& key) {
  const Table* found = impl_->schema.find(table);
  if (found == nullptr)
    return Error(ErrorCode::kUsage, "There is no table " + std::string(table) + ".", "Name one of the schema's.");
  return row_versions(*impl_->db, impl_->projection, impl_->history, impl_->authors, *found, key);
}

void Store::set_on_commit(std::function<void(const Committed&)> listener) {
  impl_->on_commit = std::move(listener);
}

// -- merge

Result<void> Store::begin_merge() {
  if (impl_->is_writing || impl_->is_merging || impl_->db->in_transaction()) {
    return Error(ErrorCode::kUsage, "A transaction is open already.", "End it first.");
  }
  KITH_TRY(impl_->db->begin());
  impl_->capture.watch();
  impl_->is_merging = true;
  return {};
}

Result<void> Store::end_merge() {
  CHECK(impl_->is_merging);
  if (auto done = impl_->commit_all(); !done.ok()) {
    impl_->roll_back();
    return done;
  }
  impl_->is_merging = false;
  // What is committed is committed: if this fails (a full disk), the next end_merge tries again.
  if (impl_->has_erased && impl_->db->checkpoint().ok()) impl_->has_erased = false;
  return {};
}

void Store::abort_merge() {
  impl_->roll_back();
}

Pos Store::next_pos() {
  return impl_->projection.take_pos();
}

Result<Applied> Store::merge(const Incoming& incoming) {
  CHECK(impl_->is_merging);
  if (incoming.reach != nullptr && is_beyond(*incoming.reach, incoming.shape)) return Applied::kBeyondCited;
  const Judgement judgement = judge(impl_->schema, impl_->layout.agreed.reach(), incoming.shape, incoming.values,
                                    {.entry = incoming.stamp, .floor = incoming.floor});
  if (judgement.is_beyond) return Applied::kBeyondAgreed;
  if (judgement.is_void) return Applied::kVoid;
  impl_->latest = std::max(impl_->latest, incoming.stamp);
  impl_->hybrid.observe(incoming.stamp);
  KITH_TRY(impl_->projection.apply(incoming, judgement.has_values));
  return Applied::kCounts;
}

Result<void> Store::retract(std::span<const Pos> positions) {
  CHECK(impl_->is_merging);
  return impl_->retract(positions);
}

Result<void> Store::restore(std::span<const Pos> positions) {
  CHECK(impl_->is_merging);
  const std::vector<Pos> changed = KITH_TRY(impl_->set_state(positions, kStateRetracted, kStateCounts));
  for (const auto& [pos, changeset] : KITH_TRY(impl_->changesets(changed)))
    KITH_TRY(impl_->projection.put_back(pos, *changeset));
  return {};
}

Result<void> Store::erase(std::span<const Pos> positions) {
  CHECK(impl_->is_merging);
  return impl_->erase(positions);
}

Result<void> Store::take_back(Pos first) {
  CHECK(impl_->is_merging);
  return impl_->take_back(first);
}

Result<std::size_t> Store::refresh_local(std::size_t rows_max) {
  if (!KITH_TRY(impl_->local_tables.has_backlog())) return std::size_t{0};
  KITH_TRY(begin_merge());
  auto done = impl_->local_tables.refresh_stale(rows_max);
  if (!done.ok()) {
    abort_merge();
    return done;
  }
  KITH_TRY(end_merge());
  return done;
}

Result<bool> Store::has_local_backlog() {
  return impl_->local_tables.has_backlog();
}

Result<std::uint64_t> Store::local_backlog() {
  return impl_->local_tables.backlog();
}

Result<void> Store::rebuild() {
  const bool is_nested = impl_->is_merging;
  if (!is_nested) KITH_TRY(begin_merge());
  if (auto done = impl_->replay(); !done.ok()) {
    abort_merge();
    return done;
  }
  return is_nested ? Result<void>() : end_merge();
}

Result<Bytes> Store::state_hash(std::span<const Pos> mask_erased) {
  std::unordered_set<std::string> masked;
  for (const auto& [pos, changeset] : KITH_TRY(impl_->changesets(mask_erased))) {
    for (const Changeset::PlacedOp& placed : changeset->ops()) masked.insert(row_name(placed.op.table, placed.op.key));
  }
  return store::state_hash(*impl_->db, impl_->schema, impl_->projection, impl_->authors, masked);
}

}  // namespace kith::store
