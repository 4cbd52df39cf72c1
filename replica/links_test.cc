// SPDX-License-Identifier: Apache-2.0
// A browser's links to nodes over sockets that open, break and fall silent as the test wants.
#include "replica/links.h"

#include <gtest/gtest.h>

#include <list>

#include "p2p/testing/pair.h"
#include "sync/testing/house.h"

namespace kith::replica {
namespace {

using kith::testing::FakeClock;
using sync::testing::House;

/// A node that houses can be reached at; several may serve one house.
class Node {
 public:
  Node(House& house, std::uint8_t number) : house_(house), peer_(number, house.random) {
    peer_.host.protocols.push_back(
        {std::string(sync::kSyncProtocol), sync::kSyncInboundMax, [this](p2p::Connection& by) { return accept(by); }});
    address = "/ip4/192.168.1." + std::to_string(number) + "/tcp/8440/ws";
  }
  std::string full_address() const { return address + "/p2p/" + peer_.id().text(); }

  struct Visit {
    Visit(const p2p::Host& host, House& house)
        : connection(host, {.role = p2p::Role::kListener}, house.clock, house.random) {}
    p2p::Connection connection;
    std::optional<sync::Session> session;
    std::optional<sync::SessionStream> stream;
  };
  Visit& open() { return visits.emplace_back(peer_.host, house_); }
  void close(Visit& visit) {
    if (visit.session) std::erase(house_.sessions, &*visit.session);
    visits.remove_if([&](const Visit& one) { return &one == &visit; });
  }

  std::string address;
  bool is_up = true;
  bool is_silent = false;  // takes bytes, and gives none
  std::list<Visit> visits;

 private:
  std::unique_ptr<p2p::StreamHandler> accept(p2p::Connection& by) {
    for (Visit& visit : visits) {
      if (&visit.connection != &by || visit.session) continue;
      visit.session.emplace(sync::Role::kListener, peer_.identity.host_key(), by.peer(), house_, house_.clock,
                            house_.random);
      visit.stream.emplace(*visit.session);
      house_.sessions.push_back(&*visit.session);
      return visit.stream->make_handler();
    }
    return nullptr;
  }

  House& house_;
  p2p::testing::TestPeer peer_;
};

/// Every socket of the browser, and who is at its other end.
class Network final : public Dialer {
 public:
  void add(Node& node) { nodes_[node.address] = &node; }

  bool can_dial(const p2p::Multiaddr& address) const override { return web_socket_url(address).ok(); }
  Result<std::unique_ptr<Socket>> dial(const p2p::Multiaddr& address, SocketUser& user) override {
    ++dials;
    const auto at = nodes_.find(address.without_peer().text());
    lines_.push_back({&user, at == nodes_.end() ? nullptr : at->second, nullptr, {}, this});
    return std::unique_ptr<Socket>(new End(lines_.back()));
  }

  /// Until nothing moves.
  void run() {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto at = lines_.begin(); at != lines_.end();) {
        Line& line = *at++;
        moved = move(line) || moved;
      }
      lines_.remove_if([](const Line& line) { return line.user == nullptr; });
    }
  }
  /// The cable is cut, and the browser is told of it.
  void cut(Node& node) {
    node.is_up = false;
    for (Line& line : lines_) {
      if (line.node == &node && line.user != nullptr) line.user->closed();
    }
  }
  std::size_t dials = 0;

 private:
  struct Line {
    SocketUser* user;
    Node* node;
    Node::Visit* visit;
    Bytes to_node;
    Network* network;
  };
  class End final : public Socket {
   public:
    explicit End(Line& line) : line_(line) {}
    ~End() override {
      line_.user = nullptr;
      if (line_.visit != nullptr) line_.node->close(*line_.visit);
      line_.visit = nullptr;
    }
    void send(ByteView bytes) override { append(line_.to_node, bytes); }
    std::size_t unsent() const override { return line_.to_node.size(); }

   private:
    Line& line_;
  };

  static bool move(Line& line) {
    if (line.user == nullptr || line.node == nullptr || !line.node->is_up) return false;
    if (line.visit == nullptr) {
      line.visit = &line.node->open();
      line.user->opened();
      return true;
    }
    const Bytes said = std::exchange(line.to_node, {});
    if (line.node->is_silent) return false;
    line.visit->connection.receive(said);
    if (line.visit->stream) line.visit->stream->pump();
    Bytes answer;
    line.visit->connection.take_output(answer, 64 << 10);
    if (!answer.empty()) line.user->received(answer);
    return !said.empty() || !answer.empty();
  }

  std::map<std::string, Node*> nodes_;
  std::list<Line> lines_;
};

class LinksTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
  LinksTest() {
    ana.found();
    for (int i = 0; i < 5; ++i) ana.post("Post " + std::to_string(i));
    for (Node* node : {&first, &second, &third}) network.add(*node);
    dan.invitation = ana.invite();
    links.emplace(Link::Context{dan_host, dan, clock, dan.random}, dan_key, network,
                  Links::Events{[this](const std::string& address) { remembered.push_back(address); },
                                [this] { ++welcomes; }, [this](const LinkEnd& end) { ends.push_back(end); }});
  }
  ~LinksTest() override { links.reset(); }

  static HostKey host_key_of(const crypto::SigningKey& key) {
    HostKey out;
    out.data = key.public_key().data;
    return out;
  }
  /// Lets that much time pass, in small steps.
  void pass(std::uint64_t ms) {
    constexpr std::uint64_t kStepMs = 50;
    for (std::uint64_t left = ms; left > 0; left -= std::min(left, kStepMs)) {
      clock.advance(kStepMs);
      links->tick();
      network.run();
      if (dan.own) links->notify(dan.own->id());
      network.run();
    }
  }
  void join() {
    for (Node* node : {&first, &second, &third}) dan.invitation->addresses.push_back(node->full_address());
    links->set_invitation(*dan.invitation);
    pass(1'000);
    ASSERT_EQ(welcomes, 1);
  }
  std::size_t in_touch() const {
    std::size_t out = 0;
    for (const auto& link : links->links()) out += link->is_welcome() ? 1 : 0;
    return out;
  }

  FakeClock clock;
  House ana{1, 1, &clock}, dan{2, 1, &clock};
  Node first{ana, 11}, second{ana, 12}, third{ana, 13};
  Network network;
  crypto::SigningKey dan_key = p2p::testing::host_key_of(99);
  HostKey dan_host = host_key_of(dan_key);
  std::optional<Links> links;
  std::vector<std::string> remembered;
  std::vector<LinkEnd> ends;
  int welcomes = 0;
};

TEST_F(LinksTest, a_newcomer_joins_over_a_socket_and_hangs_on_two_nodes) {
  join();
  EXPECT_EQ(dan.post_count(), 5u);
  pass(2'000);
  EXPECT_EQ(in_touch(), 2u);
  EXPECT_TRUE(links->is_settled());
  ana.post("A sixth");
  pass(100);
  EXPECT_EQ(dan.post_count(), 6u);
}

TEST_F(LinksTest, another_node_takes_the_place_of_one_that_is_gone) {
  join();
  pass(2'000);
  ASSERT_EQ(in_touch(), 2u);
  Node* const gone = first.visits.empty() ? &second : &first;
  const std::uint64_t entries = links->entries_received();
  EXPECT_GE(entries, 5u);
  network.cut(*gone);
  EXPECT_EQ(in_touch(), 1u);
  EXPECT_GE(links->entries_received(), entries) << "news would be lost on whoever compares";
  pass(1'000);
  EXPECT_EQ(in_touch(), 2u);
  EXPECT_FALSE(third.visits.empty());
}

TEST_F(LinksTest, a_link_that_falls_silent_is_noticed_within_five_seconds) {
  join();
  pass(2'000);
  for (Node* node : {&first, &second, &third}) node->is_silent = true;
  const std::uint64_t silent_at = clock.steady;
  while (links->is_in_touch() && clock.steady < silent_at + 60'000) pass(50);
  EXPECT_LE(clock.steady - silent_at, 5'000u);
}

TEST_F(LinksTest, whoever_slept_hears_first_and_judges_then) {
  join();
  pass(2'000);
  ends.clear();  // of a third one that had answered too
  clock.advance(3'600'000);
  links->tick();
  network.run();
  pass(1'000);
  EXPECT_TRUE(links->is_in_touch());
  EXPECT_TRUE(ends.empty());
}

TEST_F(LinksTest, a_member_who_does_not_know_whether_that_is_known_gets_through_either_way) {
  join();
  links->pause();
  pass(1'000);
  links->set_invitation(ana.invite(1));
  links->set_maybe_known();
  links->resume();
  pass(10'000);
  EXPECT_TRUE(links->is_settled());
  EXPECT_EQ(welcomes, 2);
}

TEST_F(LinksTest, nobody_is_tried_again_and_again_without_a_pause) {
  for (Node* node : {&first, &second, &third}) {
    node->is_up = false;
    links->learn(node->full_address());
  }
  pass(60'000);
  const std::size_t in_a_minute = network.dials;
  EXPECT_GE(in_a_minute, 6u);
  EXPECT_LE(in_a_minute, 60u);
  first.is_up = true;
  dan.invitation->addresses = {first.full_address()};
  links->network_changed();
  links->set_invitation(*dan.invitation);
  pass(5'000);
  EXPECT_EQ(welcomes, 1);
}

TEST_F(LinksTest, two_addresses_of_one_house_become_one) {
  join();
  links->learn("/dns4/kith.lan/tcp/8440/ws/p2p/" + first.full_address().substr(first.full_address().rfind('/') + 1));
  EXPECT_EQ(links->house_count(), 3u);
}

TEST_F(LinksTest, an_invitation_that_is_spent_is_refused_with_the_reason) {
  dan.invitation = ana.invite(1);
  House eve{3, 1, &clock};
  eve.invitation = dan.invitation;
  sync::testing::Wire wire(eve, ana, true);
  for (bool moved = true; moved;) {
    const bool there = wire.step(true);
    moved = wire.step(false) || there;
  }
  ASSERT_TRUE(eve.own && eve.own->is_member());
  dan.invitation->addresses = {first.full_address()};
  links->set_invitation(*dan.invitation);
  pass(2'000);
  EXPECT_EQ(welcomes, 0);
  ASSERT_FALSE(ends.empty());
  ASSERT_TRUE(ends.front().refusal);
  EXPECT_EQ(ends.front().refusal->code(), ErrorCode::kInviteSpent);
}

TEST(WebSocketUrl, says_what_a_browser_dials) {
  const auto url = [](const char* address) { return web_socket_url(*p2p::Multiaddr::parse(address)); };
  EXPECT_EQ(*url("/ip4/192.168.1.20/tcp/8440/ws"), "ws://192.168.1.20:8440/");
  EXPECT_EQ(*url("/ip6/fd00::1/tcp/8440/tls/ws"), "wss://[fd00::1]:8440/");
  EXPECT_EQ(*url("/dns4/kith.example/tcp/443/wss"), "wss://kith.example:443/");
  EXPECT_FALSE(url("/ip4/192.168.1.20/tcp/8440").ok());
  EXPECT_FALSE(url("/ip4/192.168.1.20/udp/8440").ok());
}

}  // namespace
}  // namespace kith::replica
