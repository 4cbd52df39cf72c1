// SPDX-License-Identifier: Apache-2.0
// The simulated network keeps what it promises: order and every byte while a stream lives, silence after its end, and
// each of its faults does what its name says.
#include "sim/network.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace kith::sim {
namespace {

constexpr Place kAna = 0;
constexpr Place kBen = 1;
constexpr std::uint64_t kLongMs = 3'600'000;

class NetworkTest : public ::testing::Test, public NetworkListener {
 protected:
  NetworkTest() { make(1); }
  void make(std::uint64_t seed) {
    network.emplace(timeline, seed, report);
    network->set_listener(this);
  }
  void run() {
    const std::uint64_t until = timeline.now_ms() + kLongMs;
    while (timeline.step(until)) {
    }
  }
  /// As fast as the window lets it.
  void send(StreamId stream, Place from, Bytes bytes) { append(waiting[{stream, from}], bytes), drained(stream, from); }

  void opened(StreamId stream, Place at, Place from) override { opens.push_back({stream, at, from}); }
  void received(StreamId stream, Place at, ByteView bytes) override {
    EXPECT_EQ((closes[{stream, at}]), 0) << "an end hears nothing after its end";
    pieces.push_back(bytes.size());
    append(heard[{stream, at}], bytes);
  }
  void closed(StreamId stream, Place at) override { ++closes[{stream, at}]; }
  void sent(StreamId stream, Place from, ByteView bytes) override { append(wire[{stream, from}], bytes); }
  void drained(StreamId stream, Place at) override {
    Bytes& left = waiting[{stream, at}];
    const std::size_t n = std::min(left.size(), network->room(stream, at));
    if (n == 0) return;
    Bytes chunk(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n));
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n));
    network->send(stream, at, std::move(chunk));
  }

  struct Open {
    StreamId stream;
    Place at, from;
    friend bool operator==(const Open&, const Open&) = default;
  };
  using End = std::pair<StreamId, Place>;
  Timeline timeline;
  Report report;
  std::optional<Network> network;
  std::vector<Open> opens;
  std::map<End, Bytes> waiting, heard, wire;
  std::map<End, int> closes;
  std::vector<std::size_t> pieces;
};

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return out;
}

TEST_F(NetworkTest, every_byte_arrives_in_order_through_any_window_and_in_any_pieces) {
  const Bytes there = pattern(20'000);
  const Bytes back = pattern(3'000);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    make(seed);
    const auto stream = network->dial(kAna, kBen);
    ASSERT_TRUE(stream);
    send(*stream, kAna, there);
    send(*stream, kBen, back);
    run();
    EXPECT_EQ(opens.back(), (Open{*stream, kBen, kAna}));
    EXPECT_EQ((heard[{*stream, kBen}]), there) << seed;
    EXPECT_EQ((heard[{*stream, kAna}]), back) << seed;
    EXPECT_EQ((wire[{*stream, kAna}]), there) << "who listens on the wire hears the same";
    heard.clear(), wire.clear(), waiting.clear();
  }
  EXPECT_GT(report.count(Seen::kWindowOfOneByte), 0u);
  EXPECT_GT(report.count(Seen::kPacketLost), 0u);
  EXPECT_GT(std::count(pieces.begin(), pieces.end(), std::size_t{1}), 0);
  EXPECT_EQ(opens.size(), 40u);
}

TEST_F(NetworkTest, a_close_comes_after_what_was_sent_before_and_only_once) {
  const auto stream = network->dial(kAna, kBen);
  network->send(*stream, kAna, pattern(50));
  network->close(*stream, kAna);
  network->close(*stream, kAna);
  run();
  EXPECT_EQ((heard[{*stream, kBen}]), pattern(50));
  EXPECT_EQ((closes[{*stream, kBen}]), 1);
  EXPECT_EQ((closes[{*stream, kAna}]), 0) << "who closed is not told";
  network->send(*stream, kAna, pattern(5));
  run();
  EXPECT_EQ((heard[{*stream, kBen}]).size(), 50u);
}

TEST_F(NetworkTest, a_block_holds_back_one_direction_until_it_is_healed_and_nobody_can_dial) {
  const auto stream = network->dial(kAna, kBen);
  run();
  network->block(kAna, kBen);
  network->send(*stream, kAna, pattern(10));
  network->send(*stream, kBen, pattern(20));
  run();
  EXPECT_TRUE((heard[{*stream, kBen}]).empty());
  EXPECT_EQ((heard[{*stream, kAna}]), pattern(20));
  EXPECT_FALSE(network->dial(kAna, kBen));
  EXPECT_FALSE(network->dial(kBen, kAna)) << "the answer would not come";
  network->heal();
  run();
  EXPECT_EQ((heard[{*stream, kBen}]), pattern(10));
  EXPECT_TRUE(network->dial(kAna, kBen));
}

TEST_F(NetworkTest, a_machine_that_vanishes_says_nothing_and_answers_with_a_reset_when_it_is_back) {
  const auto stream = network->dial(kAna, kBen);
  run();
  network->send(*stream, kBen, pattern(7));
  network->vanish(kBen);
  network->send(*stream, kAna, pattern(9));
  EXPECT_FALSE(network->dial(kAna, kBen));
  run();
  EXPECT_EQ((heard[{*stream, kAna}]), pattern(7)) << "what was on its way arrives";
  EXPECT_TRUE((heard[{*stream, kBen}]).empty());
  EXPECT_EQ((closes[{*stream, kAna}]), 0) << "for all that Ana knows it still stands";
  network->appear(kBen);
  run();
  EXPECT_EQ((closes[{*stream, kAna}]), 1);
  EXPECT_EQ((closes[{*stream, kBen}]), 0);
  EXPECT_TRUE(network->dial(kAna, kBen));
}

TEST_F(NetworkTest, a_cut_ends_a_stream_for_both_and_loses_what_is_on_the_way) {
  EXPECT_FALSE(network->cut_one()) << "there is none";
  const auto stream = network->dial(kAna, kBen);
  network->send(*stream, kAna, pattern(100));
  EXPECT_TRUE(network->cut_one());
  run();
  EXPECT_TRUE((heard[{*stream, kBen}]).empty());
  EXPECT_EQ((closes[{*stream, kAna}]), 1);
  EXPECT_EQ((closes[{*stream, kBen}]), 1);
  EXPECT_EQ(network->room(*stream, kAna), 0u);
}

}  // namespace
}  // namespace kith::sim
