// SPDX-License-Identifier: Apache-2.0
// Several addresses of one peer: a bad one holds up no good one, and each failure names its step.
#include "net/dial.h"

#include <gtest/gtest.h>

#include "net/testing/two_peers.h"

namespace kith::net {
namespace {

/// One loop with a house that answers, somebody who says nothing, and somebody who hangs up.
class Street : public ::testing::Test {
 protected:
  Street() : dialing_(1, random_), listening_(2, random_) {
    house_ = listen([this](Socket socket) {
      answering_.push_back(std::make_unique<PeerConnection>(
          PeerConnection::Context{loop_, clock_, random_, listening_.host}, make_channel(loop_, std::move(socket)),
          p2p::ConnectionOptions{.role = p2p::Role::kListener}, PeerConnection::Events{}));
    });
    silent_ = listen([this](Socket socket) { kept_.push_back(std::move(socket)); });
    deaf_ = listen([](const Socket&) {});
  }

  std::unique_ptr<TcpListener> listen(const std::function<void(Socket)>& accept) {
    return std::move(TcpListener::open(loop_, {Bytes{127, 0, 0, 1}, 0, 0},
                                       [accept](Socket socket, const Endpoint&) { accept(std::move(socket)); }))
        .value();
  }

  static p2p::Multiaddr address(const TcpListener& listener) { return listener.endpoint().multiaddr(); }

  void dial(std::vector<p2p::Multiaddr> addresses, std::optional<p2p::PeerId> expected = std::nullopt) {
    const PeerDial dial({loop_, clock_, random_, dialing_.host}, std::move(addresses), std::move(expected),
                        {[this](std::unique_ptr<DialedPeer> peer, std::vector<DialFailure> failures) {
                           peer_ = std::move(peer);
                           failures_ = std::move(failures);
                           loop_.stop();
                         },
                         {}});
    loop_.run();
  }

  Loop loop_;
  testing::SteadyClock clock_;
  testing::DeviceRandom random_;
  testing::Party dialing_;
  testing::Party listening_;
  std::vector<std::unique_ptr<PeerConnection>> answering_;
  std::vector<Socket> kept_;
  std::unique_ptr<TcpListener> house_, silent_, deaf_;
  std::unique_ptr<DialedPeer> peer_;
  std::vector<DialFailure> failures_;
};

TEST_F(Street, who_says_nothing_holds_up_nobody) {
  dial({address(*silent_), address(*deaf_), address(*house_)});
  ASSERT_NE(peer_, nullptr);
  EXPECT_EQ(peer_->address, address(*house_));
  EXPECT_EQ(peer_->connection->connection().peer(), listening_.identity.host_key());
  EXPECT_TRUE(peer_->local.is_loopback());
}

TEST_F(Street, each_failure_names_its_step) {
  const p2p::Multiaddr udp = p2p::Multiaddr::parse("/ip4/127.0.0.1/udp/1").value();
  const Endpoint closed = deaf_->endpoint();
  auto hanging_up = listen([](const Socket&) {});
  deaf_.reset();
  dial({udp, closed.multiaddr(), address(*hanging_up)});
  EXPECT_EQ(peer_, nullptr);
  ASSERT_EQ(failures_.size(), 3u);
  EXPECT_EQ(failures_[0].step, DialStep::kAddress);
  EXPECT_EQ(failures_[1].step, DialStep::kConnect);
  EXPECT_EQ(failures_[1].error.code(), ErrorCode::kUnreachable);
  EXPECT_EQ(failures_[2].step, DialStep::kSecurity);
}

TEST_F(Street, a_dial_that_is_given_up_tells_nobody) {
  const p2p::Multiaddr closed = address(*deaf_);
  deaf_.reset();
  // At each of its turns of the loop: what it has under way then must not come back to it.
  for (int turns = 0; turns < 12; ++turns) {
    std::unique_ptr<PeerDial> dial;
    dial = std::make_unique<PeerDial>(
        PeerConnection::Context{loop_, clock_, random_, dialing_.host},
        std::vector{closed, address(*silent_), address(*house_)}, std::nullopt,
        PeerDial::Events{
            [&](const std::unique_ptr<DialedPeer>&, const std::vector<DialFailure>&) { EXPECT_NE(dial, nullptr); },
            {}});
    int left = turns;
    const std::function<void()> turn = [&] {
      if (left-- > 0) return loop_.post(turn);
      dial.reset();
      loop_.post([&] { loop_.post([&] { loop_.stop(); }); });
    };
    loop_.post(turn);
    loop_.run();
    EXPECT_EQ(dial, nullptr);
  }
}

TEST_F(Street, somebody_else_is_refused_at_the_handshake) {
  dial({address(*house_)}, p2p::PeerId::of(dialing_.identity.host_key()));
  EXPECT_EQ(peer_, nullptr);
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].step, DialStep::kHandshake);
  EXPECT_EQ(failures_[0].fault, p2p::Fault::kWrongPeer);
}

}  // namespace
}  // namespace kith::net
