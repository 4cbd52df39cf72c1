// SPDX-License-Identifier: Apache-2.0
// mDNS packets: those of js-libp2p and those made by hand after go and rust; ours; and what must not be believed.
#include "p2p/mdns.h"

#include <gtest/gtest.h>

#include "p2p/testing/libp2p_vectors.h"
#include "p2p/testing/scripted_random.h"

namespace kith::p2p {
namespace {

using testing::vectors;

PeerId some_peer(std::uint8_t fill) {
  HostKey key;
  key.data.fill(fill);
  return PeerId::of(key);
}

Multiaddr address(const std::string& text) {
  return Multiaddr::parse(text).value();
}

TEST(Mdns, asks_as_js_does) {
  EXPECT_EQ(to_hex(encode_mdns_query()), vectors()["mdns"]["query"]["hex"].text());
  const auto read = decode_mdns(encode_mdns_query());
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->asks);
  EXPECT_FALSE(read->peer.has_value());
}

TEST(Mdns, reads_the_answers_of_others) {
  for (const auto& entry : vectors()["mdns"]["js_answers"].items()) {
    const auto read = decode_mdns(entry["hex"].bytes());
    ASSERT_TRUE(read.has_value());
    EXPECT_TRUE(read->peer.has_value());
    EXPECT_GE(read->addresses.size(), 1u);
  }
  for (const auto& entry : vectors()["mdns"]["made_by_hand"].items()) {
    const auto read = decode_mdns(entry["hex"].bytes());
    EXPECT_EQ(read.has_value() && read->peer.has_value(), entry["this_project_should_find"].is_true())
        << entry["name"].text();
  }
}

TEST(Mdns, what_it_writes_it_reads) {
  const PeerId peer = some_peer(3);
  const std::vector<Multiaddr> addresses = {address("/ip4/192.168.1.20/tcp/8440"),
                                            address("/ip4/192.168.1.20/tcp/8440/ws"), address("/ip6/fd00::1/tcp/8440")};
  const Bytes packet = encode_mdns_answer("abcdefghijklmnop", peer, addresses);
  const auto read = decode_mdns(packet);
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->asks);
  EXPECT_EQ(read->peer, peer);
  ASSERT_EQ(read->addresses.size(), addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) EXPECT_EQ(read->addresses[i], addresses[i].with_peer(peer));
}

TEST(Mdns, an_answer_stays_small) {
  const std::vector<Multiaddr> many(100, address("/ip4/192.168.100.200/tcp/65535/ws"));
  const Bytes packet = encode_mdns_answer("abcdefghijklmnop", some_peer(3), many);
  EXPECT_LE(packet.size(), kMdnsPacketBytesMax);
  EXPECT_GE(decode_mdns(packet)->addresses.size(), 5u);
}

TEST(Mdns, addresses_of_two_peers_in_one_packet_are_not_believed) {
  // The second record's peer id is replaced by another one of the same length.
  const PeerId one = some_peer(3), other = some_peer(4);
  Bytes packet = encode_mdns_answer("abcd", one, {address("/ip4/10.0.0.1/tcp/1"), address("/ip4/10.0.0.2/tcp/1")});
  std::string text(as_text(packet));
  ASSERT_EQ(one.text().size(), other.text().size());
  text.replace(text.rfind(one.text()), one.text().size(), other.text());
  EXPECT_TRUE(decode_mdns(packet).has_value());
  EXPECT_FALSE(decode_mdns(as_bytes(text)).has_value());
}

TEST(Mdns, a_goodbye_names_nobody) {
  Bytes packet = encode_mdns_answer("abcd", some_peer(3), {address("/ip4/10.0.0.1/tcp/1")});
  std::string text(as_text(packet));
  const std::string ttl("\0\0\0\x78", 4);
  for (std::size_t at = text.find(ttl); at != std::string::npos; at = text.find(ttl)) text[at + 3] = 0;
  const auto read = decode_mdns(as_bytes(text));
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->peer.has_value());
}

TEST(Mdns, every_cut_is_refused_or_says_less) {
  const Bytes packet = encode_mdns_answer("abcd", some_peer(3), {address("/ip4/10.0.0.1/tcp/1")});
  for (std::size_t n = 0; n < packet.size(); ++n) {
    EXPECT_FALSE(decode_mdns(ByteView(packet).first(n)).has_value()) << n;
  }
}

TEST(Mdns, names_that_lead_in_circles_end) {
  // A question whose name is a pointer to itself, and one to a pointer behind it.
  for (const char* hex : {"000000000001000000000000c00c000c0001", "000000000001000000000000c00ec00c000c0001"}) {
    EXPECT_FALSE(decode_mdns(*from_hex(hex)).has_value());
  }
}

TEST(Mdns, more_records_than_the_bound_are_not_looked_at) {
  EXPECT_FALSE(decode_mdns(*from_hex("00008400000000000000ffff")).has_value());
  EXPECT_FALSE(decode_mdns(Bytes(kMdnsReadBytesMax + 1)).has_value());
}

TEST(Mdns, names_are_letters_and_digits) {
  Bytes bytes(64);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
  testing::ScriptedRandom random(bytes);
  const std::string name = make_mdns_name(random);
  EXPECT_EQ(name.size(), 32u);
  EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
}

}  // namespace
}  // namespace kith::p2p
