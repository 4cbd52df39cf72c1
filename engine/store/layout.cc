// SPDX-License-Identifier: Apache-2.0
#include "store/layout.h"

#include <sqlite3.h>

namespace kith::store {
namespace {

// The guards compare by a collation of this name, which only this program's connections know: in any other, SQLite
// refuses to compile a write to the table and answers "no such collation sequence:" and this sentence. (A function
// would do as well, but SQLite opens a statement journal for every statement that may call one: 1.1 us an INSERT
// against 0.1.)
constexpr const char* kGuard =
    "this table is written by kith alone, so that every change is signed and reaches the others; use the kith command "
    "or its node";

constexpr const char* kOwnTables = R"(
  CREATE TABLE kith_meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE kith_authors(ref INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE, writer BLOB NOT NULL);
  CREATE TABLE kith_journal(
    pos INTEGER PRIMARY KEY, author INTEGER NOT NULL, stamp INTEGER NOT NULL, form INTEGER NOT NULL, more INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL DEFAULT 0, rest_until INTEGER, seq INTEGER, kind INTEGER, share INTEGER, tag BLOB, id BLOB, refs BLOB, values_hash BLOB,
    body BLOB);
  CREATE UNIQUE INDEX kith_journal_seq ON kith_journal(author, seq) WHERE seq IS NOT NULL;
  CREATE INDEX kith_journal_tail ON kith_journal(pos) WHERE form = 0;
  CREATE INDEX kith_journal_authority ON kith_journal(pos) WHERE kind < 64;
  CREATE INDEX kith_journal_pending ON kith_journal(pos) WHERE state IN (2, 3);
  CREATE TABLE kith_births(tbl INTEGER, lo INTEGER, n INTEGER NOT NULL, pos INTEGER NOT NULL, op INTEGER NOT NULL, stamp INTEGER,
    PRIMARY KEY(tbl, lo)) WITHOUT ROWID;
  CREATE TABLE kith_cells(tbl INTEGER, row INTEGER, col INTEGER, stamp INTEGER NOT NULL, author INTEGER NOT NULL, pos INTEGER NOT NULL,
    erased INTEGER NOT NULL, PRIMARY KEY(tbl, row, col)) WITHOUT ROWID;
  CREATE TABLE kith_rows(tbl INTEGER, key, row INTEGER NOT NULL, state INTEGER NOT NULL, life_stamp INTEGER, life_author INTEGER, life_pos INTEGER,
    birth_pos INTEGER, birth_op INTEGER, birth_stamp INTEGER, PRIMARY KEY(tbl, key)) WITHOUT ROWID;
  CREATE UNIQUE INDEX kith_rows_row ON kith_rows(tbl, row);
  CREATE TABLE kith_touches(tbl INTEGER, row INTEGER, pos INTEGER, PRIMARY KEY(tbl, row, pos)) WITHOUT ROWID;
  CREATE TABLE kith_conflicts(tbl INTEGER NOT NULL, key NOT NULL, kind INTEGER NOT NULL, col INTEGER, pos INTEGER NOT NULL, stamp INTEGER NOT NULL,
    author INTEGER NOT NULL, value, erased INTEGER NOT NULL);
  CREATE INDEX kith_conflicts_row ON kith_conflicts(tbl, key);
)";

std::string guard(const std::string& table, const std::string& action) {
  return "CREATE TRIGGER " + quoted("kith_guard_" + table + "_" + action) + " AFTER " + action + " ON " +
         quoted(table) + " WHEN '' <> '' COLLATE " + quoted(kGuard) + " BEGIN SELECT 1; END;\n";
}

/// Refuses an UPDATE that would really change a column which never changes.
std::string immutable_trigger(const Table& table) {
  std::string columns;
  std::string differs;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].merge == MergeType::kLastWriter) continue;
    const std::string name = quoted(table.columns[i].name);
    columns += (columns.empty() ? "" : ", ") + name;
    differs += (differs.empty() ? "OLD." : " OR OLD.") + name + " IS NOT NEW." + name;
  }
  const std::string sentence = "In " + table.name +
                               " the key and the columns without a sync type are written once and never change. Delete "
                               "the row and write a new one under a new key.";
  return "CREATE TRIGGER " + quoted("kith_immutable_" + table.name) + " BEFORE UPDATE OF " + columns + " ON " +
         quoted(table.name) + " WHEN " + differs + " BEGIN SELECT RAISE(ABORT, " + in_apostrophes(sentence) +
         "); END;\n";
}

/// The table with who wrote each row, on which device, when, and when it was last changed.
std::string view(const Table& table) {
  const std::string number = std::to_string(table.number);
  std::string columns;
  for (const Column& column : table.columns) columns += "t." + quoted(column.name) + ", ";
  const std::string birth =
      "FROM kith_births WHERE tbl = " + number + " AND lo <= t.rowid AND lo + n > t.rowid ORDER BY lo DESC LIMIT 1)";
  return "CREATE VIEW " + quoted("kith_" + table.name) + " AS SELECT " + columns +
         "a.writer AS kith_writer, a.device AS kith_device, coalesce((SELECT stamp " + birth +
         ", j.stamp) AS kith_stamp, (SELECT max(stamp) FROM kith_cells WHERE tbl = " + number +
         " AND row = t.rowid AND stamp > 0) AS kith_changed FROM " + quoted(table.name) +
         " t LEFT JOIN kith_journal j ON j.pos = coalesce((SELECT pos " + birth + ", t.rowid >> " +
         std::to_string(kRowidOpBits) + ") LEFT JOIN kith_authors a ON a.ref = j.author;\n";
}

Result<void> create(Db& db, const Schema& schema) {
  std::string sql = kOwnTables;
  // Own tables are guarded against loss and forged people; INSERT and UPDATE of the journal are on the path of every
  // entry and are left unguarded.
  for (const char* table : {"kith_meta", "kith_authors", "kith_journal", "kith_births", "kith_cells", "kith_rows",
                            "kith_touches", "kith_conflicts"}) {
    sql += guard(table, "DELETE");
  }
  for (const char* action : {"INSERT", "UPDATE"}) sql += guard("kith_authors", action) + guard("kith_meta", action);
  for (const std::string& statement : schema.statements()) sql += statement + ";\n";
  for (const Table& table : schema.tables()) {
    for (const char* action : {"INSERT", "UPDATE", "DELETE"}) sql += guard(table.name, action);
    sql += immutable_trigger(table) + view(table);
  }
  if (auto done = db.exec(sql); !done.ok()) {
    if (done.error().code() != ErrorCode::kBadSql) return done;
    return Error(ErrorCode::kBadSchema, "The schema does not run: " + done.error().cause(), "Correct the statement.");
  }
  auto insert = KITH_TRY(db.cached("INSERT INTO kith_meta(name, value) VALUES ('schema', ?1)"));
  const std::string text = schema.canonical();
  insert->bind(1, std::string_view(text));
  return insert->run();
}

int equal_always(void*, int, const void*, int, const void*) {
  return 0;
}

}  // namespace

Bytes make_tail_body(ByteView shape, ByteView values) {
  Bytes body;
  body.reserve(shape.size() + values.size() + 4);
  ByteWriter writer(body);
  writer.varint(shape.size());
  writer.bytes(shape);
  writer.bytes(values);
  return body;
}

Result<TailBody> split_tail_body(ByteView body) {
  ByteReader in(body);
  const std::uint64_t length = in.varint();
  if (!in.ok() || length > in.left()) {
    return Error(ErrorCode::kNotDatabase, "The journal holds a transaction that cannot be read.",
                 "Restore the file from a backup or from a neighbour.");
  }
  TailBody parts;
  parts.shape = in.bytes(static_cast<std::size_t>(length));
  parts.values = in.rest();
  return parts;
}

Result<void> register_guards(Db& db) {
  if (sqlite3_create_collation(db.raw(), kGuard, SQLITE_UTF8, nullptr, equal_always) == SQLITE_OK) return {};
  return Error(ErrorCode::kInternal, "SQLite does not take the guard's collation.");
}

Result<void> ensure_layout(Db& db, const Schema& schema) {
  if (KITH_TRY(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'kith_meta'")).rows.empty()) {
    KITH_TRY(db.begin());
    auto done = create(db, schema);
    if (!done.ok()) {
      db.rollback();
      return done;
    }
    return db.commit();
  }
  const Rows rows = KITH_TRY(db.query("SELECT value FROM kith_meta WHERE name = 'schema'"));
  const std::string* text = rows.rows.empty() ? nullptr : std::get_if<std::string>(&rows.rows[0][0]);
  if (text != nullptr && *text == schema.canonical()) return {};
  return Error(ErrorCode::kBadSchema, "This file was made with another version of the app's tables.",
               "Open it with the version of the program that made it.");
}

}  // namespace kith::store
