// SPDX-License-Identifier: Apache-2.0
// Goal: each promise of the store by name, and each pain that users of other local-first databases have reported.
// Method: two or three replicas whose entries are handed over by the test, the stock sqlite3 shell on the same file, a
// disk that fills up or loses power.
#include "store/store.h"

#include <gtest/gtest.h>

#include <limits>

#include "store/testing/directory.h"
#include "store/testing/model.h"
#include "store/testing/replica.h"
#include "store/testing/shell.h"

namespace kith::store {
namespace {

using testing::Entry;
using testing::EntryKey;
using testing::FaultFiles;
using testing::Replica;
using testing::tables_of;

constexpr std::string_view kSchema = R"(
  CREATE TABLE posts(id TEXT PRIMARY KEY, thread TEXT, body LWW_TEXT, votes LWW_INTEGER, price LWW_REAL, photo LWW_BLOB) WRITABLE BY OWNER;
  CREATE TABLE pages(id INTEGER PRIMARY KEY, title LWW_TEXT NOT NULL, text LWW_TEXT);
  CREATE EVENT "post written";
)";

void meet(Replica& a, Replica& b) {
  a.seal();
  b.seal();
  b.receive_all(a.entries());
  a.receive_all(b.entries());
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_EQ(tables_of(a), tables_of(b));
  EXPECT_EQ(tables_of(a), testing::model_of(a->schema(), a.entries()));
}

EntryKey last_of(Replica& replica) {
  replica.seal();
  return replica.entries().rbegin()->first;
}

class StoreTest : public ::testing::Test {
 protected:
  Replica ana_{kSchema, "ana", "Ana"};
  Replica ben_{kSchema, "ben", "Ben"};
  Replica cid_{kSchema, "cid", "Cid"};
};

// -- what other systems get wrong

TEST_F(StoreTest, one_later_edit_beats_three_earlier_ones) {
  ana_.run({"INSERT INTO pages VALUES (1, 'first', NULL)"});
  meet(ana_, ben_);
  for (const char* title : {"a", "b", "c"}) ana_.run({"UPDATE pages SET title = '" + std::string(title) + "'"});
  ben_.clock.now_ms += 1'000;
  ben_.run({"UPDATE pages SET title = 'later'"});
  meet(ana_, ben_);
  EXPECT_EQ(ana_.text("SELECT title FROM pages"), "later");
}

TEST_F(StoreTest, two_rows_born_under_one_key_do_not_mix_into_one_that_nobody_wrote) {
  ana_.run({"INSERT INTO pages VALUES (1, 'Ana', 'by Ana')"});
  ben_.clock.now_ms += 5;
  ben_.run({"INSERT INTO pages VALUES (1, 'Ben', NULL)"});
  meet(ana_, ben_);
  EXPECT_EQ(ana_.text("SELECT title, text FROM pages"), "Ben|NULL");
  EXPECT_EQ(ana_.text("SELECT count(*) FROM kith_conflicts WHERE kind = 0"), "2");
}

TEST_F(StoreTest, a_transaction_of_many_rows_arrives_whole) {
  std::vector<std::string> statements;
  for (int i = 0; i < 100; ++i) statements.push_back("INSERT INTO pages VALUES (" + std::to_string(i) + ", 't', NULL)");
  const Committed done = ana_.run(statements);
  EXPECT_EQ(done.parts, 1u);
  ana_.seal();
  const auto entries = ana_.entries();
  ASSERT_EQ(entries.size(), 1u);
  ben_.receive_all(entries);
  EXPECT_EQ(ben_.text("SELECT count(*) FROM pages"), "100");
}

TEST_F(StoreTest, numbers_survive_the_journey_exactly) {
  const Value values[] = {std::string("k"), std::numeric_limits<std::int64_t>::max(), 0.1, Bytes{0, 255}};
  ASSERT_TRUE(ana_->exec("INSERT INTO posts(id, votes, price, photo) VALUES (?, ?, ?, ?)", values).ok());
  ana_.run({"INSERT INTO posts(id, votes) VALUES ('j', 9007199254740993)"});
  meet(ana_, ben_);
  EXPECT_EQ(ben_->query("SELECT votes, price, photo FROM posts WHERE id = 'k'")->rows[0],
            (std::vector<Value>{values[1], values[2], values[3]}));
  EXPECT_EQ(ben_.text("SELECT votes FROM posts WHERE id = 'j'"), "9007199254740993");
}

TEST_F(StoreTest, a_delete_does_not_beat_a_concurrent_edit_silently) {
  ana_.run({"INSERT INTO pages VALUES (1, 'first', NULL)"});
  meet(ana_, ben_);
  ana_.run({"DELETE FROM pages"});
  ben_.clock.now_ms += 1'000;
  ben_.run({"UPDATE pages SET title = 'kept'"});
  meet(ana_, ben_);
  EXPECT_EQ(ana_.text("SELECT count(*) FROM pages"), "0");
  EXPECT_EQ(ana_.text("SELECT kind, value FROM kith_conflicts"), "1|kept");
}

TEST_F(StoreTest, an_unknown_table_or_column_leaves_its_entry_out_and_stops_nothing) {
  ana_.run({"INSERT INTO pages VALUES (1, 'first', NULL)"});
  ana_.seal();
  Entry entry = ana_.entries().begin()->second;
  Bytes strange;
  ShapeWriter(strange, 0, "", Stamp{}).op(OpKind::kBirth, 77, view_of(Value(std::int64_t{5})), 2, 0);
  entry.shape = strange;
  entry.seq = 1;
  ASSERT_TRUE(ben_->begin_merge().ok());
  EXPECT_EQ(*ben_.receive(entry), Applied::kBeyondAgreed);
  EXPECT_EQ(*ben_.receive(ana_.entries().begin()->second), Applied::kCounts);
  ASSERT_TRUE(ben_->end_merge().ok());
  EXPECT_EQ(ben_.text("SELECT title FROM pages"), "first");
}

TEST_F(StoreTest, one_device_has_one_writer_for_good) {
  EXPECT_EQ(ana_->author(testing::device_named("ana"), as_bytes("Ben")).error().code(), ErrorCode::kUsage);
}

TEST_F(StoreTest, deleting_a_table_full_of_rows_breaks_nothing) {
  ana_.run({"INSERT INTO pages VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', NULL)"});
  ana_.run({"DELETE FROM pages"});
  ana_.run({"INSERT INTO pages VALUES (4, 'd', NULL)"});
  meet(ana_, ben_);
  EXPECT_EQ(ben_.text("SELECT id FROM pages"), "4");
}

// -- writing

TEST_F(StoreTest, replace_and_upsert_of_a_living_row_are_updates_of_what_differs) {
  ana_.run({"INSERT INTO pages VALUES (1, 'first', 'text')"});
  const std::string rowid = ana_.text("SELECT rowid FROM pages");
  ana_.run({"INSERT OR REPLACE INTO pages VALUES (1, 'second', 'text')"});
  EXPECT_EQ(ana_.text("SELECT rowid FROM pages"), rowid);
  EXPECT_EQ(ana_.text("SELECT col FROM kith_cells"), "1");
  ana_.run({"INSERT INTO pages VALUES (1, 'x', 'y') ON CONFLICT(id) DO UPDATE SET text = excluded.text"});
  EXPECT_EQ(ana_.text("SELECT title, text FROM pages"), "second|y");
  meet(ana_, ben_);
}

TEST_F(StoreTest, a_transaction_that_changes_nothing_writes_nothing) {
  ana_.run({"INSERT INTO pages VALUES (1, 'first', NULL)"});
  EXPECT_EQ(ana_.run({"INSERT INTO pages VALUES (2, 'b', NULL)", "DELETE FROM pages WHERE id = 2"}).parts, 0u);
  EXPECT_EQ(ana_.run({"UPDATE pages SET title = 'first'"}).parts, 0u);
  EXPECT_EQ(ana_.run({"INSERT OR REPLACE INTO pages VALUES (1, 'first', NULL)"}).parts, 0u);
  EXPECT_EQ(ana_.text("SELECT count(*) FROM kith_journal"), "1");
}

TEST_F(StoreTest, rowids_that_are_given_out_again_are_told_apart) {
  ana_.run({"INSERT INTO pages VALUES (1, 'a', NULL), (2, 'b', NULL)"});
  ana_.run({"DELETE FROM pages WHERE id = 2", "INSERT INTO pages VALUES (3, 'c', NULL)",
            "INSERT OR REPLACE INTO pages VALUES (1, 'A', NULL)"});
  ana_.run({"INSERT OR REPLACE INTO pages SELECT id, title || '!', text FROM pages ORDER BY id DESC"});
  ana_.run({"INSERT INTO pages VALUES (2, 'again', NULL)"});
  meet(ana_, ben_);
  EXPECT_EQ(ben_.text("SELECT id, title FROM pages ORDER BY id"), "1|A!\n2|again\n3|c!");
}

TEST_F(StoreTest, only_the_owner_changes_a_row_and_the_refusal_is_a_sentence) {
  ana_.run({"INSERT INTO posts(id, body) VALUES ('p', 'mine')"});
  meet(ana_, ben_);
  for (const char* sql : {"UPDATE posts SET body = 'yours'", "DELETE FROM posts",
                          "INSERT OR REPLACE INTO posts(id, body) VALUES ('p', 'yours')"}) {
    const auto error = ben_.try_run({sql});
    ASSERT_TRUE(error.has_value()) << sql;
    EXPECT_EQ(error->code(), ErrorCode::kRefused);
    EXPECT_NE(error->message().find("only by the person who wrote it"), std::string::npos);
  }
  EXPECT_EQ(ben_.text("SELECT body FROM posts"), "mine");
  Replica phone(kSchema, "phone", "Ana");
  phone.receive_all(ana_.entries());
  phone.run({"UPDATE posts SET body = 'from my phone'"});
  meet(ana_, phone);
  EXPECT_EQ(ana_.text("SELECT body FROM posts"), "from my phone");
}

TEST_F(StoreTest, a_forged_edit_of_anothers_row_is_listed_and_has_no_effect) {
  ana_.run({"INSERT INTO posts(id, body) VALUES ('p', 'mine')"});
  meet(ana_, ben_);
  Bytes shape;
  ShapeWriter(shape, 0, "", Stamp{}).op(OpKind::kUpdate, 0, view_of(Value(std::string("p"))), 4, 0);
  Bytes values;
  put_value(values, Value(std::string("forged")));
  const Entry forged{
      testing::device_named("eve"), "Eve", 0, Stamp::from_ms(ana_.clock.now_ms + 100), shape, values, false};
  ana_.receive_all(std::vector{forged});
  EXPECT_EQ(ana_.text("SELECT body FROM posts"), "mine");
  EXPECT_EQ(ana_.text("SELECT kind, value FROM kith_conflicts"), "2|forged");
}

TEST_F(StoreTest, keys_and_immutable_columns_never_change) {
  ana_.run({"INSERT INTO posts(id, thread, body) VALUES ('p', 't', 'b')"});
  for (const char* sql : {"UPDATE posts SET thread = 'u'", "UPDATE posts SET id = 'q'",
                          "INSERT OR REPLACE INTO posts(id, thread) VALUES ('p', 'u')"}) {
    const auto error = ana_.try_run({sql});
    ASSERT_TRUE(error.has_value()) << sql;
    EXPECT_EQ(error->code(), ErrorCode::kConstraint) << error->message();
  }
  EXPECT_FALSE(ana_.try_run({"UPDATE posts SET thread = 't', body = 'c'"}).has_value());
}

TEST_F(StoreTest, a_deleted_row_lives_again_with_the_same_immutable_columns_only) {
  ana_.run({"INSERT INTO posts(id, thread, body) VALUES ('p', 't', 'b')"});
  ana_.run({"DELETE FROM posts"});
  EXPECT_EQ(ana_.try_run({"INSERT INTO posts(id, thread, body) VALUES ('p', 'u', 'c')"})->code(),
            ErrorCode::kConstraint);
  ana_.run({"INSERT INTO posts(id, thread, votes) VALUES ('p', 't', 3)"});
  meet(ana_, ben_);
  EXPECT_EQ(ben_.text("SELECT thread, body, votes FROM posts"), "t|NULL|3");
}

TEST_F(StoreTest, refuses_what_no_changeset_can_hold) {
  EXPECT_EQ(ana_.try_run({"INSERT INTO pages VALUES (1, NULL, NULL)"})->code(), ErrorCode::kConstraint);
  EXPECT_EQ(ana_.try_run({"INSERT INTO pages(title) VALUES ('no key')"})->code(), ErrorCode::kConstraint);
  EXPECT_EQ(ana_.try_run({"INSERT INTO pages(id, title) VALUES ('text', 'x')"})->code(), ErrorCode::kConstraint);
  EXPECT_EQ(ana_.try_run({"INSERT INTO pages VALUES (1, cast(x'ff' AS TEXT), NULL)"})->code(), ErrorCode::kConstraint);
  EXPECT_EQ(ana_.try_run({"INSERT INTO pages VALUES (1, 'a' || char(0) || 'b', NULL)"})->code(),
            ErrorCode::kConstraint);
  EXPECT_EQ(ana_.try_run({"INSERT INTO posts(id) VALUES ('" + std::string(1'025, 'k') + "')"})->code(),
            ErrorCode::kConstraint);
  EXPECT_EQ(ana_.try_run({"INSERT INTO posts(id, photo) VALUES ('p', zeroblob(1100000))"})->code(),
            ErrorCode::kTooLarge);
  EXPECT_EQ(ana_.try_run({"INSERT INTO pages(rowid, id, title) VALUES (4611686018427387904, 1, 'x')"})->code(),
            ErrorCode::kConstraint);
  EXPECT_EQ(ana_.text("SELECT count(*) FROM kith_journal"), "0");
  ana_.run({"INSERT INTO pages VALUES (1, 'fine', NULL)"});
}

TEST_F(StoreTest, an_app_reaches_nothing_but_its_rows) {
  for (const char* sql : {"DELETE FROM kith_journal", "UPDATE kith_meta SET value = 1", "DROP TABLE pages",
                          "CREATE TABLE x(a)", "PRAGMA journal_mode = DELETE", "COMMIT", "ATTACH 'x' AS x",
                          "UPDATE pages SET rowid = 7", "SAVEPOINT s", "VACUUM"}) {
    const auto error = ana_.try_run({sql});
    ASSERT_TRUE(error.has_value()) << sql;
    EXPECT_EQ(error->code(), ErrorCode::kBadSql) << sql;
  }
  EXPECT_EQ(ana_->query("DELETE FROM pages").error().code(), ErrorCode::kBadSql);
  EXPECT_EQ(ana_->query("SELECT 1; SELECT 2").error().code(), ErrorCode::kBadSql);
  EXPECT_EQ(ana_->exec("INSERT INTO pages VALUES (?, ?, ?)").error().code(), ErrorCode::kUsage);
}

TEST_F(StoreTest, a_statement_that_fails_half_way_spoils_its_transaction) {
  ana_.run({"INSERT INTO pages VALUES (2, 'two', NULL)"});
  ASSERT_TRUE(ana_->begin("x").ok());
  EXPECT_FALSE(ana_->exec("INSERT INTO pages SELECT column1, 'new', NULL FROM (VALUES (1), (2), (3))").ok());
  EXPECT_FALSE(ana_->commit().ok());
  EXPECT_EQ(ana_.text("SELECT id FROM pages"), "2");
}

TEST_F(StoreTest, a_slow_clock_does_not_lose_to_what_it_replaces) {
  ana_.clock.now_ms += 500'000;
  ana_.run({"INSERT INTO pages VALUES (1, 'fast', NULL)"});
  ana_.run({"UPDATE pages SET title = 'faster'"});
  meet(ana_, ben_);
  ben_.run({"UPDATE pages SET title = 'slow but later'"});
  meet(ana_, ben_);
  EXPECT_EQ(ana_.text("SELECT title FROM pages"), "slow but later");
}

TEST_F(StoreTest, large_transactions_are_parted_and_keep_one_stamp) {
  std::vector<std::string> statements;
  for (int i = 0; i < 30; ++i)
    statements.push_back("INSERT INTO posts(id, photo) VALUES ('p" + std::to_string(i) + "', randomblob(100000))");
  const Committed done = ana_.run(statements, "post written");
  EXPECT_EQ(done.parts, 3u);
  EXPECT_EQ(ana_.text("SELECT group_concat(more) FROM kith_journal"), "1,1,0");
  EXPECT_EQ(ana_.text("SELECT count(DISTINCT kith_stamp) FROM kith_posts"), "1");
  meet(ana_, ben_);
  EXPECT_EQ(ben_.text("SELECT count(DISTINCT kith_stamp) FROM kith_posts"), "1");
  const std::string hash = ana_.hash();
  ASSERT_TRUE(ana_->rebuild().ok());
  EXPECT_EQ(ana_.hash(), hash);
  ana_.run({"UPDATE posts SET body = 'b' WHERE id = 'p29'"});
  meet(ana_, ben_);
}

// -- taking back, erasing

TEST_F(StoreTest, taking_back_leaves_nothing_and_asks_for_dependants_first) {
  const std::string hash = ana_.hash();
  const Committed first = ana_.run({"INSERT INTO posts(id, body) VALUES ('p', 'rash words')"});
  const Committed second = ana_.run({"UPDATE posts SET body = 'rasher words'"});
  const auto take_back = [&](Pos pos) {
    EXPECT_TRUE(ana_->begin_merge().ok());
    auto done = ana_->take_back(pos);
    EXPECT_TRUE(ana_->end_merge().ok());
    return done;
  };
  EXPECT_EQ(take_back(first.first).error().code(), ErrorCode::kRefused);
  EXPECT_TRUE(take_back(second.first).ok());
  EXPECT_EQ(ana_.text("SELECT body FROM posts"), "rash words");
  EXPECT_TRUE(take_back(first.first).ok());
  EXPECT_EQ(ana_.hash(), hash);
  EXPECT_EQ(ana_.text("SELECT count(*) FROM kith_journal"), "0");
  const Pos next = ana_->next_pos();
  ana_.reopen();
  EXPECT_GE(ana_->next_pos().value, next.value);
  ana_.run({"INSERT INTO posts(id, body) VALUES ('p', 'kind words')"});
  const EntryKey sealed = last_of(ana_);
  EXPECT_EQ(take_back(ana_.pos_of(sealed)).error().code(), ErrorCode::kRefused);
}

#ifndef __wasi__  // there are no files beside the one that it is given
TEST(Store, erased_values_are_in_no_file_any_more) {
  testing::Directory directory;
  const std::string path = directory.file("a.kith");
  Replica ana(kSchema, "ana", "Ana", path);
  ana.run({"INSERT INTO posts(id, body) VALUES ('p', 'a very secret sentence')"});
  ana.run({"INSERT INTO posts(id, body) VALUES ('q', 'another')"});
  ana.seal();
  ASSERT_TRUE(ana->db().checkpoint().ok());
  EXPECT_NE(directory.content("a.kith").find("a very secret sentence"), std::string::npos);
  ana.erase({ana.entries().begin()->first});
  EXPECT_EQ(ana.text("SELECT body FROM posts WHERE id = 'p'"), "NULL");
  for (const char* end : {"", "-wal"})
    EXPECT_EQ(directory.content(std::string("a.kith") + end).find("a very secret sentence"), std::string::npos) << end;
}
#endif

TEST_F(StoreTest, malformed_values_read_as_erased_wherever_they_are) {
  Bytes shape;
  ShapeWriter(shape, 0, "", Stamp{}).op(OpKind::kBirth, 1, view_of(Value(std::int64_t{1})), 2, 0);
  for (const char* hex : {"", "00", "41ff", "4161ff"}) {
    const Entry entry{
        testing::device_named("eve"), "Eve", 0, Stamp::from_ms(ana_.clock.now_ms), shape, *from_hex(hex), false};
    Entry erased = entry;
    erased.values.reset();
    Replica one(kSchema, "one", "One");
    Replica two(kSchema, "two", "Two");
    one.receive_all(std::vector{entry});
    two.receive_all(std::vector{erased});
    EXPECT_EQ(one.hash(), two.hash()) << hex;
    EXPECT_EQ(one.text("SELECT title FROM pages"), "NULL");
  }
}

TEST_F(StoreTest, shapes_that_break_a_rule_do_not_count) {
  const auto judged = [&](OpKind kind, std::uint32_t table, const Value& key, std::uint64_t columns, Stamp stamp = {},
                          std::int64_t difference = 0) {
    Bytes shape;
    ShapeWriter(shape, 0, "", stamp).op(kind, table, view_of(key), columns, difference);
    const Entry entry{testing::device_named("eve"), "Eve", 7, Stamp::from_ms(1'000), shape, std::nullopt, false};
    EXPECT_TRUE(ana_->begin_merge().ok());
    auto applied = ana_.receive(entry);
    ana_->abort_merge();
    return *applied != Applied::kCounts;
  };
  const Value one = std::int64_t{1};
  const Value p = std::string("p");
  EXPECT_FALSE(judged(OpKind::kBirth, 1, one, 2));
  EXPECT_TRUE(judged(OpKind::kBirth, 1, one, 4));      // NOT NULL is missing
  EXPECT_TRUE(judged(OpKind::kBirth, 1, one, 3));      // the key as a column
  EXPECT_TRUE(judged(OpKind::kBirth, 1, one, 2 | 8));  // a column that is not there
  EXPECT_TRUE(judged(OpKind::kBirth, 1, p, 2));        // a key of another type
  EXPECT_TRUE(judged(OpKind::kUpdate, 0, p, 2));       // immutable
  EXPECT_TRUE(judged(OpKind::kUpdate, 0, p, 0));       // of nothing
  EXPECT_TRUE(judged(OpKind::kRevive, 0, p, 2));       // immutable
  EXPECT_FALSE(judged(OpKind::kDelete, 0, p, 0));
  EXPECT_TRUE(judged(OpKind::kBirth, 1, one, 2, Stamp::from_ms(2'000)));     // after its entry
  EXPECT_TRUE(judged(OpKind::kBirth, 1, one, 2, Stamp::from_ms(1'000), 1));  // after its entry
}

#ifndef __wasi__
// -- other programs on the file

class ShellTest : public ::testing::Test {
 protected:
  testing::Directory directory_;
  std::string path_ = directory_.file("a.kith");
};

TEST_F(ShellTest, the_stock_shell_reads_tables_and_views) {
  Replica ana(kSchema, "ana", "Ana", path_);
  ana.run({"INSERT INTO posts(id, body) VALUES ('p', 'hello')"});
  ana.run({"UPDATE posts SET body = 'hello you'"});
  EXPECT_EQ(testing::run_shell(path_, "SELECT id, body FROM posts"), "p|hello you\n");
  EXPECT_EQ(testing::run_shell(path_,
                               "SELECT body, cast(kith_writer AS TEXT), cast(substr(kith_device, 1, 3) AS TEXT), "
                               "kith_changed > kith_stamp FROM kith_posts"),
            "hello you|Ana|ana|1\n");
  EXPECT_EQ(testing::run_shell(path_, "PRAGMA integrity_check"), "ok\n");
}

TEST_F(ShellTest, the_stock_shell_is_refused_to_write_with_a_sentence) {
  Replica ana(kSchema, "ana", "Ana", path_);
  ana.run({"INSERT INTO posts(id, body) VALUES ('p', 'hello')"});
  const std::string hash = ana.hash();
  for (const char* sql : {"INSERT INTO posts(id) VALUES ('q')", "UPDATE posts SET body = 'x'", "DELETE FROM posts",
                          "REPLACE INTO posts(id) VALUES ('p')", "DELETE FROM kith_journal",
                          "UPDATE kith_authors SET writer = 'Eve'", "DELETE FROM kith_cells"}) {
    EXPECT_NE(testing::run_shell(path_, sql).find("this table is written by kith alone"), std::string::npos) << sql;
  }
  EXPECT_EQ(ana.hash(), hash);
}

TEST_F(ShellTest, a_file_of_another_app_is_refused) {
  Replica(kSchema, "ana", "Ana", path_);
  testing::FakeClock clock;
  HybridClock hybrid(clock);
  auto other = Store::open({.path = path_}, std::move(Schema::parse("CREATE TABLE x(id TEXT PRIMARY KEY)")).value(),
                           clock, hybrid);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code(), ErrorCode::kBadSchema);
}

// -- disks

TEST(StoreDisk, a_full_disk_is_said_and_leaves_nothing_half_written) {
  FaultFiles files;
  Replica ana(kSchema, "ana", "Ana", files);
  ana.run({"INSERT INTO posts(id, body) VALUES ('p', 'kept')"});
  files.set_full(true);
  const auto error = ana.try_run({"INSERT INTO posts(id, body) VALUES ('q', 'lost')"});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), ErrorCode::kDiskFull);
  EXPECT_FALSE(error->remedy().empty());
  files.set_full(false);
  EXPECT_EQ(ana.text("SELECT body FROM posts"), "kept");
  ana.run({"INSERT INTO posts(id, body) VALUES ('q', 'second try')"});
}

/// One life of a store on a disk: writes, a merge, a retraction, an erasure; `promise` hears how many local
/// transactions were flushed.
void live(Replica& ana, int& flushed) {
  const auto write = [&](const std::string& sql) { return !ana.try_run({sql}).has_value(); };
  for (int i = 0; i < 4; ++i) {
    if (!write("INSERT INTO pages VALUES (" + std::to_string(i) + ", 'n', NULL)")) return;
    if (i % 2 == 1 && !ana->db().flush().ok()) return;
    if (i % 2 == 1) flushed = i + 1;
  }
  static_cast<void>(write("UPDATE pages SET title = 'u' WHERE id = 1"));
  static_cast<void>(write("DELETE FROM pages WHERE id = 2"));
  if (ana->begin_merge().ok()) {
    const Pos first[] = {Pos(1)};
    if (ana->retract(first).ok() && ana->restore(first).ok() && ana->erase(first).ok()) {
      static_cast<void>(ana->end_merge());
    } else {
      ana->abort_merge();
    }
  }
  static_cast<void>(ana->rebuild());
  static_cast<void>(ana->db().flush());
}

TEST(StoreDisk, the_power_may_go_at_any_write_and_every_flushed_commit_is_there) {
  std::mt19937 random(7);
  for (const auto loss : {FaultFiles::Loss::kAll, FaultFiles::Loss::kNone, FaultFiles::Loss::kTorn}) {
    std::uint64_t total = 1;
    for (std::uint64_t cut = 0; cut < total; ++cut) {
      FaultFiles files;
      int flushed = 0;
      {
        Replica ana(kSchema, "ana", "Ana", files);
        const std::uint64_t opened = files.operations();
        files.cut_power_at(opened + cut);
        if (cut == 0 && total == 1) {
          files.cut_power_at(UINT64_MAX);
          live(ana, flushed);
          total = files.operations() - opened + 1;
          continue;
        }
        live(ana, flushed);
      }
      files.restart(loss, random);
      Replica again(kSchema, "ana", "Ana", files);
      ASSERT_NE(again.store(), nullptr) << "cut " << cut << ": " << again.open_error().message();
      EXPECT_EQ(again.integrity(), "ok") << cut;
      const auto rows = std::stoll(again.text("SELECT count(*) FROM kith_journal"));
      EXPECT_GE(rows, flushed) << cut;
      const std::string hash = again.hash();
      ASSERT_TRUE(again->rebuild().ok()) << cut;
      EXPECT_EQ(again.hash(), hash) << cut;
      EXPECT_EQ(again.text("SELECT count(*) FROM kith_journal WHERE pos > " + std::to_string(rows)), "0")
          << "not a prefix, cut " << cut;
    }
    EXPECT_GT(total, 30u);
  }
}

TEST(StoreDisk, the_tail_is_found_again_after_a_crash_and_the_clock_goes_on_after_it) {
  FaultFiles files;
  std::mt19937 random(1);
  Committed done;
  {
    Replica ana(kSchema, "ana", "Ana", files);
    ana.clock.now_ms += 50'000;
    done = ana.run({"INSERT INTO pages VALUES (1, 'tail', NULL)"});
    ASSERT_TRUE(ana->db().flush().ok());
  }
  files.restart(FaultFiles::Loss::kAll, random);
  Replica again(kSchema, "ana", "Ana", files);
  EXPECT_EQ(again.text("SELECT count(*) FROM kith_journal WHERE form = 0"), "1");
  EXPECT_GT(again.run({"UPDATE pages SET title = 'next'"}).stamp, done.stamp);
}
#endif

}  // namespace
}  // namespace kith::store
