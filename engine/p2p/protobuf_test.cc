// SPDX-License-Identifier: Apache-2.0
#include "p2p/protobuf.h"

#include <gtest/gtest.h>

namespace kith::p2p {
namespace {

std::optional<std::uint64_t> uvarint(std::string_view hex) {
  const Bytes bytes = *from_hex(hex);
  ByteReader in(bytes);
  const std::uint64_t value = read_uvarint(in);
  if (!in.at_end()) return std::nullopt;
  return value;
}

TEST(Protobuf, numbers_have_one_form_and_63_bits) {
  EXPECT_EQ(uvarint("00"), 0u);
  EXPECT_EQ(uvarint("ff01"), 255u);
  EXPECT_EQ(uvarint("ffffffffffffffff7f"), 0x7fff'ffff'ffff'ffffu);
  EXPECT_FALSE(uvarint("ffffffffffffffffff01"));  // ten bytes
  EXPECT_FALSE(uvarint("8000"));                  // not minimal
  EXPECT_FALSE(uvarint("80"));
  EXPECT_FALSE(uvarint(""));
}

TEST(Protobuf, fields_are_read_as_written_and_unknown_ones_are_skipped) {
  Bytes message;
  ProtoWriter(message).number(1, 300);
  append(message, *from_hex("21"
                            "0102030405060708"));  // field 4, eight bytes
  append(message, *from_hex("2d"
                            "01020304"));  // field 5, four bytes
  ProtoWriter(message).text(1024, "hi");
  ProtoReader in(message);
  ASSERT_TRUE(in.next());
  EXPECT_EQ(in.field().field, 1u);
  EXPECT_EQ(in.field().number, 300u);
  ASSERT_TRUE(in.next());
  EXPECT_TRUE(in.is_bytes(1024));
  EXPECT_EQ(as_text(in.field().bytes), "hi");
  EXPECT_FALSE(in.next());
  EXPECT_TRUE(in.ok());
}

TEST(Protobuf, every_cut_and_every_malformed_field_fails) {
  for (const char* hex :
       {"0a05aabb", "08", "0a", "0b", "0c", "0e", "0f", "00", "02", "0880", "21010203", "8080808080808080808001"}) {
    const Bytes bytes = *from_hex(hex);
    ProtoReader in(bytes);
    while (in.next()) {
    }
    EXPECT_FALSE(in.ok()) << hex;
  }
}

}  // namespace
}  // namespace kith::p2p
