// SPDX-License-Identifier: Apache-2.0
#include "crypto/cipher.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/testing/fakes.h"
#include "codec/testing/vectors.h"

namespace kith::crypto {
namespace {

using kith::testing::SeededRandom;
using kith::testing::unhex;

Key key_number(std::uint64_t n) {
  Key key;
  SeededRandom(n).fill(key.data);
  return key;
}

TEST(Agreement, follows_rfc_7748) {
  // Section 6.1.
  const auto bob = *Key::from(unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  EXPECT_EQ(box_public(bob).hex(), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto alice_public = *BoxPublic::from(unhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  EXPECT_EQ(agree(bob, alice_public)->hex(), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(Agreement, an_all_zero_result_is_an_error) {
  for (const char* low : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
           "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
       }) {
    const auto agreed = agree(key_number(2), *BoxPublic::from(unhex(low)));
    ASSERT_FALSE(agreed.ok()) << low;
    EXPECT_EQ(agreed.error().code(), ErrorCode::kBadKey);
  }
}

TEST(Stream, follows_rfc_8439) {
  // Appendix A.1: test vectors 1 (nonce 0, block 0) and 5 (nonce 2, block 0), keys of zeros.
  std::array<std::uint8_t, 64> block{};
  chacha20(Key{}, 0, block);
  EXPECT_EQ(to_hex(block),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
  block.fill(0);
  chacha20(Key{}, 2, block);
  EXPECT_EQ(to_hex(block),
            "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
            "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d");
}

TEST(Stream, twice_is_the_plain_text_again) {
  EXPECT_TRUE(rc::check([](const Bytes& plain, std::uint64_t index) {
    Bytes text = plain;
    chacha20(key_number(3), index, text);
    chacha20(key_number(3), index, text);
    RC_ASSERT(text == plain);
  }));
}

TEST(Box, opens_with_its_key_and_associated_data_only) {
  EXPECT_TRUE(rc::check([](const Bytes& plain, const Bytes& associated, std::uint64_t seed) {
    SeededRandom random(seed);
    const Bytes box = seal(key_number(4), random, plain, associated);
    RC_ASSERT(box.size() == plain.size() + 40);
    const auto opened = open(key_number(4), box, associated);
    RC_ASSERT(opened.ok());
    RC_ASSERT(*opened == plain);
    RC_ASSERT(!open(key_number(5), box, associated).ok());
    Bytes other = associated;
    other.push_back(0);
    RC_ASSERT(open(key_number(4), box, other).error().code() == ErrorCode::kCannotOpen);
  }));
}

TEST(Box, every_changed_or_missing_byte_is_noticed) {
  SeededRandom random(6);
  const Bytes box = seal(key_number(4), random, as_bytes("grey cat"), {});
  for (std::size_t i = 0; i < box.size(); ++i) {
    Bytes changed = box;
    changed[i] ^= 1;
    EXPECT_FALSE(open(key_number(4), changed, {}).ok()) << i;
    EXPECT_FALSE(open(key_number(4), ByteView(box).first(i), {}).ok()) << i;
  }
}

TEST(Password, salt_and_parameters_count) {
  const Bytes salt(16, 1);
  const auto key = password_key("cat", salt, 1, 8);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, *password_key("cat", salt, 1, 8));
  EXPECT_NE(*key, *password_key("cat", Bytes(16, 2), 1, 8));
  EXPECT_NE(*key, *password_key("cat", salt, 2, 8));
  EXPECT_NE(*key, *password_key("cat", salt, 1, 16));
  EXPECT_NE(*key, *password_key("Cat", salt, 1, 8));
}

TEST(Password, parameters_from_outside_are_bounded) {
  const Bytes salt(16, 1);
  EXPECT_EQ(password_key("cat", salt, 0, 8).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(password_key("cat", salt, 1, 7).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(password_key("cat", salt, kPasswordPassesMax + 1, 8).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(password_key("cat", salt, 1, 0xffffffff).error().code(), ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace kith::crypto
