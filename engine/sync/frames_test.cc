// SPDX-License-Identifier: Apache-2.0
// Frames: what is written is read, wherever the stream is cut; everything else is refused before it costs memory.
#include "sync/frames.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace kith::sync {
namespace {

struct Seen {
  FrameType type;
  Bytes body;
};

FrameReader::Status read_all(FrameReader& reader, std::vector<Seen>& seen) {
  Frame frame{};
  FrameReader::Status status;
  while ((status = reader.next(frame)) == FrameReader::Status::kFrame)
    seen.push_back({frame.type, to_bytes(frame.body)});
  return status;
}

Bytes body_of(const Bytes& stream, FrameType type) {
  FrameReader reader(kFrameBytesMax);
  reader.feed(stream);
  Frame frame{};
  EXPECT_EQ(reader.next(frame), FrameReader::Status::kFrame);
  EXPECT_EQ(frame.type, type);
  return to_bytes(frame.body);
}

Hash hash_of(std::uint8_t fill) {
  Hash h;
  h.data.fill(fill);
  return h;
}

RC_GTEST_PROP(FrameReader, gives_the_same_frames_wherever_the_stream_is_cut, (std::vector<Bytes> bodies)) {
  Bytes stream;
  for (const Bytes& body : bodies) {
    FrameWriter writer(stream, FrameType::kAuthority);
    writer.body().bytes(body);
  }
  FrameReader reader(kFrameBytesMax);
  std::vector<Seen> seen;
  std::size_t at = 0;
  while (at < stream.size()) {
    const std::size_t n = *rc::gen::inRange<std::size_t>(1, std::min<std::size_t>(stream.size() - at, 40) + 1);
    reader.feed(ByteView(stream).subspan(at, n));
    RC_ASSERT(read_all(reader, seen) == FrameReader::Status::kMore);
    at += n;
  }
  RC_ASSERT(seen.size() == bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) RC_ASSERT(seen[i].body == bodies[i]);
  RC_ASSERT(reader.buffered() == 0u);
}

TEST(FrameReader, refuses_a_frame_that_is_too_long_at_its_length_already) {
  FrameReader reader(100);
  Bytes stream;
  ByteWriter(stream).varint(101);
  reader.feed(stream);
  Frame frame{};
  EXPECT_EQ(reader.next(frame), FrameReader::Status::kOversized);
}

TEST(FrameReader, refuses_a_length_without_end) {
  FrameReader reader(kFrameBytesMax);
  reader.feed(Bytes{0xff, 0xff, 0xff, 0xff});
  Frame frame{};
  EXPECT_EQ(reader.next(frame), FrameReader::Status::kOversized);
}

TEST(FrameReader, refuses_a_length_of_nothing_and_one_not_in_its_shortest_form) {
  for (const Bytes& stream : {Bytes{0x00}, Bytes{0x81, 0x00, 0x06}}) {
    FrameReader reader(kFrameBytesMax);
    reader.feed(stream);
    Frame frame{};
    EXPECT_EQ(reader.next(frame), FrameReader::Status::kMalformed);
  }
}

TEST(Frames, every_body_is_read_as_it_was_written) {
  Bytes out;
  encode(HelloFrame{kProtocolVersion, hash_of(7)}, out);
  EXPECT_EQ(decode_hello(body_of(out, FrameType::kHello))->nonce, hash_of(7));

  for (const bool shows : {false, true}) {
    out.clear();
    ProofFrame proof{3, SignPublic{hash_of(1).data}, {}, std::nullopt};
    proof.signature.data.fill(9);
    if (shows) proof.space = SpaceId{hash_of(2).data};
    encode(proof, out);
    const auto read = decode_proof(body_of(out, FrameType::kProof));
    EXPECT_EQ(read->slot, 3);
    EXPECT_EQ(read->key, proof.key);
    EXPECT_EQ(read->signature, proof.signature);
    EXPECT_EQ(read->space, proof.space);
  }

  out.clear();
  encode(StateFrame{5, StateKind::kQuestion, hash_of(4), 77, Pos(900)}, out);
  const auto state = decode_state(body_of(out, FrameType::kState));
  EXPECT_EQ(state->kind, StateKind::kQuestion);
  EXPECT_EQ(state->digest, hash_of(4));
  EXPECT_EQ(state->journal, 77u);
  EXPECT_EQ(state->head, Pos(900));

  out.clear();
  encode(HeadsFrame{1, {EntryId{hash_of(1).data}, EntryId{hash_of(2).data}}}, out);
  EXPECT_EQ(decode_heads(body_of(out, FrameType::kHeads))->ids.size(), 2u);

  out.clear();
  encode(AuthorityDoneFrame{1, true, {EntryId{hash_of(1).data}}}, out);
  EXPECT_TRUE(decode_authority_done(body_of(out, FrameType::kAuthorityDone))->answers);

  out.clear();
  encode(CreditFrame{1, 3}, out);
  EXPECT_EQ(decode_credit(body_of(out, FrameType::kCredit))->windows, 3u);

  out.clear();
  encode(FrameType::kSince, PlaceFrame{1, 5, Pos(4)}, out);
  EXPECT_EQ(decode_place(body_of(out, FrameType::kSince))->place, Pos(4));

  for (const FrameType type : {FrameType::kAuthority, FrameType::kLive, FrameType::kWindow}) {
    out.clear();
    const Bytes records(300, 0xab);
    encode_records(type, RecordsFrame{2, 300, 70'000, records}, out);
    const Bytes body = body_of(out, type);
    const auto read = decode_records(type, body);
    EXPECT_TRUE(equal(read->records, records));
    EXPECT_EQ(read->number, type == FrameType::kAuthority ? 0u : 70'000u);
  }
}

TEST(Frames, a_truncated_or_lengthened_body_is_refused) {
  Bytes out;
  encode(HelloFrame{kProtocolVersion, hash_of(7)}, out);
  Bytes body = body_of(out, FrameType::kHello);
  for (std::size_t n = 0; n < body.size(); ++n) EXPECT_FALSE(decode_hello(ByteView(body).first(n)));
  body.push_back(0);
  EXPECT_FALSE(decode_hello(body));

  out.clear();
  encode(StateFrame{5, StateKind::kFirst, hash_of(4), 77, Pos(900)}, out);
  body = body_of(out, FrameType::kState);
  for (std::size_t n = 0; n < body.size(); ++n) EXPECT_FALSE(decode_state(ByteView(body).first(n)));
  body[1] = 3;
  EXPECT_FALSE(decode_state(body));
}

TEST(Frames, a_hello_of_another_version_is_recognised_whatever_follows) {
  const auto hello = decode_hello(Bytes{2, 1, 2, 3});
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->version, 2);
}

TEST(Frames, more_ids_than_allowed_are_refused) {
  Bytes body{0};
  body.resize(1 + 32 * (kHeadsMax + 1));
  EXPECT_FALSE(decode_heads(body));
  EXPECT_TRUE(decode_heads(ByteView(body).first(1 + 32 * kHeadsMax)));
}

TEST(Frames, an_interval_that_runs_over_the_end_of_numbers_is_refused) {
  Bytes body{0, 0};
  ByteWriter writer(body);
  writer.bytes(hash_of(1).view());
  writer.varint(UINT64_MAX);
  writer.varint(1);
  writer.bytes(hash_of(2).view());
  EXPECT_FALSE(decode_frontier(body));
}

TEST(Frames, a_place_beyond_the_journal_and_credit_for_nothing_are_refused) {
  Bytes place{0, 0, 0, 0, 0, 0, 0, 0, 0};
  ByteWriter(place).varint(std::uint64_t{1} << 63);
  EXPECT_FALSE(decode_place(place));
  EXPECT_FALSE(decode_credit(Bytes{0, 0}));
}

RC_GTEST_PROP(Frames, a_frontier_of_any_size_comes_back_whole_in_frames_of_bounded_size, ()) {
  const auto n = *rc::gen::element<std::size_t>(0, 1, 900, 2500);
  std::vector<log::FrontierItem> items(n);
  std::uint64_t v = *rc::gen::arbitrary<std::uint64_t>();
  for (auto& item : items) {
    v = v * 6364136223846793005ull + 1442695040888963407ull;
    std::memcpy(item.device.data.data(), &v, sizeof v);
    item.low = Seq(v >> 40);
    item.high = Seq(item.low.value + (v & 0xffff));
  }
  const bool partial = *rc::gen::arbitrary<bool>();
  Bytes stream;
  encode_frontier(4, partial, items, stream);
  FrameReader reader(kItemsFrameBytes + 256);
  reader.feed(stream);
  std::vector<log::FrontierItem> read;
  Frame frame{};
  bool more = true;
  while (more) {
    RC_ASSERT(reader.next(frame) == FrameReader::Status::kFrame);
    const auto part = decode_frontier(frame.body);
    RC_ASSERT(part.has_value());
    RC_ASSERT(part->partial == partial);
    read.insert(read.end(), part->items.begin(), part->items.end());
    more = part->more;
  }
  RC_ASSERT(reader.buffered() == 0u);
  RC_ASSERT(read == items);
}

TEST(Frames, an_offer_of_any_size_comes_back_whole) {
  for (const std::size_t n : {0u, 1u, 2048u, 2049u, 5000u}) {
    std::vector<DeviceId> devices(n);
    for (std::size_t i = 0; i < n; ++i) std::memcpy(devices[i].data.data(), &i, sizeof i);
    Bytes stream;
    encode_offer(4, devices, stream);
    FrameReader reader(kItemsFrameBytes + 256);
    reader.feed(stream);
    std::vector<DeviceId> read;
    Frame frame{};
    for (bool more = true; more;) {
      ASSERT_EQ(reader.next(frame), FrameReader::Status::kFrame);
      const auto part = decode_offer(frame.body);
      ASSERT_TRUE(part);
      read.insert(read.end(), part->devices.begin(), part->devices.end());
      more = part->more;
    }
    EXPECT_EQ(read, devices);
  }
}

RC_GTEST_PROP(Frames, no_bytes_make_a_decoder_misbehave, (const Bytes& body)) {
  decode_hello(body);
  decode_proof(body);
  decode_state(body);
  decode_heads(body);
  decode_authority_done(body);
  decode_frontier(body);
  decode_offer(body);
  decode_place(body);
  decode_credit(body);
  decode_values(body);
  for (const FrameType type : {FrameType::kAuthority, FrameType::kLive, FrameType::kWindow}) decode_records(type, body);
}

}  // namespace
}  // namespace kith::sync
