// SPDX-License-Identifier: Apache-2.0
// Goal: a local table tells at every moment what the app's rows say, on whatever way they came and went, and nothing of
// it is shared. Method: a full-text index and a mirror over two tables, through local writes, merges small and large,
// judgements, rebuild, crashes and changed declarations.
#include "store/local_tables.h"

#include <gtest/gtest.h>

#include "store/testing/replica.h"

namespace kith::store {
namespace {

using testing::Entry;
using testing::FaultFiles;
using testing::Replica;

constexpr std::string_view kSchema = R"(
  CREATE TABLE posts(id TEXT PRIMARY KEY, body LWW_TEXT);
  CREATE TABLE pages(id TEXT PRIMARY KEY, title LWW_TEXT);
)";

LocalTable search() {
  return {.name = "search",
          .create = "CREATE VIRTUAL TABLE kith_local_search USING fts5(text);",
          .sources = {{"posts",
                       {"DELETE FROM kith_local_search WHERE rowid = ?1 * 2"},
                       {"INSERT INTO kith_local_search(rowid, text) SELECT rowid * 2, body FROM posts WHERE rowid = ?1 "
                        "AND body IS NOT NULL"}},
                      {"pages",
                       {"DELETE FROM kith_local_search WHERE rowid = ?1 * 2 + 1"},
                       {"INSERT INTO kith_local_search(rowid, text) SELECT rowid * 2 + 1, title FROM pages WHERE rowid "
                        "= ?1 AND title IS NOT NULL"}}}};
}

LocalTable mirror() {
  return {.name = "mirror",
          .create =
              "CREATE TABLE kith_local_mirror(row INTEGER PRIMARY KEY, body);"
              "CREATE INDEX kith_local_mirror_by_body ON kith_local_mirror(body);",
          .sources = {{"posts",
                       {"DELETE FROM kith_local_mirror WHERE row = ?1"},
                       {"INSERT INTO kith_local_mirror VALUES (?1, (SELECT body FROM posts WHERE rowid = ?1))"}}}};
}

std::string found(Replica& replica, const std::string& word) {
  return replica.text("SELECT text FROM kith_local_search WHERE kith_local_search MATCH '" + word + "' ORDER BY text");
}

void refresh_all(Replica& replica) {
  for (;;) {
    const auto rows = replica->refresh_local(100);
    ASSERT_TRUE(rows.ok()) << rows.error().message();
    if (*rows == 0) break;
  }
}

/// What the mirror must say.
void expect_exact(Replica& replica) {
  EXPECT_EQ(replica.text("SELECT row, body FROM kith_local_mirror ORDER BY row"),
            replica.text("SELECT rowid, body FROM posts ORDER BY rowid"));
}

class LocalTablesTest : public ::testing::Test {
 protected:
  LocalTablesTest() {
    ana_.local_tables = ben_.local_tables = {search(), mirror()};
    ana_.reopen();
    ben_.reopen();
  }
  void send(Replica& from, Replica& to) {
    from.seal();
    to.receive_all(from.entries());
  }

  Replica ana_{kSchema, "ana", "Ana"};
  Replica ben_{kSchema, "ben", "Ben"};
};

TEST_F(LocalTablesTest, follows_every_local_write) {
  ana_.run(
      {"INSERT INTO posts VALUES ('a', 'a grey cat'), ('b', 'a ladder')", "INSERT INTO pages VALUES ('c', 'cats')"});
  EXPECT_EQ(found(ana_, "cat"), "a grey cat");
  EXPECT_EQ(found(ana_, "cat*"), "a grey cat\ncats");
  ana_.run({"UPDATE posts SET body = 'a black dog' WHERE id = 'a'", "DELETE FROM posts WHERE id = 'b'"});
  EXPECT_EQ(found(ana_, "cat"), "");
  EXPECT_EQ(found(ana_, "dog"), "a black dog");
  EXPECT_EQ(found(ana_, "ladder"), "");
  // REPLACE gives rows other numbers, and may swap them.
  ana_.run({"INSERT INTO posts VALUES ('d', 'one'), ('e', 'two')"});
  ana_.run({"INSERT OR REPLACE INTO posts VALUES ('e', 'three'), ('d', 'four')"});
  EXPECT_EQ(found(ana_, "one OR two"), "");
  EXPECT_EQ(found(ana_, "three OR four"), "four\nthree");
  expect_exact(ana_);
}

TEST_F(LocalTablesTest, takes_back_what_a_failed_transaction_did) {
  ana_.run({"INSERT INTO posts VALUES ('a', 'a cat')"});
  EXPECT_TRUE(ana_.try_run({"UPDATE posts SET body = 'a dog'", "INSERT INTO posts VALUES (x'00', 'b')"}).has_value());
  EXPECT_EQ(found(ana_, "dog"), "");
  ana_.run({"INSERT INTO posts VALUES ('b', 'another cat')"});
  EXPECT_EQ(found(ana_, "cat"), "a cat\nanother cat");
  expect_exact(ana_);
}

TEST_F(LocalTablesTest, follows_small_merges_at_once_and_large_ones_in_slices) {
  ana_.run({"INSERT INTO posts VALUES ('a', 'a cat')"});
  send(ana_, ben_);
  EXPECT_EQ(found(ben_, "cat"), "a cat");
  std::vector<std::string> many;
  for (int i = 0; i < 600; ++i) many.push_back("INSERT INTO posts VALUES ('p" + std::to_string(i) + "', 'a dog')");
  ana_.run(many);
  send(ana_, ben_);
  EXPECT_EQ(found(ben_, "dog"), "");
  EXPECT_EQ(ben_->local_backlog().value(), 600u);
  // What changes while it waits is right at once, and stays right.
  ben_.run({"UPDATE posts SET body = 'a bird' WHERE id = 'p7'"});
  EXPECT_EQ(found(ben_, "bird"), "a bird");
  ben_.reopen();
  EXPECT_EQ(ben_->refresh_local(250).value(), 250u);
  EXPECT_EQ(ben_->local_backlog().value(), 350u);
  refresh_all(ben_);
  EXPECT_EQ(ben_.text("SELECT count(*) FROM kith_local_search WHERE kith_local_search MATCH 'dog'"), "599");
  EXPECT_EQ(found(ben_, "bird"), "a bird");
  expect_exact(ben_);
}

TEST_F(LocalTablesTest, follows_judgements_and_rebuild) {
  ana_.run({"INSERT INTO posts VALUES ('a', 'a cat')"});
  ana_.run({"UPDATE posts SET body = 'a dog'"});
  ana_.seal();
  const auto last = ana_.entries().rbegin()->first;
  ana_.retract({last});
  EXPECT_EQ(found(ana_, "cat"), "a cat");
  EXPECT_EQ(found(ana_, "dog"), "");
  ana_.restore({last});
  EXPECT_EQ(found(ana_, "dog"), "a dog");
  ana_.erase({last});
  EXPECT_EQ(found(ana_, "dog"), "");
  expect_exact(ana_);
  ana_.run({"INSERT INTO posts VALUES ('b', 'a bird')"});
  const auto rebuilt = ana_->rebuild();
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().message();
  EXPECT_EQ(found(ana_, "bird"), "a bird");
  expect_exact(ana_);
}

TEST_F(LocalTablesTest, is_not_shared_and_not_of_the_state) {
  Replica bare(kSchema, "cid", "Cid");
  ana_.run({"INSERT INTO posts VALUES ('a', 'a cat')"});
  send(ana_, bare);
  EXPECT_EQ(ana_.hash(), bare.hash());
}

TEST_F(LocalTablesTest, cannot_be_written_by_an_app) {
  const auto refused = ana_.try_run({"INSERT INTO kith_local_mirror VALUES (1, 'x')"});
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->code(), ErrorCode::kBadSql);
}

TEST_F(LocalTablesTest, is_made_anew_when_its_declaration_changes) {
  ana_.run({"INSERT INTO posts VALUES ('a', 'a cat')"});
  ana_.reopen();
  EXPECT_EQ(ana_->local_backlog().value(), 0u);
  LocalTable other = search();
  other.create = "CREATE VIRTUAL TABLE kith_local_search USING fts5(text, tokenize = 'porter');";
  ana_.local_tables = {other};
  ana_.reopen();
  EXPECT_EQ(ana_->local_backlog().value(), 1u);
  refresh_all(ana_);
  EXPECT_EQ(found(ana_, "cats"), "a cat");
  EXPECT_EQ(ana_.text("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'kith_local_mirror*'"), "0");
  ana_.local_tables.clear();
  ana_.reopen();
  EXPECT_EQ(ana_.text("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'kith_local_*'"), "0");
  ana_.run({"INSERT INTO posts VALUES ('b', 'a dog')"});
}

TEST_F(LocalTablesTest, refuses_declarations_that_do_not_hold) {
  const auto refused = [this](LocalTable local) {
    ana_.local_tables = {std::move(local)};
    ana_.reopen();
    const bool is_refused = ana_.store() == nullptr && ana_.open_error().code() == ErrorCode::kBadSchema;
    ana_.local_tables.clear();
    ana_.reopen();
    return is_refused;
  };
  LocalTable local = mirror();
  local.name = "Mirror";
  EXPECT_TRUE(refused(local));
  local = mirror();
  local.create += "CREATE TABLE kith_local_other(a);";
  EXPECT_TRUE(refused(local));
  local = mirror();
  local.create = "CREATE TABLE";
  EXPECT_TRUE(refused(local));
  local = mirror();
  local.create = "SELECT 1";
  EXPECT_TRUE(refused(local));
  local = mirror();
  local.sources[0].table = "nothing";
  EXPECT_TRUE(refused(local));
  local = mirror();
  local.sources[0].take_out = {"DELETE FROM kith_local_mirror"};
  EXPECT_TRUE(refused(local));
  EXPECT_EQ(ana_.text("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'kith_local_*'"), "0");
}

}  // namespace
}  // namespace kith::store
