// SPDX-License-Identifier: Apache-2.0
#include "kith/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace kith {
namespace {

TEST(Json, what_is_written_reads_back_the_same) {
  Json json = Json::object({{"text", "Größe \"x\"\n\x01"}, {"n", 42}, {"none", Json()}, {"yes", true}});
  json.set("list", Json::Array{1, "two", Json::object({})});
  json.set("real", 0.5);
  const std::string text = json.dump();
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto again = Json::parse(text);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->dump(), text);
  EXPECT_EQ(again->at("text").text(), "Größe \"x\"\n\x01");
  EXPECT_EQ(again->at("n").integer(), 42);
  EXPECT_EQ(again->at("list").items().size(), 3u);
  EXPECT_TRUE(again->at("absent").is_null());
}

TEST(Json, a_member_that_is_set_again_is_there_once) {
  Json out = Json::object({{"me", Json()}});
  out.set("name", "Ana");
  out.set("me", 1);
  EXPECT_EQ(out.dump(), R"({"me":1,"name":"Ana"})");
}

TEST(Json, reads_numbers_of_every_form) {
  const auto list =
      Json::parse(R"([0, -0, 9223372036854775807, -9223372036854775808, 9223372036854775808, 1.5e3, -2E-1])");
  ASSERT_TRUE(list.ok());
  const Json::Array& items = list->items();
  EXPECT_EQ(items[0].integer(), 0);
  EXPECT_EQ(items[1].integer(), 0);
  EXPECT_EQ(items[2].integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(items[3].integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(items[4].integer().has_value());
  EXPECT_EQ(items[4].number(), 9223372036854775808.0);
  EXPECT_EQ(items[5].number(), 1500.0);
  EXPECT_EQ(items[6].number(), -0.2);
  EXPECT_EQ(items[0].number(), 0.0);
}

TEST(Json, reads_every_escape) {
  const auto text = Json::parse(R"("\"\\\/\b\f\n\r\t\u0041\u00e4\u20ac\ud83c\udf33")");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->text(), "\"\\/\b\f\n\r\tAä€🌳");
}

TEST(Json, says_null_for_what_json_cannot_say) {
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
  EXPECT_EQ(Json(std::numeric_limits<double>::quiet_NaN()).dump(), "null");
}

TEST(Json, refuses_what_is_not_strict_json) {
  for (const char* broken : {"",
                             " ",
                             "{",
                             "{\"a\":1}x",
                             "{'a':1}",
                             "[1,]",
                             "[1 2]",
                             "[",
                             "\"\xff\"",
                             "\"\xed\xa0\x80\"",
                             "\"\x01\"",
                             "\"a",
                             "NaN",
                             "{\"a\":}",
                             "{\"a\" 1}",
                             "{\"a\":1,}",
                             "{1:1}",
                             "01",
                             "-",
                             "+1",
                             "1.",
                             ".5",
                             "1e",
                             "1e999",
                             "tru",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\u12g4\"",
                             "\"\\ud800\"",
                             "\"\\ud800\\u0041\"",
                             "\"\\udc00\"",
                             "\"\\",
                             "{\"a\":1,\"a\":2}"}) {
    const auto parsed = Json::parse(broken);
    ASSERT_FALSE(parsed.ok()) << broken;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kMalformed);
  }
}

TEST(Json, refuses_deep_nesting_before_it_hurts) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(Json::parse(deep).ok());
  const std::string most = std::string(Json::kDepthMax, '[') + std::string(Json::kDepthMax, ']');
  EXPECT_TRUE(Json::parse(most).ok());
  EXPECT_FALSE(Json::parse("[" + most + "]").ok());
}

}  // namespace
}  // namespace kith
