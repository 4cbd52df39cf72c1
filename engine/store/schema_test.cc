// SPDX-License-Identifier: Apache-2.0
// Goal: a schema means one thing, however it is written, and what cannot be kept is refused with reason and remedy.
// Method: pairs of texts and their canonical form; every refused feature by name.
#include "store/schema.h"

#include <gtest/gtest.h>

namespace kith::store {
namespace {

Schema parsed(std::string_view sql) {
  auto schema = Schema::parse(sql);
  EXPECT_TRUE(schema.ok()) << (schema.ok() ? "" : schema.error().message());
  return schema.ok() ? std::move(schema).value() : Schema();
}

Error refused(std::string_view sql) {
  auto schema = Schema::parse(sql);
  EXPECT_FALSE(schema.ok()) << sql;
  return schema.ok() ? Error(ErrorCode::kInternal, "") : std::move(schema).error();
}

TEST(Schema, reads_tables_events_indexes_and_views) {
  const Schema schema = parsed(R"(
      CREATE TABLE posts (id TEXT PRIMARY KEY, thread TEXT, body LWW_TEXT NOT NULL DEFAULT 'it''s') WRITABLE BY OWNER;
      CREATE TABLE counts (n INTEGER PRIMARY KEY, x LWW_REAL DEFAULT -1.5e+3);
      CREATE INDEX posts_by_thread ON posts(thread, id);
      CREATE VIEW long_posts AS SELECT * FROM posts WHERE length(body) >= 100 OR body || 'x' = 'y';
      CREATE EVENT "post written"; CREATE EVENT 'post edited')");
  ASSERT_EQ(schema.tables().size(), 2u);
  const Table& posts = schema.tables()[0];
  EXPECT_EQ(posts.write_rule, WriteRule::kOwner);
  EXPECT_EQ(posts.key_column, 0u);
  EXPECT_EQ(posts.immutable_columns, 2u);
  EXPECT_EQ(posts.last_writer_columns, 4u);
  EXPECT_EQ(posts.not_null_columns, 4u);
  EXPECT_EQ(schema.find("COUNTS")->number, 1u);
  EXPECT_EQ(schema.find_event("post edited"), 2u);
  EXPECT_EQ(schema.find_event("post lost"), 0u);
  EXPECT_EQ(schema.tables().size() + schema.extras().size(), 4u);
  EXPECT_EQ(schema.canonical(),
            "CREATE TABLE \"posts\" (\"id\" TEXT PRIMARY KEY, \"thread\" TEXT, \"body\" LWW_TEXT NOT NULL DEFAULT "
            "'it''s') WRITABLE BY OWNER;\n"
            "CREATE TABLE \"counts\" (\"n\" INTEGER PRIMARY KEY, \"x\" LWW_REAL DEFAULT -1.5e+3);\n"
            "CREATE INDEX posts_by_thread ON posts ( thread , id );\n"
            "CREATE VIEW long_posts AS SELECT * FROM posts WHERE length ( body ) >= 100 OR body || 'x' = 'y';\n"
            "CREATE EVENT 'post written';\nCREATE EVENT 'post edited';\n");
}

TEST(Schema, canonical_text_ignores_blanks_comments_and_quoting_and_is_its_own_canonical_text) {
  const Schema plain = parsed("CREATE TABLE a(id TEXT PRIMARY KEY,b LWW_TEXT);CREATE EVENT e;");
  const Schema other = parsed(
      "-- a table\ncreate table [a] ( `id` text, /* the\nbody */ \"b\" lww_text\n, primary key(ID)) writable by "
      "members ;;create event \"e\"");
  EXPECT_EQ(plain.canonical(), other.canonical());
  EXPECT_EQ(parsed(plain.canonical()).canonical(), plain.canonical());
}

TEST(Schema, quoted_names_may_contain_anything) {
  const Schema schema = parsed("CREATE TABLE \"the \"\"posts\"\" ünd\" ([my id] TEXT PRIMARY KEY, `select` LWW_TEXT)");
  EXPECT_EQ(schema.tables()[0].name, "the \"posts\" ünd");
  EXPECT_EQ(schema.tables()[0].columns[1].name, "select");
  EXPECT_EQ(parsed(schema.canonical()).canonical(), schema.canonical());
}

TEST(Schema, an_integer_key_is_not_the_rowid) {
  const Schema schema = parsed("CREATE TABLE t(id INTEGER PRIMARY KEY, v LWW_TEXT)");
  EXPECT_NE(physical_table(schema.tables()[0]).find("\"id\" INT PRIMARY KEY"), std::string::npos);
  EXPECT_NE(schema.canonical().find("\"id\" INTEGER PRIMARY KEY"), std::string::npos);
}

TEST(Schema, refuses_what_cannot_be_kept_with_reason_and_remedy) {
  const char* const kRefused[] = {
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT UNIQUE)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT, UNIQUE(v))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT CHECK (v > 1))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT, CONSTRAINT c CHECK (v > 1))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT REFERENCES u(id))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT, FOREIGN KEY (v) REFERENCES u(id))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT) WITHOUT ROWID",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT) STRICT",
      "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)",
      "CREATE TABLE t(id TEXT PRIMARY KEY DESC)",
      "CREATE TABLE t(id TEXT PRIMARY KEY ON CONFLICT REPLACE)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT COLLATE NOCASE)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT GENERATED ALWAYS AS (id))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT AS (id))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v REALTIME_TEXT)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v COUNTER_INTEGER)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_JSON)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v NUMERIC)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v)",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT DEFAULT (1))",
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT DEFAULT CURRENT_TIMESTAMP)",
      "CREATE TABLE t(id LWW_TEXT PRIMARY KEY)",
      "CREATE TABLE t(id REAL PRIMARY KEY)",
      "CREATE TABLE t(id TEXT PRIMARY KEY DEFAULT 'x')",
      "CREATE TABLE t(a TEXT, b TEXT, PRIMARY KEY(a, b))",
      "CREATE TABLE t(a TEXT PRIMARY KEY, b TEXT PRIMARY KEY)",
      "CREATE TABLE t(a TEXT, b TEXT)",
      "CREATE TABLE t(a TEXT PRIMARY KEY, A TEXT)",
      "CREATE TABLE t(a TEXT PRIMARY KEY, rowid TEXT)",
      "CREATE TABLE t(a TEXT PRIMARY KEY, kith_writer TEXT)",
      "CREATE TABLE journal(a TEXT PRIMARY KEY)",
      "CREATE TABLE kith_x(a TEXT PRIMARY KEY)",
      "CREATE TABLE sqlite_x(a TEXT PRIMARY KEY)",
      "CREATE TABLE t(a TEXT PRIMARY KEY); CREATE TABLE T(a TEXT PRIMARY KEY)",
      "CREATE TABLE t(a TEXT PRIMARY KEY) WRITABLE BY OPERATORS",
      "CREATE TABLE t AS SELECT 1",
      "CREATE UNIQUE INDEX i ON t(a)",
      "CREATE INDEX i ON t(a)",
      "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
      "CREATE VIRTUAL TABLE t USING fts5(a)",
      "CREATE TEMP TABLE t(a TEXT PRIMARY KEY)",
      "CREATE EVENT a; CREATE EVENT a",
      "INSERT INTO t VALUES (1)",
      "PRAGMA journal_mode=DELETE",
  };
  for (const char* sql : kRefused) {
    const Error error = refused(sql);
    EXPECT_EQ(error.code(), ErrorCode::kBadSchema) << sql;
    EXPECT_EQ(error.cause().find("Line "), 0u) << sql;
    EXPECT_FALSE(error.remedy().empty()) << sql;
  }
}

TEST(Schema, refuses_broken_text) {
  for (const char* sql :
       {"CREATE TABLE", "CREATE TABLE t", "CREATE TABLE t(", "CREATE TABLE t(a TEXT PRIMARY KEY", "CREATE TABLE t() x",
        "CREATE TABLE 't(a TEXT PRIMARY KEY)", "/* open", "CREATE TABLE \"t", "CREATE \x01", "x'12", "CREATE EVENT",
        "CREATE TABLE t(a TEXT PRIMARY KEY DEFAULT -)", "CREATE TABLE t(a TEXT PRIMARY KEY) extra"}) {
    EXPECT_EQ(refused(sql).code(), ErrorCode::kBadSchema) << sql;
  }
}

TEST(Schema, refuses_literals_that_sqlite_would_refuse) {
  for (const char* literal : {"x'1'", "x'15\"ff'", "x'0g'", "12abc", "1.2.3", "1e", "1e+", "0x", "0xfg", "1_000"}) {
    EXPECT_EQ(refused("CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT DEFAULT " + std::string(literal) + ")").code(),
              ErrorCode::kBadSchema)
        << literal;
  }
  for (const char* literal : {"x''", "X'0aFF'", "12", "1.", ".5", "1.5e-3", "2E+7", "0x1F"}) {
    parsed("CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT DEFAULT " + std::string(literal) + ")");
  }
}

TEST(Schema, names_the_line) {
  EXPECT_EQ(refused("CREATE EVENT a;\n\nCREATE TABLE t(\n id TEXT PRIMARY KEY,\n v FOO)").cause().find("Line 5"), 0u);
}

TEST(Schema, bounds_are_held) {
  std::string columns = "CREATE TABLE t(id TEXT PRIMARY KEY";
  for (std::size_t i = 1; i < Schema::kColumnsMax; ++i) columns += ", c" + std::to_string(i) + " LWW_TEXT";
  EXPECT_EQ(parsed(columns + ")").tables()[0].columns.size(), Schema::kColumnsMax);
  EXPECT_FALSE(Schema::parse(columns + ", last LWW_TEXT)").ok());
  EXPECT_FALSE(Schema::parse(std::string(Schema::kTextBytesMax + 1, ' ')).ok());
  EXPECT_FALSE(
      Schema::parse("CREATE TABLE " + std::string(Schema::kNameBytesMax + 1, 'x') + "(id TEXT PRIMARY KEY)").ok());
}

}  // namespace
}  // namespace kith::store
