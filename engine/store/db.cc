// SPDX-License-Identifier: Apache-2.0
#include "store/db.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "base/check.h"
#include "store/file_vfs.h"

namespace kith::store {
namespace {

constexpr std::int64_t kApplicationId = 0x4b495448;  // "KITH"
constexpr std::int64_t kFormatVersion = 1;
constexpr int kBusyMsMax = 2'000;
// Pages are of 4 KiB. Small transactions copy the log into the database often and little. Large ones in a row (a join)
// let it grow, so that a page that each of them changes goes there once, and leave the copying to `settle`.
constexpr int kCheckpointPages = 1'000;
constexpr int kLargeCommitPages = 256;
constexpr int kLargeCheckpointPages = 32'000;
// Holds what a window of a large merge touches: its rows and the leaves of every index that they fall on.
constexpr const char* kCachePragma = "PRAGMA cache_size=-16384";
// What a long log leaves behind once it has been copied.
constexpr const char* kLogSizePragma = "PRAGMA journal_size_limit=16777216";

ErrorCode code_of(sqlite3* db, int rc) {
  switch (rc & 0xff) {
    case SQLITE_FULL: return ErrorCode::kDiskFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kLocked;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return ErrorCode::kNotDatabase;
    case SQLITE_CONSTRAINT: return ErrorCode::kConstraint;
    case SQLITE_TOOBIG: return ErrorCode::kTooLarge;
    case SQLITE_READONLY:
    case SQLITE_PERM: return ErrorCode::kPermission;
    case SQLITE_IOERR: return sqlite3_system_errno(db) == ENOSPC ? ErrorCode::kDiskFull : ErrorCode::kIo;
    case SQLITE_CANTOPEN: return sqlite3_system_errno(db) == EACCES ? ErrorCode::kPermission : ErrorCode::kIo;
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_AUTH:
    case SQLITE_SCHEMA: return ErrorCode::kBadSql;
    default: return ErrorCode::kInternal;
  }
}

struct Sentences {
  std::string cause;
  std::string remedy;
};

Sentences sentences_of(ErrorCode code, const std::string& path, const std::string& detail) {
  const std::string file = path.empty() ? std::string("the database") : path;
  if (code == ErrorCode::kDiskFull) {
    return {"There is no space left for " + file + ".", "Free some space; nothing of this write was kept."};
  }
  if (code == ErrorCode::kLocked) {
    return {"Another program is using " + file + ".", "Stop it, or go through it, and try again."};
  }
  if (code == ErrorCode::kNotDatabase) {
    return {file + " is no database, or it is damaged (" + detail + ").",
            "Name another file, or restore this one from a backup or from a neighbour."};
  }
  if (code == ErrorCode::kPermission) {
    return {file + " must not be written by this user (" + detail + ").",
            "Give this user the right to write it and its directory."};
  }
  if (code == ErrorCode::kIo) {
    return {"Reading or writing " + file + " failed (" + detail + ").",
            "Check that the directory exists and the disk is sound."};
  }
  return {detail + ".", ""};
}

Error make_error(sqlite3* db, int rc, const std::string& path) {
  const ErrorCode code = code_of(db, rc);
  Sentences sentences = sentences_of(code, path, db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
  return {code, std::move(sentences.cause), std::move(sentences.remedy)};
}

Error statement_error(sqlite3_stmt* statement, int rc) {
  sqlite3* db = sqlite3_db_handle(statement);
  const char* path = sqlite3_db_filename(db, "main");
  return make_error(db, rc, path == nullptr ? "" : path);
}

}  // namespace

// -- Statement

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), is_borrowed_(other.is_borrowed_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(is_borrowed_, other.is_borrowed_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int index, std::int64_t v) {
  sqlite3_bind_int64(statement_, index, v);
  return *this;
}

Statement& Statement::bind(int index, std::string_view v) {
  // A null pointer would bind NULL: an empty view need not have any.
  sqlite3_bind_text(statement_, index, v.data() == nullptr ? "" : v.data(), static_cast<int>(v.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(int index, ByteView v) {
  const void* data = v.data();
  sqlite3_bind_blob(statement_, index, data == nullptr ? "" : data, static_cast<int>(v.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(int index, const Value& v) {
  if (const auto* integer = std::get_if<std::int64_t>(&v)) return bind(index, *integer);
  if (const auto* real = std::get_if<double>(&v)) {
    sqlite3_bind_double(statement_, index, *real);
    return *this;
  }
  if (const auto* text = std::get_if<std::string>(&v)) return bind(index, std::string_view(*text));
  if (const auto* blob = std::get_if<Bytes>(&v)) return bind(index, ByteView(*blob));
  return bind_null(index);
}

Statement& Statement::bind_null(int index) {
  sqlite3_bind_null(statement_, index);
  return *this;
}

Result<bool> Statement::step() {
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  Error error = statement_error(statement_, rc);
  sqlite3_reset(statement_);
  return error;
}

Result<void> Statement::run() {
  while (KITH_TRY(step())) {
  }
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

int Statement::column_count() const {
  return sqlite3_column_count(statement_);
}

std::string_view Statement::column_name(int column) const {
  return sqlite3_column_name(statement_, column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::int64(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ByteView Statement::blob(int column) const {
  const auto* blob = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {blob, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Value Statement::value(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER: return int64(column);
    case SQLITE_FLOAT: return real(column);
    case SQLITE_TEXT: return std::string(text(column));
    case SQLITE_BLOB: return to_bytes(blob(column));
    default: return std::monostate{};
  }
}

// -- Db

struct Db::Impl {
  std::string path;
  std::unique_ptr<FileVfs> vfs;
  sqlite3* db = nullptr;
  std::unordered_map<const char*, std::vector<std::unique_ptr<Statement>>> statements;  // by their texts' places
  // What a killed process left in the write-ahead log is read here, but nobody has synced it yet.
  bool is_unflushed = true;
  int log_pages = 0;  // in the write-ahead log after the last commit
  std::uint64_t flush_count = 0;

  ~Impl() {
    statements.clear();
    sqlite3_close_v2(db);
  }

  Result<void> check(int rc) {
    if (rc == SQLITE_OK) return {};
    return make_error(db, rc, path);
  }

  Result<std::int64_t> pragma(const char* sql) {
    sqlite3_stmt* raw = nullptr;
    KITH_TRY(check(sqlite3_prepare_v2(db, sql, -1, &raw, nullptr)));
    Statement statement(raw);
    return KITH_TRY(statement.step()) ? statement.int64(0) : 0;
  }

  Result<void> run(const char* sql) { return check(sqlite3_exec(db, sql, nullptr, nullptr, nullptr)); }

  Result<void> connect(int flags, const char* vfs_name) {
    KITH_TRY(check(sqlite3_open_v2(path.c_str(), &db, flags, vfs_name)));
    // A plan holds for whatever is bound. Else everything with a bound LIMIT is prepared anew each time it runs.
    return check(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr));
  }

  // Told of every commit that reached the write-ahead log, whoever made it through this connection.
  static int on_commit(void* self, sqlite3* db, const char* name, int pages) {
    Impl& impl = *static_cast<Impl*>(self);
    impl.is_unflushed = true;
    const int fresh = pages > impl.log_pages ? pages - impl.log_pages : pages;
    impl.log_pages = pages;
    const int limit = fresh >= kLargeCommitPages ? kLargeCheckpointPages : kCheckpointPages;
    if (pages >= limit) sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return SQLITE_OK;
  }

  Result<void> check_identity() {
    const std::int64_t application = KITH_TRY(pragma("PRAGMA application_id"));
    const std::int64_t version = KITH_TRY(pragma("PRAGMA user_version"));
    if (application == kApplicationId && version <= kFormatVersion) return {};
    if (application == kApplicationId) {
      return Error(ErrorCode::kNewerVersion,
                   path + " was written by a newer version of this program (format " + std::to_string(version) + ").",
                   "Update the program and open it again.");
    }
    const std::int64_t tables = KITH_TRY(pragma("SELECT count(*) FROM sqlite_schema"));
    if (application == 0 && version == 0 && tables == 0) return {};
    return Error(ErrorCode::kNotDatabase, path + " is a database of another program.",
                 "Name another file; this one was left as it was.");
  }

  Result<void> mark_as_ours() {
    if (KITH_TRY(pragma("PRAGMA application_id")) == kApplicationId) return {};
    return run(("BEGIN IMMEDIATE; PRAGMA application_id=" + std::to_string(kApplicationId) +
                "; PRAGMA user_version=" + std::to_string(kFormatVersion) + "; COMMIT")
                   .c_str());
  }

  Result<void> configure_writer() {
    KITH_TRY(check(sqlite3_extended_result_codes(db, 1)));
    KITH_TRY(check(sqlite3_busy_timeout(db, kBusyMsMax)));
    // Before the first access, or SQLite would look for shared memory.
    if (vfs != nullptr) KITH_TRY(run("PRAGMA locking_mode=EXCLUSIVE"));
    KITH_TRY(run("PRAGMA temp_store=MEMORY; PRAGMA synchronous=NORMAL"));
    KITH_TRY(run(kCachePragma));
    KITH_TRY(run(kLogSizePragma));
    KITH_TRY(check_identity());
    KITH_TRY(run("PRAGMA journal_mode=WAL"));
    sqlite3_wal_hook(db, on_commit, this);
    KITH_TRY(mark_as_ours());
    return run("BEGIN IMMEDIATE; ROLLBACK");  // somebody else's lock is better met now than in the middle of work
  }
};

Db::Db(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Db::~Db() = default;

Result<std::unique_ptr<Db>> Db::open(const std::string& path, FileSystem* files) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  if (files != nullptr) impl->vfs = std::make_unique<FileVfs>(*files);
  const char* vfs = files != nullptr ? impl->vfs->name().c_str() : nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  KITH_TRY(impl->connect(flags, vfs));
  if (sqlite3_db_readonly(impl->db, "main") == 1) {
    return Error(ErrorCode::kPermission, path + " must not be written by this user.",
                 "Give this user the right to write it and its directory.");
  }
  KITH_TRY(impl->configure_writer());
  return std::unique_ptr<Db>(new Db(std::move(impl)));
}

Result<std::unique_ptr<Db>> Db::open_reader(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  KITH_TRY(impl->connect(SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr));
  KITH_TRY(impl->check(sqlite3_busy_timeout(impl->db, kBusyMsMax)));
  KITH_TRY(impl->check_identity());
  return std::unique_ptr<Db>(new Db(std::move(impl)));
}

Result<std::unique_ptr<Db>> Db::make_plain(const std::string& name, FileSystem& files) {
  auto impl = std::make_unique<Impl>();
  impl->path = name;
  impl->vfs = std::make_unique<FileVfs>(files);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  KITH_TRY(impl->connect(flags, impl->vfs->name().c_str()));
  KITH_TRY(impl->run("PRAGMA temp_store=MEMORY; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"));
  return std::unique_ptr<Db>(new Db(std::move(impl)));
}

Result<void> Db::exec(std::string_view sql) {
  return impl_->run(std::string(sql).c_str());
}

Result<Statement> Db::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  // Almost all are kept: they leave the connection's small fast blocks of memory to those that run.
  const int rc =
      sqlite3_prepare_v3(impl_->db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  KITH_TRY(impl_->check(rc));
  if (raw == nullptr) {
    return Error(ErrorCode::kBadSql, "There is no statement in the text.", "Write one SQL statement.");
  }
  Statement statement(raw);
  const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (rest.find_first_not_of(" \t\r\n;") == std::string_view::npos) return statement;
  return Error(ErrorCode::kBadSql, "There is more than one statement in the text.", "Run them one by one.");
}

Result<Borrowed> Db::cached(std::string_view sql) {
  auto& copies = impl_->statements[sql.data()];
  for (const auto& copy : copies) {
    if (!copy->is_borrowed_) return Borrowed(*copy);
  }
  copies.push_back(std::make_unique<Statement>(KITH_TRY(prepare(sql))));
  return Borrowed(*copies.back());
}

Result<Rows> Db::query(std::string_view sql, std::span<const Value> parameters) {
  Statement statement = KITH_TRY(prepare(sql));
  for (std::size_t i = 0; i < parameters.size(); ++i) statement.bind(static_cast<int>(i) + 1, parameters[i]);
  Rows rows;
  const int columns = statement.column_count();
  for (int i = 0; i < columns; ++i) rows.columns.emplace_back(statement.column_name(i));
  while (KITH_TRY(statement.step())) {
    auto& row = rows.rows.emplace_back();
    for (int i = 0; i < columns; ++i) row.push_back(statement.value(i));
  }
  return rows;
}

bool Db::in_transaction() const {
  return sqlite3_get_autocommit(impl_->db) == 0;
}

Result<void> Db::begin() {
  return KITH_TRY(cached("BEGIN IMMEDIATE"))->run();
}

Result<void> Db::commit() {
  auto done = KITH_TRY(cached("COMMIT"))->run();
  if (!done.ok()) rollback();
  return done;
}

void Db::rollback() {
  if (in_transaction()) sqlite3_exec(impl_->db, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<Snapshot> Db::snapshot() {
  if (in_transaction()) return Snapshot(nullptr);
  KITH_TRY(KITH_TRY(cached("BEGIN"))->run());
  return Snapshot(this);
}

Snapshot::~Snapshot() {
  if (db_ != nullptr) static_cast<void>(db_->commit());  // it has only read: there is nothing that could fail to last
}

Result<void> Db::flush() {
  if (!impl_->is_unflushed) return {};
  sqlite3_file* log = nullptr;
  KITH_TRY(impl_->check(sqlite3_file_control(impl_->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)));
  CHECK(log != nullptr && log->pMethods != nullptr);
  const int rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (rc != SQLITE_OK) {
    return Error(rc == SQLITE_FULL ? ErrorCode::kDiskFull : ErrorCode::kIo,
                 "Writing " + impl_->path + " to the disk failed.",
                 "Check that the disk is sound and has space left; what was not saved has not been sent.");
  }
  impl_->is_unflushed = false;
  ++impl_->flush_count;
  return {};
}

Result<void> Db::checkpoint() {
  const int rc = sqlite3_wal_checkpoint_v2(impl_->db, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  impl_->log_pages = 0;
  return rc == SQLITE_BUSY ? Result<void>() : impl_->check(rc);  // a reader is in the way: the next checkpoint will do
}

Result<void> Db::settle() {
  return impl_->log_pages >= kCheckpointPages ? checkpoint() : Result<void>();
}

std::uint64_t Db::flush_count() const {
  return impl_->flush_count;
}

sqlite3* Db::raw() const {
  return impl_->db;
}

}  // namespace kith::store
