// SPDX-License-Identifier: Apache-2.0
#include "codec/compress.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/testing/fakes.h"
#include "codec/testing/vectors.h"

namespace kith::codec {
namespace {

using kith::testing::SeededRandom;
using kith::testing::unhex;

constexpr std::size_t kNoLimit = ~std::size_t{0};

Bytes compressed(Compressor& compressor, ByteView plain) {
  Bytes out;
  EXPECT_TRUE(compressor.compress(plain, kNoLimit, out));
  return out;
}

RC_GTEST_PROP(Compressor, plain_bytes_come_back, (const Bytes& bytes, std::uint8_t repeats)) {
  Compressor compressor;
  Bytes plain;
  for (int i = 0; i < repeats; ++i) append(plain, bytes);
  RC_ASSERT(*compressor.decompress(compressed(compressor, plain)) == plain);
}

RC_GTEST_PROP(Compressor, random_frames_are_survived_and_bounded, (const Bytes& noise)) {
  Compressor compressor;
  const auto plain = compressor.decompress(noise);
  RC_ASSERT((!plain.ok() || plain->size() <= kDecompressedBytesMax));
}

TEST(Compressor, the_magic_is_left_out) {
  Compressor compressor;
  // Frame header: single segment, one byte of content size.
  EXPECT_EQ(to_hex(compressed(compressor, as_bytes("grey cat"))).substr(0, 4), "2008");
}

TEST(Compressor, a_frame_that_is_not_below_the_limit_leaves_the_output_alone) {
  Compressor compressor;
  const Bytes plain(1'000, 'a');
  const std::size_t size = compressed(compressor, plain).size();
  EXPECT_LT(size, 40u);
  Bytes out = {1, 2, 3};
  EXPECT_FALSE(compressor.compress(plain, size, out));
  EXPECT_EQ(out, (Bytes{1, 2, 3}));
  EXPECT_TRUE(compressor.compress(plain, size + 1, out));
  EXPECT_EQ(out.size(), 3 + size);
}

TEST(Compressor, the_largest_payload_comes_back_and_a_larger_one_is_not_taken) {
  Compressor compressor;
  Bytes plain(kDecompressedBytesMax);
  SeededRandom(1).fill(std::span(plain).first(1 << 20));
  EXPECT_EQ(*compressor.decompress(compressed(compressor, plain)), plain);
  plain.push_back(0);
  Bytes out;
  EXPECT_FALSE(compressor.compress(plain, kNoLimit, out));
}

TEST(Compressor, a_declared_size_beyond_the_bound_is_refused_before_it_is_allocated) {
  Compressor compressor;
  EXPECT_EQ(compressor.decompress(unhex("a001004000010000")).error().code(), ErrorCode::kTooLarge);  // 4 MiB + 1
  EXPECT_EQ(compressor.decompress(unhex("e0ffffffffffffff7f010000")).error().code(), ErrorCode::kTooLarge);
}

TEST(Compressor, a_frame_without_a_size_is_refused) {
  Compressor compressor;
  // Window descriptor, no content size, one raw block "a".
  EXPECT_EQ(compressor.decompress(unhex("000009000061")).error().code(), ErrorCode::kMalformed);
}

TEST(Compressor, cut_off_or_extended_frames_are_refused) {
  Compressor compressor;
  Bytes plain(300);
  SeededRandom(2).fill(std::span(plain).first(100));
  Bytes frame = compressed(compressor, plain);
  for (std::size_t length = 0; length < frame.size(); ++length) {
    EXPECT_FALSE(compressor.decompress(ByteView(frame).first(length)).ok()) << length;
  }
  frame.push_back(0);
  EXPECT_FALSE(compressor.decompress(frame).ok());
  frame.pop_back();
  EXPECT_TRUE(compressor.decompress(frame).ok());
  append(frame, Bytes(frame));
  EXPECT_FALSE(compressor.decompress(frame).ok());
}

TEST(Compressor, a_failure_does_not_spoil_the_next_call) {
  Compressor compressor;
  const Bytes frame = compressed(compressor, as_bytes("grey cat"));
  EXPECT_FALSE(compressor.decompress(unhex("2008ffffff00")).ok());
  EXPECT_EQ(as_text(*compressor.decompress(frame)), "grey cat");
}

}  // namespace
}  // namespace kith::codec
