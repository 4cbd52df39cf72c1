// SPDX-License-Identifier: Apache-2.0
// Goal: a value has one encoding, and the reader accepts nothing else. Method: a plain model of values goes through
// writer and reader; random and mutated bytes are walked without knowing their form, and whatever is accepted must
// re-encode to the same bytes.
#include "codec/cbor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "codec/testing/cbor_echo.h"
#include "codec/testing/vectors.h"

namespace kith::codec {
namespace {

using kith::testing::echo;
using kith::testing::unhex;

bool accepts(ByteView bytes) {
  CborReader in(bytes);
  in.raw_item();
  return in.finish("test").ok();
}

Bytes random_item(int depth) {
  Bytes out;
  CborWriter writer(out);
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 6)) {
    case 0: writer.uint(*rc::gen::arbitrary<std::uint64_t>() >> *rc::gen::inRange(0, 64)); break;
    case 1: writer.integer(*rc::gen::arbitrary<std::int64_t>() >> *rc::gen::inRange(0, 64)); break;
    case 2: writer.bytes(*rc::gen::arbitrary<Bytes>()); break;
    case 3:
      writer.text(*rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127)) + "\u00e9\u4e16\U0001F408");
      break;
    case 4: writer.boolean(*rc::gen::arbitrary<bool>()); break;
    case 5: writer.nil(); break;
    default: {
      const int count = *rc::gen::inRange(0, 5);
      writer.array(count);
      for (int i = 0; i < count; ++i) writer.raw(random_item(depth - 1));
    }
  }
  return out;
}

RC_GTEST_PROP(Cbor, what_was_written_is_accepted_and_echoes, ()) {
  const Bytes item = random_item(CborReader::kDepthMax);
  RC_ASSERT(accepts(item));
  RC_ASSERT(echo(item) == item);
}

RC_GTEST_PROP(Cbor, whatever_is_accepted_has_this_one_encoding, ()) {
  Bytes bytes = random_item(3);
  const int changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    if (*rc::gen::arbitrary<bool>()) {
      bytes[at] = *rc::gen::arbitrary<std::uint8_t>();
    } else {
      bytes.erase(bytes.begin() + at);
    }
  }
  const auto echoed = echo(bytes);
  RC_ASSERT(echoed.has_value() == accepts(bytes));
  if (echoed) RC_ASSERT(*echoed == bytes);
}

RC_GTEST_PROP(Cbor, random_bytes_are_refused_or_canonical, (const Bytes& bytes)) {
  const auto echoed = echo(bytes);
  RC_ASSERT(echoed.has_value() == accepts(bytes));
  if (echoed) RC_ASSERT(*echoed == bytes);
}

RC_GTEST_PROP(Cbor, integers_come_back, (std::int64_t number, int shift)) {
  const std::int64_t v = number >> (shift & 63);
  Bytes out;
  CborWriter(out).integer(v).uint(static_cast<std::uint64_t>(v));
  CborReader in(out);
  RC_ASSERT(in.integer() == v);
  RC_ASSERT(in.uint() == static_cast<std::uint64_t>(v));
  RC_ASSERT(in.finish("test").ok());
}

TEST(Cbor, encodes_as_rfc_8949_says) {
  const auto encoded = [](auto write) {
    Bytes out;
    CborWriter writer(out);
    write(writer);
    return to_hex(out);
  };
  // Appendix A.
  EXPECT_EQ(encoded([](CborWriter& w) { w.uint(0); }), "00");
  EXPECT_EQ(encoded([](CborWriter& w) { w.uint(23); }), "17");
  EXPECT_EQ(encoded([](CborWriter& w) { w.uint(24); }), "1818");
  EXPECT_EQ(encoded([](CborWriter& w) { w.uint(1000); }), "1903e8");
  EXPECT_EQ(encoded([](CborWriter& w) { w.uint(1'000'000); }), "1a000f4240");
  EXPECT_EQ(encoded([](CborWriter& w) { w.uint(18'446'744'073'709'551'615u); }), "1bffffffffffffffff");
  EXPECT_EQ(encoded([](CborWriter& w) { w.integer(-1); }), "20");
  EXPECT_EQ(encoded([](CborWriter& w) { w.integer(-1000); }), "3903e7");
  EXPECT_EQ(encoded([](CborWriter& w) { w.boolean(false).boolean(true).nil(); }), "f4f5f6");
  EXPECT_EQ(encoded([](CborWriter& w) { w.bytes(unhex("01020304")); }), "4401020304");
  EXPECT_EQ(encoded([](CborWriter& w) { w.text("\u00fc"); }), "62c3bc");
  EXPECT_EQ(encoded([](CborWriter& w) { w.array(3).uint(1).array(2).uint(2).uint(3).array(0); }), "830182020380");
}

TEST(Cbor, what_lies_outside_the_profile_is_refused) {
  for (const char* hex : {
           "",      // nothing
           "1800",  // 0 in two bytes
           "1817",  // 23 in two bytes
           "190017",
           "1900ff",              // in three
           "1a0000ffff",          // in five
           "1b00000000ffffffff",  // in nine
           "1c",
           "1d",
           "1e",  // reserved
           "1f",  // indefinite
           "5f4101ff",
           "7f6161ff",
           "9f01ff",
           "bf01ff",
           "3bffffffffffffffff",  // below -2^63
           "3b8000000000000000",
           "4401",                // a string that is longer than what follows
           "5bffffffffffffffff",  // … by far
           "61ff",
           "62c080",
           "63eda080",
           "64f4908080",
           "61c3",        // no UTF-8
           "9a00010001",  // 65,537 items
           "9bffffffffffffffff",
           "8201",  // an item too few
           "a0",
           "a10102",  // maps
           "c001",
           "d9d9f701",  // tags
           "f7",        // undefined
           "f0",
           "f8ff",
           "f814",  // other simple values
           "f90000",
           "fa00000000",
           "fb0000000000000000",
           "ff",              // break
           "0000",            // trailing
           "81818181818180",  // seven arrays within one another
       }) {
    EXPECT_FALSE(accepts(unhex(hex))) << hex;
  }
  EXPECT_TRUE(accepts(unhex("3b7fffffffffffffff")));
  EXPECT_TRUE(accepts(unhex("818181818180")));
}

TEST(Cbor, the_most_items_are_accepted_and_one_more_is_not) {
  for (const std::uint64_t count : {CborReader::kItemsMax, CborReader::kItemsMax + 1}) {
    Bytes out;
    CborWriter writer(out);
    writer.array(count);
    for (std::uint64_t i = 0; i < count; ++i) writer.nil();
    EXPECT_EQ(accepts(out), count == CborReader::kItemsMax);
  }
}

TEST(Cbor, a_read_of_another_kind_fails_for_good) {
  const Bytes in = unhex("83182a6161f5");
  const auto fails = [&](auto read) {
    CborReader reader(in);
    reader.array_of(3);
    read(reader);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.uint(), 0u);
    EXPECT_TRUE(reader.bytes().empty());
    EXPECT_TRUE(reader.text().empty());
    EXPECT_FALSE(reader.boolean());
    EXPECT_FALSE(reader.take_nil());
    EXPECT_EQ(reader.array(), 0u);
    EXPECT_TRUE(reader.raw_item().empty());
    EXPECT_EQ(reader.finish("test thing").error().code(), ErrorCode::kMalformed);
  };
  fails([](CborReader& r) { r.bytes(); });
  fails([](CborReader& r) { r.text(); });
  fails([](CborReader& r) { r.boolean(); });
  fails([](CborReader& r) { r.array(); });
  fails([](CborReader& r) { r.array_of(0); });
  fails([](CborReader& r) { r.uint(), r.uint(); });
  fails([](CborReader& r) { r.uint(), r.bytes_of(1); });
  fails([](CborReader& r) { r.uint(), r.text(), r.integer(); });
}

TEST(Cbor, an_array_of_another_length_and_a_string_of_another_length_fail) {
  const Bytes in = unhex("8143010203");
  CborReader array(in);
  array.array_of(2);
  EXPECT_FALSE(array.ok());
  CborReader string(in);
  string.array_of(1);
  EXPECT_TRUE(string.bytes_of(4).empty());
  EXPECT_FALSE(string.ok());
}

TEST(Cbor, finish_wants_every_item_read_and_names_what_it_read) {
  const Bytes in = unhex("820102");
  CborReader reader(in);
  EXPECT_EQ(reader.array(), 2u);
  reader.uint();
  EXPECT_TRUE(reader.ok());
  EXPECT_NE(reader.finish("invitation").error().cause().find("invitation"), std::string::npos);
  reader.uint();
  EXPECT_TRUE(reader.finish("invitation").ok());
}

TEST(Cbor, nil_is_taken_only_where_it_stands) {
  const Bytes in = unhex("82f601");
  CborReader reader(in);
  reader.array_of(2);
  EXPECT_TRUE(reader.take_nil());
  EXPECT_FALSE(reader.take_nil());
  EXPECT_EQ(reader.uint(), 1u);
  EXPECT_TRUE(reader.finish("test").ok());
}

TEST(Cbor, a_raw_item_is_whole_and_the_rest_goes_on) {
  const Bytes in = unhex("8382018202f64101f5");
  CborReader reader(in);
  reader.array_of(3);
  EXPECT_EQ(to_hex(reader.raw_item()), "82018202f6");
  EXPECT_EQ(to_hex(reader.raw_item()), "4101");
  EXPECT_TRUE(reader.boolean());
  EXPECT_TRUE(reader.finish("test").ok());
}

TEST(Cbor, items_may_follow_one_another_at_the_top) {
  const Bytes in = unhex("8101820203");
  CborReader reader(in);
  EXPECT_EQ(to_hex(reader.raw_item()), "8101");
  EXPECT_EQ(to_hex(reader.raw_item()), "820203");
  EXPECT_TRUE(reader.finish("test").ok());
}

}  // namespace
}  // namespace kith::codec
