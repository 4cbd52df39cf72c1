// SPDX-License-Identifier: Apache-2.0
// Sessions over the whole of libp2p: Noise, yamux, multistream-select; cut anywhere, with windows of one byte.
#include "sync/session_stream.h"

#include <gtest/gtest.h>

#include "p2p/testing/pair.h"
#include "sync/testing/house.h"

namespace kith::sync::testing {
namespace {

/// Two houses whose sessions lie on a stream of one connection. Dan dials Ana.
struct Line {
  explicit Line(std::uint32_t window_bytes = 256 << 10) {
    ana.found();
    for (int i = 0; i < 20; ++i) ana.post("Post " + std::to_string(i));
    dan.invitation = ana.invite();
    pair.bob.host.protocols.push_back(
        {std::string(kSyncProtocol), kSyncInboundMax, [this](p2p::Connection& by) { return listen(by); }});
    const p2p::YamuxLimits limits{.window_bytes = window_bytes};
    pair.connect({.limits = limits}, {.limits = limits});
  }
  ~Line() {
    dan.sessions.clear();
    ana.sessions.clear();
  }

  void open() {
    pair.run();
    CHECK(pair.dialer->is_open());
    const HostKey own = pair.alice.identity.host_key();
    dialer.emplace(sync::Role::kDialer, own, pair.dialer->peer(), dan, dan.clock, dan.random, &*dan.invitation);
    dialer_stream.emplace(*dialer);
    dan.sessions = {&*dialer};
    CHECK(pair.dialer->open_stream({std::string(kSyncProtocol)}, dialer_stream->make_handler()).ok());
  }
  std::unique_ptr<p2p::StreamHandler> listen(p2p::Connection& by) {
    listener_stream.reset();
    listener.emplace(sync::Role::kListener, pair.bob.identity.host_key(), by.peer(), ana, ana.clock, ana.random);
    listener_stream.emplace(*listener);
    ana.sessions = {&*listener};
    return listener_stream->make_handler();
  }
  /// Until nothing moves any more.
  void run() {
    do {
      if (dialer_stream) dialer_stream->pump();
      if (listener_stream) listener_stream->pump();
      pair.run();
    } while (dialer_stream->is_open() && (dialer->has_output() || listener->has_output()));
  }
  void expect_no_fault() {
    EXPECT_EQ(dialer->fault(), Fault::kNone) << dialer->fault_detail();
    EXPECT_EQ(listener->fault(), Fault::kNone) << listener->fault_detail();
  }

  FakeClock clock;
  House ana{1, 1, &clock};
  House dan{2, 1, &clock};
  std::optional<Session> dialer, listener;
  p2p::testing::Pair pair;
  std::optional<SessionStream> dialer_stream, listener_stream;
};

class SessionStreamTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
};

TEST_F(SessionStreamTest, a_newcomer_joins_over_libp2p_and_what_is_written_then_arrives) {
  Line line;
  line.open();
  line.run();
  expect_equal(line.ana, line.dan);
  line.dan.post("From the new house");
  line.ana.post("Welcome");
  line.run();
  line.expect_no_fault();
  EXPECT_EQ(line.dan.post_count(), 22u);
  expect_equal(line.ana, line.dan);
}

TEST_F(SessionStreamTest, windows_of_one_byte_and_pieces_of_one_byte_change_nothing_but_the_time) {
  Line line(1);
  line.pair.cut = [](std::size_t) { return std::size_t{1}; };
  line.pair.take_bytes = 1;
  line.open();
  line.run();
  line.expect_no_fault();
  EXPECT_EQ(line.dan.post_count(), 20u);
  expect_equal(line.ana, line.dan);
}

TEST_F(SessionStreamTest, a_session_that_closes_ends_the_stream_and_not_the_connection) {
  Line line;
  line.open();
  line.run();
  line.dialer->close();
  line.run();
  EXPECT_TRUE(line.dialer_stream->is_over() && line.listener_stream->is_over());
  EXPECT_TRUE(line.listener->is_closed());
  EXPECT_EQ(line.dialer_stream->end(), p2p::StreamEnd::kFinished);
  EXPECT_EQ(line.listener_stream->end(), p2p::StreamEnd::kFinished);
  EXPECT_TRUE(line.pair.dialer->is_open() && line.pair.listener->is_open());
}

TEST_F(SessionStreamTest, only_one_session_for_a_connection) {
  Line line;
  line.open();
  line.run();
  const HostKey own = line.pair.alice.identity.host_key();
  Session second(sync::Role::kDialer, own, line.pair.dialer->peer(), line.dan, line.dan.clock, line.dan.random);
  SessionStream stream(second);
  ASSERT_TRUE(line.pair.dialer->open_stream({std::string(kSyncProtocol)}, stream.make_handler()).ok());
  line.pair.run();
  EXPECT_EQ(stream.end(), p2p::StreamEnd::kResetByPeer);
  EXPECT_FALSE(line.dialer_stream->is_over());
}

TEST_F(SessionStreamTest, whoever_lets_go_first_of_session_and_connection_does_no_harm) {
  Line line;
  line.open();
  line.run();
  line.listener_stream.reset();
  line.ana.sessions.clear();
  line.pair.run();
  EXPECT_EQ(line.dialer_stream->end(), p2p::StreamEnd::kResetByPeer);
  Line other;
  other.open();
  other.run();
  other.pair.dialer.reset();
  EXPECT_TRUE(other.dialer_stream->is_over());
  EXPECT_FALSE(other.dialer_stream->is_open());
  other.dialer_stream->pump();
}

}  // namespace
}  // namespace kith::sync::testing
