// SPDX-License-Identifier: Apache-2.0
// Whole libp2p connections over real sockets of loopback, both ends on one loop.
#include "net/peer_connection.h"

#include <gtest/gtest.h>

#include "net/testing/two_peers.h"
#include "p2p/ping.h"

namespace kith::net {
namespace {

using testing::TwoPeers;

TEST(PeerConnection, KnowsItsPeerAndPings) {
  TwoPeers peers;
  ASSERT_TRUE(peers.connect());
  EXPECT_EQ(peers.dialer().connection().peer(), peers.listener_host());
  EXPECT_EQ(peers.listener().connection().peer(), peers.dialer_host());
  bool is_answered = false;
  ASSERT_TRUE(
      peers.dialer().connection().ping([&](std::optional<std::uint64_t> ms) { is_answered = ms.has_value(); }).ok());
  peers.dialer().pump();
  EXPECT_TRUE(peers.run_until([&] { return is_answered; }));
}

/// Sends so many bytes as fast as they are taken, then ends.
class Source final : public p2p::StreamHandler {
 public:
  explicit Source(std::size_t bytes) : left_(bytes) {}
  void opened(p2p::Stream& stream) override { stream.want_pull(); }
  std::size_t received(p2p::Stream&, ByteView bytes) override { return bytes.size(); }
  void pull(p2p::Stream& stream, Bytes& out, std::size_t bytes_max) override {
    const std::size_t n = std::min(bytes_max, left_);
    out.resize(out.size() + n, 0x5a);
    left_ -= n;
    if (left_ == 0) stream.finish();
  }

 private:
  std::size_t left_;
};

class Sink final : public p2p::StreamHandler {
 public:
  explicit Sink(std::size_t& bytes, bool& is_ended) : bytes_(bytes), is_ended_(is_ended) {}
  std::size_t received(p2p::Stream&, ByteView bytes) override {
    bytes_ += bytes.size();
    return bytes.size();
  }
  void ended(p2p::Stream& stream) override {
    is_ended_ = true;
    stream.finish();
  }

 private:
  std::size_t& bytes_;
  bool& is_ended_;
};

TEST(PeerConnection, CarriesMoreThanAllBuffersHold) {
  constexpr std::size_t kBytes = 32 << 20;
  std::size_t seen = 0;
  bool is_ended = false;
  TwoPeers peers;
  peers.offer("/test/sink", [&] { return std::make_unique<Sink>(seen, is_ended); });
  ASSERT_TRUE(peers.connect());
  ASSERT_TRUE(peers.dialer().connection().open_stream({"/test/sink"}, std::make_unique<Source>(kBytes)).ok());
  peers.dialer().pump();
  EXPECT_TRUE(peers.run_until([&] { return is_ended; }));
  EXPECT_EQ(seen, kBytes);
}

TEST(PeerConnection, ClosesInOrderOnBothSides) {
  TwoPeers peers;
  ASSERT_TRUE(peers.connect());
  peers.dialer().close();
  ASSERT_TRUE(peers.run_until([&] { return peers.is_dialer_ended() && peers.is_listener_ended(); }));
  EXPECT_EQ(peers.dialer_fault(), p2p::Fault::kNone);
  EXPECT_EQ(peers.listener_fault(), p2p::Fault::kNone);
}

TEST(PeerConnection, RefusesSomebodyElse) {
  TwoPeers peers;
  HostKey other;
  other.data.fill(7);
  EXPECT_FALSE(peers.connect(p2p::PeerId::of(other)));
  EXPECT_EQ(peers.dialer_fault(), p2p::Fault::kWrongPeer);
}

}  // namespace
}  // namespace kith::net
