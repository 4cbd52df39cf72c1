// SPDX-License-Identifier: Apache-2.0
// Which addresses of which houses are remembered, and in which order they are dialed.
#include "node/peer_book.h"

#include <gtest/gtest.h>

#include "node/platform.h"

namespace kith::node {
namespace {

constexpr const char* kAna = "12D3KooWPqT2nMDSiXUSx5D7fasaxhxKigVhcqfkKqrLghCq9jxz";
constexpr const char* kDan = "12D3KooWLdJAwPtyQ5RFnr9wGXsQzpf3P2SeqFbYkqbfVehLu4Ns";

Address at(const std::string& text) {
  return parse_address(text).value();
}

p2p::PeerId id_of(const char* text) {
  return p2p::PeerId::parse(text).value();
}

std::vector<std::string> texts(const Peer& peer) {
  std::vector<std::string> out;
  for (const KnownAddress& known : peer.addresses) out.push_back(known.address.text);
  return out;
}

class Book : public ::testing::Test {
 protected:
  SystemRandom random_;
  PeerBook book_{random_};
  const std::string ana_ = std::string("/p2p/") + kAna;
};

TEST_F(Book, addresses_of_one_peer_belong_together) {
  EXPECT_TRUE(book_.learn(at("/ip4/10.0.0.1/tcp/1" + ana_), Source::kInvitation));
  EXPECT_TRUE(book_.learn(at("/ip4/10.0.0.1/tcp/1/ws" + ana_), Source::kMdns));
  EXPECT_FALSE(book_.learn(at("/ip4/10.0.0.1/tcp/1" + ana_), Source::kMdns));
  ASSERT_EQ(book_.peers().size(), 1u);
  EXPECT_EQ(book_.find(id_of(kAna))->addresses.size(), 2u);
}

TEST_F(Book, the_lan_comes_before_the_internet_and_tcp_before_web_sockets) {
  for (const char* text : {"/ip4/127.0.0.1/tcp/1", "/dns/elm.example/tcp/443/tls/ws", "/ip4/192.168.1.2/tcp/1/ws",
                           "/ip4/198.18.0.1/tcp/1", "/ip4/192.168.1.2/tcp/1"}) {
    book_.learn(at(text + ana_), Source::kInvitation);
  }
  const auto order = texts(*book_.find(id_of(kAna)));
  EXPECT_EQ(order.front(), "/ip4/192.168.1.2/tcp/1" + ana_);
  EXPECT_EQ(order.back(), "/dns/elm.example/tcp/443/tls/ws" + ana_);
}

TEST_F(Book, what_has_worked_comes_first) {
  book_.learn(at("/ip4/192.168.1.2/tcp/1" + ana_), Source::kInvitation);
  book_.learn(at("/dns/elm.example/tcp/443/tls/ws" + ana_), Source::kInvitation);
  Peer& ana = *book_.find(id_of(kAna));
  book_.worked(ana, "/dns/elm.example/tcp/443/tls/ws", 5);
  EXPECT_EQ(texts(ana).front(), "/dns/elm.example/tcp/443/tls/ws" + ana_);
}

TEST_F(Book, what_a_house_says_of_itself_replaces_what_it_said_before) {
  const auto multiaddr = [](const char* text) { return p2p::Multiaddr::parse(text).value(); };
  book_.learn(at("/ip4/10.0.0.1/tcp/1" + ana_), Source::kInvitation);
  book_.learn_own(id_of(kAna), {multiaddr("/ip4/10.0.0.2/tcp/1")});
  book_.learn_own(id_of(kAna), {multiaddr("/ip4/10.0.0.3/tcp/1")});
  const auto order = texts(*book_.find(id_of(kAna)));
  EXPECT_EQ(order, (std::vector<std::string>{"/ip4/10.0.0.1/tcp/1" + ana_, "/ip4/10.0.0.3/tcp/1" + ana_}));
}

TEST_F(Book, an_address_whose_owner_turns_up_is_joined_to_it) {
  book_.learn(at("/ip4/10.0.0.9/tcp/1"), Source::kAsked);
  book_.learn(at("/ip4/10.0.0.1/tcp/1" + ana_), Source::kInvitation);
  Peer& unknown = *book_.find("/ip4/10.0.0.9/tcp/1");
  Peer& known = book_.identify(unknown, id_of(kAna));
  EXPECT_EQ(book_.peers().size(), 1u);
  EXPECT_EQ(known.addresses.size(), 2u);
  book_.learn(at("/ip4/10.0.0.8/tcp/1"), Source::kAsked);
  EXPECT_EQ(book_.identify(*book_.find("/ip4/10.0.0.8/tcp/1"), id_of(kDan)).id, id_of(kDan));
}

TEST_F(Book, it_is_bounded_and_strangers_make_room) {
  for (std::size_t i = 0; i < PeerBook::kPeersMax; ++i) {
    EXPECT_TRUE(book_.learn(at("/ip4/10.0.0.1/tcp/" + std::to_string(i + 1)), Source::kMdns));
  }
  EXPECT_FALSE(book_.learn(at("/ip4/10.0.0.2/tcp/1"), Source::kMdns));
  book_.peers().front()->is_stranger = true;
  EXPECT_TRUE(book_.learn(at("/ip4/10.0.0.2/tcp/1"), Source::kMdns));
  EXPECT_EQ(book_.peers().size(), PeerBook::kPeersMax);
}

TEST_F(Book, addresses_of_one_peer_are_bounded) {
  for (int i = 1; i < 40; ++i) book_.learn(at("/ip4/10.0.0.1/tcp/" + std::to_string(i) + ana_), Source::kMdns);
  EXPECT_LE(book_.find(id_of(kAna))->addresses.size(), PeerBook::kAddressesPerPeerMax);
}

}  // namespace
}  // namespace kith::node
