// SPDX-License-Identifier: Apache-2.0
#include "node/public_pages.h"

#include <gtest/gtest.h>

#include "codec/text_codes.h"
#include "kith/json.h"
#include "net/certificates.h"
#include "p2p/envelope.h"

namespace kith::node {
namespace {

constexpr std::uint64_t kNow = 1'790'000'000'000;

crypto::SigningKey host_key() {
  crypto::Key seed;
  seed.data.fill(3);
  return crypto::SigningKey::from_seed(seed);
}

class PublicPagesTest : public ::testing::Test {
 protected:
  PublicPagesTest() : host_(host_key()) {}
  PublicPages pages(std::string authority = {}) const {
    return PublicPages({.versions = [] { return DoorVersions{"1.2.3", "/kith/sync/1", "abcd"}; },
                        .now_ms = [] { return kNow; },
                        .doorstep = [](const SignPublic& invite) -> Result<Json> {
                          if (invite.data[0] != 7) return Error(ErrorCode::kInviteUnknown, "Unknown.", "Ask anew.");
                          return Json::object({{"told", "c2VhbGVk"}});
                        },
                        .host = host_,
                        .authority = std::move(authority)});
  }
  static net::HttpRequest get(const std::string& path, bool is_remote = true) {
    net::HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.is_remote = is_remote;
    return request;
  }
  crypto::SigningKey host_;
};

TEST_F(PublicPagesTest, nothing_of_a_space_is_for_everybody) {
  for (const char* path : {"/api", "/api/posts", "/plain", "/plain/threads/1", "/nothing.txt", "/"}) {
    EXPECT_FALSE(pages().answer(get(path)).has_value()) << path;
  }
  net::HttpRequest write = get("/door.json");
  write.method = "POST";
  EXPECT_FALSE(pages().answer(write).has_value());
}

TEST_F(PublicPagesTest, who_can_name_an_invitation_is_told_what_is_sealed_for_it) {
  const auto status = [&](const std::string& invite) { return pages().answer(get("/invitations/" + invite))->status; };
  const auto answer = pages().answer(get("/invitations/07" + std::string(62, '0')));
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(Json::parse(answer->body)->at("told").text(), "c2VhbGVk");
  EXPECT_EQ(status("08" + std::string(62, '0')), 404);
  EXPECT_EQ(status(""), 404);
  EXPECT_EQ(status("../posts"), 404);
}

TEST_F(PublicPagesTest, without_the_app_this_machine_is_sent_to_the_plain_page) {
  const auto answer = pages().answer(get("/", false));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 303);
}

TEST_F(PublicPagesTest, what_a_house_says_about_its_app_is_signed_by_its_host_key) {
  const auto json = std::move(Json::parse(pages().answer(get("/door.json"))->body)).value();
  EXPECT_EQ(json.at("version").at("core").text(), "1.2.3");
  const Bytes envelope = codec::from_base64url(*json.at("envelope").text()).value();
  const HostKey peer{host_.public_key().data};
  EXPECT_EQ(json.at("host").text(), peer.hex());
  EXPECT_EQ(json.at("now_ms").integer(), static_cast<std::int64_t>(kNow));
  const auto said = p2p::open_envelope(envelope, peer, kDoorDomain, as_bytes(kDoorType));
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(as_text(*said), "\n1.2.3\n/kith/sync/1\nabcd\n");
  EXPECT_FALSE(p2p::open_envelope(envelope, HostKey{}, kDoorDomain, as_bytes(kDoorType)).has_value());
  EXPECT_FALSE(p2p::open_envelope(envelope, peer, "libp2p-peer-record", as_bytes(kDoorType)).has_value());
  Bytes changed = envelope;
  changed[changed.size() / 2] ^= 1;
  EXPECT_FALSE(p2p::open_envelope(changed, peer, kDoorDomain, as_bytes(kDoorType)).has_value());
}

TEST_F(PublicPagesTest, the_install_page_shows_the_fingerprint_and_hands_out_the_certificate_alone) {
  const net::CertifiedKey authority = std::move(net::make_authority("Elm Street", kNow)).value();
  const PublicPages with = pages(authority.certificate);
  EXPECT_EQ(pages().answer(get("/install"))->status, 404);
  auto german = get("/install");
  german.headers = {{"Accept-Language", "de-DE,de;q=0.9,en;q=0.8"}, {"Host", "x\"><script>"}};
  const std::string page = with.answer(german)->body;
  EXPECT_NE(page.find(net::certificate_fingerprint(authority.certificate).value()), std::string::npos);
  EXPECT_NE(page.find("<html lang=\"de\""), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  for (const char* system : {"android", "ios", "windows", "macos", "linux"}) {
    EXPECT_NE(page.find("<section id=\"" + std::string(system)), std::string::npos) << system;
  }
  EXPECT_NE(with.answer(get("/install"))->body.find("<html lang=\"en\""), std::string::npos);
  EXPECT_EQ(with.answer(get("/install/kith.pem"))->body, authority.certificate);
  const auto der = with.answer(get("/install/kith.crt"));
  EXPECT_EQ(der->content_type, "application/x-x509-ca-cert");
  EXPECT_TRUE(to_bytes(as_bytes(der->body)) == net::certificate_der(authority.certificate).value());
  EXPECT_FALSE(with.answer(get("/install/ca.key")).has_value());
}

}  // namespace
}  // namespace kith::node
