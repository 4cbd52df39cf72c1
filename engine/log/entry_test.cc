// SPDX-License-Identifier: Apache-2.0
#include "log/entry.h"

#include <algorithm>

#include "log/testing/samples.h"

namespace kith::log {
namespace {

using testing::filled;
using testing::holds;
using testing::sample_header;

Header golden_header() {
  Header header = sample_header();
  header.share = 0x1a;
  header.device = testing::from_hex_as<DeviceId>("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
  header.tag = testing::from_hex_as<EpochTag>("df47e184360efe1f");
  header.payload = testing::from_hex_as<Hash>("46560a158b315eee08f1762f2555af145167672a3a39fdfb4ad46049672f1abd");
  return header;
}

ErrorCode code_of(const Header& header) {
  Bytes bytes;
  encode_header(header, bytes);
  const auto decoded = decode_header(bytes);
  return decoded.ok() ? ErrorCode::kInternal : decoded.error().code();
}

bool is_refused(const Header& header) {
  return code_of(header) == ErrorCode::kMalformed;
}

TEST(Entry, id_and_signature_of_the_golden_header_are_those_of_the_format) {
  const Header header = golden_header();
  Bytes bytes;
  encode_header(header, bytes);
  ASSERT_EQ(bytes.size(), kHeaderFixedBytes);
  const EntryId id = header_id(header);
  EXPECT_EQ(id.hex(), "9a5f52c9c5a40031842fc6cb749539026ecd2a00d98f7851c17b289b440ee3af");
  EXPECT_EQ(header_id(ByteView(bytes)), id);
  EXPECT_EQ(
      testing::signing_key(1).sign("kith1 entry", id.view()).hex(),
      "21a518051b6a02308b7ef42e3776ecaeff8e5b9d45ba1519fe755ebcaf363fd12d8edcb2ffff34402e976826c623551fbb23f19101e"
      "742d83d2450e0f018de09");
}

TEST(Entry, a_header_decodes_to_what_was_encoded) {
  holds("round trip", [] {
    Header header = sample_header();
    header.seq = Seq(*rc::gen::inRange<std::uint64_t>(1, std::uint64_t{1} << 62));
    header.time = Stamp(*rc::gen::inRange<std::uint64_t>(1, std::uint64_t{1} << 62));
    header.payload_length = *rc::gen::inRange<std::uint32_t>(1, kPayloadBytesMax + 1);
    header.share = share_of(*rc::gen::inRange<std::uint8_t>(1, 4), *rc::gen::inRange<std::uint8_t>(1, 8),
                            *rc::gen::arbitrary<bool>());
    const auto refs = *rc::gen::inRange<std::size_t>(0, kRefsMax + 1);
    for (std::size_t i = 0; i < refs; ++i) header.refs.push_back(filled<EntryId>(static_cast<std::uint8_t>(i + 1)));
    Bytes bytes;
    encode_header(header, bytes);
    const auto decoded = decode_header(bytes);
    RC_ASSERT(decoded.ok());
    Bytes again;
    encode_header(decoded.value(), again);
    RC_ASSERT(again == bytes);
    RC_ASSERT(header_id(decoded.value()) == header_id(ByteView(bytes)));
    RC_ASSERT(decoded->more() == header.more());
  });
}

TEST(Entry, a_header_of_any_other_length_is_refused) {
  Bytes bytes;
  Header header = sample_header();
  header.refs = {filled<EntryId>(1), filled<EntryId>(2)};
  encode_header(header, bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_header(ByteView(bytes).first(length)).ok()) << length;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_header(bytes).ok());
}

TEST(Entry, every_malformed_form_is_refused) {
  const auto refused = [](auto change) {
    Header header = sample_header();
    change(header);
    return is_refused(header);
  };
  ASSERT_FALSE(is_refused(sample_header()));
  EXPECT_TRUE(refused([](Header& h) { h.kind = 128; })) << "reserved kind";
  EXPECT_TRUE(refused([](Header& h) { h.share |= 0x40; })) << "reserved bit 6";
  EXPECT_TRUE(refused([](Header& h) { h.share |= 0x80; })) << "reserved bit 7";
  EXPECT_TRUE(refused([](Header& h) { h.share = share_of(0, 1, false); })) << "hops without a policy";
  EXPECT_TRUE(refused([](Header& h) { h.share = share_of(2, 0, false); })) << "policy without hops";
  EXPECT_TRUE(refused([](Header& h) { h.payload_length = kPayloadBytesMax + 1; })) << "too long";
  EXPECT_TRUE(refused([](Header& h) { h.payload_length = 0; })) << "hash without payload";
  EXPECT_TRUE(refused([](Header& h) { h.payload = Hash{}; })) << "payload without hash";
  EXPECT_TRUE(refused([](Header& h) { h.prev = EntryId{}; })) << "no predecessor";
  EXPECT_TRUE(refused([](Header& h) { h.seq = Seq(0); })) << "first with a predecessor";
  EXPECT_TRUE(refused([](Header& h) {
    h.seq = Seq(0);
    h.prev = EntryId{};
  })) << "first without refs";
  EXPECT_TRUE(refused([](Header& h) { h.space = SpaceId{}; })) << "outside of a space";
  EXPECT_TRUE(refused([](Header& h) { h.time = Stamp{}; })) << "no time";
  EXPECT_TRUE(refused([](Header& h) { h.time = Stamp(std::uint64_t{1} << 63); })) << "time out of range";
  EXPECT_TRUE(refused([](Header& h) { h.seq = Seq(std::uint64_t{1} << 63); })) << "number out of range";
  EXPECT_TRUE(refused([](Header& h) { h.refs = {filled<EntryId>(2), filled<EntryId>(1)}; })) << "refs not ascending";
  EXPECT_TRUE(refused([](Header& h) { h.refs = {filled<EntryId>(2), filled<EntryId>(2)}; })) << "refs not distinct";
  EXPECT_TRUE(refused([](Header& h) {
    for (std::uint8_t i = 1; i <= kRefsMax + 1; ++i) h.refs.push_back(filled<EntryId>(i));
  })) << "too many refs";
  Bytes bytes;
  encode_header(sample_header(), bytes);
  bytes[0] = 2;
  EXPECT_FALSE(decode_header(bytes).ok()) << "another version";
}

TEST(Entry, authority_has_no_share_no_epoch_and_cites_what_it_knows) {
  Header join = sample_header();
  join.kind = static_cast<std::uint8_t>(Kind::kJoin);
  join.share = 0;
  join.tag = EpochTag{};
  join.refs = {filled<EntryId>(1)};
  EXPECT_FALSE(is_refused(join));
  Header shared = join;
  shared.share = share_of(2, 1, false);
  EXPECT_TRUE(is_refused(shared));
  Header grouped = join;
  grouped.share = kShareMore;
  EXPECT_TRUE(is_refused(grouped));
  Header encrypted = join;
  encrypted.tag = filled<EpochTag>(1);
  EXPECT_TRUE(is_refused(encrypted));
  Header blind = join;
  blind.refs.clear();
  EXPECT_TRUE(is_refused(blind));
}

TEST(Entry, a_genesis_is_first_outside_of_every_space_and_cites_nothing) {
  Header genesis = sample_header();
  genesis.kind = static_cast<std::uint8_t>(Kind::kGenesis);
  genesis.share = 0;
  genesis.tag = EpochTag{};
  genesis.seq = Seq(0);
  genesis.prev = EntryId{};
  genesis.space = SpaceId{};
  EXPECT_FALSE(is_refused(genesis));
  Header inside = genesis;
  inside.space = filled<SpaceId>(1);
  EXPECT_TRUE(is_refused(inside));
  Header citing = genesis;
  citing.refs = {filled<EntryId>(1)};
  EXPECT_TRUE(is_refused(citing));
  Header later = genesis;
  later.seq = Seq(1);
  later.prev = filled<EntryId>(1);
  EXPECT_TRUE(is_refused(later));
}

}  // namespace
}  // namespace kith::log
