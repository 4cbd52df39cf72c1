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

/// What hangs on one of the app's tables.
std::string attachments(const Table& table) {
  std::string sql;
  for (const char* action : {"INSERT", "UPDATE", "DELETE"}) sql += guard(table.name, action);
  return sql + immutable_trigger(table) + view(table);
}

Result<void> run_schema(Db& db, const std::string& sql) {
  auto done = db.exec(sql);
  if (done.ok() || done.error().code() != ErrorCode::kBadSql) return done;
  return Error(ErrorCode::kBadSchema, "The schema does not run: " + done.error().cause(), "Correct the statement.");
}

Result<void> keep_text(Db& db, const char* name, const Schema& schema) {
  auto insert = KITH_TRY(db.cached("INSERT OR REPLACE INTO kith_meta(name, value) VALUES (?1, ?2)"));
  const std::string text = schema.canonical();
  insert->bind(1, std::string_view(name)).bind(2, std::string_view(text));
  return insert->run();
}

Result<void> keep_texts(Db& db, const Layout& layout) {
  KITH_TRY(keep_text(db, "schema", layout.agreed));
  return keep_text(db, "laid", layout.laid);
}

Result<void> create(Db& db, const Layout& layout) {
  std::string sql = kOwnTables;
  // Own tables are guarded against loss and forged people; INSERT and UPDATE of the journal are on the path of every
  // entry and are left unguarded.
  for (const char* table : {"kith_meta", "kith_authors", "kith_journal", "kith_births", "kith_cells", "kith_rows",
                            "kith_touches", "kith_conflicts"}) {
    sql += guard(table, "DELETE");
  }
  for (const char* action : {"INSERT", "UPDATE"}) sql += guard("kith_authors", action) + guard("kith_meta", action);
  for (const Table& table : layout.laid.tables()) sql += physical_table(table) + ";\n";
  for (const std::string& extra : layout.laid.extras()) sql += extra + ";\n";
  for (const Table& table : layout.laid.tables()) sql += attachments(table);
  KITH_TRY(run_schema(db, sql));
  return keep_texts(db, layout);
}

/// What hangs on the app's tables, and its indexes and views: all but the tables themselves.
Result<void> detach(Db& db) {
  const Rows rows = KITH_TRY(
      db.query("SELECT 'DROP ' || type || ' \"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_schema WHERE"
               " (type = 'trigger' AND tbl_name NOT GLOB 'kith_*')"
               " OR (type = 'index' AND tbl_name NOT GLOB 'kith_*' AND sql IS NOT NULL)"
               " OR (type = 'view' AND name NOT GLOB 'kith_local_*')"));
  for (const auto& row : rows.rows) KITH_TRY(db.exec(std::get<std::string>(row[0])));
  return {};
}

/// Brings a table from one form to the other. What the two do not share at its beginning was waiting, and is empty.
Result<void> change_table(Db& db, const Table& before, const Table& after) {
  std::size_t same = 0;
  while (same < before.columns.size() && same < after.columns.size() &&
         physical_column(before, static_cast<std::uint32_t>(same)) ==
             physical_column(after, static_cast<std::uint32_t>(same))) {
    ++same;
  }
  const std::string alter = "ALTER TABLE " + quoted(before.name);
  for (std::size_t i = before.columns.size(); i > same; --i) {
    KITH_TRY(db.exec(alter + " DROP COLUMN " + quoted(before.columns[i - 1].name)));
  }
  for (std::size_t i = same; i < after.columns.size(); ++i) {
    KITH_TRY(run_schema(db, alter + " ADD COLUMN " + physical_column(after, static_cast<std::uint32_t>(i))));
  }
  return {};
}

/// From one layout to the next. Tables that waited and are of another form, or declared no more, are made anew: they
/// are empty.
Result<void> lay_anew(Db& db, const Layout& before, const Layout& after) {
  KITH_TRY(detach(db));
  for (const Table& table : before.laid.tables()) {
    const Table* kept = after.laid.find(table.name);
    if (before.agreed.find(table.name) != nullptr && kept != nullptr) {
      KITH_TRY(change_table(db, table, *kept));
    } else if (kept == nullptr || physical_table(*kept) != physical_table(table)) {
      KITH_TRY(db.exec("DROP TABLE " + quoted(table.name)));
    }
  }
  std::string sql;
  for (const Table& table : after.laid.tables()) {
    const Table* old = before.laid.find(table.name);
    const bool is_there =
        old != nullptr && (before.agreed.find(table.name) != nullptr || physical_table(*old) == physical_table(table));
    if (!is_there) sql += physical_table(table) + ";\n";
  }
  for (const std::string& extra : after.laid.extras()) sql += extra + ";\n";
  for (const Table& table : after.laid.tables()) sql += attachments(table);
  KITH_TRY(run_schema(db, sql));
  return keep_texts(db, after);
}

/// What this program and this agreement make of the file.
Result<Layout> layout_of(Schema agreed, const Schema& program) {
  const Growth growth = KITH_TRY(Schema::compare(agreed, program));
  // The program's queries lean on its own indexes and views, whichever of the two schemas is the newer.
  Schema laid = growth == Growth::kOlder ? agreed.with_extras_of(program) : KITH_TRY(Schema::grown(agreed, program));
  laid.set_agreed(agreed.reach());
  return Layout{std::move(agreed), std::move(laid)};
}

Result<Schema> read_schema(Db& db, const char* name) {
  auto select = KITH_TRY(db.cached("SELECT value FROM kith_meta WHERE name = ?1"));
  select->bind(1, std::string_view(name));
  if (KITH_TRY(select->step())) return Schema::parse(select->text(0));
  return Error(ErrorCode::kNotDatabase, "The file does not say what its tables are.",
               "Restore the file from a backup or from a neighbour.");
}

Result<Layout> read_layout(Db& db) {
  Layout layout;
  layout.agreed = KITH_TRY(read_schema(db, "schema"));
  // Files of the first builds have one text: there was nothing that could wait.
  auto laid = read_schema(db, "laid");
  if (!laid.ok() && laid.error().code() != ErrorCode::kNotDatabase) return std::move(laid).error();
  layout.laid = laid.ok() ? std::move(laid).value() : layout.agreed;
  return layout;
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

Result<Layout> ensure_layout(Db& db, const Schema& program, bool is_agreed) {
  const auto run = [&]() -> Result<Layout> {
    if (KITH_TRY(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'kith_meta'")).rows.empty()) {
      Layout layout = KITH_TRY(layout_of(is_agreed ? program : Schema(), program));
      KITH_TRY(create(db, layout));
      return layout;
    }
    const Layout before = KITH_TRY(read_layout(db));
    const bool is_older = KITH_TRY(Schema::compare(before.agreed, program)) == Growth::kOlder;
    Schema agreed = is_agreed && !is_older ? KITH_TRY(Schema::grown(before.agreed, program)) : before.agreed;
    return move_layout(db, before, std::move(agreed), program);
  };
  KITH_TRY(db.begin());
  auto layout = run();
  if (!layout.ok()) {
    db.rollback();
    return layout;
  }
  KITH_TRY(db.commit());
  return layout;
}

Result<Layout> move_layout(Db& db, const Layout& before, Schema agreed, const Schema& program) {
  Layout after = KITH_TRY(layout_of(std::move(agreed), program));
  if (after.laid.canonical() != before.laid.canonical()) {
    KITH_TRY(lay_anew(db, before, after));
  } else if (after.agreed.canonical() != before.agreed.canonical()) {
    KITH_TRY(keep_texts(db, after));
  }
  return after;
}

}  // namespace kith::store
