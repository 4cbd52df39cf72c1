// SPDX-License-Identifier: Apache-2.0
// The log by itself: sealing, verifying and accepting entries, their size on the wire, and what a sealed insert costs
// beside raw SQLite. Everybody's key and membership is given by a fake governor, so that nothing of the space is
// measured.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <unordered_map>

#include "base/check.h"
#include "base/hybrid_clock.h"
#include "base/uuid7.h"
#include "bench/corpus.h"
#include "bench/report.h"
#include "log/log.h"
#include "log/payload.h"
#include "log/testing/fake_governor.h"
#include "node/platform.h"
#include "store/changeset.h"
#include "store/store.h"
#include "town/town.h"

namespace kith::bench {
namespace {

constexpr std::uint32_t kPosts = 100'000;
constexpr std::uint32_t kPeople = 200;
constexpr std::uint32_t kDevicesOfPerson = 3;
constexpr std::uint32_t kSealed = 20'000;
constexpr std::uint32_t kSingles = 10'000;
constexpr std::size_t kWindowBytes = 1 << 20;  // as sync cuts them

crypto::Key numbered_key(std::uint32_t n) {
  crypto::Key key;
  for (int i = 0; i < 4; ++i) key.data[i] = static_cast<std::uint8_t>(n >> (8 * i));
  key.data[31] = 7;
  return key;
}

class Directory {
 public:
  Directory() { CHECK(mkdtemp(path_) != nullptr); }
  ~Directory() {
    const std::string command = std::string("rm -rf ") + path_;
    if (std::system(command.c_str()) != 0) std::fprintf(stderr, "bench: %s stays\n", path_);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string file(const std::string& name) const { return std::string(path_) + "/" + name; }

 private:
  char path_[32] = "/tmp/kith-bench-XXXXXX";
};

struct Genesis {
  log::Header header;
  EntryId id;
  Bytes payload;
};

const crypto::Key kSecret = numbered_key(0xeeee);

Genesis make_genesis(const crypto::SigningKey& founder) {
  Genesis genesis;
  genesis.payload = to_bytes(as_bytes("genesis"));
  genesis.header.payload_length = static_cast<std::uint32_t>(genesis.payload.size());
  genesis.header.payload = log::clear_payload_hash(genesis.payload);
  genesis.header.time = Stamp::from_ms(1'767'225'000'000);
  genesis.header.device.data = founder.public_key().data;
  genesis.id = log::header_id(genesis.header);
  return genesis;
}

/// A replica with the town's schema.
struct Replica {
  Replica(const std::string& path, const SpaceId& the_space, Clock& the_clock, const crypto::SigningKey* key)
      : clock(the_clock), hybrid(the_clock), space(the_space) {
    store::OpenOptions options;
    options.path = path;
    store = must(store::Store::open(options, must(store::Schema::parse(town::schema())), clock, hybrid));
    log = must(log::Log::open(*store, the_space, clock, hybrid, random));
    governor = std::make_unique<log::testing::FakeGovernor>(*log, kSecret);
    log->set_governor(governor.get());
    own_key = key;
  }
  void own() {
    must(log->set_own(own_key));
    const DeviceId device{own_key->public_key().data};
    store->set_self(must(store->author(device, device.view())));
  }

  Clock& clock;
  HybridClock hybrid;
  node::SystemRandom random;
  SpaceId space;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<log::testing::FakeGovernor> governor;
  const crypto::SigningKey* own_key = nullptr;
};

/// The corpus as signed entries of 600 logs, in memory.
class Corpus {
 public:
  Corpus() : founder_(crypto::SigningKey::from_seed(numbered_key(1))), genesis_(make_genesis(founder_)) {
    space_ = SpaceId{genesis_.id.data};
    for (std::uint32_t i = 0; i < kPeople * kDevicesOfPerson; ++i) {
      logs_.push_back(std::make_unique<DeviceLog>(crypto::SigningKey::from_seed(numbered_key(100 + i))));
    }
    make_joins();
    for (const Line& line : load_corpus(kPosts, kPeople)) add(line);
  }

  const SpaceId& space() const { return space_; }
  std::size_t size() const { return entries_.size(); }
  std::size_t rows() const { return rows_; }
  const Bytes& authority() const { return authority_; }
  const crypto::SigningKey& founder() const { return founder_; }

  /// Newest first, each window ascending inside, signatures where they are kept: what a joiner is sent.
  std::vector<Bytes> windows() const {
    log::RecordEncoder encoder(space_);
    std::vector<Bytes> out;
    std::size_t end = entries_.size();
    while (end > 0) {
      std::size_t from = end;
      std::size_t bytes = 0;
      while (from > 0 && bytes < kWindowBytes) bytes += entries_[--from].payload.size() + 16;
      Bytes& window = out.emplace_back();
      for (std::size_t i = from; i < end; ++i) encoder.encode(record(i), window);
      end = from;
    }
    return out;
  }

 private:
  struct Entry {
    log::Header header;
    EntryId id;
    Bytes payload;
    std::uint32_t log = 0;
  };
  struct DeviceLog {
    explicit DeviceLog(crypto::SigningKey the_key) : key(std::move(the_key)) {
      device.data = key.public_key().data;
      tag = log::testing::FakeGovernor::tag_of(kSecret, device);
    }
    crypto::SigningKey key;
    DeviceId device;
    EpochTag tag;
    EntryId head;
    Seq next;
    Stamp time;
    bool has_content = false;
  };

  void make_joins() {
    log::RecordEncoder encoder(space_);
    encoder.encode(log::Record{genesis_.header, genesis_.id, genesis_.payload, std::nullopt, false,
                               founder_.sign("kith1 entry", genesis_.id.view())},
                   authority_);
    const Bytes payload(300, 1);
    for (auto& device : logs_) {
      log::Header header;
      header.kind = static_cast<std::uint8_t>(log::Kind::kJoin);
      header.payload_length = static_cast<std::uint32_t>(payload.size());
      header.payload = log::clear_payload_hash(payload);
      header.time = Stamp::from_ms(1'767'225'100'000);
      header.space = space_;
      header.device = device->device;
      header.refs = {genesis_.id};
      const EntryId id = log::header_id(header);
      encoder.encode(log::Record{header, id, payload, std::nullopt, false, device->key.sign("kith1 entry", id.view())},
                     authority_);
      device->head = id;
      device->next = Seq(1);
      device->time = header.time;
    }
  }

  void add(const Line& line) {
    const std::uint32_t index = line.who * kDevicesOfPerson + line.device;
    DeviceLog& device = *logs_[index];
    Bytes shape;
    Bytes values;
    write_changeset(line, shape, values);
    Entry entry;
    entry.log = index;
    entry.payload = must(log::seal_payload(compressor_, random_, kSecret, device.device, device.next, shape, values));
    log::Header& header = entry.header;
    header.kind = static_cast<std::uint8_t>(log::Kind::kContent);
    header.share = log::share_of(2, 1, false);
    header.payload_length = static_cast<std::uint32_t>(entry.payload.size());
    header.seq = device.next;
    header.time = std::max(Stamp::from_ms(line.ms), device.time.next());
    header.tag = device.tag;
    header.space = space_;
    header.device = device.device;
    header.prev = device.head;
    header.payload = log::payload_hash(must(log::split_payload(entry.payload, std::nullopt)));
    entry.id = log::header_id(header);
    device.head = entry.id;
    device.next = Seq(device.next.value + 1);
    device.time = header.time;
    entries_.push_back(std::move(entry));
  }

  /// post, listing, event -> a post; reply, reaction -> a post in a thread; edit -> its body, changed.
  void write_changeset(const Line& line, Bytes& shape, Bytes& values) {
    const bool is_edit = line.kind == "edit";
    const bool is_reply = line.kind == "reply" || line.kind == "reaction";
    store::ShapeWriter writer(shape, is_edit ? 3 : is_reply ? 2 : 1, {}, Stamp{});
    if (is_edit && line.parent.has_value() && ids_.contains(*line.parent)) {
      const Value id = ids_.at(*line.parent);
      writer.op(store::OpKind::kUpdate, 0, store::view_of(id), 8, 0);
      store::put_value(values, Value(line.text));
      number_++;
      return;
    }
    ids_clock_.ms = line.ms;
    const Value id = uuids_.next().text();
    writer.op(store::OpKind::kBirth, 0, store::view_of(id), is_reply ? 0b1010 : 0b1000, 0);
    if (is_reply) store::put_value(values, ids_.contains(*line.parent) ? Value(ids_.at(*line.parent)) : Value(id));
    store::put_value(values, Value(line.text));
    ids_.emplace(number_++, std::get<std::string>(id));
    ++rows_;
  }

  log::Record record(std::size_t i) const {
    const Entry& entry = entries_[i];
    const DeviceLog& device = *logs_[entry.log];
    log::Record record{entry.header, entry.id, entry.payload, std::nullopt, false, std::nullopt};
    const bool is_newest = entry.header.seq.value + 1 == device.next.value;
    if (is_newest || entry.header.seq.value % log::Log::kCheckpoint == log::Log::kCheckpoint - 1) {
      record.signature = device.key.sign("kith1 entry", entry.id.view());
    }
    return record;
  }

  struct LineClock final : Clock {
    std::uint64_t wall_ms() override { return ms; }
    std::uint64_t steady_ms() override { return ms; }
    std::uint64_t ms = 0;
  };

  crypto::SigningKey founder_;
  Genesis genesis_;
  SpaceId space_;
  std::vector<std::unique_ptr<DeviceLog>> logs_;
  std::vector<Entry> entries_;
  Bytes authority_;
  codec::Compressor compressor_;
  kith::testing::SeededRandom random_{1};
  LineClock ids_clock_;
  Uuid7Generator uuids_{ids_clock_, random_};
  std::unordered_map<std::uint32_t, std::string> ids_;
  std::uint32_t number_ = 0;
  std::size_t rows_ = 0;
};

/// Decoding, hashes, links, the carried signatures; nothing is stored or opened.
double verify_run(const Corpus& corpus, const std::vector<Bytes>& windows) {
  log::RecordDecoder decoder(corpus.space());
  std::unordered_map<DeviceId, EntryId, FixedBytesHash> last;
  std::size_t checked = 0;
  const double start = cpu_seconds();
  for (const Bytes& window : windows) {
    last.clear();
    ByteReader in(window);
    while (in.left() > 0) {
      const log::Record record = must(decoder.decode(in));
      const auto [it, is_first] = last.try_emplace(record.header.device, record.id);
      CHECK(is_first || it->second == record.header.prev);
      it->second = record.id;
      if (record.signature.has_value()) {
        CHECK(crypto::verify_with_valid_key(SignPublic{record.header.device.data}, "kith1 entry", record.id.view(),
                                            *record.signature));
      }
      ++checked;
    }
  }
  const double seconds = cpu_seconds() - start;
  CHECK(checked == corpus.size());
  return static_cast<double>(checked) / seconds;
}

double accept_all(const Corpus& corpus, const std::vector<Bytes>& windows, const Directory& directory) {
  node::SystemClock clock;
  Replica replica(directory.file("accept.kith"), corpus.space(), clock, nullptr);
  {
    log::RecordDecoder decoder(corpus.space());
    must(replica.log->accept(decoder, corpus.authority()));
  }
  log::RecordDecoder decoder(corpus.space());
  const double start = cpu_seconds();
  for (const Bytes& window : windows) {
    CHECK(!must(replica.log->accept(decoder, window)).gap);
  }
  const double seconds = cpu_seconds() - start;
  const Rows rows = must(replica.store->query("SELECT count(*) FROM posts"));
  CHECK(static_cast<std::size_t>(std::get<std::int64_t>(rows.rows[0][0])) == corpus.rows());
  return static_cast<double>(corpus.size()) / seconds;
}

/// What everybody else sends once more when we are a source: reading entries back into windows.
double serve_all(const Corpus& corpus, const Directory& directory) {
  node::SystemClock clock;
  Replica replica(directory.file("accept.kith"), corpus.space(), clock, nullptr);
  must(replica.log->frontier());
  const double start = cpu_seconds();
  auto ranges = must(replica.log->missing_at({})).backfill;
  log::RecordEncoder encoder(corpus.space());
  std::size_t sent = 0;
  while (!ranges.empty()) sent += must(replica.log->next_window(ranges, true, encoder, 4'096, kWindowBytes)).count;
  CHECK(sent >= corpus.size());
  return static_cast<double>(sent) / (cpu_seconds() - start);
}

/// A replica that writes itself.
std::unique_ptr<Replica> writing_replica(const std::string& path, const Corpus& corpus, Clock& clock) {
  auto replica = std::make_unique<Replica>(path, corpus.space(), clock, &corpus.founder());
  log::RecordDecoder decoder(corpus.space());
  must(replica->log->accept(decoder, corpus.authority()));
  replica->own();
  return replica;
}

constexpr std::string_view kInsert = "INSERT INTO posts(id, thread, parent, body) VALUES (?, ?, ?, ?)";

std::vector<Value> post(Uuid7Generator& uuids, std::uint32_t i) {
  std::string text = "Lost: a grey cat, last seen near the old pump. If you find it, please ring at number " +
                     std::to_string(i) + ", thank you all.";
  return {uuids.next().text(), Value(), Value(), std::move(text)};
}

void write_post(Replica& replica, Uuid7Generator& uuids, std::uint32_t i) {
  must(replica.store->begin("post written"));
  must(replica.store->exec(kInsert, post(uuids, i)));
  must(replica.store->commit());
}

double seal_all(const Corpus& corpus, const Directory& directory) {
  node::SystemClock clock;
  auto replica = writing_replica(directory.file("seal.kith"), corpus, clock);
  Uuid7Generator uuids(clock, replica->random);
  for (std::uint32_t i = 0; i < kSealed; ++i) write_post(*replica, uuids, i);
  const double start = cpu_seconds();
  CHECK(must(replica->log->seal_tail(true)) == kSealed);
  return kSealed / (cpu_seconds() - start);
}

/// CPU of single-row transactions, committed, signed and encrypted one by one, against plain SQLite doing the inserts.
double sealed_ratio(const Corpus& corpus, const Directory& directory, bool one_by_one) {
  node::SystemClock clock;
  auto replica = writing_replica(directory.file(one_by_one ? "single.kith" : "batch.kith"), corpus, clock);
  replica->governor->seals_at_once = one_by_one;
  Uuid7Generator uuids(clock, replica->random);
  constexpr std::uint32_t kBatch = 256;
  const double start = cpu_seconds();
  for (std::uint32_t i = 0; i < kSingles; ++i) {
    write_post(*replica, uuids, i);
    if (!one_by_one && i % kBatch == kBatch - 1) must(replica->log->seal_tail(true));
  }
  must(replica->log->seal_tail(true));
  CHECK(replica->log->own_next().value >= kSingles);
  const double ours = cpu_seconds() - start;

  auto raw = must(store::Db::open(directory.file(one_by_one ? "raw1.sqlite" : "raw2.sqlite"), nullptr));
  must(
      raw->exec("CREATE TABLE posts(id TEXT PRIMARY KEY, thread TEXT, parent TEXT, body TEXT);"
                "CREATE INDEX posts_by_thread ON posts(thread, id)"));
  store::Statement insert = must(raw->prepare(kInsert));
  const double raw_start = cpu_seconds();
  for (std::uint32_t i = 0; i < kSingles; ++i) {
    const std::vector<Value> values = post(uuids, i);
    for (int column = 0; column < 4; ++column) insert.bind(column + 1, values[static_cast<std::size_t>(column)]);
    must(raw->begin());
    must(insert.run());
    must(raw->commit());
  }
  return ours / (cpu_seconds() - raw_start);
}

int run(bool as_json) {
  must(crypto::start());
  const Directory directory;
  const Corpus corpus;
  const std::vector<Bytes> windows = corpus.windows();
  std::size_t bytes = 0;
  for (const Bytes& window : windows) bytes += window.size();
  Report report;
  report.add("log.bytes_per_entry", static_cast<double>(bytes) / static_cast<double>(corpus.size()), "bytes");
  report.add("log.verify_run.entries_per_s", verify_run(corpus, windows), "entries/s of CPU");
  report.add("log.accept.entries_per_s", accept_all(corpus, windows, directory), "entries/s of CPU, merged");
  report.add("log.serve.entries_per_s", serve_all(corpus, directory), "entries/s of CPU, read into windows");
  report.add("log.seal.entries_per_s", seal_all(corpus, directory), "entries/s of CPU, commit to sealed");
  report.add("store.insert_sealed.ratio_raw", sealed_ratio(corpus, directory, true), "x raw SQLite, sealed singly");
  report.add("store.insert_sealed_batch.ratio_raw", sealed_ratio(corpus, directory, false), "x raw SQLite, by 256");
  report.print(as_json);
  return 0;
}

}  // namespace
}  // namespace kith::bench

int main(int argc, char** argv) {
  return kith::bench::run(kith::bench::has_argument(argc, argv, "--json"));
}
