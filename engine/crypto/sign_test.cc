// SPDX-License-Identifier: Apache-2.0
// Goal: nothing but what the rule of formats 1 allows verifies. Method: the published edge vectors, edges constructed
// here with scalars that an ordinary signer does not have at hand, and every single-bit change of an honest signature.
#include "crypto/sign.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <sstream>

#include "base/testing/fakes.h"
#include "codec/testing/vectors.h"

namespace kith::crypto {
namespace {

using kith::testing::SeededRandom;
using kith::testing::unhex;

constexpr std::string_view kLabel = "kith1 entry";
// The group's order, little-endian.
constexpr std::string_view kOrderHex = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
// A point of order 8.
constexpr std::string_view kOrderEightHex = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

using Scalar = std::array<std::uint8_t, 32>;

SigningKey key_number(std::uint64_t n) {
  Key seed;
  SeededRandom(n).fill(seed.data);
  return SigningKey::from_seed(seed);
}

/// The secret scalar behind a seed.
Scalar scalar_of(const SigningKey& key) {
  std::array<std::uint8_t, 64> digest;
  crypto_hash_sha512(digest.data(), key.seed().data.data(), Key::kSize);
  Scalar a;
  std::copy_n(digest.begin(), 32, a.begin());
  a[0] &= 248;
  a[31] = static_cast<std::uint8_t>((a[31] & 127) | 64);
  return a;
}

/// k = SHA-512(R ‖ A ‖ M) mod L.
Scalar challenge(ByteView r, ByteView a, ByteView message) {
  Bytes all = to_bytes(r);
  append(all, a);
  append(all, message);
  std::array<std::uint8_t, 64> digest;
  crypto_hash_sha512(digest.data(), all.data(), all.size());
  Scalar k;
  crypto_core_ed25519_scalar_reduce(k.data(), digest.data());
  return k;
}

Bytes statement(ByteView message) {
  const auto prefix = domain(kLabel);
  Bytes all(prefix.begin(), prefix.end());
  append(all, message);
  return all;
}

/// A signature with R and nonce scalar r chosen by the signer: S = r + k a.
Signature forge(const SigningKey& key, ByteView r_encoded, const Scalar& r, ByteView message) {
  const Scalar k = challenge(r_encoded, key.public_key().view(), statement(message));
  Scalar ka;
  crypto_core_ed25519_scalar_mul(ka.data(), k.data(), scalar_of(key).data());
  Signature signature;
  std::copy(r_encoded.begin(), r_encoded.end(), signature.data.begin());
  crypto_core_ed25519_scalar_add(signature.data.data() + 32, r.data(), ka.data());
  return signature;
}

class Signing : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(start().ok()); }
  Bytes message = {1, 2, 3};
};

TEST_F(Signing, honest_signatures_verify_at_every_length_of_message) {
  const SigningKey key = key_number(1);
  for (const std::size_t length : {0u, 1u, 32u, 511u, 512u, 513u, 5'000u}) {
    const Bytes text(length, 7);
    EXPECT_TRUE(verify(key.public_key(), kLabel, text, key.sign(kLabel, text))) << length;
    EXPECT_TRUE(verify_unlabelled(key.public_key(), text, key.sign_unlabelled(text))) << length;
  }
}

TEST_F(Signing, a_signature_counts_under_its_label_only) {
  const SigningKey key = key_number(2);
  const Signature signature = key.sign("kith1 prevote", message);
  EXPECT_TRUE(verify(key.public_key(), "kith1 prevote", message, signature));
  EXPECT_FALSE(verify(key.public_key(), "kith1 precommit", message, signature));
  EXPECT_FALSE(verify_unlabelled(key.public_key(), message, signature));
}

TEST_F(Signing, signing_is_deterministic_and_labels_are_a_plain_prefix) {
  const SigningKey key = key_number(3);
  EXPECT_EQ(key.sign(kLabel, message), key.sign(kLabel, message));
  EXPECT_EQ(key.sign(kLabel, message), key.sign_unlabelled(statement(message)));
}

TEST_F(Signing, every_single_bit_matters) {
  const SigningKey key = key_number(4);
  const Signature honest = key.sign(kLabel, message);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Signature changed = honest;
    changed.data[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(verify_with_valid_key(key.public_key(), kLabel, message, changed)) << bit;
  }
}

TEST_F(Signing, a_moved_key_still_signs) {
  SigningKey first = key_number(5);
  const SignPublic public_key = first.public_key();
  const SigningKey second = std::move(first);
  SigningKey third = key_number(6);
  third = key_number(5);
  EXPECT_TRUE(verify(public_key, kLabel, message, second.sign(kLabel, message)));
  EXPECT_EQ(third.sign(kLabel, message), second.sign(kLabel, message));
}

TEST_F(Signing, the_twelve_published_edges_are_refused) {
  const auto lines = kith::testing::vector_lines("ed25519_edges.txt");
  ASSERT_EQ(lines.size(), 12u);
  for (const std::string& line : lines) {
    std::istringstream fields(line);
    std::string key, text, signature;
    fields >> key >> text >> signature;
    EXPECT_FALSE(verify_unlabelled(*SignPublic::from(unhex(key)), unhex(text), *Signature::from(unhex(signature))))
        << line;
  }
}

TEST_F(Signing, s_above_the_order_is_refused) {
  const SigningKey key = key_number(7);
  const Bytes order = unhex(kOrderHex);
  Signature signature = key.sign(kLabel, message);
  // S + L, which the equation itself would accept.
  sodium_add(signature.data.data() + 32, order.data(), 32);
  EXPECT_FALSE(verify(key.public_key(), kLabel, message, signature));
}

TEST_F(Signing, the_identity_as_r_is_refused_though_the_equation_holds) {
  const SigningKey key = key_number(8);
  Scalar identity{};
  identity[0] = 1;
  EXPECT_FALSE(verify(key.public_key(), kLabel, message, forge(key, identity, Scalar{}, message)));
}

TEST_F(Signing, r_with_a_part_of_low_order_is_refused_by_an_ordinary_key) {
  const SigningKey key = key_number(9);
  const Bytes low = unhex(kOrderEightHex);
  for (std::uint64_t n = 0; n < 8; ++n) {
    Scalar r{};
    r[0] = static_cast<std::uint8_t>(n + 1);
    std::array<std::uint8_t, 32> honest_r, mixed_r;
    ASSERT_EQ(crypto_scalarmult_ed25519_base_noclamp(honest_r.data(), r.data()), 0);
    ASSERT_EQ(crypto_core_ed25519_add(mixed_r.data(), honest_r.data(), low.data()), 0);
    EXPECT_TRUE(verify(key.public_key(), kLabel, message, forge(key, honest_r, r, message)));
    EXPECT_FALSE(verify(key.public_key(), kLabel, message, forge(key, mixed_r, r, message)));
  }
}

TEST_F(Signing, a_key_with_a_part_of_low_order_is_refused) {
  const SigningKey key = key_number(10);
  const Bytes low = unhex(kOrderEightHex);
  Bytes multiple = low;
  int refused = 0;
  for (int t = 1; t < 8; ++t) {
    SignPublic mixed;
    if (crypto_core_ed25519_add(mixed.data.data(), key.public_key().data.data(), multiple.data()) == 0) {
      EXPECT_FALSE(is_valid_public_key(mixed)) << t;
      ++refused;
    }
    std::array<std::uint8_t, 32> next;
    ASSERT_EQ(crypto_core_ed25519_add(next.data(), multiple.data(), low.data()), 0);
    multiple.assign(next.begin(), next.end());
  }
  EXPECT_EQ(refused, 7);
}

TEST_F(Signing, encodings_that_are_no_key_are_refused) {
  for (const char* hex : {
           "0000000000000000000000000000000000000000000000000000000000000000",  // order 4
           "0100000000000000000000000000000000000000000000000000000000000000",  // identity
           "0100000000000000000000000000000000000000000000000000000000000080",  // identity with a sign
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 2
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // y = p
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // y = p + 1
           "0200000000000000000000000000000000000000000000000000000000000000",  // on no curve point
           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
       }) {
    EXPECT_FALSE(is_valid_public_key(*SignPublic::from(unhex(hex)))) << hex;
  }
  EXPECT_TRUE(is_valid_public_key(key_number(11).public_key()));
}

}  // namespace
}  // namespace kith::crypto
