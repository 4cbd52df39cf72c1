// SPDX-License-Identifier: Apache-2.0
#include "net/http.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace kith::net {
namespace {

TEST(Http, percent_decoding_refuses_what_is_cut_off) {
  EXPECT_EQ(percent_decode("a%20b+c", false), "a b+c");
  EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
  for (const char* broken : {"%", "%2", "%zz", "a%2", "%%41"}) EXPECT_FALSE(percent_decode(broken, false)) << broken;
}

RC_GTEST_PROP(Http, encoding_then_decoding_is_the_identity, (const std::string& text)) {
  RC_ASSERT(percent_decode(percent_encode(text), false) == text);
  RC_ASSERT(percent_decode(percent_encode(text), true) == text);
}

TEST(Http, fields_leave_out_the_malformed_and_are_bounded) {
  const Headers fields = parse_fields("body=one+two&x=%zz&empty&=nameless&csrf=a%26b");
  EXPECT_EQ(fields, (Headers{{"body", "one two"}, {"empty", ""}, {"", "nameless"}, {"csrf", "a&b"}}));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a=1&";
  EXPECT_EQ(parse_fields(many).size(), kFieldsMax);
}

TEST(Http, header_names_meet_in_any_case_and_are_counted) {
  HttpRequest request;
  request.headers = {{"Host", "one"}, {"hOST", "two"}};
  request.query = "limit=3&limit=4";
  EXPECT_EQ(request.header("HOST"), "one");
  EXPECT_EQ(request.header_count("host"), 2u);
  EXPECT_EQ(request.header("origin"), "");
  EXPECT_EQ(request.parameter("limit"), "3");
  EXPECT_FALSE(request.parameter("before"));
}

}  // namespace
}  // namespace kith::net
