// SPDX-License-Identifier: Apache-2.0
#include "bench/corpus.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/check.h"
#include "base/uuid7.h"
#include "bench/report.h"
#include "crypto/derive.h"
#include "log/payload.h"
#include "log/record.h"
#include "store/changeset.h"
#include "town/town.h"

namespace kith::bench {

namespace {

/// Raise it when anything about the replica changes that its arguments do not tell.
constexpr int kReplicaVersion = 2;
constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kCorpusStartMs = 1'767'225'600'000;
constexpr std::uint32_t kDevicesOfPerson = 3;

crypto::Key key_of(std::uint64_t n) {
  Bytes bytes;
  ByteWriter(bytes).u64(n);
  return crypto::Key{crypto::hash("kith1 list", {as_bytes("bench"), bytes}).data};
}

std::string temporary_directory() {
  const char* directory = std::getenv("TMPDIR");
  return directory != nullptr ? directory : "/tmp";
}

// -- the lines

// Fields parted by 1f and ended by 1e, so that no JSON reader is needed here.
constexpr std::string_view kConverter =
    "import sys, json\n"
    "for l in sys.stdin:\n"
    "  d = json.loads(l)\n"
    "  p = \"\" if d[\"parent\"] is None else str(d[\"parent\"])\n"
    "  f = [str(d[\"who\"]), str(d[\"device\"]), str(d[\"ms\"]), d[\"kind\"], p, d[\"text\"]]\n"
    "  sys.stdout.buffer.write((\"\\x1f\".join(f) + \"\\x1e\").encode())\n";

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> out;
  std::size_t at = 0;
  for (std::size_t end; (end = text.find(by, at)) != std::string_view::npos; at = end + 1) {
    out.emplace_back(text.substr(at, end - at));
  }
  out.emplace_back(text.substr(at));
  return out;
}

// -- the replica

/// One device as the making of the replica needs it.
struct Writer {
  space::SpaceKeys keys;
  std::optional<crypto::SigningKey> log_key;
  DeviceId device;
  EpochTag tag;
  Seq next;
  EntryId head;
  bool has_signed_head = false;
};

class Maker {
 public:
  Maker(std::string directory, std::uint32_t people) : directory_(std::move(directory)), people_(people) {}

  void make(const std::vector<Line>& lines) {
    founder_keys_ = {};
    founder_ = must(space::Space::found({clock_, random_}, options("founder"), key_of(0), Lineage{key_of(1).data},
                                        HostKey{}, founder_keys_));
    for (std::uint32_t person = 0; person < people_; ++person) add_person(person);
    write_lines(lines);
    must(founder_->store().db().flush());
    founder_.reset();
  }
  const space::SpaceKeys& founder_keys() const { return founder_keys_; }

 private:
  space::OpenOptions options(const std::string& name) {
    return {directory_ + "/" + name + ".kith", must(store::Schema::parse(town::schema())), key_of(2)};
  }

  /// What `to` lacks of the authority that `from` has.
  void carry_authority(space::Space& from, space::Space& to) {
    const auto entries = must(from.log().authority_since(to.log().authority_heads()));
    if (entries.empty()) return;
    log::RecordEncoder encoder(from.id());
    log::RecordDecoder decoder(from.id());
    Bytes records;
    for (const log::AuthorityEntry& entry : entries) must(from.log().encode_authority(entry, encoder, records));
    must(to.log().accept(decoder, records));
  }

  void add_person(std::uint32_t person) {
    clock_.advance(kDayMs / 1'000);
    const crypto::Key root = key_of(100 + person);
    const std::string name = "person" + std::to_string(person);
    const space::Invitation invitation = must(founder_->invite(clock_.wall_ms() + kDayMs, 1));
    auto first = must(space::Space::visit({clock_, random_}, options(name), founder_->id(), invitation));
    carry_authority(*founder_, *first);
    space::SpaceKeys keys;
    must(first->join(root, keys));
    for (std::uint32_t device = 1; device < kDevicesOfPerson; ++device) {
      space::SpaceKeys linked_keys;
      const auto request = space::Space::make_device_request(random_, linked_keys);
      const Bytes answer = must(first->link_device(request));
      auto linked = must(space::Space::link({clock_, random_}, options(name + "-" + std::to_string(device)), request,
                                            answer, linked_keys));
      carry_authority(*linked, *first);
      add_writer(std::move(linked_keys), *linked);
    }
    carry_authority(*first, *founder_);
    add_writer(std::move(keys), *first);
    // Writers were added in the order 1, 2, 0.
    std::rotate(writers_.end() - kDevicesOfPerson, writers_.end() - 1, writers_.end());
  }

  void add_writer(space::SpaceKeys keys, space::Space& space) {
    Writer writer;
    writer.log_key.emplace(crypto::SigningKey::from_seed(keys.log_seed));
    writer.device = space.log().own();
    writer.next = space.log().own_next();
    writer.head = *space.log().own_head();
    writer.keys = std::move(keys);
    writers_.push_back(std::move(writer));
  }

  void write_lines(const std::vector<Line>& lines) {
    const crypto::Key epoch = must(founder_->writing()).epoch_secret;
    for (Writer& writer : writers_) {
      const crypto::Key tag = crypto::keyed_hash(epoch.view(), "kith1 epoch tag", {writer.device.view()});
      std::copy_n(tag.data.begin(), writer.tag.data.size(), writer.tag.data.begin());
    }
    std::vector<std::string> ids(lines.size());
    Uuid7Generator uuids(clock_, random_);
    constexpr std::size_t kBatch = 8'192;
    for (std::size_t from = 0; from < lines.size(); from += kBatch) {
      const std::size_t to = std::min(lines.size(), from + kBatch);
      write_batch(lines, from, to, epoch, uuids, ids);
    }
  }

  struct Sealed {
    log::Header header;
    EntryId id;
    Bytes payload;
    Writer* writer;
  };

  void write_batch(const std::vector<Line>& lines, std::size_t from, std::size_t to, const crypto::Key& epoch,
                   Uuid7Generator& uuids, std::vector<std::string>& ids) {
    std::vector<Sealed> batch;
    for (std::size_t i = from; i < to; ++i) {
      clock_.wall = std::max(clock_.wall + 1, lines[i].ms);
      ids[i] = lines[i].kind == "edit" ? ids[*lines[i].parent] : uuids.next().text();
      batch.push_back(seal(lines[i], i, ids, epoch));
    }
    log::RecordEncoder encoder(founder_->id());
    log::RecordDecoder decoder(founder_->id());
    Bytes records;
    for (Sealed& sealed : batch) {
      log::Record record;
      record.header = sealed.header;
      record.id = sealed.id;
      record.payload = sealed.payload;
      const bool is_last = sealed.writer->head == sealed.id;
      if (is_last || sealed.header.seq.value % log::Log::kCheckpoint == log::Log::kCheckpoint - 1) {
        record.signature = sealed.writer->log_key->sign("kith1 entry", sealed.id.view());
      }
      encoder.encode(record, records);
    }
    const auto accepted = must(founder_->log().accept(decoder, records));
    if (accepted.fresh != batch.size() || accepted.locked != 0 || accepted.held != 0) {
      stop("of " + std::to_string(batch.size()) + " entries the source replica took " + std::to_string(accepted.fresh) +
           ", locked " + std::to_string(accepted.locked) + ", held " + std::to_string(accepted.held));
    }
  }

  Sealed seal(const Line& line, std::size_t number, const std::vector<std::string>& ids, const crypto::Key& epoch) {
    Bytes shape;
    Bytes values;
    write_changeset(line, number, ids, shape, values);
    Writer& writer = writers_[line.who * kDevicesOfPerson + line.device];
    Sealed out;
    out.writer = &writer;
    out.payload = must(log::seal_payload(compressor_, random_, epoch, writer.device, writer.next, shape, values));
    out.header.kind = static_cast<std::uint8_t>(log::Kind::kContent);
    out.header.share = log::share_of(2, 1, false);
    out.header.payload_length = static_cast<std::uint32_t>(out.payload.size());
    out.header.seq = writer.next;
    out.header.time = Stamp::from_ms(clock_.wall);
    out.header.tag = writer.tag;
    out.header.space = founder_->id();
    out.header.device = writer.device;
    out.header.prev = writer.head;
    out.header.payload = log::payload_hash(must(log::split_payload(out.payload, std::nullopt)));
    out.id = log::header_id(out.header);
    writer.head = out.id;
    writer.next = Seq(writer.next.value + 1);
    return out;
  }

  /// As the town's commands would write it.
  void write_changeset(const Line& line, std::size_t number, const std::vector<std::string>& ids, Bytes& shape,
                       Bytes& values) {
    const store::Schema& schema = founder_->store().schema();
    const store::Table& posts = *schema.find("posts");
    const auto bit = [&](std::string_view name) {
      for (std::size_t i = 0; i < posts.columns.size(); ++i) {
        if (posts.columns[i].name == name) return std::uint64_t{1} << i;
      }
      stop("the town's posts have no column " + std::string(name));
    };
    const bool is_edit = line.kind == "edit";
    const bool is_reply = line.kind == "reply" || line.kind == "reaction";
    const std::string_view event = is_edit ? "post edited" : is_reply ? "reply written" : "post written";
    store::ShapeWriter writer(shape, schema.find_event(event), event, Stamp());
    const Value key = ids[number];
    writer.op(is_edit ? store::OpKind::kUpdate : store::OpKind::kBirth, posts.number, store::view_of(key),
              bit("body") | (is_reply ? bit("thread") : 0), 0);
    if (is_reply) store::put_value(values, Value(ids[*line.parent]));
    store::put_value(values, Value(line.text));
  }

  std::string directory_;
  std::uint32_t people_;
  testing::FakeClock clock_{kCorpusStartMs - 30 * kDayMs};
  testing::SeededRandom random_{7};
  codec::Compressor compressor_;
  std::unique_ptr<space::Space> founder_;
  space::SpaceKeys founder_keys_;
  std::vector<Writer> writers_;
};

void save(const std::string& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) stop("cannot write " + path);
}

std::optional<Bytes> load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

std::vector<Line> load_corpus(std::uint32_t posts, std::uint32_t people) {
  const char* given = std::getenv("KITH_CORPUS");
  const std::string script =
      given != nullptr ? given : std::string(KITH_SOURCE_DIR) + "/../shared/corpus/neighbourhood.py";
  if (access(script.c_str(), R_OK) != 0) stop("there is no " + script + "; set KITH_CORPUS to neighbourhood.py.");
  const std::string command = "python3 '" + script + "' --posts " + std::to_string(posts) + " --people " +
                              std::to_string(people) + " --seed 1 | python3 -c '" + std::string(kConverter) + "'";
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) stop("cannot run python3");
  std::string text;
  char buffer[1 << 16];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  if (pclose(pipe) != 0) stop(script + " failed");
  std::vector<Line> lines;
  for (const std::string& record : split(text, '\x1e')) {
    if (record.empty()) continue;
    const auto fields = split(record, '\x1f');
    CHECK(fields.size() == 6);
    Line line;
    line.who = static_cast<std::uint32_t>(std::stoul(fields[0]));
    line.device = static_cast<std::uint32_t>(std::stoul(fields[1]));
    line.ms = std::stoull(fields[2]);
    line.kind = fields[3];
    if (!fields[4].empty()) line.parent = static_cast<std::uint32_t>(std::stoul(fields[4]));
    line.text = fields[5];
    lines.push_back(std::move(line));
  }
  CHECK(lines.size() == posts);
  return lines;
}

SourceReplica source_replica(std::uint32_t posts, std::uint32_t people) {
  const std::string directory = temporary_directory() + "/kith-bench-" + std::to_string(getuid()) + "-v" +
                                std::to_string(kReplicaVersion) + "-" + std::to_string(posts) + "-" +
                                std::to_string(people);
  const std::string keys_path = directory + "/founder.keys";
  SourceReplica out;
  out.database = directory + "/founder.kith";
  out.root = key_of(0);
  out.storage_key = key_of(2);
  out.devices = people * kDevicesOfPerson + 1;
  out.entries = posts;
  auto saved = load(keys_path);
  if (!saved) {
    std::fprintf(stderr, "making the corpus replica once, in %s …\n", directory.c_str());
    const std::string making = directory + ".making";
    if (std::system(("rm -rf '" + making + "' '" + directory + "' && mkdir -m 700 '" + making + "'").c_str()) != 0) {
      stop("cannot make " + making);
    }
    Maker maker(making, people);
    maker.make(load_corpus(posts, people));
    space::Keyring keyring;
    keyring.spaces.push_back(maker.founder_keys());
    save(making + "/founder.keys", keyring.encode());
    if (std::system(("rm -f '" + making + "'/person* && mv '" + making + "' '" + directory + "'").c_str()) != 0) {
      stop("cannot keep " + directory);
    }
    saved = load(keys_path);
  }
  space::Keyring keyring = must(space::Keyring::decode(*saved));
  out.keys = std::move(keyring.spaces.at(0));
  return out;
}

}  // namespace kith::bench
