// SPDX-License-Identifier: Apache-2.0
#include "log/record.h"

#include "log/testing/samples.h"

namespace kith::log {
namespace {

using testing::filled;
using testing::holds;
using testing::Sample;
using testing::SampleLog;

const SpaceId kSpace = filled<SpaceId>(0xaa);

Bytes encoded(const std::vector<Sample>& samples) {
  RecordEncoder encoder(kSpace);
  Bytes out;
  for (const Sample& sample : samples) encoder.encode(sample.record(), out);
  return out;
}

/// Three logs, interleaved, with everything that a record may hold.
std::vector<Sample> sample_stream() {
  SampleLog ana(kSpace, 1), dan(kSpace, 2), mira(kSpace, 3);
  std::vector<Sample> out;
  out.push_back(ana.next_authority(Kind::kJoin, "join"));
  out.push_back(dan.next_authority(Kind::kJoin, "join of Dan"));
  out.push_back(ana.next("a shape", "some values"));
  out.push_back(ana.next("another", "more values", 100'000));
  out.back().signature = ana.sign(out.back().id);
  out.push_back(mira.next_authority(Kind::kMerge, ""));
  out.push_back(dan.next("a shape", ""));
  out.push_back(dan.next("erased", "gone"));
  auto view = split_payload(out.back().payload, std::nullopt);
  out.back().values_hash = view->values_hash;
  out.back().payload.resize(kPayloadHeadBytes + view->shape.size());
  out.push_back(dan.next("withheld", "kept back"));
  out.back().withheld = true;
  out.back().payload.clear();
  dan.next("left out", "of the stream");
  out.push_back(dan.next("after a jump", "values"));
  out.back().header.refs = {filled<EntryId>(7), filled<EntryId>(9)};
  out.back().header.time = Stamp::from_ms(out.back().header.time.ms(), 300);
  out.back().id = header_id(out.back().header);
  return out;
}

void expect_same(const Record& record, const Sample& sample) {
  EXPECT_EQ(record.id, sample.id);
  EXPECT_EQ(header_id(record.header), sample.id);
  EXPECT_TRUE(equal(record.payload, sample.payload));
  EXPECT_EQ(record.values_hash, sample.values_hash);
  EXPECT_EQ(record.withheld, sample.withheld);
  EXPECT_EQ(record.signature, sample.signature);
}

TEST(Record, a_stream_decodes_to_the_entries_that_were_encoded) {
  const auto samples = sample_stream();
  const Bytes bytes = encoded(samples);
  RecordDecoder decoder(kSpace);
  ByteReader in(bytes);
  for (const Sample& sample : samples) {
    const auto record = decoder.decode(in);
    ASSERT_TRUE(record.ok()) << record.error().message();
    expect_same(*record, sample);
  }
  EXPECT_TRUE(in.at_end());
}

TEST(Record, the_state_of_a_stream_outlives_a_window) {
  SampleLog ana(kSpace, 1);
  RecordEncoder encoder(kSpace);
  RecordDecoder decoder(kSpace);
  for (int i = 0; i < 5; ++i) {
    const Sample sample = i == 0 ? ana.next_authority(Kind::kJoin, "join") : ana.next("shape", "values");
    Bytes window;
    encoder.encode(sample.record(), window);
    ByteReader in(window);
    const auto record = decoder.decode(in);
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->id, sample.id);
  }
}

TEST(Record, no_record_is_longer_than_its_bound) {
  RecordEncoder encoder(kSpace);
  for (const Sample& sample : sample_stream()) {
    Bytes out;
    const Record record = sample.record();
    encoder.encode(record, out);
    EXPECT_LE(out.size(), RecordEncoder::bytes_max(record));
  }
}

TEST(Record, a_post_of_120_bytes_takes_216_bytes_on_the_wire) {
  SampleLog ana(kSpace, 1), dan(kSpace, 2);
  kith::testing::SeededRandom random(5);
  RecordEncoder encoder(kSpace);
  Bytes out;
  encoder.encode(ana.next_authority(Kind::kJoin, "join").record(), out);
  encoder.encode(dan.next_authority(Kind::kJoin, "join").record(), out);
  encoder.encode(ana.next(std::string(20, 's'), "hello").record(), out);
  encoder.encode(dan.next(std::string(20, 's'), "hello").record(), out);
  Bytes text(120);
  std::size_t total = 0;
  constexpr std::size_t kPosts = 20;
  for (std::size_t i = 0; i < kPosts; ++i) {
    random.fill(text);
    out.clear();
    encoder.encode((i % 2 == 0 ? ana : dan).next(std::string(20, 's'), as_text(text), 40'000).record(), out);
    total += out.size();
  }
  EXPECT_LE(total, kPosts * 217);
}

TEST(Record, a_stream_cut_anywhere_is_refused_at_the_cut) {
  const auto samples = sample_stream();
  const Bytes bytes = encoded(samples);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    RecordDecoder decoder(kSpace);
    ByteReader in(ByteView(bytes).first(cut));
    std::size_t decoded = 0;
    while (in.left() > 0) {
      const auto record = decoder.decode(in);
      if (!record.ok()) {
        EXPECT_EQ(record.error().code(), ErrorCode::kMalformed);
        break;
      }
      EXPECT_EQ(record->id, samples[decoded++].id);
    }
    EXPECT_LT(decoded, samples.size());
  }
}

/// Whatever bytes decode, the encoder writes exactly these bytes again: there is one way to write a record.
void check_canonical(ByteView bytes) {
  RecordDecoder decoder(kSpace);
  RecordEncoder encoder(kSpace);
  ByteReader in(bytes);
  Bytes again;
  while (in.left() > 0) {
    const auto record = decoder.decode(in);
    if (!record.ok()) break;
    encoder.encode(*record, again);
    const std::size_t read = bytes.size() - in.left();
    ASSERT_TRUE(equal(again, bytes.first(read))) << to_hex(again) << " instead of " << to_hex(bytes.first(read));
  }
}

TEST(Record, whatever_decodes_encodes_to_the_same_bytes) {
  const Bytes bytes = encoded(sample_stream());
  holds("changed bytes", [&] {
    Bytes changed = bytes;
    const auto changes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < changes; ++i) {
      changed[*rc::gen::inRange<std::size_t>(0, changed.size())] = *rc::gen::arbitrary<std::uint8_t>();
    }
    check_canonical(changed);
    RC_ASSERT(!::testing::Test::HasFatalFailure());
  });
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const std::uint8_t bit : {1, 2, 4, 8, 16, 32, 64, 128}) {
      Bytes changed = bytes;
      changed[i] ^= bit;
      check_canonical(changed);
    }
  }
}

TEST(Record, one_flipped_bit_changes_an_id_or_is_refused) {
  SampleLog ana(kSpace, 1);
  std::vector<Sample> samples = {ana.next_authority(Kind::kJoin, "join"), ana.next("one", "first post"),
                                 ana.next("two", "second post")};
  const Bytes bytes = encoded(samples);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 1;
    RecordDecoder decoder(kSpace);
    ByteReader in(changed);
    EntryId last;
    bool refused = false;
    for (std::size_t n = 0; n < samples.size() && !refused; ++n) {
      const auto record = decoder.decode(in);
      refused = !record.ok();
      if (!refused) last = record->id;
    }
    EXPECT_TRUE(refused || !in.at_end() || last != samples.back().id) << "byte " << i;
  }
}

TEST(Record, outlandish_claims_are_refused) {
  const auto refused = [](const Bytes& bytes) {
    RecordDecoder decoder(kSpace);
    ByteReader in(bytes);
    const auto record = decoder.decode(in);
    return !record.ok() && record.error().code() == ErrorCode::kMalformed;
  };
  EXPECT_TRUE(refused({})) << "nothing";
  EXPECT_TRUE(refused({0})) << "no log";
  EXPECT_TRUE(refused({1, 5})) << "a log that nobody introduced";
  Bytes huge = {7, 0};
  huge.resize(huge.size() + 32, 1);  // device
  huge.push_back(1);                 // seq
  huge.resize(huge.size() + 32, 1);  // prev
  huge.insert(huge.end(), {5, 0, 2, 0xff, 0xff, 0xff, 0xff, 0x0f});
  EXPECT_TRUE(refused(huge)) << "a payload of four gigabytes";
  EXPECT_TRUE(refused(Bytes(100, 0xff)));
}

}  // namespace
}  // namespace kith::log
