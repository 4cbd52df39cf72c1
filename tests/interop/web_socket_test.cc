// SPDX-License-Identifier: Apache-2.0
// The same libp2p over WebSockets: net's against js-libp2p's, whoever dials.
#include <gtest/gtest.h>

#include "flow.h"
#include "link.h"
#include "net/dial.h"
#include "net/front_door.h"
#include "p2p/ping.h"
#include "p2p/testing/pair.h"

namespace kith::interop {
namespace {

using p2p::StreamEnd;
using p2p::testing::Noting;
using p2p::testing::StreamLog;

constexpr const char* kEcho = "/kith/test/1";
constexpr std::uint64_t kWaitMs = 300'000;  // only so that nothing hangs for ever
constexpr std::uint64_t kLookMs = 5;

/// Our side: a loop, a door with HTTP behind it, and the connection that came of it.
class WebSocketInterop : public ::testing::Test {
 protected:
  explicit WebSocketInterop(std::vector<std::string> js_arguments = {})
      : peer_(0x11, random_), js_([&] {
          js_arguments.emplace_back("--web-socket");
          return js_arguments;
        }()) {
    peer_.offer_echo(kEcho);
  }

  bool run_until(const std::function<bool()>& is_done) {
    const std::uint64_t until = clock_.steady_ms() + kWaitMs;
    net::Timer timer(loop_);
    const std::function<void()> look = [&] {
      if (connection_) connection_->pump();
      if (is_done() || clock_.steady_ms() >= until) return loop_.stop();
      timer.start(kLookMs, look);
    };
    timer.start(1, look);
    loop_.run();
    return is_done();
  }

  void dial() {
    const net::PeerDial dial(
        context(), {p2p::Multiaddr::parse(js_.web_socket_address()).value()}, std::nullopt,
        {[this](std::unique_ptr<net::DialedPeer> peer, const std::vector<net::DialFailure>& failures) {
           if (peer) connection_ = std::move(peer->connection);
           for (const auto& failure : failures) ADD_FAILURE() << failure.error.message();
         },
         {}});
    ASSERT_TRUE(run_until([&] { return connection_ != nullptr; }));
    connection_->set_events({});
  }

  /// js dials us; `is_early`: whether we name our muxers in the handshake.
  void be_dialed(bool is_early) {
    pages_ = std::make_unique<net::HttpServer>(loop_, [](const net::HttpRequest&, const net::Respond&) {});
    door_ = std::make_unique<net::FrontDoor>(loop_, admission_, *pages_, [this, is_early](net::Visitor visitor) {
      EXPECT_TRUE(visitor.is_web_socket);
      p2p::ConnectionOptions options{.role = p2p::Role::kListener, .early_muxer = is_early};
      connection_ = std::make_unique<net::PeerConnection>(context(), std::move(visitor.channel), std::move(options),
                                                          net::PeerConnection::Events{});
    });
    const auto at = door_->listen({Bytes{127, 0, 0, 1}, 0, 0}).value();
    const std::string address = "/ip4/127.0.0.1/tcp/" + std::to_string(at.port) + "/ws/p2p/" + peer_.id().text();
    const Json answer = ask(R"({"do":"dial","address":")" + address + "\"}");
    ASSERT_FALSE(answer.has("error")) << answer["error"].text();
    ASSERT_TRUE(run_until([&] { return connection_ != nullptr && connection_->connection().is_open(); }));
  }

  Json ask(const std::string& command) {
    js_.say(command);
    std::optional<std::string> line;
    EXPECT_TRUE(run_until([&] { return line || (line = js_.take_line()).has_value(); }));
    return Json::parse(line.value_or("{}"));
  }

  void expect_echo(std::size_t size) {
    const Bytes sent(size, 0x5a);
    const auto log = std::make_shared<StreamLog>();
    ASSERT_TRUE(connection_->connection().open_stream({kEcho}, std::make_unique<Noting>(log, sent, true)).ok());
    ASSERT_TRUE(run_until([&] { return log->closed.has_value(); }));
    EXPECT_EQ(log->closed, StreamEnd::kFinished);
    EXPECT_TRUE(log->received == sent);
  }

  net::PeerConnection::Context context() { return {loop_, clock_, random_, peer_.host}; }

  net::Loop loop_;
  SystemClock clock_;
  SystemRandom random_;
  p2p::testing::TestPeer peer_;
  JsPeer js_;
  net::Admission admission_;
  std::unique_ptr<net::HttpServer> pages_;
  std::unique_ptr<net::FrontDoor> door_;
  std::unique_ptr<net::PeerConnection> connection_;
};

/// js names no muxers in its handshake, so both sides agree on one afterwards.
class LateMuxer : public WebSocketInterop {
 protected:
  LateMuxer() : WebSocketInterop({"--late-muxer"}) {}
};

TEST_F(LateMuxer, we_dial_a_web_socket_and_agree_on_the_muxer_late) {
  dial();
  expect_echo(100'000);
}

class LateMuxerDialed : public LateMuxer, public ::testing::WithParamInterface<bool> {};

TEST_P(LateMuxerDialed, we_are_dialed_over_a_web_socket_and_agree_on_the_muxer_late) {
  be_dialed(GetParam());
  expect_echo(100'000);
  const Json answer = ask(R"({"do":"echo","size":100000})");
  EXPECT_TRUE(answer.has("same") && answer["same"].is_true());
}

INSTANTIATE_TEST_SUITE_P(Ours, LateMuxerDialed, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Early" : "Late"; });

class WebSocketLong : public WebSocketInterop {
 protected:
  void send_to_slow_js() {
    ASSERT_TRUE(
        connection_->connection().open_stream({"/kith/slow/1"}, std::make_unique<LongSource>(flow_, kLong)).ok());
    ASSERT_TRUE(run_until([&] { return flow_->is_over; }));
    EXPECT_EQ(as_text(flow_->answer), std::to_string(kLong) + " right");
  }
  std::shared_ptr<Flow> flow_ = std::make_shared<Flow>();
};

TEST_F(WebSocketLong, a_hundred_megabytes_go_to_a_slow_js_that_we_dialed) {
  dial();
  send_to_slow_js();
}

TEST_F(WebSocketLong, a_hundred_megabytes_go_to_a_slow_js_that_dialed_us) {
  be_dialed(true);
  send_to_slow_js();
}

TEST_F(WebSocketLong, a_hundred_megabytes_come_from_js_to_a_slow_reader) {
  dial();
  ASSERT_TRUE(connection_->connection().open_stream({"/kith/long-source/1"}, std::make_unique<SlowSink>(flow_)).ok());
  loop_.set_after_batch([&] {
    flow_->allowance = 30'000;
    if (flow_->stream != nullptr) flow_->stream->resume();
    connection_->pump();
  });
  ASSERT_TRUE(run_until([&] { return flow_->is_over; }));
  loop_.set_after_batch({});
  EXPECT_EQ(flow_->right, kLong);
  EXPECT_LE(flow_->unread_max, 256u << 10);
}

}  // namespace
}  // namespace kith::interop
