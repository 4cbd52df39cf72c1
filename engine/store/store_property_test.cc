// SPDX-License-Identifier: Apache-2.0
// Goal: whatever is written wherever, and however it travels, replicas agree with each other and with the naive model;
// retract, restore, erase and rebuild keep that. Method: random histories on two to four replicas of three persons, as
// lists of small commands that RapidCheck can shrink.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <sstream>

#include "store/testing/directory.h"
#include "store/testing/model.h"
#include "store/testing/replica.h"
#include "store/testing/shell.h"

namespace kith::store {
namespace {

using testing::Entries;
using testing::Entry;
using testing::EntryKey;
using testing::model_of;
using testing::Replica;
using testing::tables_of;

constexpr std::string_view kSchema = R"(
  CREATE TABLE notes(id TEXT PRIMARY KEY, fixed TEXT, a LWW_TEXT, b LWW_INTEGER NOT NULL DEFAULT 7);
  CREATE TABLE own(id INTEGER PRIMARY KEY, a LWW_TEXT, b LWW_REAL) WRITABLE BY OWNER;
  CREATE INDEX notes_by_a ON notes(a);
  CREATE EVENT "noted";
)";

/// Bytes that mean a command; shrinking makes them fewer and smaller.
using Command = std::array<std::uint8_t, 6>;

rc::Gen<std::vector<Command>> commands() {
  const auto byte = rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint8_t>());
  return rc::gen::container<std::vector<Command>>(rc::gen::container<Command>(byte));
}

std::string key_of(bool is_own, std::uint8_t byte) {
  return is_own ? std::to_string(byte % 4) : "'k" + std::to_string(byte % 4) + "'";
}

std::string statement(const Command& command) {
  const bool is_own = command[1] % 2 == 0;
  const std::string table = is_own ? "own" : "notes";
  const std::string key = key_of(is_own, command[2]);
  const std::string a = command[3] % 7 == 0 ? "NULL" : "'a" + std::to_string(command[3]) + "'";
  const std::string b = is_own ? std::to_string(command[4]) + ".5" : std::to_string(command[4]);
  const std::string fixed = command[5] % 16 == 0 ? "'other'" : "'same'";
  const std::string columns = is_own ? "(id, a, b)" : "(id, fixed, a, b)";
  const std::string row =
      is_own ? "(" + key + ", " + a + ", " + b + ")" : "(" + key + ", " + fixed + ", " + a + ", " + b + ")";
  switch (command[0] % 12) {
    case 0:
    case 1: return "INSERT INTO " + table + columns + " VALUES " + row;
    case 2: return "INSERT OR REPLACE INTO " + table + columns + " VALUES " + row;
    case 3:
      return "INSERT INTO " + table + columns + " VALUES " + row + " ON CONFLICT(id) DO UPDATE SET b = excluded.b";
    case 4: return "UPDATE " + table + " SET a = " + a + " WHERE id = " + key;
    case 5: return "UPDATE " + table + " SET a = " + a + ", b = " + b + " WHERE id = " + key;
    case 6: return "UPDATE " + table + " SET b = b + 1 WHERE id <> " + key;
    case 7: return "DELETE FROM " + table + " WHERE id = " + key;
    case 8: return "DELETE FROM " + table;
    case 9: return "INSERT OR IGNORE INTO " + table + columns + " VALUES " + row;
    case 10:
      return "INSERT OR REPLACE INTO notes(id, fixed, a, b) SELECT id, fixed, b, " + std::to_string(command[4]) +
             " FROM notes ORDER BY id DESC";
    default: return "UPDATE " + table + " SET b = " + b;
  }
}

class World {
 public:
  explicit World(std::size_t replicas, const std::string& directory = "") {
    const char* const writers[] = {"Ana", "Ana", "Ben", "Cid"};
    for (std::size_t i = 0; i < replicas; ++i) {
      const std::string name = "d" + std::to_string(i);
      all_.push_back(
          std::make_unique<Replica>(kSchema, name, writers[i], directory.empty() ? "" : directory + "/" + name));
    }
  }

  Replica& operator[](std::size_t i) { return *all_[i % all_.size()]; }
  std::size_t size() const { return all_.size(); }

  void play(const std::vector<Command>& commands) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      Replica& replica = (*this)[commands[i][1] / 3];
      replica.clock.now_ms += commands[i][5] % 3;
      if (commands[i][0] >= 215) {
        exchange(commands[i]);
      } else {
        std::vector<std::string> transaction;
        const std::size_t statements = 1 + commands[i][5] / 64;
        for (std::size_t k = 0; k < statements && i + k < commands.size(); ++k)
          transaction.push_back(statement(commands[i + k]));
        i += statements - 1;
        attempt(replica, transaction, commands[i % commands.size()][4] % 2 == 0 ? "noted" : "other");
      }
    }
    for (auto& replica : all_) replica->seal();
  }

  /// Statements that the constraints refuse are passed over; a commit that is refused leaves nothing.
  static void attempt(Replica& replica, const std::vector<std::string>& statements, std::string_view event) {
    RC_ASSERT(replica->begin(event).ok());
    for (const std::string& sql : statements) static_cast<void>(replica->exec(sql));
    static_cast<void>(replica->commit());
  }

  /// Some of what one has goes to another: an arbitrary subset, in an arbitrary order.
  void exchange(const Command& command) {
    Replica& from = (*this)[command[2]];
    Replica& to = (*this)[command[3]];
    if (command[0] >= 240) to.clock.now_ms += command[4] * 1000;
    from.seal();
    std::vector<Entry> some;
    std::mt19937 random(command[4]);
    for (const auto& [id, entry] : from.entries()) {
      if (command[5] % 3 == 0 || random() % 3 == 0) some.push_back(entry);
    }
    std::shuffle(some.begin(), some.end(), random);
    to.receive_all(some);
  }

  Entries entries() {
    Entries entries;
    for (auto& replica : all_) entries.merge(replica->entries());
    return entries;
  }

  /// Everything goes everywhere, in another order at each and in batches.
  void heal(std::uint32_t seed) {
    const Entries entries = this->entries();
    for (auto& replica : all_) {
      std::mt19937 random(++seed);
      std::vector<Entry> list;
      for (const auto& [id, entry] : entries) list.push_back(entry);
      std::shuffle(list.begin(), list.end(), random);
      for (std::size_t at = 0; at < list.size();) {
        const std::size_t n = std::min<std::size_t>(1 + random() % 8, list.size() - at);
        replica->receive_all(std::vector<Entry>(list.begin() + static_cast<std::ptrdiff_t>(at),
                                                list.begin() + static_cast<std::ptrdiff_t>(at + n)));
        at += n;
      }
    }
  }

 private:
  std::vector<std::unique_ptr<Replica>> all_;
};

std::vector<EntryKey> some_of(const Entries& entries, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<EntryKey> some;
  for (const auto& [id, entry] : entries) {
    if (random() % 3 == 0) some.push_back(id);
  }
  std::shuffle(some.begin(), some.end(), random);
  return some;
}

/// What the random histories have led to, so that idle ones cannot pass for work.
std::map<std::string, int> count_of(const std::string& tables, std::map<std::string, int> seen) {
  std::istringstream lines(tables);
  for (std::string line; std::getline(lines, line);) {
    for (const char* what :
         {" lives", " dead", " waits", " second birth", " edit of deleted", " refused a", " refused delete", "@d3"}) {
      if (line.find(what) != std::string::npos) ++seen[what];
    }
    if (line.find(" lives") != std::string::npos && line.find(" life ") != std::string::npos) ++seen["revived"];
  }
  return seen;
}

TEST(StoreProperty, any_history_in_any_order_gives_the_same_state_and_the_models) {
  std::map<std::string, int> seen;
  EXPECT_TRUE(rc::check([&seen] {
    World world(*rc::gen::inRange<std::size_t>(2, 5));
    world.play(*commands());
    world.heal(*rc::gen::arbitrary<std::uint32_t>());
    const std::string model = model_of(world[0]->schema(), world.entries());
    for (std::size_t i = 0; i < world.size(); ++i) {
      RC_ASSERT(tables_of(world[i]) == model);
      RC_ASSERT(world[i].hash() == world[0].hash());
    }
    seen = count_of(model, std::move(seen));
  }));
  for (const char* what :
       {" lives", " dead", " second birth", " edit of deleted", " refused a", " refused delete", "revived", "@d3"}) {
    EXPECT_GT(seen[what], 0) << what;
  }
}

TEST(StoreProperty, a_replica_agrees_with_the_model_before_everything_has_arrived) {
  std::map<std::string, int> seen;
  EXPECT_TRUE(rc::check([&seen] {
    World world(3);
    world.play(*commands());
    for (std::size_t i = 0; i < world.size(); ++i) seen = count_of(tables_of(world[i]), std::move(seen));
    for (std::size_t i = 0; i < world.size(); ++i)
      RC_ASSERT(tables_of(world[i]) == model_of(world[i]->schema(), world[i].entries()));
  }));
  EXPECT_GT(seen[" waits"], 0);
}

TEST(StoreProperty, retract_equals_a_replay_without_and_restore_takes_it_back) {
  EXPECT_TRUE(rc::check([] {
    World world(3);
    world.play(*commands());
    world.heal(1);
    const Entries entries = world.entries();
    const std::string before = world[0].hash();
    const std::vector<EntryKey> some = some_of(entries, *rc::gen::arbitrary<std::uint32_t>());
    const std::set<EntryKey> without(some.begin(), some.end());
    Replica fresh(kSchema, "fresh", "Dan");
    Entries rest = entries;
    for (const EntryKey& id : some) rest.erase(id);
    fresh.receive_all(rest);
    for (std::size_t i = 0; i < world.size(); ++i) {
      world[i].retract(some);
      RC_ASSERT(tables_of(world[i]) == model_of(world[i]->schema(), entries, without));
      RC_ASSERT(world[i].hash() == fresh.hash());
      world[i].retract(some);
      RC_ASSERT(world[i].hash() == fresh.hash());
      RC_ASSERT(world[i]->rebuild().ok());
      RC_ASSERT(world[i].hash() == fresh.hash());
      std::vector<EntryKey> back = some;
      std::reverse(back.begin(), back.end());
      for (const EntryKey& id : back) world[i].restore({id});
      RC_ASSERT(tables_of(world[i]) == model_of(world[i]->schema(), entries));
      RC_ASSERT(world[i].hash() == before);
    }
  }));
}

TEST(StoreProperty, life_goes_on_after_a_retraction) {
  EXPECT_TRUE(rc::check([] {
    World world(2);
    world.play(*commands());
    world.heal(1);
    const std::vector<EntryKey> some = some_of(world.entries(), *rc::gen::arbitrary<std::uint32_t>());
    for (std::size_t i = 0; i < world.size(); ++i) world[i].retract(some);
    world.play(*commands());
    world.heal(2);
    const std::string model =
        model_of(world[0]->schema(), world.entries(), std::set<EntryKey>(some.begin(), some.end()));
    for (std::size_t i = 0; i < world.size(); ++i) RC_ASSERT(tables_of(world[i]) == model);
    RC_ASSERT(world[0].hash() == world[1].hash());
  }));
}

TEST(StoreProperty, erasing_on_some_replicas_makes_them_differ_in_erased_values_only) {
  EXPECT_TRUE(rc::check([] {
    World world(3);
    world.play(*commands());
    const std::vector<EntryKey> some = some_of(world[0].entries(), *rc::gen::arbitrary<std::uint32_t>());
    world[0].erase(some);
    world.heal(3);
    Entries erased = world.entries();
    for (const EntryKey& id : some) erased.at(id).values.reset();
    RC_ASSERT(tables_of(world[0]) == model_of(world[0]->schema(), erased));
    for (std::size_t i = 1; i < world.size(); ++i) RC_ASSERT(world[i].hash(some) == world[0].hash(some));
    const std::string hash = world[0].hash();
    RC_ASSERT(world[0]->rebuild().ok());
    RC_ASSERT(world[0].hash() == hash);
    Replica late(kSchema, "late", "Dan");
    late.receive_all(erased);
    RC_ASSERT(late.hash() == hash);
    for (std::size_t i = 1; i < world.size(); ++i) {
      world[i].erase(some);
      RC_ASSERT(world[i].hash() == hash);
    }
  }));
}

TEST(StoreProperty, rebuild_and_reopening_give_what_was) {
  EXPECT_TRUE(rc::check([] {
    World world(2);
    world.play(*commands());
    static_cast<void>(world[0].try_run({"INSERT INTO notes(id, a) VALUES ('tail', 'unsealed')"}));
    const std::string hash = world[0].hash();
    const std::string tables = tables_of(world[0]);
    RC_ASSERT(world[0]->rebuild().ok());
    RC_ASSERT(tables_of(world[0]) == tables);
    RC_ASSERT(world[0].hash() == hash);
    world[0].reopen();
    RC_ASSERT(world[0].hash() == hash);
    world.play(*commands());
    world.heal(1);
    RC_ASSERT(tables_of(world[0]) == model_of(world[0]->schema(), world.entries()));
    RC_ASSERT(world[0].hash() == world[1].hash());
  }));
}

TEST(StoreProperty, a_local_transaction_does_to_the_tables_what_plain_sqlite_does) {
  EXPECT_TRUE(rc::check([] {
    World world(1);
    auto plain = std::move(Db::open(":memory:", nullptr)).value();
    RC_ASSERT(plain
                  ->exec("CREATE TABLE notes(id TEXT PRIMARY KEY NOT NULL, fixed TEXT, a TEXT, b INTEGER DEFAULT 7);"
                         "CREATE TABLE own(id INT PRIMARY KEY NOT NULL, a TEXT, b REAL)")
                  .ok());
    for (const Command& command : *commands()) {
      if (world[0].try_run({statement(command)})) continue;
      RC_ASSERT(plain->exec(statement(command)).ok());
    }
    for (const char* sql : {"SELECT * FROM notes ORDER BY id", "SELECT * FROM own ORDER BY id"}) {
      RC_ASSERT(plain->query(sql)->rows == world[0]->query(sql)->rows);
    }
  }));
}

#ifndef __wasi__  // there is no shell
TEST(StoreProperty, vacuum_from_a_stock_connection_in_between_changes_nothing) {
  EXPECT_TRUE(rc::check([] {
    const testing::Directory directory;
    World world(2, directory.file(""));
    world.play(*commands());
    const std::string hash = world[0].hash();
    RC_ASSERT(testing::run_shell(directory.file("d0"), "VACUUM") == "");
    RC_ASSERT(world[0].hash() == hash);
    world.play(*commands());
    world.heal(1);
    RC_ASSERT(tables_of(world[0]) == model_of(world[0]->schema(), world.entries()));
    RC_ASSERT(world[0].hash() == world[1].hash());
  }));
}
#endif

}  // namespace
}  // namespace kith::store
