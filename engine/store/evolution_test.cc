// SPDX-License-Identifier: Apache-2.0
// Goal: tables grow and nothing is lost: every allowed move keeps what was there, every other one is refused with its
// reason, what waits for an agreement cannot be written, and two replicas that move at different times are one again.
// Method: replicas opened by one version of a program after another; a disk that loses power at every write.
#include <gtest/gtest.h>

#include "store/testing/model.h"
#include "store/testing/replica.h"

namespace kith::store {
namespace {

using testing::FaultFiles;
using testing::Replica;
using testing::tables_of;

constexpr std::string_view kOld = R"(
  CREATE TABLE posts(id TEXT PRIMARY KEY, thread TEXT, body LWW_TEXT) WRITABLE BY OWNER;
  CREATE TABLE pages(id INTEGER PRIMARY KEY, title LWW_TEXT NOT NULL);
  CREATE INDEX posts_by_thread ON posts(thread);
  CREATE VIEW openings AS SELECT * FROM posts WHERE thread IS NULL;
  CREATE EVENT "post written";
)";

// In another order than things were added, with another view, without the index.
constexpr std::string_view kNew = R"(
  CREATE TABLE ladders(id TEXT PRIMARY KEY, length LWW_INTEGER NOT NULL DEFAULT 3) WRITABLE BY OWNER;
  CREATE TABLE posts(id TEXT PRIMARY KEY, title LWW_TEXT, thread TEXT, body LWW_TEXT, lang TEXT) WRITABLE BY OWNER;
  CREATE TABLE pages(id INTEGER PRIMARY KEY, title LWW_TEXT NOT NULL);
  CREATE INDEX posts_by_title ON posts(title);
  CREATE VIEW openings AS SELECT id, title FROM posts WHERE thread IS NULL;
  CREATE EVENT "ladder offered";
  CREATE EVENT "post written";
)";

Schema parsed(std::string_view sql) {
  return std::move(Schema::parse(sql)).value();
}

void write_some(Replica& replica, const std::string& who) {
  replica.run({"INSERT INTO posts(id, body) VALUES ('" + who + "1', 'one'), ('" + who + "2', 'two')"}, "post written");
  replica.run({"UPDATE posts SET body = 'three' WHERE id = '" + who + "1'"});
  replica.run({"INSERT INTO pages VALUES (" + std::to_string(who[0]) + ", 'page')"});
  replica.run({"DELETE FROM posts WHERE id = '" + who + "2'"});
}

void meet(Replica& a, Replica& b) {
  a.seal();
  b.seal();
  b.receive_all(a.entries());
  a.receive_all(b.entries());
  EXPECT_EQ(a.hash(), b.hash());
  // What waits is in no hash.
  if (a->schema().canonical() == b->schema().canonical()) {
    EXPECT_EQ(tables_of(a), tables_of(b));
  }
}

void expect_exact(Replica& replica) {
  const std::string hash = replica.hash();
  const auto rebuilt = replica->rebuild();
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().message();
  EXPECT_EQ(replica.hash(), hash);
}

TEST(Evolution, grows_at_its_ends_whatever_the_order_in_the_file) {
  const Schema grown = std::move(Schema::grown(parsed(kOld), parsed(kNew))).value();
  ASSERT_EQ(grown.tables().size(), 3u);
  EXPECT_EQ(grown.tables()[0].name, "posts");
  EXPECT_EQ(grown.tables()[2].name, "ladders");
  EXPECT_EQ(grown.tables()[2].number, 2u);
  EXPECT_EQ(grown.tables()[0].columns[2].name, "body");
  EXPECT_EQ(grown.tables()[0].columns[3].name, "title");
  EXPECT_EQ(grown.tables()[0].columns[4].name, "lang");
  EXPECT_EQ(grown.find_event("post written"), 1u);
  EXPECT_EQ(grown.find_event("ladder offered"), 2u);
  EXPECT_EQ(Schema::compare(parsed(kOld), parsed(kNew)).value(), Growth::kNewer);
  EXPECT_EQ(Schema::compare(parsed(kNew), parsed(kOld)).value(), Growth::kOlder);
  EXPECT_EQ(Schema::compare(grown, parsed(kNew)).value(), Growth::kSame);
  EXPECT_EQ(std::move(Schema::grown(grown, parsed(kNew))).value().canonical(), grown.canonical());
}

TEST(Evolution, refuses_what_is_no_growth_and_names_it) {
  const std::string rest = "CREATE TABLE b(id TEXT PRIMARY KEY); CREATE EVENT e; ";
  const std::string base = "CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT, y TEXT); " + rest;
  const auto refused = [&](const std::string& sql, const std::string& named) {
    const auto grown = Schema::grown(parsed(base), parsed(sql));
    ASSERT_FALSE(grown.ok()) << sql;
    EXPECT_EQ(grown.error().code(), ErrorCode::kBadSchema);
    EXPECT_NE(grown.error().cause().find(named), std::string::npos) << grown.error().cause();
    EXPECT_FALSE(grown.error().remedy().empty());
  };
  refused("CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_BLOB, y TEXT); " + rest, "a.x");
  refused("CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT NOT NULL, y TEXT); " + rest, "a.x");
  refused("CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT DEFAULT 'z', y TEXT); " + rest, "a.x");
  refused("CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT, y TEXT) WRITABLE BY OWNER; " + rest, "write to a");
  refused("CREATE TABLE a(id BLOB PRIMARY KEY, x LWW_TEXT, y TEXT); " + rest, "a.id");
  refused("CREATE TABLE a(id TEXT, x LWW_TEXT, y TEXT PRIMARY KEY); " + rest, "key of a");
  refused("CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT, z TEXT); " + rest, "a.y");
  refused("CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT, y TEXT, z TEXT NOT NULL); " + rest, "a.z");
  refused("CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT, y TEXT, z LWW_INTEGER DEFAULT 0); " + rest, "a.z");
  refused("CREATE TABLE c(id TEXT PRIMARY KEY); " + rest, "table a");
  refused(
      "CREATE TABLE a(id TEXT PRIMARY KEY, x LWW_TEXT, y TEXT); CREATE TABLE b(id TEXT PRIMARY KEY); CREATE EVENT f;",
      "event e");
}

TEST(Evolution, an_old_file_opens_with_new_tables_and_keeps_all) {
  Replica ana(kOld, "ana", "Ana");
  write_some(ana, "a");
  const std::string before = ana.text("SELECT id, thread, body FROM posts ORDER BY id");
  ana.reopen_with(kNew);
  ASSERT_NE(ana.store(), nullptr) << ana.open_error().message();
  EXPECT_EQ(ana.text("SELECT id, thread, body FROM posts ORDER BY id"), before);
  EXPECT_EQ(ana.text("SELECT count(*) FROM kith_posts WHERE title IS NULL AND kith_changed > 0"), "1");
  EXPECT_EQ(ana.text("SELECT name FROM sqlite_schema WHERE name GLOB 'posts_by_*'"), "posts_by_title");
  EXPECT_EQ(ana.integrity(), "ok");
  ana.run({"INSERT INTO ladders(id) VALUES ('l')", "UPDATE posts SET title = 'a title'"}, "ladder offered");
  EXPECT_EQ(ana.text("SELECT length FROM ladders"), "3");
  expect_exact(ana);
  ana.reopen();
  EXPECT_EQ(ana.text("SELECT title FROM openings"), "a title");
  expect_exact(ana);
}

TEST(Evolution, two_replicas_that_move_at_different_times_are_one_again) {
  Replica ana(kOld, "ana", "Ana");
  Replica ben(kOld, "ben", "Ben");
  write_some(ana, "a");
  write_some(ben, "b");
  meet(ana, ben);
  ana.reopen_with(kNew);
  ana.run({"UPDATE posts SET title = 'new' WHERE id = 'a1'", "INSERT INTO ladders(id) VALUES ('l')"});
  ben.run({"INSERT INTO posts(id, body) VALUES ('late', 'by the old program')"});
  ben.seal();
  ana.receive_all(ben.entries());
  ben.reopen_with(kNew);
  meet(ana, ben);
  expect_exact(ana);
  expect_exact(ben);
  // Judgements over the move.
  const auto last = ana.entries().rbegin()->first;
  ana.retract({last});
  ana.restore({last});
  EXPECT_EQ(ana.hash(), ben.hash());
}

TEST(Evolution, what_waits_is_there_to_be_read_and_nobody_writes_it) {
  Replica ana(kOld, "ana", "Ana");
  write_some(ana, "a");
  const std::string hash = ana.hash();
  ana.is_agreed = false;
  ana.reopen_with(kNew);
  EXPECT_EQ(ana.hash(), hash);
  EXPECT_EQ(ana.text("SELECT count(*) FROM ladders"), "0");
  for (const char* sql : {"INSERT INTO ladders(id) VALUES ('l')", "UPDATE posts SET title = 'x'",
                          "INSERT INTO posts(id, lang) VALUES ('p', 'en')"}) {
    const auto refused = ana.try_run({sql});
    ASSERT_TRUE(refused.has_value()) << sql;
    EXPECT_EQ(refused->code(), ErrorCode::kRefused);
    EXPECT_NE(refused->remedy().find("founder"), std::string::npos);
  }
  // What there was goes on, an event that waits by its name.
  ana.run({"INSERT INTO posts(id, body, title) VALUES ('p', 'b', NULL)"}, "ladder offered");
  Replica ben(kOld, "ben", "Ben");
  meet(ana, ben);
  const Schema next = std::move(Schema::grown(ana->agreed_schema(), parsed(kNew))).value();
  ASSERT_TRUE(ana->agree(next).ok());
  ana.run({"INSERT INTO ladders(id) VALUES ('l')", "UPDATE posts SET title = 'x' WHERE id = 'p'"}, "ladder offered");
  expect_exact(ana);
  ben.reopen_with(kNew);
  meet(ana, ben);
}

TEST(Evolution, what_names_things_that_are_not_agreed_on_waits_or_is_void) {
  Replica ana(kNew, "ana", "Ana");
  const auto entry_of = [&ana](const std::string& sql, std::string_view event) {
    ana.run({sql}, event);
    ana.seal();
    return ana.entries().rbegin()->second;
  };
  // The numbers of kNew's tables are others than those that kOld grows to; what matters here is that they lie beyond.
  const auto beyond = entry_of("INSERT INTO pages VALUES (1, 'x')", "post written");
  Replica ben(kOld, "ben", "Ben");
  ASSERT_TRUE(ben->begin_merge().ok());
  EXPECT_EQ(ben.receive(beyond).value(), Applied::kBeyondAgreed);
  const SchemaReach old_reach = parsed(kOld).reach();
  Incoming cited{ana->next_pos(), *ana->find_author(testing::device_named("ana")), beyond.stamp, Stamp{}, beyond.shape,
                 std::nullopt};
  cited.reach = &old_reach;
  ASSERT_TRUE(ana->begin_merge().ok());
  EXPECT_EQ(ana->merge(cited).value(), Applied::kBeyondCited);
  ana->abort_merge();
  ben->abort_merge();
}

TEST(Evolution, an_older_program_opens_what_a_newer_one_has_moved) {
  Replica ana(kOld, "ana", "Ana");
  write_some(ana, "a");
  ana.reopen_with(kNew);
  ana.run({"INSERT INTO ladders(id) VALUES ('l')", "UPDATE posts SET title = 'x'"});
  const std::string hash = ana.hash();
  ana.reopen_with(kOld);
  ASSERT_NE(ana.store(), nullptr) << ana.open_error().message();
  EXPECT_EQ(ana.hash(), hash);
  EXPECT_EQ(ana.text("SELECT count(*) FROM ladders"), "1");
  EXPECT_EQ(ana.text("SELECT thread FROM openings"), "NULL");
  ana.run({"INSERT INTO posts(id, body) VALUES ('p', 'by the old program')"}, "post written");
  expect_exact(ana);
  ana.reopen_with(kNew);
  expect_exact(ana);
}

TEST(Evolution, waiting_tables_may_change_until_they_are_agreed_on) {
  constexpr std::string_view other = R"(
    CREATE TABLE posts(id TEXT PRIMARY KEY, thread TEXT, body LWW_TEXT, colour LWW_TEXT, title LWW_TEXT) WRITABLE BY OWNER;
    CREATE TABLE pages(id INTEGER PRIMARY KEY, title LWW_TEXT NOT NULL);
    CREATE TABLE ladders(id TEXT PRIMARY KEY, height LWW_REAL);
    CREATE EVENT "post written";
  )";
  Replica ana(kOld, "ana", "Ana");
  write_some(ana, "a");
  const std::string hash = ana.hash();
  ana.is_agreed = false;
  for (const std::string_view schema : {kNew, other, kOld, other, kNew}) {
    ana.reopen_with(schema);
    ASSERT_NE(ana.store(), nullptr) << ana.open_error().message();
    EXPECT_EQ(ana.hash(), hash);
    expect_exact(ana);
  }
  // The place agrees on something else than this program had laid out.
  const Schema next = std::move(Schema::grown(ana->agreed_schema(), parsed(other))).value();
  const auto refused = ana->agree(next);
  ASSERT_FALSE(refused.ok());  // kNew's ladders are others
  EXPECT_EQ(refused.error().code(), ErrorCode::kBadSchema);
  ana.reopen_with(kOld);
  ASSERT_TRUE(ana->agree(next).ok());
  EXPECT_EQ(ana.text("SELECT colour, title FROM posts WHERE id = 'a1'"), "NULL|NULL");
  expect_exact(ana);
}

TEST(Evolution, the_power_may_go_at_any_write_of_a_move) {
  std::mt19937 random(11);
  for (const auto loss : {FaultFiles::Loss::kAll, FaultFiles::Loss::kNone, FaultFiles::Loss::kTorn}) {
    std::uint64_t total = 1;
    int moved = 0;
    for (std::uint64_t cut = 0; cut < total; ++cut) {
      FaultFiles files;
      std::string hash;
      {
        Replica ana(kOld, "ana", "Ana", files);
        write_some(ana, "a");
        ASSERT_TRUE(ana->db().flush().ok());
        hash = ana.hash();
        ana.close();
        const std::uint64_t before = files.operations();
        if (total > 1) files.cut_power_at(before + cut);
        ana.reopen_with(kNew);
        if (ana.store() != nullptr) static_cast<void>(ana->db().flush());
        if (total == 1) {
          total = files.operations() - before + 1;
          continue;
        }
      }
      files.restart(loss, random);
      Replica again(kOld, "ana", "Ana", files);
      ASSERT_NE(again.store(), nullptr) << "cut " << cut << ": " << again.open_error().message();
      EXPECT_EQ(again.integrity(), "ok") << cut;
      const bool has_moved = again.text("SELECT count(*) FROM sqlite_schema WHERE name = 'ladders'") == "1";
      const bool has_column = again.text("SELECT sql GLOB '*lang*' FROM sqlite_schema WHERE name = 'posts'") == "1";
      EXPECT_EQ(has_moved, has_column) << cut;
      EXPECT_EQ(has_moved, again->agreed_schema().find("ladders") != nullptr) << cut;
      moved += has_moved ? 1 : 0;
      if (!has_moved) {
        EXPECT_EQ(again.hash(), hash) << cut;
      }
      again.reopen_with(kNew);
      ASSERT_NE(again.store(), nullptr) << "cut " << cut << ": " << again.open_error().message();
      EXPECT_EQ(again.text("SELECT body FROM posts"), "three") << cut;
      expect_exact(again);
    }
    EXPECT_GT(total, 4u);
    if (loss == FaultFiles::Loss::kNone) {
      EXPECT_GT(moved, 0);
    }
  }
}

}  // namespace
}  // namespace kith::store
