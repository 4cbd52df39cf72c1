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
  explicit Line(std::uint32_t window_bytes = 256 << 10, bool takes_backfill = true) {
    ana.found();
    for (int i = 0; i < 20; ++i) ana.post("Post " + std::to_string(i));
    dan.invitation = ana.invite();
    pair.bob.host.protocols.push_back(
        {std::string(kSyncProtocol), kSyncInboundMax, [this](p2p::Connection& by) { return listen(by); }});
    if (takes_backfill) {
      pair.bob.host.protocols.push_back({std::string(kBackfillProtocol), kSyncInboundMax, [this](p2p::Connection&) {
                                           return listener_stream ? listener_stream->make_backfill_handler() : nullptr;
                                         }});
    }
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
  /// A millisecond of a line of one megabit a second, with what a system keeps for it.
  void pass_ms() {
    pair.take_bytes = pair.pipe_bytes_max = 4 << 10;
    pair.cut = [](std::size_t) { return std::size_t{125}; };
    pair.clock.advance(1);
    clock.advance(1);
    dialer_stream->pump();
    if (listener_stream) listener_stream->pump();
    pair.carry(*pair.dialer, *pair.listener, pair.dialer_pipe);
    pair.carry(*pair.listener, *pair.dialer, pair.listener_pipe);
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

TEST_F(SessionStreamTest, what_is_new_overtakes_a_window_on_a_slow_line) {
  for (const bool has_second_stream : {true, false}) {
    SCOPED_TRACE(has_second_stream ? "two streams" : "one stream");
    Line line(256 << 10, has_second_stream);
    for (int i = 0; i < 40; ++i) {
      Bytes picture(16 << 10);
      line.ana.random.fill(picture);
      line.ana.post(to_hex(picture));
    }
    line.open();
    // The first window is on its way, and takes seconds.
    while (!line.listener || line.listener->counters().windows_out == 0) line.pass_ms();
    EXPECT_EQ(line.listener_stream->has_backfill_stream(), has_second_stream);
    for (int i = 0; i < 500; ++i) line.pass_ms();
    line.ana.post("At once");
    std::uint64_t ms = 0;
    while (line.dialer->counters().live_in == 0 && line.dialer->counters().windows_in == 0) {
      line.pass_ms();
      ++ms;
    }
    EXPECT_EQ(line.dialer->counters().live_in, 1u) << "a whole window came before it";
    EXPECT_LT(ms, 400u) << "of the line's own time, in which it carries 50 KB";
    line.run();
    line.expect_no_fault();
    expect_equal(line.ana, line.dan);
    EXPECT_EQ(line.dan.post_count(), 61u);
    EXPECT_EQ(line.dialer->counters().gaps, 0u);
  }
}

TEST_F(SessionStreamTest, who_has_no_right_to_a_stream_for_backfill_is_refused_and_nothing_else_happens) {
  Line line;
  line.pair.alice.host.protocols.push_back({std::string(kBackfillProtocol), kSyncInboundMax, [&](p2p::Connection&) {
                                              return line.dialer_stream->make_backfill_handler();
                                            }});
  const auto try_from = [&](p2p::Connection& connection, std::string_view protocol) {
    auto log = std::make_shared<p2p::testing::StreamLog>();
    CHECK(connection.open_stream({std::string(protocol)}, std::make_unique<p2p::testing::Noting>(log)).ok());
    line.pair.run();
    return log->closed;
  };
  line.pair.run();
  EXPECT_EQ(try_from(*line.pair.dialer, kBackfillProtocol), p2p::StreamEnd::kRefused) << "without a session";
  line.open();
  line.run();
  ASSERT_TRUE(line.dialer_stream->has_backfill_stream() && line.listener_stream->has_backfill_stream());
  EXPECT_EQ(try_from(*line.pair.dialer, kBackfillProtocol), p2p::StreamEnd::kResetByPeer) << "a second one";
  EXPECT_EQ(try_from(*line.pair.listener, kBackfillProtocol), p2p::StreamEnd::kRefused) << "not by whoever dialed";
  EXPECT_EQ(try_from(*line.pair.dialer, "/kith/media/1"), p2p::StreamEnd::kRefused) << "there are no media yet";
  line.ana.post("All is well");
  line.run();
  line.expect_no_fault();
  expect_equal(line.ana, line.dan);
}

TEST_F(SessionStreamTest, a_stream_for_backfill_that_is_reset_ends_the_session) {
  Line line(256 << 10, false);
  auto log = std::make_shared<p2p::testing::StreamLog>();
  line.pair.bob.offer(std::string(kBackfillProtocol), [log] { return std::make_unique<p2p::testing::Noting>(log); });
  line.open();
  line.run();
  ASSERT_TRUE(line.dialer_stream->has_backfill_stream());
  log->stream->reset();
  line.pair.run();
  EXPECT_EQ(line.dialer_stream->end(), p2p::StreamEnd::kResetHere);
  EXPECT_EQ(line.listener_stream->end(), p2p::StreamEnd::kResetByPeer);
  EXPECT_TRUE(line.pair.dialer->is_open());
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
