// SPDX-License-Identifier: Apache-2.0
// Goal: the connection says clearly what is wrong with a file, and a flush is a flush. Method: real files of every
// wrong kind in a temporary directory.
#include "store/db.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "store/testing/directory.h"
#include "store/testing/shell.h"

namespace kith::store {
namespace {

class DbTest : public ::testing::Test {
 protected:
  testing::Directory directory_;
  std::string path_ = directory_.file("a.kith");
};

ErrorCode code_of_opening(const std::string& path) {
  auto db = Db::open(path, nullptr);
  if (db.ok()) return ErrorCode::kInternal;
  EXPECT_NE(db.error().message().find(path), std::string::npos) << db.error().message();
  EXPECT_FALSE(db.error().remedy().empty());
  return db.error().code();
}

TEST_F(DbTest, a_fresh_file_is_marked_as_ours_and_opens_again) {
  for (int i = 0; i < 2; ++i) {
    auto db = Db::open(path_, nullptr);
    ASSERT_TRUE(db.ok()) << db.error().message();
    EXPECT_EQ((*db)->query("PRAGMA application_id")->rows[0][0], Value(std::int64_t{0x4b495448}));
    EXPECT_EQ((*db)->query("PRAGMA journal_mode")->rows[0][0], Value(std::string("wal")));
    EXPECT_EQ((*db)->query("PRAGMA synchronous")->rows[0][0], Value(std::int64_t{1}));
  }
}

TEST_F(DbTest, a_file_that_is_no_database_is_refused_and_left_alone) {
  const std::string text(5'000, 'x');
  std::ofstream(path_) << text;
  EXPECT_EQ(code_of_opening(path_), ErrorCode::kNotDatabase);
  EXPECT_EQ(directory_.content("a.kith"), text);
}

TEST_F(DbTest, a_database_of_another_program_is_refused) {
  testing::run_shell(path_, "CREATE TABLE x(a); INSERT INTO x VALUES (1)");
  EXPECT_EQ(code_of_opening(path_), ErrorCode::kNotDatabase);
  testing::run_shell(path_, "PRAGMA application_id=77");
  EXPECT_EQ(code_of_opening(path_), ErrorCode::kNotDatabase);
}

TEST_F(DbTest, a_newer_version_is_refused) {
  ASSERT_TRUE(Db::open(path_, nullptr).ok());
  testing::run_shell(path_, "PRAGMA user_version=2");
  EXPECT_EQ(code_of_opening(path_), ErrorCode::kNewerVersion);
}

TEST_F(DbTest, a_missing_directory_is_named) {
  EXPECT_EQ(code_of_opening(directory_.file("none/a.kith")), ErrorCode::kIo);
}

TEST_F(DbTest, large_transactions_leave_the_copying_of_the_log_to_settle) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  ASSERT_TRUE(db->exec("CREATE TABLE x(a)").ok());
  ASSERT_TRUE(db->checkpoint().ok());
  const std::size_t empty = directory_.content("a.kith").size();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(db->begin().ok());
    ASSERT_TRUE(db->exec("INSERT INTO x VALUES (zeroblob(4000000))").ok());
    ASSERT_TRUE(db->commit().ok());
  }
  EXPECT_EQ(directory_.content("a.kith").size(), empty);
  ASSERT_TRUE(db->settle().ok());
  EXPECT_GT(directory_.content("a.kith").size(), empty + 8'000'000);
}

TEST_F(DbTest, small_transactions_copy_the_log_by_themselves) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  ASSERT_TRUE(db->exec("CREATE TABLE x(a)").ok());
  ASSERT_TRUE(db->checkpoint().ok());
  const std::size_t empty = directory_.content("a.kith").size();
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(db->exec("INSERT INTO x VALUES (zeroblob(400000))").ok());
  EXPECT_GT(directory_.content("a.kith").size(), empty + 3'000'000);
}

TEST_F(DbTest, a_snapshot_shows_one_state_while_others_write) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  ASSERT_TRUE(db->exec("CREATE TABLE x(a)").ok());
  auto reader = std::move(Db::open_reader(path_)).value();
  const auto rows = [&] { return reader->query("SELECT count(*) FROM x")->rows[0][0]; };
  {
    const auto snapshot = reader->snapshot();
    ASSERT_TRUE(snapshot.ok());
    EXPECT_EQ(rows(), Value(std::int64_t{0}));
    ASSERT_TRUE(db->exec("INSERT INTO x VALUES (1)").ok());
    EXPECT_EQ(rows(), Value(std::int64_t{0}));
  }
  EXPECT_EQ(rows(), Value(std::int64_t{1}));
}

TEST_F(DbTest, a_lock_of_another_connection_is_named) {
  auto other = Db::open(path_, nullptr);
  ASSERT_TRUE((*other)->begin().ok());
  EXPECT_EQ(code_of_opening(path_), ErrorCode::kLocked);
}

TEST_F(DbTest, flush_syncs_once_after_commits_and_never_without) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  ASSERT_TRUE(db->exec("CREATE TABLE t(a)").ok());
  ASSERT_TRUE(db->flush().ok());
  const std::uint64_t before = db->flush_count();
  ASSERT_TRUE(db->flush().ok());
  EXPECT_EQ(db->flush_count(), before);
  ASSERT_TRUE(db->begin().ok());
  ASSERT_TRUE(db->exec("INSERT INTO t VALUES (1)").ok());
  ASSERT_TRUE(db->commit().ok());
  ASSERT_TRUE(db->flush().ok());
  ASSERT_TRUE(db->flush().ok());
  EXPECT_EQ(db->flush_count(), before + 1);
  ASSERT_TRUE(db->query("SELECT * FROM t").ok());
  ASSERT_TRUE(db->flush().ok());
  EXPECT_EQ(db->flush_count(), before + 1);
}

TEST_F(DbTest, a_statement_borrowed_twice_is_two_statements) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  auto first = std::move(db->cached("SELECT ?1")).value();
  first->bind(1, std::int64_t{1});
  {
    auto second = std::move(db->cached("SELECT ?1")).value();
    second->bind(1, std::int64_t{2});
    ASSERT_TRUE(*second->step());
    EXPECT_EQ(second->int64(0), 2);
  }
  ASSERT_TRUE(*first->step());
  EXPECT_EQ(first->int64(0), 1);
}

TEST_F(DbTest, a_statement_is_prepared_once_whatever_limit_is_bound) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  ASSERT_TRUE(db->exec("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)").ok());
  auto statement = std::move(db->prepare("SELECT a FROM t ORDER BY a LIMIT ?1")).value();
  for (const std::int64_t limit : {1, 2, 3}) {
    statement.bind(1, limit);
    std::int64_t rows = 0;
    while (*statement.step()) ++rows;
    EXPECT_EQ(rows, limit);
  }
  EXPECT_EQ(sqlite3_stmt_status(statement.raw(), SQLITE_STMTSTATUS_REPREPARE, 0), 0);
}

TEST_F(DbTest, a_reader_sees_commits_and_cannot_write) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  ASSERT_TRUE(db->exec("CREATE TABLE t(a); INSERT INTO t VALUES (7)").ok());
  auto reader = std::move(Db::open_reader(path_)).value();
  EXPECT_EQ(reader->query("SELECT a FROM t")->rows[0][0], Value(std::int64_t{7}));
  EXPECT_EQ(reader->exec("INSERT INTO t VALUES (8)").error().code(), ErrorCode::kPermission);
}

TEST_F(DbTest, errors_of_sql_carry_sqlites_sentence) {
  auto db = std::move(Db::open(path_, nullptr)).value();
  auto bad = db->prepare("SELECT * FROM nothing");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code(), ErrorCode::kBadSql);
  EXPECT_NE(bad.error().cause().find("nothing"), std::string::npos);
  EXPECT_FALSE(db->prepare("  ").ok());
}

}  // namespace
}  // namespace kith::store
