// SPDX-License-Identifier: Apache-2.0
// For tests: people on one street over real stores, without logs. Several may write on one of them in turn; what one
// replica merges of another is handed over by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/hybrid_clock.h"
#include "base/testing/fakes.h"
#include "base/uuid7.h"
#include "kith/place.h"
#include "store/layout.h"
#include "store/store.h"
#include "store/testing/directory.h"
#include "town/town.h"

namespace kith::town::testing {

/// A Database over a store: several people may write in turn, each as a device of their own.
class TestDatabase final : public Database {
 public:
  /// `name`: of the file in the directory.
  TestDatabase(store::testing::Directory& directory, const std::string& name, const std::string& schema,
               std::vector<LocalTable> local_tables, std::uint8_t device = 0)
      : first_device_(device),
        random_(1u + device),
        store_(store::Store::open(
                   {.path = directory.file(name), .files = directory.files(), .local_tables = std::move(local_tables)},
                   store::Schema::parse(schema).value(), clock, hybrid_)
                   .value()) {
    become(1);
  }

  /// From now on this person writes.
  void become(std::uint8_t number) {
    person_ = person_of(number);
    DeviceId device;
    device.data.fill(static_cast<std::uint8_t>(100 + number));
    device.data[0] = first_device_;
    store_->set_self(*store_->author(device, person_.view()));
  }
  static PersonId person_of(std::uint8_t number) {
    PersonId out;
    out.data.fill(number);
    return out;
  }

  Result<WriteReceipt> write(std::string_view event, const WriteOptions& options,
                             const std::function<Result<void>(kith::Writer&)>& body) override {
    KITH_TRY(store_->begin(event, options.rest_ms));
    StoreWriter writer(*store_);
    if (auto done = body(writer); !done.ok()) {
      store_->rollback();
      return std::move(done).error();
    }
    const store::Committed committed = KITH_TRY(store_->commit());
    clock.advance(1);
    return WriteReceipt{committed.first, committed.stamp};
  }
  using Database::query;
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override {
    if (asked != nullptr) asked->insert(std::string(sql));
    return store_->query(sql, parameters);
  }
  Result<std::vector<RowVersion>> versions(std::string_view table, const Value& key) override {
    return store_->versions(table, key);
  }
  Result<void> take_back(Pos pos) override {
    KITH_TRY(store_->begin_merge());
    KITH_TRY(store_->take_back(pos));
    return store_->end_merge();
  }
  std::string new_id() override { return ids_.next().text(); }
  PersonId person() const override { return person_; }
  std::uint64_t now_ms() override { return clock.wall_ms(); }

  /// Merges what `from` has written and is not here yet, in this order of its transactions: shuffled by `order`.
  void take_from(TestDatabase& from, std::mt19937& order) {
    std::vector<Row> rows =
        from.store_->db()
            .query(
                "SELECT j.stamp, j.body, a.device, a.writer FROM kith_journal j JOIN kith_authors a ON a.ref = "
                "j.author ORDER BY j.pos")
            .value()
            .rows;
    std::shuffle(rows.begin(), rows.end(), order);
    ASSERT_TRUE(store_->begin_merge().ok());
    for (const Row& row : rows) take(row);
    ASSERT_TRUE(store_->end_merge().ok());
  }

  store::Store& store() { return *store_; }

  kith::testing::FakeClock clock;
  std::set<std::string>* asked = nullptr;  // every query's text, if somebody wants to know

 private:
  using Row = std::vector<Value>;

  void take(const Row& row) {
    const auto stamp = std::get<std::int64_t>(row[0]);
    const Bytes& body = std::get<Bytes>(row[1]);
    const auto author = store_->author(*DeviceId::from(std::get<Bytes>(row[2])), std::get<Bytes>(row[3])).value();
    const std::vector<Value> id{author.value, stamp};
    if (!store_->db().query("SELECT 1 FROM kith_journal WHERE author = ? AND stamp = ?", id).value().rows.empty())
      return;
    const Pos pos = store_->next_pos();
    const std::vector<Value> all{pos.value, author.value, stamp, body};
    ASSERT_TRUE(store_->db()
                    .query("INSERT INTO kith_journal(pos, author, stamp, form, body) VALUES (?, ?, ?, 0, ?)", all)
                    .ok());
    const auto parts = store::split_tail_body(body).value();
    const store::Incoming incoming{pos,     author,      Stamp(static_cast<std::uint64_t>(stamp)),
                                   Stamp{}, parts.shape, parts.values};
    ASSERT_EQ(store_->merge(incoming).value(), store::Applied::kCounts);
  }

  class StoreWriter final : public Writer {
   public:
    explicit StoreWriter(store::Store& store) : store_(store) {}
    Result<void> exec(std::string_view sql, std::span<const Value> parameters) override {
      return store_.exec(sql, parameters);
    }
    Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override {
      return store_.query(sql, parameters);
    }

   private:
    store::Store& store_;
  };

  std::uint8_t first_device_;
  kith::testing::SeededRandom random_;
  HybridClock hybrid_{clock};
  Uuid7Generator ids_{clock, random_};
  std::unique_ptr<store::Store> store_;
  PersonId person_;
};

/// A whole installation: the street of which the first person is the founder, and the personal space.
class TestPlace final : public Place {
 public:
  explicit TestPlace(std::uint8_t device = 0)
      : street(directory_, "street", schema(), local_tables(), device),
        own(directory_, "personal", personal_schema(), personal_local_tables(), device) {}

  bool has_space() override { return has_street; }
  Database& space() override { return street; }
  Database& personal() override { return own; }
  std::vector<Member> members() override {
    std::vector<Member> out;
    for (std::uint8_t i = 1; i <= people; ++i) out.push_back({TestDatabase::person_of(i), {DeviceId{}}, i == 1});
    return out;
  }
  Freshness freshness() override { return fresh; }
  Result<std::vector<Resting>> resting() override { return std::vector<Resting>(); }
  Result<std::optional<SendingState>> sending(const DeviceId&, Stamp) override { return sent; }

  std::uint8_t people = 3;
  bool has_street = true;
  Freshness fresh;
  std::optional<SendingState> sent = SendingState{Sending::kHere, Pos(), 0, 0};

 private:
  store::testing::Directory directory_;

 public:
  TestDatabase street;
  TestDatabase own;
};

}  // namespace kith::town::testing
