// SPDX-License-Identifier: Apache-2.0
// What change capture and merging cost: 75,000 rows of four value columns under UUIDv7 keys, beside raw SQLite with the
// same table, WAL, synchronous=NORMAL. CPU time of the process (flushes and the disk's own time apart), medians of
// rounds that alternate; contents are compared at the end.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>

#include "base/hybrid_clock.h"
#include "base/uuid7.h"
#include "bench/report.h"
#include "store/layout.h"
#include "store/store.h"

namespace kith::bench {
namespace {

using store::Db;
using store::Schema;
using store::Statement;
using store::Store;

constexpr std::size_t kRows = 75'000;
constexpr std::size_t kSingleRows = 20'000;
constexpr std::size_t kWindow = 8'192;
constexpr int kRounds = 5;
constexpr const char* kSchema =
    "CREATE TABLE items(id TEXT PRIMARY KEY, title LWW_TEXT, amount LWW_INTEGER, price LWW_REAL, body LWW_TEXT); "
    "CREATE EVENT 'item written';";
constexpr const char* kRawTable =
    "CREATE TABLE items(id TEXT PRIMARY KEY NOT NULL, title LWW_TEXT, amount LWW_INTEGER, price LWW_REAL, body "
    "LWW_TEXT)";
constexpr const char* kInsert = "INSERT INTO items(id, title, amount, price, body) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr const char* kUpdate = "UPDATE items SET amount = ?2 WHERE id = ?1";
constexpr const char* kContents =
    "SELECT count(*), sum(amount), sum(length(title)), sum(length(body)), sum(price), min(id), max(id) FROM items";

using Row = std::array<Value, 5>;

struct SteadyClock final : Clock {
  std::uint64_t wall_ms() override { return ++ms; }
  std::uint64_t steady_ms() override { return ms; }
  std::uint64_t ms = 1'790'000'000'000;
};

struct CountingRandom final : Random {
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) {
      state = state * 6364136223846793005 + 1442695040888963407;
      byte = static_cast<std::uint8_t>(state >> 56);
    }
  }
  std::uint64_t state = 7;
};

std::vector<Row> make_rows() {
  SteadyClock clock;
  CountingRandom random;
  Uuid7Generator ids(clock, random);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kRows; ++i) {
    std::string body = "The item number " + std::to_string(i) + " is in good order and can be fetched in the evening";
    rows.push_back({ids.next().text(), "Item " + std::to_string(i * 7919),
                    static_cast<std::int64_t>(random.u64() % 100'000), static_cast<double>(i) * 0.25, std::move(body)});
  }
  return rows;
}

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/kith-store-bench-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Directory() {
    clear();
    rmdir(path_.c_str());
  }
  std::string fresh() {
    clear();
    return path_ + "/a.kith";
  }
  std::uint64_t bytes() const {
    struct stat status{};
    return stat((path_ + "/a.kith").c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

 private:
  void clear() const {
    for (const char* end : {"", "-wal", "-shm"}) unlink((path_ + "/a.kith" + end).c_str());
  }
  std::string path_;
};

struct Raw {
  explicit Raw(Directory& directory) : db(must(Db::open(directory.fresh(), nullptr))) { must(db->exec(kRawTable)); }
  std::unique_ptr<Db> db;
};

struct Kith {
  explicit Kith(Directory& directory, std::string_view name = "a") : hybrid(clock) {
    store = must(Store::open({directory.fresh()}, must(Schema::parse(kSchema)), clock, hybrid));
    DeviceId device;
    device.data[0] = static_cast<std::uint8_t>(name[0]);
    author = must(store->author(device, as_bytes(name)));
    store->set_self(author);
  }
  SteadyClock clock;
  HybridClock hybrid;
  std::unique_ptr<Store> store;
  AuthorRef author;
};

/// A changeset as it comes out of an entry.
struct Sent {
  Stamp stamp;
  Bytes shape;
  Bytes values;
};

void insert_plainly(Db& db, const std::vector<Row>& rows, bool in_one) {
  Statement insert = must(db.prepare(kInsert));
  if (in_one) must(db.begin());
  for (std::size_t i = 0; i < (in_one ? kRows : kSingleRows); ++i) {
    if (!in_one) must(db.begin());
    for (std::size_t column = 0; column < 5; ++column) insert.bind(static_cast<int>(column) + 1, rows[i][column]);
    must(insert.run());
    if (!in_one) must(db.commit());
  }
  if (in_one) must(db.commit());
}

void update_plainly(Db& db, const std::vector<Row>& rows) {
  Statement update = must(db.prepare(kUpdate));
  must(db.begin());
  for (std::size_t i = 0; i < kRows; ++i) {
    update.bind(1, rows[i][0]).bind(2, static_cast<std::int64_t>(i + 1'000'000));
    must(update.run());
  }
  must(db.commit());
}

void insert_bulk(Store& store, const std::vector<Row>& rows) {
  must(store.begin("item written"));
  for (const Row& row : rows) must(store.exec(kInsert, row));
  must(store.commit());
}

void insert_single(Store& store, const std::vector<Row>& rows) {
  for (std::size_t i = 0; i < kSingleRows; ++i) {
    must(store.begin("item written"));
    must(store.exec(kInsert, rows[i]));
    must(store.commit());
  }
}

void update_all(Store& store, const std::vector<Row>& rows) {
  must(store.begin("item written"));
  for (std::size_t i = 0; i < kRows; ++i) {
    const Value parameters[] = {rows[i][0], static_cast<std::int64_t>(i + 1'000'000)};
    must(store.exec(kUpdate, parameters));
  }
  must(store.commit());
}

std::vector<Sent> sent_from(Db& db) {
  std::vector<Sent> sent;
  Statement select = must(db.prepare("SELECT stamp, body FROM kith_journal ORDER BY pos"));
  while (must(select.step())) {
    const store::TailBody body = must(store::split_tail_body(select.blob(1)));
    sent.push_back({Stamp(static_cast<std::uint64_t>(select.int64(0))), to_bytes(body.shape), to_bytes(body.values)});
  }
  return sent;
}

/// The same rows, each a changeset of its own.
std::vector<Sent> single_changesets(const std::vector<Row>& rows) {
  std::vector<Sent> sent;
  std::uint64_t ms = 1'790'000'000'000;
  for (const Row& row : rows) {
    Sent& one = sent.emplace_back();
    one.stamp = Stamp::from_ms(++ms);
    store::ShapeWriter(one.shape, 1, "", Stamp{}).op(store::OpKind::kBirth, 0, store::view_of(row[0]), 0b11110, 0);
    for (std::size_t column = 1; column < row.size(); ++column) store::put_value(one.values, row[column]);
  }
  return sent;
}

/// As the log does it: the journal's row, then the changeset, many in one SQLite transaction.
void merge(Kith& kith, AuthorRef author, const std::vector<Sent>& sent) {
  constexpr std::string_view kJournal =
      "INSERT INTO kith_journal(pos, author, stamp, form, seq, kind, share, body) VALUES (?1, ?2, ?3, 1, ?4, 64, 0, "
      "?5)";
  std::int64_t seq = 0;
  for (std::size_t at = 0; at < sent.size(); at += kWindow) {
    must(kith.store->begin_merge());
    for (std::size_t i = at; i < std::min(at + kWindow, sent.size()); ++i) {
      const Pos pos = kith.store->next_pos();
      const Bytes body = store::make_tail_body(sent[i].shape, sent[i].values);
      {
        auto insert = must(kith.store->db().cached(kJournal));
        insert->bind(1, pos.value)
            .bind(2, author.value)
            .bind(3, static_cast<std::int64_t>(sent[i].stamp.value))
            .bind(4, seq++);
        insert->bind(5, ByteView(body));
        must(insert->run());
      }
      if (must(kith.store->merge({pos, author, sent[i].stamp, Stamp{}, sent[i].shape, sent[i].values})) !=
          store::Applied::kCounts)
        stop("void");
    }
    must(kith.store->end_merge());
  }
}

AuthorRef other_author(Kith& kith) {
  DeviceId device;
  device.data[0] = 'z';
  return must(kith.store->author(device, as_bytes("z")));
}

class Bench {
 public:
  void round() {
    std::vector<std::vector<Value>> contents;
    {
      Raw raw(directory_);
      measure("raw_bulk", kRows, [&] { insert_plainly(*raw.db, rows_, true); });
      contents = must(raw.db->query(kContents)).rows;
      measure("raw_update", kRows, [&] { update_plainly(*raw.db, rows_); });
      must(raw.db->checkpoint());
      raw_bytes_ = static_cast<double>(directory_.bytes()) / kRows;
    }
    {
      Raw raw(directory_);
      measure("raw_single", kSingleRows, [&] { insert_plainly(*raw.db, rows_, false); });
    }
    std::vector<Sent> sent;
    {
      Kith kith(directory_);
      measure("bulk", kRows, [&] { insert_bulk(*kith.store, rows_); });
      if (must(kith.store->query(kContents)).rows != contents) stop("the rows inserted are not those of raw SQLite");
      sent = sent_from(kith.store->db());
      must(kith.store->db().checkpoint());
      bytes_ = static_cast<double>(directory_.bytes()) / kRows;
      measure("update", kRows, [&] { update_all(*kith.store, rows_); });
    }
    {
      Kith kith(directory_);
      measure("single", kSingleRows, [&] { insert_single(*kith.store, rows_); });
      if (must(kith.store->query("SELECT count(*) FROM items")).rows[0][0] !=
          Value(static_cast<std::int64_t>(kSingleRows)))
        stop("rows are missing");
    }
    {
      Kith kith(directory_);
      measure("guarded", kRows, [&] { insert_plainly(kith.store->db(), rows_, true); });
    }
    {
      Kith kith(directory_);
      const AuthorRef author = other_author(kith);
      measure("merge", kRows, [&] { merge(kith, author, sent); });
      if (must(kith.store->query(kContents)).rows != contents) stop("the rows merged are not those of raw SQLite");
    }
    {
      Kith kith(directory_);
      const AuthorRef author = other_author(kith);
      measure("merge_single", kRows, [&] { merge(kith, author, singles_); });
      if (must(kith.store->query(kContents)).rows != contents)
        stop("the rows merged one by one are not those of raw SQLite");
    }
  }

  void print(bool as_json) {
    Report report;
    report.add("store.raw_bulk.us_per_row", median("raw_bulk"), "us");
    report.add("store.raw_single.us_per_row", median("raw_single"), "us");
    report.add("store.insert_bulk.ratio_raw", ratio("bulk", "raw_bulk"), "x");
    report.add("store.insert_single.ratio_raw", ratio("single", "raw_single"), "x");
    report.add("store.update.ratio_raw", ratio("update", "raw_update"), "x");
    report.add("store.merge.ratio_raw", ratio("merge", "raw_bulk"), "x");
    report.add("store.merge_single.ratio_raw", ratio("merge_single", "raw_bulk"), "x");
    report.add("store.guard_trigger.ratio", ratio("guarded", "raw_bulk"), "x");
    report.add("store.bytes_per_row", bytes_, "B");
    report.add("store.raw_bytes_per_row", raw_bytes_, "B");
    report.print(as_json);
  }

 private:
  void measure(const std::string& name, std::size_t count, const std::function<void()>& work) {
    const double begin = cpu_seconds();
    work();
    const double us = (cpu_seconds() - begin) * 1e6 / static_cast<double>(count);
    times_[name].push_back(us);
  }
  double median(const std::string& name) { return percentile(times_[name], 0.5); }
  /// Of medians.
  double ratio(const std::string& name, const std::string& base) { return median(name) / median(base); }

  Directory directory_;
  const std::vector<Row> rows_ = make_rows();
  const std::vector<Sent> singles_ = single_changesets(rows_);
  std::map<std::string, std::vector<double>> times_;
  double bytes_ = 0;
  double raw_bytes_ = 0;
};

}  // namespace
}  // namespace kith::bench

int main(int argc, char** argv) {
  kith::bench::Bench bench;
  for (int i = 0; i < kith::bench::kRounds; ++i) bench.round();
  bench.print(kith::bench::has_argument(argc, argv, "--json"));
}
