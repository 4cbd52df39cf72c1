// SPDX-License-Identifier: Apache-2.0
#include "net/json.h"

#include <gtest/gtest.h>

namespace kith::net {
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

TEST(Json, refuses_what_is_not_strict_json) {
  for (const char* broken :
       {"", "{", "{\"a\":1}x", "{'a':1}", "[1,]", "\"\xff\"", "\"\x01\"", "NaN", "{\"a\":}", "01"}) {
    const auto parsed = Json::parse(broken);
    ASSERT_FALSE(parsed.ok()) << broken;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kMalformed);
  }
}

TEST(Json, refuses_deep_nesting_before_it_hurts) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(Json::parse(deep).ok());
}

}  // namespace
}  // namespace kith::net
