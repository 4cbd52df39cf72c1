// SPDX-License-Identifier: Apache-2.0
#include "kith/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace kith {

RC_GTEST_PROP(Bytes, hex_comes_back, (const Bytes& bytes)) {
  RC_ASSERT(from_hex(to_hex(bytes)) == bytes);
}

TEST(Bytes, hex_refuses_odd_lengths_and_other_letters) {
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex(" 0"));
  EXPECT_EQ(from_hex("00fF"), (Bytes{0x00, 0xff}));
}

RC_GTEST_PROP(Varint, comes_back_and_is_consumed, (std::uint64_t v)) {
  Bytes out;
  ByteWriter(out).varint(v);
  ByteReader in(out);
  RC_ASSERT(in.varint() == v);
  RC_ASSERT(in.at_end());
}

TEST(Varint, has_one_form_only) {
  const auto refused = [](Bytes bytes) {
    ByteReader in(bytes);
    in.varint();
    return !in.ok();
  };
  EXPECT_TRUE(refused({0x80, 0x00}));                                                        // zero, spelt longer
  EXPECT_TRUE(refused({0x80}));                                                              // cut off
  EXPECT_TRUE(refused({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}));        // 65 bits
  EXPECT_FALSE(refused({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));       // the largest
  EXPECT_TRUE(refused({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00}));  // 11 bytes
}

TEST(ByteReader, fails_for_good_beyond_the_end) {
  const Bytes bytes{1, 2, 3};
  ByteReader in(bytes);
  EXPECT_EQ(in.u16(), 0x0102);
  EXPECT_EQ(in.u32(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);  // the byte that was left is not given out after a failure
  EXPECT_FALSE(in.at_end());
}

TEST(ByteWriter, integers_are_big_endian) {
  Bytes out;
  ByteWriter w(out);
  w.u8(1);
  w.u16(0x0203);
  w.u32(0x04050607);
  w.u64(0x08090a0b0c0d0e0f);
  EXPECT_EQ(to_hex(out), "0102030405060708090a0b0c0d0e0f");
}

}  // namespace kith
