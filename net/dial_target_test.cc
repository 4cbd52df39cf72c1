// SPDX-License-Identifier: Apache-2.0
// What addresses ask of whoever dials them.
#include "net/dial_target.h"

#include <gtest/gtest.h>

namespace kith::net {
namespace {

DialTarget target_of(const std::string& text) {
  return dial_target(p2p::Multiaddr::parse(text).value()).value();
}

TEST(DialTarget, tcp_and_web_sockets_are_told_apart) {
  const DialTarget tcp = target_of("/ip4/192.168.1.20/tcp/8440");
  EXPECT_EQ(tcp.endpoint->text(), "192.168.1.20:8440");
  EXPECT_FALSE(tcp.is_web_socket || tcp.is_tls);
  EXPECT_TRUE(target_of("/ip6/fd00::1/tcp/1/ws").is_web_socket);
  for (const char* text : {"/dns/elm.example/tcp/443/tls/ws", "/dns4/elm.example/tcp/443/wss"}) {
    const DialTarget secure = target_of(text);
    EXPECT_TRUE(secure.is_web_socket && secure.is_tls) << text;
    EXPECT_EQ(secure.server_name, "elm.example");
    EXPECT_FALSE(secure.endpoint.has_value());
  }
  EXPECT_EQ(target_of("/dns/a.example/tcp/443/tls/sni/b.example/ws").server_name, "b.example");
  EXPECT_EQ(target_of("/dns6/a.example/tcp/1").family, Resolve::Family::kIp6);
}

TEST(DialTarget, ports_of_the_web_may_be_missing) {
  EXPECT_EQ(target_of("/dns/elm.example/tls/ws").port, 443);
  EXPECT_EQ(target_of("/dns/elm.example/ws").port, 80);
}

TEST(DialTarget, the_peer_is_the_one_at_the_end) {
  const std::string id = "12D3KooWPqT2nMDSiXUSx5D7fasaxhxKigVhcqfkKqrLghCq9jxz";
  EXPECT_EQ(target_of("/ip4/10.0.0.1/tcp/1/p2p/" + id).peer->text(), id);
}

TEST(DialTarget, what_cannot_be_dialed_is_refused) {
  const std::string id = "12D3KooWPqT2nMDSiXUSx5D7fasaxhxKigVhcqfkKqrLghCq9jxz";
  const std::vector<std::string> texts = {"/ip4/10.0.0.1",
                                          "/ip4/10.0.0.1/udp/1",
                                          "/ip4/10.0.0.1/tcp/0",
                                          "/ip4/10.0.0.1/tcp/1/tls",
                                          "/tcp/1",
                                          "/dns/a.example",
                                          "/ip6zone/eth0/ip4/10.0.0.1/tcp/1",
                                          "/dnsaddr/a.example/tcp/1",
                                          "/ip4/10.0.0.1/tcp/1/p2p/" + id + "/p2p-circuit"};
  for (const std::string& text : texts) {
    const auto target = dial_target(p2p::Multiaddr::parse(text).value());
    ASSERT_FALSE(target.ok()) << text;
    EXPECT_EQ(target.error().code(), ErrorCode::kUsage);
  }
}

}  // namespace
}  // namespace kith::net
