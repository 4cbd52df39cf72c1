// SPDX-License-Identifier: Apache-2.0
// Goal: a changeset has one form; everything else is refused. Method: round trips of random values and ops, golden
// bytes, each malformed form.
#include "store/changeset.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace kith::store {
namespace {

Bytes encoded(const Value& value) {
  Bytes out;
  put_value(out, value);
  return out;
}

bool is_refused(std::string_view hex) {
  const Bytes bytes = *from_hex(hex);
  ByteReader in(bytes);
  return !take_value(in).has_value();
}

Value decoded(const Bytes& bytes) {
  ByteReader in(bytes);
  const auto value = take_value(in);
  EXPECT_TRUE(value.has_value()) << to_hex(bytes);
  EXPECT_TRUE(in.at_end());
  return value ? value->to_value() : Value();
}

TEST(Values, have_their_golden_bytes) {
  EXPECT_EQ(to_hex(encoded(std::monostate{})), "00");
  EXPECT_EQ(to_hex(encoded(std::int64_t{0})), "80");
  EXPECT_EQ(to_hex(encoded(std::int64_t{127})), "ff");
  EXPECT_EQ(to_hex(encoded(std::int64_t{128})), "018002");
  EXPECT_EQ(to_hex(encoded(std::int64_t{-1})), "0101");
  EXPECT_EQ(to_hex(encoded(1.0)), "023ff0000000000000");
  EXPECT_EQ(to_hex(encoded(std::string())), "40");
  EXPECT_EQ(to_hex(encoded(std::string("cat"))), "43636174");
  EXPECT_EQ(to_hex(encoded(Bytes{1, 2})), "04020102");
  EXPECT_EQ(to_hex(encoded(std::string("0191e4a0-5b7c-7000-8000-00000000abcd"))), "050191e4a05b7c7000800000000000abcd");
  EXPECT_EQ(encoded(std::string(64, 'x')).size(), 66u);
}

TEST(Values, survive_every_extreme) {
  for (const std::int64_t v :
       {std::int64_t{0}, std::int64_t{127}, std::int64_t{128}, std::int64_t{-1}, (std::int64_t{1} << 53) + 1,
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(decoded(encoded(v)), Value(v));
  }
  for (const double v : {0.1, -0.0, 1e308, 5e-324, std::numeric_limits<double>::infinity()})
    EXPECT_EQ(decoded(encoded(v)), Value(v));
}

TEST(Values, of_any_kind_come_back_as_they_were) {
  EXPECT_TRUE(rc::check([] {
    Value value;
    switch (*rc::gen::inRange(0, 4)) {
      case 0: value = *rc::gen::arbitrary<std::int64_t>(); break;
      case 1: value = *rc::gen::suchThat<double>([](double d) { return !std::isnan(d); }); break;
      case 2: value = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)); break;
      default: value = *rc::gen::arbitrary<Bytes>(); break;
    }
    RC_ASSERT(decoded(encoded(value)) == value);
  }));
}

TEST(Values, have_one_form_only) {
  EXPECT_TRUE(is_refused("0180"));                    // varint cut off
  EXPECT_TRUE(is_refused("0102"));                    // 1 in the long form
  EXPECT_TRUE(is_refused("018000"));                  // varint not shortest
  EXPECT_TRUE(is_refused("03037878"));                // short text in the long form, cut off
  EXPECT_TRUE(is_refused("0303787878"));              // short text in the long form
  EXPECT_TRUE(is_refused("0402ff"));                  // blob cut off
  EXPECT_TRUE(is_refused("04ffffffffffffffffff01"));  // endless blob
  EXPECT_TRUE(is_refused("41ff"));                    // not UTF-8
  EXPECT_TRUE(is_refused("4100"));                    // NUL
  EXPECT_TRUE(is_refused("43616200"));                // NUL at the end
  EXPECT_TRUE(is_refused("4961626364656667c080"));    // overlong NUL behind eight clean bytes
  EXPECT_TRUE(is_refused("027ff8000000000000"));      // NaN
  EXPECT_TRUE(is_refused("05019141"));                // UUID cut off
  EXPECT_TRUE(is_refused("06"));                      // unknown
  EXPECT_TRUE(is_refused(""));
  std::string uuid_as_text = "64";
  uuid_as_text += to_hex(as_bytes("0191e4a0-5b7c-7000-8000-00000000abcd"));
  EXPECT_TRUE(is_refused(uuid_as_text));
}

TEST(Shapes, of_a_post_with_a_uuid_key_take_20_bytes) {
  Bytes shape;
  ShapeWriter writer(shape, 1, "", Stamp{});
  writer.op(OpKind::kBirth, 0, view_of(Value(std::string("0191e4a0-5b7c-7000-8000-00000000abcd"))), 0b1000, 0);
  EXPECT_EQ(to_hex(shape), "0400050191e4a05b7c7000800000000000abcd08");
  EXPECT_EQ(shape.size(), 20u);
}

TEST(Shapes, come_back_as_they_were) {
  EXPECT_TRUE(rc::check([] {
    const bool stamped = *rc::gen::arbitrary<bool>();
    const bool named = *rc::gen::arbitrary<bool>();
    const Stamp transaction = stamped ? Stamp::from_ms(1'790'000'000'000, 3) : Stamp{};
    Bytes shape;
    ShapeWriter writer(shape, 7, named ? "listing reserved" : "", transaction);
    const auto keys = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::arbitrary<std::int64_t>());
    for (const std::int64_t key : keys) {
      writer.op(static_cast<OpKind>(key & 3), static_cast<std::uint32_t>(key & 0xff), view_of(Value(key)), 5,
                key % 1000);
    }
    auto reader = ShapeReader::open(shape);
    RC_ASSERT(reader.ok());
    RC_ASSERT(reader->head().event == (named ? 0u : 7u));
    RC_ASSERT(reader->head().event_name == (named ? "listing reserved" : ""));
    RC_ASSERT(reader->head().transaction == transaction);
    Op op;
    for (const std::int64_t key : keys) {
      auto more = reader->next(op);
      RC_ASSERT(more.ok() && *more);
      RC_ASSERT(op.key.integer == key);
      RC_ASSERT(op.kind == static_cast<OpKind>(key & 3));
      RC_ASSERT(op.columns == (op.kind == OpKind::kDelete ? 0u : 5u));
      if (stamped) RC_ASSERT(op.stamp.value == transaction.value + static_cast<std::uint64_t>(key % 1000));
    }
    auto end = reader->next(op);
    RC_ASSERT(end.ok() && !*end);
  }));
}

bool is_void(const Bytes& shape) {
  auto reader = ShapeReader::open(shape);
  if (!reader.ok()) return true;
  Op op;
  for (;;) {
    auto more = reader->next(op);
    if (!more.ok()) return true;
    if (!*more) return false;
  }
}

TEST(Shapes, every_malformed_form_is_refused) {
  const auto of = [](std::string_view hex) { return is_void(*from_hex(hex)); };
  EXPECT_FALSE(of("00"));
  EXPECT_FALSE(of("0541"));  // named, one byte
  EXPECT_TRUE(of(""));
  EXPECT_TRUE(of("01"));                  // named, of no length
  EXPECT_TRUE(of("05ff"));                // not UTF-8
  EXPECT_TRUE(of("05"));                  // cut off
  EXPECT_TRUE(of("020000"));              // stamp cut off
  EXPECT_TRUE(of("020000000000000000"));  // stamp zero
  EXPECT_TRUE(of("0000"));                // op without key
  EXPECT_TRUE(of("000000"));              // NULL key
  EXPECT_TRUE(of("000081"));              // birth without columns
  EXPECT_FALSE(of("00008105"));
  EXPECT_FALSE(of("000281"));                     // delete
  EXPECT_TRUE(of("0002818105"));                  // something behind
  EXPECT_TRUE(of("0202000000000000000102810d"));  // a stamp below zero
}

TEST(Shapes, prefixes_and_random_bytes_never_break_the_reader) {
  EXPECT_TRUE(rc::check([](const Bytes& bytes) { static_cast<void>(is_void(bytes)); }));
}

}  // namespace
}  // namespace kith::store
