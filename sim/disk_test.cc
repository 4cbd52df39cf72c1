// SPDX-License-Identifier: Apache-2.0
// The disk must lose exactly what a real one may lose: these tests state what each way of dying leaves behind, and run
// SQLite on it with the power cut at every single operation.
#include "sim/disk.h"

#include <gtest/gtest.h>

#include <set>

#include "store/db.h"

namespace kith::sim {
namespace {

std::string read_all(Disk& disk, std::string_view name) {
  auto file = disk.open(name, false);
  if (!file.ok()) return "(none)";
  std::string out((*file)->size().value(), '\0');
  EXPECT_EQ((*file)->read_at(0, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()}).value(), out.size());
  return out;
}

std::unique_ptr<File> make_file(Disk& disk, std::string_view name) {
  return std::move(disk.open(name, true)).value();
}

TEST(Disk, what_was_synced_survives_every_power_cut) {
  for (const Survival survival : {Survival::kNone, Survival::kAll, Survival::kPrefix, Survival::kSubset}) {
    Disk disk(7);
    auto file = make_file(disk, "a");
    ASSERT_TRUE(file->write_at(0, as_bytes("kept")).ok());
    ASSERT_TRUE(file->sync().ok());
    disk.cut_power();
    disk.boot(survival);
    EXPECT_EQ(read_all(disk, "a"), "kept");
  }
}

TEST(Disk, unsynced_writes_are_visible_and_lost_when_none_survive) {
  Disk disk(7);
  auto file = make_file(disk, "a");
  ASSERT_TRUE(file->write_at(0, as_bytes("kept")).ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(file->write_at(2, as_bytes("XXXX")).ok());
  ASSERT_TRUE(make_file(disk, "b")->write_at(0, as_bytes("new")).ok());
  EXPECT_EQ(read_all(disk, "a"), "keXXXX");
  EXPECT_TRUE(disk.has_unsynced());
  disk.cut_power();
  EXPECT_FALSE(file->write_at(0, as_bytes("dead")).ok());
  EXPECT_FALSE(disk.exists("a"));
  disk.boot(Survival::kNone);
  EXPECT_EQ(read_all(disk, "a"), "kept");
  EXPECT_FALSE(disk.exists("b"));
  EXPECT_FALSE(file->sync().ok()) << "a file that was open before the cut stays dead";
}

TEST(Disk, any_sectors_of_unsynced_writes_may_survive) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Disk disk(seed);
    auto file = make_file(disk, "a");
    ASSERT_TRUE(file->write_at(0, Bytes(2 * Disk::kSectorBytes, 'o')).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(file->write_at(0, Bytes(2 * Disk::kSectorBytes, '1')).ok());
    ASSERT_TRUE(file->write_at(Disk::kSectorBytes, Bytes(Disk::kSectorBytes, '2')).ok());
    disk.cut_power();
    disk.boot(Survival::kSubset);
    const std::string now = read_all(disk, "a");
    outcomes.insert({now.front(), now.back()});
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"oo", "o1", "o2", "1o", "11", "12"}));
}

TEST(Disk, a_torn_write_is_a_beginning_of_it_after_all_before_it) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Disk disk(seed);
    auto file = make_file(disk, "a");
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(file->write_at(0, as_bytes("abcd")).ok());
    ASSERT_TRUE(file->write_at(4, as_bytes("efgh")).ok());
    disk.cut_power();
    disk.boot(Survival::kPrefix);
    const std::string now = read_all(disk, "a");
    EXPECT_EQ(now, std::string("abcdefgh").substr(0, now.size()));
    sizes.insert(now.size());
  }
  EXPECT_GT(sizes.size(), 6U);
}

TEST(Disk, the_power_goes_at_the_named_operation) {
  Disk disk(7);
  auto file = make_file(disk, "a");
  disk.cut_power_at(3);
  EXPECT_TRUE(file->write_at(0, as_bytes("1")).ok());
  EXPECT_TRUE(file->sync().ok());
  EXPECT_FALSE(file->write_at(1, as_bytes("2")).ok());
  EXPECT_FALSE(disk.is_on());
  disk.boot(Survival::kNone);
  EXPECT_EQ(read_all(disk, "a"), "1");
}

TEST(Disk, a_full_disk_refuses_growth_and_nothing_else) {
  Disk disk(7);
  auto file = make_file(disk, "a");
  disk.set_capacity(6);
  EXPECT_TRUE(file->write_at(0, as_bytes("abcd")).ok());
  const auto refused = file->write_at(4, as_bytes("efgh"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kDiskFull);
  EXPECT_TRUE(file->write_at(0, as_bytes("ABCD")).ok());
  EXPECT_EQ(read_all(disk, "a"), "ABCD");
  disk.set_capacity(std::nullopt);
  EXPECT_TRUE(file->write_at(4, as_bytes("efgh")).ok());
}

TEST(Disk, rename_happens_whole_or_not_at_all) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Disk disk(seed);
    ASSERT_TRUE(make_file(disk, "old")->write_at(0, as_bytes("1")).ok());
    ASSERT_TRUE(disk.open("old", false).value()->sync().ok());
    auto file = make_file(disk, "new");
    ASSERT_TRUE(file->write_at(0, as_bytes("2")).ok());
    ASSERT_TRUE(file->sync().ok());
    disk.cut_power_at(1);
    EXPECT_FALSE(disk.rename("new", "old").ok());
    disk.boot(Survival::kSubset);
    outcomes.insert(read_all(disk, "old"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"1", "2"}));
}

TEST(Disk, a_removed_file_may_come_back) {
  std::set<bool> outcomes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Disk disk(seed);
    auto file = make_file(disk, "a");
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(disk.remove("a").ok());
    EXPECT_FALSE(disk.exists("a"));
    disk.cut_power();
    disk.boot(Survival::kNone);
    outcomes.insert(disk.exists("a"));
  }
  EXPECT_EQ(outcomes.size(), 2U);
}

TEST(Disk, a_disk_that_lies_keeps_nothing_of_a_write_ahead_log) {
  Disk disk(7);
  disk.set_sync_lies(true);
  auto log = make_file(disk, "a-wal");
  ASSERT_TRUE(log->write_at(0, as_bytes("x")).ok());
  EXPECT_TRUE(log->sync().ok());
  disk.cut_power();
  disk.boot(Survival::kNone);
  EXPECT_FALSE(disk.exists("a-wal"));
}

// The database writes rows 1, 2, 3 …, flushing after each. Whenever the power goes and whatever survives: it opens, all
// that was flushed is there, and what is there is a beginning of what was written.
class DatabaseOnDisk : public ::testing::TestWithParam<Survival> {};

struct Written {
  std::int64_t tried = 0;
  std::int64_t flushed = 0;
};

Written write_rows(Disk& disk, std::int64_t rows) {
  Written written;
  auto db = store::Db::open("a.kith", &disk);
  if (!db.ok()) return written;
  if (!(*db)->exec("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body BLOB)").ok()) return written;
  for (std::int64_t row = 1; row <= rows; ++row) {
    ++written.tried;
    if (!(*db)->exec("INSERT INTO t VALUES (" + std::to_string(row) + ", zeroblob(3000))").ok()) return written;
    if (!(*db)->flush().ok()) return written;
    written.flushed = row;
    if (row % 4 == 0 && !(*db)->checkpoint().ok()) return written;
  }
  return written;
}

void expect_a_beginning(Disk& disk, const Written& written) {
  auto db = store::Db::open("a.kith", &disk);
  ASSERT_TRUE(db.ok()) << db.error().message();
  const auto check = (*db)->query("PRAGMA integrity_check");
  ASSERT_TRUE(check.ok()) << check.error().message();
  EXPECT_EQ(std::get<std::string>(check->rows[0][0]), "ok");
  ASSERT_TRUE((*db)->exec("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body BLOB)").ok());
  const auto rows = (*db)->query("SELECT count(*), coalesce(max(id), 0) FROM t");
  ASSERT_TRUE(rows.ok());
  const auto count = std::get<std::int64_t>(rows->rows[0][0]);
  EXPECT_EQ(count, std::get<std::int64_t>(rows->rows[0][1]));
  EXPECT_GE(count, written.flushed);
  EXPECT_LE(count, written.tried);
}

TEST_P(DatabaseOnDisk, survives_a_power_cut_at_every_operation) {
  constexpr std::int64_t kRows = 9;
  Disk whole(1);
  ASSERT_EQ(write_rows(whole, kRows).flushed, kRows);
  for (std::uint64_t operation = 1; operation <= whole.operations(); ++operation) {
    SCOPED_TRACE("operation " + std::to_string(operation));
    Disk disk(operation);
    disk.cut_power_at(operation);
    const Written written = write_rows(disk, kRows);
    disk.cut_power();
    disk.boot(GetParam());
    expect_a_beginning(disk, written);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST_P(DatabaseOnDisk, survives_a_full_disk) {
  for (std::uint64_t capacity = 0; capacity < 80'000; capacity += 1'777) {
    SCOPED_TRACE("capacity " + std::to_string(capacity));
    Disk disk(capacity);
    disk.set_capacity(capacity);
    const Written written = write_rows(disk, 9);
    disk.cut_power();
    disk.boot(GetParam());
    disk.set_capacity(std::nullopt);
    expect_a_beginning(disk, written);
    if (::testing::Test::HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Survival, DatabaseOnDisk,
                         ::testing::Values(Survival::kNone, Survival::kAll, Survival::kPrefix, Survival::kSubset));

}  // namespace
}  // namespace kith::sim
