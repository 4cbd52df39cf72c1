// SPDX-License-Identifier: Apache-2.0
// Addresses against js-libp2p's encoder, and every text and every bytes that must be refused (js accepts over a dozen
// of them).
#include "p2p/multiaddr.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "p2p/ip_text.h"
#include "p2p/testing/libp2p_vectors.h"

namespace kith::p2p {
namespace {

using testing::vectors;

TEST(Multiaddr, text_and_bytes_are_those_of_js) {
  for (const char* group : {"valid", "same_bytes"}) {
    for (const auto& entry : vectors()["multiaddr"][group].items()) {
      const auto from_text = Multiaddr::parse(entry["text"].text());
      ASSERT_TRUE(from_text.ok()) << entry["text"].text() << ": " << from_text.error().message();
      EXPECT_EQ(to_hex(from_text->bytes()), entry["hex"].text());
      const auto from_bytes = Multiaddr::decode(entry["hex"].bytes());
      ASSERT_TRUE(from_bytes.ok()) << entry["hex"].text();
      EXPECT_EQ(*from_bytes, *from_text);
      EXPECT_EQ(from_bytes->text(), entry["canonical"].text());
    }
  }
}

TEST(Multiaddr, malformed_text_is_refused) {
  for (const auto& entry : vectors()["multiaddr"]["bad_text"].items()) {
    EXPECT_FALSE(Multiaddr::parse(entry["text"].text()).ok()) << entry["text"].text() << " " << entry["why"].text();
  }
  for (const char* text : {"/dns/a\nb", "/http-path/%4", "/http-path/%zz", "/ip6/1:2:3:4:5:6:7",
                           "/ip6/1:2:3:4:5:6:7:8:9", "/ip6/1::2::3", "/ip6/1:2:3:4:5:6:7::8", "/ip6/::1.2.3",
                           "/ip6/1.2.3.4::", "/ip6/:1", "/ip6/1:", "/ip4/1.2.3.4/", "/tcp/4294967376", "/dns/\xff"}) {
    const bool is_fine = std::string_view(text) == "/ip4/1.2.3.4/";  // a slash too many at the end is dropped
    EXPECT_EQ(Multiaddr::parse(text).ok(), is_fine) << text;
  }
  EXPECT_FALSE(Multiaddr::parse("/dns/" + std::string(Multiaddr::kTextMax, 'a')).ok());
  EXPECT_FALSE(Multiaddr::parse("/dns/" + std::string(Multiaddr::kBytesMax, 'a')).ok());
}

TEST(Multiaddr, malformed_bytes_are_refused) {
  for (const auto& entry : vectors()["multiaddr"]["bad_hex"].items()) {
    EXPECT_FALSE(Multiaddr::decode(entry["hex"].bytes()).ok()) << entry["hex"].text() << " " << entry["why"].text();
  }
}

TEST(Multiaddr, every_cut_of_every_address_is_refused_or_a_shorter_address) {
  for (const auto& entry : vectors()["multiaddr"]["valid"].items()) {
    const Bytes bytes = entry["hex"].bytes();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      const auto part = Multiaddr::decode(ByteView(bytes).first(cut));
      if (part.ok()) {
        EXPECT_TRUE(entry["canonical"].text().starts_with(part->text()));
      }
    }
  }
}

TEST(Multiaddr, names_whom_it_leads_to) {
  const std::string relay = "12D3KooWPqT2nMDSiXUSx5D7fasaxhxKigVhcqfkKqrLghCq9jxz";
  const std::string target = "12D3KooWLdJAwPtyQ5RFnr9wGXsQzpf3P2SeqFbYkqbfVehLu4Ns";
  const auto leads_to = [](const std::string& text) { return Multiaddr::parse(text).value().peer(); };
  EXPECT_EQ(leads_to("/ip4/1.2.3.4/tcp/1/p2p/" + relay), PeerId::parse(relay).value());
  EXPECT_EQ(leads_to("/p2p/" + relay + "/p2p-circuit/p2p/" + target), PeerId::parse(target).value());
  EXPECT_FALSE(leads_to("/p2p/" + relay + "/p2p-circuit"));
  EXPECT_FALSE(leads_to("/ip4/1.2.3.4/tcp/1"));
}

TEST(Multiaddr, a_lan_is_told_from_the_internet) {
  for (const char* text : {"/ip4/8.8.8.8/tcp/1", "/ip4/172.32.0.1/tcp/1", "/ip4/100.128.0.1/tcp/1",
                           "/ip6/2001:4860::1/tcp/1", "/ip6/::ffff:8.8.8.8/tcp/1", "/dns/example.org/tcp/443/tls/ws"}) {
    EXPECT_TRUE(Multiaddr::parse(text).value().is_public()) << text;
  }
  for (const char* text : {"/ip4/127.0.0.1/tcp/1",
                           "/ip4/10.1.2.3/tcp/1",
                           "/ip4/172.16.0.1/tcp/1",
                           "/ip4/172.31.9.9/tcp/1",
                           "/ip4/192.168.1.20/tcp/1",
                           "/ip4/169.254.1.1/tcp/1",
                           "/ip4/100.64.0.1/tcp/1",
                           "/ip4/0.0.0.0/tcp/1",
                           "/ip4/224.0.0.251/udp/5353",
                           "/ip6/::1/tcp/1",
                           "/ip6/fe80::1/tcp/1",
                           "/ip6/fd00::1/tcp/1",
                           "/ip6/ff02::fb/tcp/1",
                           "/ip6/::ffff:192.168.1.1/tcp/1",
                           "/ip6zone/eth0/ip6/fe80::1/tcp/1",
                           "/dns/fritz.box.local/tcp/1",
                           "/dns/nas/tcp/1",
                           "/dns/nas.lan./tcp/1",
                           "/p2p/12D3KooWPqT2nMDSiXUSx5D7fasaxhxKigVhcqfkKqrLghCq9jxz",
                           "/ws"}) {
    EXPECT_FALSE(Multiaddr::parse(text).value().is_public()) << text;
  }
}

TEST(Multiaddr, of_a_socket) {
  EXPECT_EQ(Multiaddr::of_tcp(Ip4{127, 0, 0, 1}, 4001).text(), "/ip4/127.0.0.1/tcp/4001");
  EXPECT_EQ(Multiaddr::of_tcp(Ip6{0xfe, 0x80}, 65535).text(), "/ip6/fe80::/tcp/65535");
}

RC_GTEST_PROP(Multiaddr, whatever_bytes_are_read_are_written_back_the_same, (Bytes bytes)) {
  const auto address = Multiaddr::decode(bytes);
  if (!address.ok()) return;
  RC_ASSERT(equal(address->bytes(), bytes));
  RC_ASSERT(Multiaddr::parse(address->text()).value() == *address);
}

RC_GTEST_PROP(Multiaddr, ip6_text_leads_back_to_its_bytes, ()) {
  Ip6 ip;
  for (auto& byte : ip) byte = *rc::gen::element<std::uint8_t>(0, 0, 0, 0, 1, 0xff);
  RC_ASSERT(parse_ip6(ip6_text(ip)) == ip);
}

// Found by the fuzzer: 300 bytes of a path were read, and their text, each byte written as %XX, was not.
TEST(Multiaddr, the_text_of_any_address_can_be_read_again) {
  Bytes path = from_hex("0401020304060050e10384072f").value();  // a path of 900 bytes
  path.resize(path.size() + 899, 0xff);
  Bytes hops;
  for (std::size_t i = 0; i < Multiaddr::kBytesMax / 2; ++i) append(hops, from_hex("9802").value());
  for (const Bytes& bytes : {path, hops}) {
    const auto address = Multiaddr::decode(bytes);
    ASSERT_TRUE(address.ok()) << address.error().message();
    const auto again = Multiaddr::parse(address->text());
    ASSERT_TRUE(again.ok()) << again.error().message();
    EXPECT_EQ(*again, *address);
  }
  EXPECT_FALSE(Multiaddr::parse(Multiaddr::decode(hops)->text() + "/ws").ok()) << "longer than bytes may be";
}

}  // namespace
}  // namespace kith::p2p
