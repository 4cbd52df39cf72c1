// SPDX-License-Identifier: Apache-2.0
// A thin, checked layer over one SQLite connection: the only way in which any room touches SQL. Errors become Results
// with SQLite's own sentence; statements are prepared once and kept. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/environment.h"
#include "kith/result.h"
#include "kith/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kith::store {

/// A prepared statement. Bind indexes start at 1, columns at 0. Views returned for a row live until the next step or
/// reset.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& bind(int index, std::int64_t v);
  /// Text and blobs are not copied: they must live until the statement is reset.
  Statement& bind(int index, std::string_view v);
  Statement& bind(int index, ByteView v);
  Statement& bind(int index, const Value& v);
  Statement& bind_null(int index);
  /// True: there is a row. False: done (and reset).
  Result<bool> step();
  /// Runs to the end, ignoring rows, and resets.
  Result<void> run();
  void reset();

  int column_count() const;
  std::string_view column_name(int column) const;
  bool is_null(int column) const;
  std::int64_t int64(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  ByteView blob(int column) const;
  Value value(int column) const;
  sqlite3_stmt* raw() const { return statement_; }

 private:
  friend class Borrowed;
  friend class Db;
  sqlite3_stmt* statement_ = nullptr;
  bool is_borrowed_ = false;
};

/// A statement borrowed from Db::cached; reset when it goes out of scope.
class Borrowed {
 public:
  explicit Borrowed(Statement& statement) : statement_(&statement) { statement.is_borrowed_ = true; }
  Borrowed(Borrowed&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() {
    if (statement_ == nullptr) return;
    statement_->reset();
    statement_->is_borrowed_ = false;
  }
  Statement* operator->() { return statement_; }
  Statement& operator*() { return *statement_; }

 private:
  Statement* statement_;
};

class Db;

/// While it lives, everything is read in one SQLite transaction: one state of the file, and no locks taken and given
/// back for each statement. Statements must be reset before it ends.
class Snapshot {
 public:
  Snapshot(Snapshot&& other) noexcept : db_(other.db_) { other.db_ = nullptr; }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot();

 private:
  friend class Db;
  explicit Snapshot(Db* db) : db_(db) {}
  Db* db_;  // null: inside a transaction that was open already
};

class Db {
 public:
  /// `files` null: the platform's file system and `path` a path in it. Otherwise `path` is a name in `files`, and the
  /// database runs in WAL with locking_mode=EXCLUSIVE (no shared memory), as in a browser. Opens with WAL,
  /// synchronous=NORMAL; a database is created if absent. Errors: kNotDatabase, kNewerVersion (application_id,
  /// user_version), kLocked, kDiskFull, kIo, each naming the path.
  static Result<std::unique_ptr<Db>> open(const std::string& path, FileSystem* files);
  /// A second, read-only connection to the same file (platform file system only).
  static Result<std::unique_ptr<Db>> open_reader(const std::string& path);
  /// A new database of plain tables in an empty place, without our marks and without a journal: what is cut short is
  /// worth nothing.
  static Result<std::unique_ptr<Db>> make_plain(const std::string& name, FileSystem& files);
  ~Db();

  Result<void> exec(std::string_view sql);  // one or more statements without parameters
  Result<Statement> prepare(std::string_view sql);
  /// Prepared at the first use and kept by where its text lies: `sql` must be a string literal or live as long as the
  /// Db. Borrowing one that is borrowed already gives a second copy.
  Result<Borrowed> cached(std::string_view sql);
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters = {});

  bool in_transaction() const;
  Result<void> begin();  // BEGIN IMMEDIATE
  Result<void> commit();
  void rollback();
  Result<Snapshot> snapshot();
  /// The barrier of design.md 5: everything committed so far is on the medium when this returns (xSync on the WAL).
  /// Costs nothing if nothing was committed since the last one.
  Result<void> flush();
  /// Copies the write-ahead log into the database and empties it, so that bytes erased before are in neither (readers
  /// permitting).
  Result<void> checkpoint();
  /// The same, if large transactions have let the log grow: for the end of a large merge.
  Result<void> settle();
  /// How often the medium was really synced, for tests and metrics.
  std::uint64_t flush_count() const;
  sqlite3* raw() const;

 private:
  struct Impl;
  explicit Db(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kith::store
