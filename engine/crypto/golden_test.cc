// SPDX-License-Identifier: Apache-2.0
// The golden bytes of the formats, as far as this room makes them. Two readers in other languages agreed on them: what
// differs here is wrong.
#include <gtest/gtest.h>

#include "codec/testing/vectors.h"
#include "codec/text_codes.h"
#include "crypto/cipher.h"
#include "crypto/derive.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "crypto/words.h"
#include "crypto/wrap.h"

namespace kith::crypto {
namespace {

using testing::Golden;

class GoldenBytes : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start().ok()); }
  Key root() const { return derive_root(seed_from_words(golden.text("words"))); }
  Key person_root() const { return derive_person_root(root(), golden.as<Lineage>("lineage")); }
  SigningKey log_key() const { return SigningKey::from_seed(golden.as<Key>("log_seed")); }
  Golden golden;
};

/// M(b) of formats 6, method 0, in the smallest bucket.
Bytes padded(std::string_view text) {
  Bytes out = {0};
  append(out, as_bytes(text));
  out.push_back(0x80);
  out.resize(32, 0);
  return out;
}

TEST_F(GoldenBytes, words_lead_to_root_person_root_and_identity) {
  EXPECT_EQ(root().hex(), golden.text("root"));
  EXPECT_EQ(person_root().hex(), golden.text("person_root"));
  EXPECT_EQ(derive_identity(person_root()).public_key().hex(), golden.text("identity"));
  EXPECT_EQ(box_public(derive_wrap_secret(person_root(), 0)).hex(), golden.text("wrap_0_public"));
  EXPECT_EQ(derive_vote_key(derive_wrap_secret(person_root(), 0)).public_key().hex(), golden.text("vote_0_public"));
  EXPECT_EQ(personal_lineage(root()).hex(), golden.text("personal_lineage"));
}

TEST_F(GoldenBytes, log_key_and_gate) {
  EXPECT_EQ(log_key().public_key().hex(), golden.text("log_public"));
  EXPECT_EQ(derive_gate_key(golden.as<Lineage>("lineage")).hex(), golden.text("gate_key"));
}

TEST_F(GoldenBytes, epoch_id_and_tag) {
  const Bytes secret = golden.bytes("epoch_secret");
  EXPECT_EQ(hash("kith1 epoch id", {golden.bytes("space"), secret}).hex(), golden.text("epoch_id"));
  const Key tag = keyed_hash(secret, "kith1 epoch tag", {log_key().public_key().view()});
  EXPECT_EQ(to_hex(tag.view().first(8)), golden.text("epoch_tag"));
}

TEST_F(GoldenBytes, payload) {
  const Bytes salt = golden.bytes("payload_salt");
  const Bytes values_salt = golden.bytes("payload_values_salt");
  const Bytes seq = {0, 0, 0, 0, 0, 0, 0, 1};
  const Key key =
      keyed_hash(golden.bytes("epoch_secret"), "kith1 entry key", {log_key().public_key().view(), seq, salt});
  Bytes shape = padded("shape");
  chacha20(key, 0, shape);
  Bytes values = padded("Lost: a grey cat");
  chacha20(keyed_hash(key.view(), "kith1 value key", {values_salt}), 0, values);
  const Hash values_hash = hash("kith1 values", {values_salt, values});
  EXPECT_EQ(values_hash.hex(), golden.text("payload_values_hash"));
  const Key check = keyed_hash(key.view(), "kith1 commit", {shape, values_hash.view()});
  const Bytes shape_length = {0, 0, 0, 32};
  Bytes payload = salt;
  for (const ByteView part :
       {check.view(), ByteView(shape_length), ByteView(shape), ByteView(values_salt), ByteView(values)}) {
    append(payload, part);
  }
  EXPECT_EQ(to_hex(payload), golden.text("payload"));
  EXPECT_EQ(hash("kith1 payload", {salt, check.view(), shape_length, shape, values_hash.view()}).hex(),
            golden.text("payload_hash"));
}

TEST_F(GoldenBytes, header_id_and_signature) {
  Bytes header;
  ByteWriter out(header);
  for (const std::uint8_t b : {1, 64, 0x1a, 0}) out.u8(b);
  out.u32(116);
  out.u64(1);
  out.u64(Stamp::from_ms(1'790'000'000'000, 7).value);
  out.bytes(golden.bytes("epoch_tag"));
  out.bytes(golden.bytes("space"));
  out.bytes(log_key().public_key().view());
  out.bytes(Bytes(32, 0xbb));
  out.bytes(golden.bytes("payload_hash"));
  ASSERT_EQ(header.size(), 160u);
  const Hash id = hash("kith1 entry id", {header});
  EXPECT_EQ(id.hex(), golden.text("entry_id"));
  const Signature signature = log_key().sign("kith1 entry", id.view());
  EXPECT_EQ(signature.hex(), golden.text("entry_signature"));
  EXPECT_TRUE(verify(log_key().public_key(), "kith1 entry", id.view(), signature));
}

TEST_F(GoldenBytes, wrap_row) {
  const auto row = wrap_row(golden.as<Key>("wrap_ephemeral_secret"), golden.as<Key>("epoch_secret"),
                            golden.bytes("epoch_id"), golden.as<BoxPublic>("wrap_0_public"));
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(to_hex(*row), golden.text("wrap_row"));
}

TEST_F(GoldenBytes, invitation) {
  const Bytes secret = golden.bytes("invite_secret");
  EXPECT_EQ(derive_invite_key(secret).public_key().hex(), golden.text("invite_public"));
  Bytes fragment = {1};
  append(fragment, secret);
  append(fragment, ByteView(golden.bytes("space")).first(16));
  append(fragment, hash("kith1 link check", {fragment}).view().first(3));
  EXPECT_EQ(codec::to_base64url(fragment), golden.text("invite_fragment"));
}

TEST_F(GoldenBytes, vote) {
  const Bytes space = golden.bytes("space");
  const Bytes seal = golden.bytes("seal");
  Bytes statement = space;
  append(statement, seal);
  append(statement, hash("kith1 proposal", {space, seal, golden.bytes("act")}).view());
  statement.push_back(1);
  const SigningKey vote_key = derive_vote_key(derive_wrap_secret(person_root(), 0));
  EXPECT_EQ(vote_key.sign("kith1 vote", statement).hex(), golden.text("vote_signature"));
}

TEST_F(GoldenBytes, key_and_signature_that_libraries_disagree_about_are_refused) {
  EXPECT_FALSE(is_valid_public_key(golden.as<SignPublic>("refuse_key")));
  const auto signature = golden.as<Signature>("refuse_signature");
  EXPECT_FALSE(verify(log_key().public_key(), "kith1 entry", golden.bytes("refuse_id"), signature));
  EXPECT_FALSE(verify_with_valid_key(log_key().public_key(), "kith1 entry", golden.bytes("refuse_id"), signature));
}

}  // namespace
}  // namespace kith::crypto
