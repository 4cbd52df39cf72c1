// SPDX-License-Identifier: Apache-2.0
#include "log/evidence.h"

#include "log/testing/samples.h"

namespace kith::log {
namespace {

using testing::filled;
using testing::Sample;
using testing::SampleLog;

const SpaceId kSpace = filled<SpaceId>(0xaa);

struct Chain {
  std::vector<Sample> entries;
  Signature signature;  // of the last
};

Chain chain_of(std::size_t entries, std::uint8_t seed = 1, std::string_view text = "values") {
  SampleLog log(kSpace, seed);
  Chain chain;
  chain.entries.push_back(log.next_authority(Kind::kJoin, "join"));
  for (std::size_t i = 1; i < entries; ++i) chain.entries.push_back(log.next("shape", text));
  chain.signature = log.sign(chain.entries.back().id);
  return chain;
}

Bytes evidence_for(const Chain& chain, std::size_t index) {
  std::vector<Header> following;
  for (std::size_t i = index + 1; i < chain.entries.size(); ++i) following.push_back(chain.entries[i].header);
  return encode_evidence(following, chain.signature);
}

Bytes proven_bytes(const Chain& chain, std::size_t index) {
  Bytes out;
  encode_header(chain.entries[index].header, out);
  append(out, evidence_for(chain, index));
  return out;
}

TEST(Evidence, holds_for_an_entry_with_0_to_63_following_headers) {
  const Chain chain = chain_of(65);
  for (std::size_t i = 1; i < chain.entries.size(); ++i) {
    const Bytes bytes = proven_bytes(chain, i);
    ByteReader in(bytes);
    const auto proven = take_proven(in, kSpace);
    ASSERT_TRUE(proven.ok()) << proven.error().message();
    EXPECT_EQ(proven->id, chain.entries[i].id);
    EXPECT_TRUE(in.at_end());
  }
  const Bytes too_many = proven_bytes(chain, 0);
  ByteReader in(too_many);
  EXPECT_FALSE(take_proven(in, kSpace).ok());
}

TEST(Evidence, a_chain_with_one_flipped_byte_is_refused) {
  const Bytes bytes = proven_bytes(chain_of(4), 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 1;
    ByteReader in(changed);
    EXPECT_FALSE(take_proven(in, kSpace).ok()) << "byte " << i;
  }
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    ByteReader in(ByteView(bytes).first(n));
    EXPECT_FALSE(take_proven(in, kSpace).ok()) << "cut at " << n;
  }
}

TEST(Evidence, of_another_space_is_refused) {
  const Bytes bytes = proven_bytes(chain_of(3), 1);
  ByteReader in(bytes);
  EXPECT_FALSE(take_proven(in, filled<SpaceId>(0xab)).ok());
}

TEST(Doubling, two_entries_at_one_number_are_a_proof) {
  const Chain a = chain_of(6, 1, "one text");
  const Chain b = chain_of(4, 1, "another text");
  const Bytes proof = encode_doubling(a.entries[1].header, evidence_for(a, 1), b.entries[1].header, evidence_for(b, 1));
  const auto doubling = decode_doubling(proof, kSpace);
  ASSERT_TRUE(doubling.ok()) << doubling.error().message();
  EXPECT_EQ(doubling->device, a.entries[0].header.device);
  EXPECT_EQ(doubling->seq, Seq(1));
  EXPECT_TRUE(doubling->at_common_prefix);
  EXPECT_EQ(proof, encode_doubling(b.entries[1].header, evidence_for(b, 1), a.entries[1].header, evidence_for(a, 1)));
  const auto later = decode_doubling(
      encode_doubling(a.entries[2].header, evidence_for(a, 2), b.entries[2].header, evidence_for(b, 2)), kSpace);
  ASSERT_TRUE(later.ok());
  EXPECT_FALSE(later->at_common_prefix);
}

TEST(Doubling, no_honest_pair_of_entries_is_a_proof) {
  const Chain a = chain_of(6);
  const Chain other = chain_of(6, 2);
  const auto refused = [](const Bytes& proof) { return !decode_doubling(proof, kSpace).ok(); };
  EXPECT_TRUE(
      refused(encode_doubling(a.entries[2].header, evidence_for(a, 2), a.entries[2].header, evidence_for(a, 2))))
      << "the same entry twice";
  EXPECT_TRUE(
      refused(encode_doubling(a.entries[2].header, evidence_for(a, 2), a.entries[3].header, evidence_for(a, 3))))
      << "two numbers";
  EXPECT_TRUE(refused(
      encode_doubling(a.entries[2].header, evidence_for(a, 2), other.entries[2].header, evidence_for(other, 2))))
      << "two logs";
  const Chain b = chain_of(6, 1, "another text");
  Bytes proof = encode_doubling(a.entries[2].header, evidence_for(a, 2), b.entries[2].header, evidence_for(b, 2));
  proof.push_back(0);
  EXPECT_TRUE(refused(proof)) << "something behind it";
  proof.pop_back();
  proof.back() ^= 1;
  EXPECT_TRUE(refused(proof)) << "a forged half";
}

}  // namespace
}  // namespace kith::log
