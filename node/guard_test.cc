// SPDX-License-Identifier: Apache-2.0
#include "node/guard.h"

#include <gtest/gtest.h>

#include "base/testing/fakes.h"
#include "crypto/sign.h"

namespace kith::node {
namespace {

net::HttpRequest request(std::string method, net::Headers headers, std::string body = {},
                         std::string path = "/api/posts") {
  net::HttpRequest out;
  out.method = std::move(method);
  out.path = std::move(path);
  out.headers = std::move(headers);
  out.body = std::move(body);
  return out;
}

class GuardTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
  bool allows(const net::HttpRequest& asked) { return guard_.check(asked).ok(); }
  testing::SeededRandom random_{1};
  Guard guard_{random_};
};

const std::pair<std::string, std::string> kJson{"Content-Type", "application/json; charset=utf-8"};
const std::pair<std::string, std::string> kForm{"Content-Type", "application/x-www-form-urlencoded"};
const std::pair<std::string, std::string> kHost{"Host", "localhost:8440"};

TEST_F(GuardTest, only_names_of_this_machine_are_hosts) {
  for (const char* host : {"localhost", "localhost:8440", "127.0.0.1:8440", "localhost:9000"}) {
    EXPECT_TRUE(allows(request("GET", {{"Host", host}}))) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "localhost.:8440",
                           "127.0.0.1.evil.example:8440", "127.0.0.2", "[::1]:8440"}) {
    EXPECT_FALSE(allows(request("GET", {{"Host", host}}))) << host;
  }
  EXPECT_FALSE(allows(request("GET", {})));
  EXPECT_FALSE(allows(request("GET", {kHost, kHost})));
}

TEST_F(GuardTest, writes_come_from_our_own_page_or_from_no_page) {
  EXPECT_TRUE(allows(request("POST", {kHost, kJson})));
  EXPECT_TRUE(
      allows(request("POST", {kHost, kJson, {"Origin", "http://localhost:8440"}, {"Sec-Fetch-Site", "same-origin"}})));
  for (const char* origin :
       {"http://evil.example", "null", "http://localhost:8441", "https://localhost:8440", "http://127.0.0.1:8440"}) {
    EXPECT_FALSE(allows(request("POST", {kHost, kJson, {"Origin", origin}}))) << origin;
  }
  EXPECT_FALSE(allows(request("DELETE", {kHost, {"Sec-Fetch-Site", "cross-site"}})));
  net::HttpRequest secure = request("POST", {kHost, kJson, {"Origin", "https://localhost:8440"}});
  secure.is_secure = true;
  EXPECT_TRUE(allows(secure));
  secure.headers.back().second = "http://localhost:8440";
  EXPECT_FALSE(allows(secure));
}

TEST_F(GuardTest, what_a_form_of_another_site_can_send_is_no_write) {
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"}) {
    EXPECT_FALSE(allows(request("POST", {kHost, {"Content-Type", type}}, "{}"))) << type;
  }
  EXPECT_TRUE(allows(request("DELETE", {kHost})));
}

TEST_F(GuardTest, forms_need_token_and_cookie_of_this_process_and_port) {
  const std::string body = "body=x&csrf=" + guard_.token();
  const std::string cookie = guard_.cookie(request("GET", {kHost}));
  const std::string pair = cookie.substr(0, cookie.find(';'));
  const auto form = [&](const net::Headers& headers, const std::string& with) {
    return request("POST", headers, with, "/posts");
  };
  EXPECT_TRUE(allows(form({kHost, kForm, {"Cookie", "other=1; " + pair}}, body)));
  EXPECT_FALSE(allows(form({kHost, kForm}, body)));
  EXPECT_FALSE(allows(form({kHost, kForm, {"Cookie", pair}}, "body=x")));
  EXPECT_FALSE(allows(form({kHost, kForm, {"Cookie", pair}}, "body=x&csrf=")));
  EXPECT_FALSE(allows(form({{"Host", "localhost:8441"}, kForm, {"Cookie", pair}}, body)));
  EXPECT_NE(Guard(random_).token(), guard_.token());
}

TEST_F(GuardTest, the_control_socket_is_trusted) {
  net::HttpRequest local = request("POST", {}, "{}");
  local.is_local = true;
  EXPECT_TRUE(allows(local));
}

}  // namespace
}  // namespace kith::node
