// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sodium.h>

#include "codec/testing/vectors.h"

namespace kith::crypto {
namespace {

using kith::testing::unhex;

TEST(Hash, is_blake2b_256_over_the_padded_label_and_the_message) {
  const Bytes message = unhex("00ff10");
  Bytes whole = {'k', 'i', 't', 'h', '1', ' ', 'l', 'i', 's', 't', 0, 0, 0, 0, 0, 0};
  append(whole, message);
  Hash expected;
  crypto_generichash(expected.data.data(), 32, whole.data(), whole.size(), nullptr, 0);
  EXPECT_EQ(hash("kith1 list", {message}), expected);
}

TEST(Hash, parts_are_joined_without_borders) {
  EXPECT_TRUE(rc::check([](const Bytes& a, const Bytes& b, const Bytes& c) {
    Bytes whole = a;
    append(whole, b);
    append(whole, c);
    const Hash expected = hash("kith1 list", {whole});
    RC_ASSERT(hash("kith1 list", {a, b, c}) == expected);
    RC_ASSERT(Hasher("kith1 list").add(a).add(b).add(c).finish() == expected);
    const Bytes key(32, 9);
    RC_ASSERT(keyed_hash(key, "kith1 list", {a, b, c}) == keyed_hash(key, "kith1 list", {whole}));
  }));
}

TEST(Hash, label_key_and_length_all_count) {
  const Bytes key(32, 1);
  EXPECT_NE(hash("kith1 list", {}), hash("kith1 list2", {}));
  EXPECT_NE(keyed_hash(key, "kith1 list", {}), keyed_hash(Bytes(32, 2), "kith1 list", {}));
  EXPECT_NE(to_hex(keyed_hash_64(key, "kith1 list", {}).view().first(32)), keyed_hash(key, "kith1 list", {}).hex());
}

TEST(Hash, wipe_overwrites_and_comparison_of_secrets_is_exact) {
  Bytes secret(40, 7);
  EXPECT_TRUE(same_secret(secret, Bytes(40, 7)));
  EXPECT_FALSE(same_secret(secret, Bytes(39, 7)));
  wipe(secret);
  EXPECT_TRUE(same_secret(secret, Bytes(40, 0)));
}

}  // namespace
}  // namespace kith::crypto
