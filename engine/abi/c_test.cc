// SPDX-License-Identifier: Apache-2.0
// Goal: what kith/c.h promises, as seen through it alone. Method: two or three copies of one schema; changes carried in
// any order, twice, cut into single calls; every misuse that the header names.
#include "kith/c.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/testing/fakes.h"
#include "kith/bytes.h"

namespace {

using kith::Bytes;

constexpr const char* kSchema =
    "CREATE TABLE notes(id TEXT PRIMARY KEY, author TEXT, body LWW_TEXT, n LWW_INTEGER, x LWW_REAL, b LWW_BLOB);"
    "CREATE TABLE own(id TEXT PRIMARY KEY, body LWW_TEXT) WRITABLE BY OWNER;"
    "CREATE EVENT \"note written\";";

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "kith-abi-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A change that owns its bytes.
struct Change {
  kith_change raw;
  Bytes shape;
  Bytes values;
  kith_change view() const {
    kith_change out = raw;
    out.shape = shape.data();
    out.values = values.data();
    return out;
  }
};

class Copy {
 public:
  Copy(std::uint8_t name, std::uint64_t wall_ms = 1'790'000'000'000) : ms(wall_ms), name_(name) { open(); }
  ~Copy() { kith_close(db); }
  Copy(const Copy&) = delete;

  void open() {
    EXPECT_EQ(kith_open(directory_.file("copy.kith").c_str(), kSchema, &self(), &db), KITH_OK) << kith_error_cause(db);
  }
  const kith_self& self() {
    std::fill(std::begin(self_.device), std::end(self_.device), name_);
    std::fill(std::begin(self_.person), std::end(self_.person), name_);
    self_.wall_ms = [](void* context) { return ++*static_cast<std::uint64_t*>(context); };
    self_.context = &ms;
    return self_;
  }
  std::string path() { return directory_.file("copy.kith"); }

  bool exec(const char* sql, std::vector<kith_value> values = {}) {
    return kith_exec(db, sql, values.data(), values.size()) == KITH_OK;
  }
  void note(const std::string& id, const std::string& body) {
    EXPECT_TRUE(exec("INSERT INTO notes(id, body) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = ?2",
                     {kith_text(id.c_str()), kith_text(body.c_str())}))
        << kith_error_cause(db);
  }
  std::vector<Change> changes(std::int64_t after = 0) {
    std::vector<Change> out;
    const auto keep = [](void* context, const kith_change* change) {
      auto& changes = *static_cast<std::vector<Change>*>(context);
      changes.push_back({*change, Bytes(change->shape, change->shape + change->shape_size),
                         Bytes(change->values, change->values + change->values_size)});
      return 0;
    };
    EXPECT_EQ(kith_changes(db, after, keep, &out), KITH_OK) << kith_error_cause(db);
    return out;
  }
  int merge(const std::vector<Change>& changes, std::size_t* fresh = nullptr) {
    std::vector<kith_change> views;
    for (const Change& change : changes) views.push_back(change.view());
    return kith_merge(db, views.data(), views.size(), fresh);
  }
  /// All notes in one line.
  std::string read() {
    std::string out;
    const auto add = [](void* context, std::size_t columns, const char* const*, const kith_value* values) {
      auto& text = *static_cast<std::string*>(context);
      for (std::size_t i = 0; i < columns; ++i) {
        if (values[i].type == KITH_TEXT) text += std::string(static_cast<const char*>(values[i].data), values[i].size);
        text += i + 1 < columns ? "=" : ";";
      }
      return 0;
    };
    EXPECT_EQ(kith_query(db, "SELECT id, body FROM notes ORDER BY id", nullptr, 0, add, &out), KITH_OK)
        << kith_error_cause(db);
    return out;
  }
  std::string error() const { return kith_error_name(db); }

  std::uint64_t ms;
  kith_db* db = nullptr;

 private:
  TemporaryDirectory directory_;
  std::uint8_t name_;
  kith_self self_{};
};

TEST(CAbi, every_type_of_value_goes_in_and_comes_out) {
  Copy ana(1);
  ASSERT_TRUE(ana.exec("INSERT INTO notes(id, body, n, x, b) VALUES (?, ?, ?, ?, ?)",
                       {kith_text("a"), kith_null(), kith_integer(-5), kith_real(1.5), kith_blob("\0\1", 2)}));
  int rows = 0;
  const auto check = [](void* context, std::size_t columns, const char* const* names, const kith_value* values) {
    ++*static_cast<int*>(context);
    EXPECT_EQ(columns, 4u);
    EXPECT_STREQ(names[3], "b");
    EXPECT_EQ(values[0].type, KITH_NULL);
    EXPECT_EQ(values[1].integer, -5);
    EXPECT_EQ(values[2].real, 1.5);
    EXPECT_EQ(values[3].size, 2u);
    EXPECT_EQ(memcmp(values[3].data, "\0\1", 2), 0);
    return 0;
  };
  EXPECT_EQ(kith_query(ana.db, "SELECT body, n, x, b FROM notes", nullptr, 0, check, &rows), KITH_OK);
  EXPECT_EQ(rows, 1);
}

TEST(CAbi, a_transaction_is_whole_or_nothing) {
  Copy ana(1);
  EXPECT_EQ(kith_begin(ana.db, "note written"), KITH_OK);
  ana.note("a", "one");
  EXPECT_EQ(ana.read(), "a=one;");
  kith_rollback(ana.db);
  EXPECT_EQ(ana.read(), "");
  std::int64_t position = -1;
  EXPECT_EQ(kith_begin(ana.db, nullptr), KITH_OK);
  EXPECT_EQ(kith_commit(ana.db, &position), KITH_OK);
  EXPECT_EQ(position, 0);
  EXPECT_EQ(kith_begin(ana.db, "x"), KITH_OK);
  ana.note("a", "two");
  EXPECT_EQ(kith_commit(ana.db, &position), KITH_OK);
  EXPECT_GT(position, 0);
  kith_begin(ana.db, "");
  ana.note("a", "lost when closed");
  kith_close(ana.db);
  ana.open();
  EXPECT_EQ(ana.read(), "a=two;");
}

TEST(CAbi, changes_carried_both_ways_make_two_copies_equal) {
  Copy ana(1), dan(2);
  ana.note("a", "milk");
  EXPECT_EQ(dan.merge(ana.changes()), KITH_OK);
  dan.note("a", "cheese");
  dan.note("b", "gate");
  ana.note("a", "bread");
  ana.exec("DELETE FROM notes WHERE id = ?", {kith_text("c")});
  std::size_t fresh = 0;
  EXPECT_EQ(dan.merge(ana.changes(), &fresh), KITH_OK);
  EXPECT_EQ(fresh, 1u);
  EXPECT_EQ(ana.merge(dan.changes(), &fresh), KITH_OK);
  EXPECT_EQ(fresh, 2u);
  EXPECT_EQ(ana.read(), dan.read());
}

TEST(CAbi, what_is_here_already_is_passed_over_also_after_a_restart) {
  Copy ana(1), dan(2);
  ana.note("a", "milk");
  EXPECT_EQ(dan.merge(ana.changes()), KITH_OK);
  kith_close(dan.db);
  dan.open();
  std::size_t fresh = 9;
  EXPECT_EQ(dan.merge(ana.changes(), &fresh), KITH_OK);
  EXPECT_EQ(fresh, 0u);
  EXPECT_EQ(ana.merge(dan.changes(), &fresh), KITH_OK) << "its own come back";
  EXPECT_EQ(fresh, 0u);
}

TEST(CAbi, a_walk_goes_on_from_where_the_last_one_ended) {
  Copy ana(1);
  ana.note("a", "1");
  const auto first = ana.changes();
  ASSERT_EQ(first.size(), 1u);
  ana.note("a", "2");
  ana.note("a", "3");
  const auto later = ana.changes(first.back().raw.position);
  EXPECT_EQ(later.size(), 2u);
  EXPECT_TRUE(ana.changes(later.back().raw.position).empty());
  int seen = 0;
  const auto stop = [](void* context, const kith_change*) { return ++*static_cast<int*>(context); };
  EXPECT_EQ(kith_changes(ana.db, 0, stop, &seen), KITH_OK);
  EXPECT_EQ(seen, 1);
}

TEST(CAbi, a_large_transaction_travels_in_parts_that_stay_together) {
  Copy ana(1), dan(2);
  kith_begin(ana.db, "");
  for (int i = 0; i < 3; ++i) ana.note(std::to_string(i), std::string(600'000, 'x'));
  EXPECT_EQ(kith_commit(ana.db, nullptr), KITH_OK);
  auto parts = ana.changes();
  ASSERT_GT(parts.size(), 1u);
  EXPECT_EQ(dan.merge(parts), KITH_OK) << kith_error_cause(dan.db);
  EXPECT_EQ(ana.read(), dan.read());
  Copy eve(3);
  parts.pop_back();
  EXPECT_EQ(eve.merge(parts), KITH_ERROR);
  EXPECT_EQ(eve.error(), "usage");
  EXPECT_EQ(eve.read(), "");
}

TEST(CAbi, rows_of_an_owner_are_changed_by_nobody_else) {
  Copy ana(1), dan(2);
  EXPECT_TRUE(ana.exec("INSERT INTO own(id, body) VALUES ('a', 'mine')"));
  EXPECT_EQ(dan.merge(ana.changes()), KITH_OK);
  EXPECT_FALSE(dan.exec("UPDATE own SET body = 'yours'"));
  EXPECT_EQ(dan.error(), "refused");
}

TEST(CAbi, changes_from_the_future_wait) {
  Copy ana(1, 1'790'000'000'000 + 3'600'000), dan(2);
  ana.note("a", "later");
  EXPECT_EQ(dan.merge(ana.changes()), KITH_ERROR);
  EXPECT_EQ(dan.error(), "clock_ahead");
  EXPECT_EQ(dan.read(), "");
  dan.ms = ana.ms;
  EXPECT_EQ(dan.merge(ana.changes()), KITH_OK);
  EXPECT_EQ(dan.read(), "a=later;");
}

TEST(CAbi, a_call_that_fails_merges_nothing_of_it) {
  Copy ana(1), dan(2);
  ana.note("a", "1");
  ana.note("b", "2");
  auto both = ana.changes();
  both[1].raw.person[0] ^= 1;  // one device, two people
  EXPECT_EQ(dan.merge(both), KITH_ERROR);
  EXPECT_EQ(dan.read(), "");
  EXPECT_TRUE(dan.changes().empty());
}

TEST(CAbi, rubbish_counts_nowhere_and_is_not_passed_on) {
  Copy ana(1), dan(2);
  ana.note("a", "1");
  auto changes = ana.changes();
  changes[0].shape = {0xff, 0xff};
  changes[0].raw.shape_size = 2;
  EXPECT_EQ(dan.merge(changes), KITH_OK);
  EXPECT_EQ(dan.read(), "");
  EXPECT_TRUE(dan.changes().empty());
}

TEST(CAbi, every_misuse_is_an_error_that_can_be_read) {
  EXPECT_EQ(kith_open("x", kSchema, nullptr, nullptr), KITH_ERROR);
  EXPECT_EQ(kith_exec(nullptr, "", nullptr, 0), KITH_ERROR);
  EXPECT_STREQ(kith_error_name(nullptr), "usage");
  kith_close(nullptr);
  kith_rollback(nullptr);

  Copy ana(1);
  const auto fails = [&](int result, const std::string& name) {
    EXPECT_EQ(result, KITH_ERROR);
    EXPECT_EQ(ana.error(), name);
    EXPECT_STRNE(kith_error_cause(ana.db), "");
  };
  fails(kith_exec(ana.db, nullptr, nullptr, 0), "usage");
  fails(kith_exec(ana.db, "nonsense", nullptr, 0), "bad_sql");
  fails(kith_exec(ana.db, "DROP TABLE notes", nullptr, 0), "bad_sql");
  fails(kith_exec(ana.db, "DELETE FROM notes WHERE id = ?", nullptr, 0), "usage");
  fails(kith_exec(ana.db, "DELETE FROM notes WHERE id = ?", nullptr, 1), "usage");
  kith_value odd = kith_null();
  odd.type = static_cast<kith_type>(3);
  odd.size = 4;
  fails(kith_exec(ana.db, "DELETE FROM notes WHERE id = ?", &odd, 1), "usage");
  fails(kith_query(ana.db, "SELECT 1", nullptr, 0, nullptr, nullptr), "usage");
  fails(kith_commit(ana.db, nullptr), "usage");
  fails(kith_changes(ana.db, 0, nullptr, nullptr), "usage");
  fails(kith_merge(ana.db, nullptr, 1, nullptr), "usage");
  EXPECT_EQ(kith_begin(ana.db, ""), KITH_OK);
  fails(kith_begin(ana.db, ""), "usage");
  fails(kith_merge(ana.db, nullptr, 0, nullptr), "usage");
  kith_rollback(ana.db);

  const auto opening = [&](const char* path, const char* schema, kith_self self, const std::string& name) {
    kith_db* db = nullptr;
    EXPECT_EQ(kith_open(path, schema, &self, &db), KITH_ERROR);
    EXPECT_EQ(kith_error_name(db), name);
    EXPECT_EQ(kith_exec(db, "SELECT 1", nullptr, 0), KITH_ERROR);
    kith_close(db);
  };
  kith_self nobody = ana.self();
  std::fill(std::begin(nobody.device), std::end(nobody.device), 0);
  opening(":memory:", kSchema, ana.self(), "usage");
  opening(ana.path().c_str(), kSchema, nobody, "usage");
  opening(ana.path().c_str(), "CREATE TABLE t(id TEXT PRIMARY KEY, v SURPRISE)", ana.self(), "bad_schema");
  opening(ana.path().c_str(), "CREATE TABLE t(id TEXT PRIMARY KEY)", ana.self(), "bad_schema");
}

// Three copies write and carry at random; in the end everything is carried to everybody, in an order of its own for
// each. Every commit is synced, so there are few runs: the store's own properties have many.
TEST(CAbi, copies_that_got_the_same_changes_show_the_same) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    kith::testing::SeededRandom random(seed);
    Copy copies[3] = {Copy(1), Copy(2), Copy(3)};
    const auto any_of_them = [&]() -> Copy& { return copies[random.u64() % 3]; };
    for (int i = 0; i < 12; ++i) {
      Copy& copy = any_of_them();
      const std::string id(1, static_cast<char>('a' + random.u64() % 3));
      switch (random.u64() % 4) {
        case 0: EXPECT_TRUE(copy.exec("DELETE FROM notes WHERE id = ?", {kith_text(id.c_str())})); break;
        case 1: EXPECT_EQ(copy.merge(any_of_them().changes()), KITH_OK); break;
        default: copy.note(id, std::to_string(i));
      }
    }
    for (int round = 0; round < 2; ++round) {
      for (Copy& to : copies) {
        for (Copy& from : copies) {
          auto changes = from.changes();
          if (random.u64() % 2 == 0) std::reverse(changes.begin(), changes.end());
          EXPECT_EQ(to.merge(changes), KITH_OK);
        }
      }
    }
    EXPECT_EQ(copies[0].read(), copies[1].read()) << seed;
    EXPECT_EQ(copies[0].read(), copies[2].read()) << seed;
  }
}

}  // namespace
