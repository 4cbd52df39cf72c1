// SPDX-License-Identifier: Apache-2.0
#include "crypto/wrap.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/testing/fakes.h"

namespace kith::crypto {
namespace {

using kith::testing::SeededRandom;

Key key_number(std::uint64_t n) {
  Key key;
  SeededRandom(n).fill(key.data);
  return key;
}

const Bytes kBinding(32, 0xb1);

bool equals_context(const Key& candidate, const void* context) {
  return candidate == *static_cast<const Key*>(context);
}

std::optional<Key> unwrap(const Key& own, const WrappedRows& wrapped, const Key& expected,
                          ByteView binding = kBinding) {
  return *unwrap_rows(own, wrapped.ephemeral, binding, wrapped.rows, equals_context, &expected);
}

std::vector<BoxPublic> recipients(std::size_t count) {
  std::vector<BoxPublic> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(box_public(key_number(100 + i)));
  return out;
}

TEST(WrapRows, every_recipient_and_nobody_else_finds_the_secret) {
  SeededRandom random(1);
  const Key secret = key_number(1);
  for (const std::size_t count : {0u, 1u, 3u, 4u, 5u, 33u}) {
    const auto wrapped = wrap_rows(random, secret, kBinding, recipients(count));
    ASSERT_TRUE(wrapped.ok());
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(unwrap(key_number(100 + i), *wrapped, secret), secret) << i;
    EXPECT_EQ(unwrap(key_number(99), *wrapped, secret), std::nullopt);
  }
}

TEST(WrapRows, their_number_tells_only_the_bucket) {
  SeededRandom random(2);
  const std::pair<std::size_t, std::size_t> expected[] = {{0, 4},   {1, 4},    {4, 4},     {5, 8},     {16, 16},
                                                          {17, 32}, {65, 128}, {128, 128}, {129, 256}, {257, 384}};
  for (const auto& [count, rows] : expected) {
    const auto wrapped = wrap_rows(random, key_number(1), kBinding, recipients(count));
    EXPECT_EQ(wrapped->rows.size(), rows * kWrapRowBytes) << count;
  }
}

TEST(WrapRows, rows_are_sorted) {
  SeededRandom random(3);
  const auto wrapped = wrap_rows(random, key_number(1), kBinding, recipients(20));
  const ByteView rows = wrapped->rows;
  for (std::size_t at = kWrapRowBytes; at < rows.size(); at += kWrapRowBytes) {
    EXPECT_LE(std::memcmp(&rows[at - kWrapRowBytes], &rows[at], kWrapRowBytes), 0);
  }
}

TEST(WrapRows, another_binding_opens_nothing) {
  SeededRandom random(4);
  const Key secret = key_number(1);
  const auto wrapped = wrap_rows(random, secret, kBinding, recipients(2));
  EXPECT_EQ(unwrap(key_number(100), *wrapped, secret, Bytes(32, 0xb2)), std::nullopt);
}

TEST(WrapRows, a_low_order_recipient_does_not_keep_the_key_from_the_others) {
  SeededRandom random(5);
  const Key secret = key_number(1);
  std::vector<BoxPublic> all = recipients(4);
  all[2] = BoxPublic{};
  const auto wrapped = wrap_rows(random, secret, kBinding, all);
  ASSERT_TRUE(wrapped.ok());
  EXPECT_EQ(wrapped->rows.size(), 4 * kWrapRowBytes);
  for (const std::size_t i : {0u, 1u, 3u}) EXPECT_EQ(unwrap(key_number(100 + i), *wrapped, secret), secret);
}

TEST(WrapRows, every_row_with_the_hint_is_tried) {
  SeededRandom random(6);
  const Key secret = key_number(1);
  const Key ephemeral = key_number(2);
  const auto row = *wrap_row(ephemeral, secret, kBinding, box_public(key_number(100)));
  auto decoy = row;
  decoy[10] ^= 1;
  WrappedRows wrapped{box_public(ephemeral), {}};
  for (const auto& r : {decoy, decoy, row}) append(wrapped.rows, r);
  EXPECT_EQ(unwrap(key_number(100), wrapped, secret), secret);
}

TEST(WrapRows, malformed_rows_and_ephemerals_are_refused) {
  const Key secret = key_number(1);
  const auto unwrap_code = [&](const BoxPublic& ephemeral, std::size_t bytes) {
    return unwrap_rows(key_number(100), ephemeral, kBinding, Bytes(bytes), equals_context, &secret).error().code();
  };
  EXPECT_EQ(unwrap_code(box_public(key_number(3)), 33), ErrorCode::kMalformed);
  EXPECT_EQ(unwrap_code(box_public(key_number(3)), (kWrapRowsMax + 1) * kWrapRowBytes), ErrorCode::kMalformed);
  EXPECT_EQ(unwrap_code(BoxPublic{}, kWrapRowBytes), ErrorCode::kBadKey);
}

TEST(WrapRows, too_many_recipients_are_refused) {
  SeededRandom random(7);
  EXPECT_EQ(wrap_rows(random, key_number(1), kBinding, std::vector<BoxPublic>(kWrapRowsMax + 1)).error().code(),
            ErrorCode::kTooLarge);
}

TEST(WrapRows, random_rows_are_survived) {
  EXPECT_TRUE(rc::check([](const Bytes& noise) {
    const Key secret = key_number(1);
    const auto unwrapped =
        unwrap_rows(key_number(100), box_public(key_number(3)), kBinding, noise, equals_context, &secret);
    RC_ASSERT(unwrapped.ok() == (noise.size() % kWrapRowBytes == 0));
  }));
}

}  // namespace
}  // namespace kith::crypto
