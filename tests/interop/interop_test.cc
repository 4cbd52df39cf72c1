// SPDX-License-Identifier: Apache-2.0
// engine/p2p against js-libp2p, over TCP on loopback: we dial and we are dialed, with and without the muxer in the
// handshake.
#include <gtest/gtest.h>

#include <cstdio>

#include "flow.h"
#include "impostor.h"
#include "link.h"
#include "p2p/ping.h"
#include "p2p/testing/pair.h"

namespace kith::interop {
namespace {

using p2p::Fault;
using p2p::Greeting;
using p2p::StreamEnd;
using p2p::testing::Noting;
using p2p::testing::StreamLog;

constexpr const char* kEcho = "/kith/test/1";

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return out;
}

struct Muxers {
  bool ours_early;
  bool theirs_early;
};

class Interop : public ::testing::TestWithParam<Muxers> {
 protected:
  Interop() : node(GetParam().ours_early) {
    node.host().protocols.push_back({kEcho, 100, [](p2p::Connection&) { return std::make_unique<p2p::Echo>(); }});
  }
  static std::vector<std::string> js_arguments() {
    return GetParam().theirs_early ? std::vector<std::string>{} : std::vector<std::string>{"--late-muxer"};
  }
  Link& dial() {
    Link& link = node.dial(js.address());
    EXPECT_TRUE(node.run_until([&] { return link.connection().step() >= p2p::Step::kOpen; }));
    EXPECT_TRUE(link.connection().is_open()) << p2p::fault_name(link.connection().fault());
    return link;
  }
  /// js dials us.
  p2p::Connection* be_dialed() {
    const Json answer = node.ask(js, R"({"do":"dial","address":")" + node.address() + "\"}");
    EXPECT_FALSE(answer.has("error")) << (answer.has("error") ? answer["error"].text() : "");
    return node.accepted().empty() ? nullptr : &node.accepted().back()->connection();
  }
  std::shared_ptr<StreamLog> open(p2p::Connection& from, std::vector<std::string> protocols, Bytes to_send = {},
                                  bool finish = false, Greeting greeting = Greeting::kWait,
                                  std::size_t appetite = ~std::size_t{0}) {
    auto log = std::make_shared<StreamLog>();
    auto handler = std::make_unique<Noting>(log, std::move(to_send), finish);
    handler->appetite = appetite;
    EXPECT_TRUE(from.open_stream(std::move(protocols), std::move(handler), greeting).ok());
    return log;
  }
  JsPeer js{js_arguments()};
  Node node;
};

TEST_P(Interop, we_dial_and_both_know_who_the_other_is) {
  p2p::Connection& connection = dial().connection();
  ASSERT_TRUE(node.run_until([&] { return connection.peer_info().revision > 0; }));
  EXPECT_EQ(p2p::PeerId::of(connection.peer()).text(), "12D3KooWLdJAwPtyQ5RFnr9wGXsQzpf3P2SeqFbYkqbfVehLu4Ns");
  EXPECT_TRUE(connection.peer_info().agent_version.starts_with("js-libp2p/"));
  EXPECT_TRUE(connection.peer_info().speaks(kEcho));
  EXPECT_EQ(connection.peer_info().addresses.size(), 1u);
  EXPECT_TRUE(connection.peer_info().observed.has_value());
  EXPECT_GT(connection.peer_info().record_seq, 0u);
}

TEST_P(Interop, we_dial_and_ping_and_echo) {
  p2p::Connection& connection = dial().connection();
  std::optional<std::uint64_t> round_trip;
  ASSERT_TRUE(connection.ping([&](auto ms) { round_trip = ms; }).ok());
  EXPECT_TRUE(node.run_until([&] { return round_trip.has_value(); }));
  for (const std::size_t size : {1, 64 << 10, 2 << 20}) {
    const Bytes sent = pattern(size);
    const auto log = open(connection, {kEcho}, sent, true);
    ASSERT_TRUE(node.run_until([&] { return log->closed.has_value(); })) << size;
    EXPECT_EQ(log->closed, StreamEnd::kFinished);
    EXPECT_TRUE(log->received == sent) << size;
  }
  const auto lazy = open(connection, {kEcho}, pattern(100), true, Greeting::kAtOnce);
  ASSERT_TRUE(node.run_until([&] { return lazy->closed.has_value(); }));
  EXPECT_TRUE(lazy->received == pattern(100));
}

TEST_P(Interop, we_dial_and_open_many_streams_at_once) {
  p2p::Connection& connection = dial().connection();
  // js bears ten streams until it is done with the upgrade.
  ASSERT_TRUE(node.run_until([&] { return connection.peer_info().revision > 0; }));
  std::vector<std::shared_ptr<StreamLog>> logs;
  for (std::size_t i = 0; i < 100; ++i) logs.push_back(open(connection, {kEcho}, pattern(1000 + i), true));
  const auto all_closed = [&] {
    return std::all_of(logs.begin(), logs.end(), [](auto& log) { return log->closed.has_value(); });
  };
  ASSERT_TRUE(node.run_until(all_closed));
  for (std::size_t i = 0; i < logs.size(); ++i) {
    EXPECT_EQ(logs[i]->closed, StreamEnd::kFinished) << i;
    EXPECT_TRUE(logs[i]->received == pattern(1000 + i)) << i;
  }
}

TEST_P(Interop, we_dial_and_half_closes_resets_and_refusals_are_understood) {
  p2p::Connection& connection = dial().connection();
  const auto late = open(connection, {"/kith/late/1"}, pattern(300'000), true);
  const auto reset = open(connection, {"/kith/reset/1"}, pattern(10));
  const auto second = open(connection, {"/kith/none/1", kEcho}, pattern(10), true);
  const auto none = open(connection, {"/kith/none/1", "/kith/none/2"});
  ASSERT_TRUE(node.run_until([&] { return late->closed && reset->closed && second->closed && none->closed; }));
  EXPECT_EQ(as_text(late->received), "300000 bytes");
  EXPECT_EQ(reset->closed, StreamEnd::kResetByPeer);
  EXPECT_TRUE(second->received == pattern(10));
  EXPECT_EQ(none->closed, StreamEnd::kRefused);
  EXPECT_TRUE(connection.is_open());
}

TEST_P(Interop, js_sends_much_while_we_read_late_and_nothing_is_lost) {
  p2p::Connection& connection = dial().connection();
  const auto log = open(connection, {"/kith/source/1"}, {}, false, Greeting::kWait, 7'777);
  ASSERT_TRUE(node.run_until([&] {
    if (log->stream) log->stream->resume();
    return log->ended;
  }));
  ASSERT_EQ(log->received.size(), 3'000'000u);
  for (std::size_t i = 0; i < log->received.size(); ++i)
    ASSERT_EQ(log->received[i], static_cast<std::uint8_t>(i % kPeriod)) << i;
  EXPECT_LE(log->unread_max, 256u << 10);
}

TEST_P(Interop, we_dial_somebody_else_than_is_there_and_refuse) {
  Link& link = node.dial(js.address(), node.id());
  ASSERT_TRUE(node.run_until([&] { return link.connection().is_closed(); }));
  EXPECT_EQ(link.connection().fault(), Fault::kWrongPeer);
}

TEST_P(Interop, we_are_dialed_and_both_know_who_the_other_is) {
  p2p::Connection* connection = be_dialed();
  ASSERT_NE(connection, nullptr);
  ASSERT_TRUE(node.run_until([&] { return connection->peer_info().revision > 0; }));
  EXPECT_EQ(p2p::PeerId::of(connection->peer()).text(), "12D3KooWLdJAwPtyQ5RFnr9wGXsQzpf3P2SeqFbYkqbfVehLu4Ns");
  EXPECT_TRUE(connection->peer_info().speaks(kEcho));
  const Json seen = node.ask(js, R"({"do":"identify"})");
  ASSERT_FALSE(seen.has("error")) << seen["error"].text();
  EXPECT_EQ(seen["agentVersion"].text(), "kith-interop/1");
  EXPECT_EQ(seen["protocols"].items().size(), 4u);
  EXPECT_TRUE(seen["observedAddr"].text().starts_with("/ip4/127.0.0.1/tcp/"));
}

TEST_P(Interop, we_are_dialed_and_serve_ping_echo_and_many_streams_at_once) {
  ASSERT_NE(be_dialed(), nullptr);
  EXPECT_TRUE(node.ask(js, R"({"do":"ping"})").has("ms"));
  for (const char* size : {"1", "65536", "2097152"}) {
    const Json answer = node.ask(js, std::string(R"({"do":"echo","size":)") + size + "}");
    EXPECT_TRUE(answer.has("same") && answer["same"].is_true())
        << size << (answer.has("error") ? answer["error"].text() : "");
  }
  const Json many = node.ask(js, R"({"do":"many","count":100})");
  ASSERT_TRUE(many.has("same")) << many["error"].text();
  EXPECT_EQ(many["same"].text(), "100");
  EXPECT_EQ(node.ask(js, R"({"do":"choose","protocols":["/kith/none/1","/kith/test/1"]})")["protocol"].text(), kEcho);
  EXPECT_TRUE(node.ask(js, R"({"do":"choose","protocols":["/kith/none/1"]})").has("error"));
  EXPECT_TRUE(node.ask(js, R"({"do":"ping"})").has("ms")) << "the connection lives on";
}

TEST_P(Interop, js_dials_somebody_else_than_us_and_refuses) {
  std::string address = node.address();
  address.replace(address.find("12D3"), std::string::npos, "12D3KooWR6T6N1Uh9gqZC2RVF6GmbyhQoH4ZRtE2GJr95QFUHVmt");
  EXPECT_TRUE(node.ask(js, R"({"do":"dial","address":")" + address + "\"}").has("error"));
}

TEST_P(Interop, ends_are_seen_on_both_sides) {
  p2p::Connection* connection = be_dialed();
  ASSERT_NE(connection, nullptr);
  node.ask(js, R"({"do":"close"})");
  EXPECT_TRUE(node.run_until([&] { return connection->is_closed(); }));
  EXPECT_EQ(connection->fault(), Fault::kNone);
  Link& link = dial();
  link.connection().close();
  EXPECT_TRUE(node.run_until([&] { return link.is_gone(); }));
  EXPECT_EQ(link.connection().fault(), Fault::kNone);
  Link& second = dial();
  js.kill();
  EXPECT_TRUE(node.run_until([&] { return second.is_gone(); }));
}

INSTANTIATE_TEST_SUITE_P(Muxer, Interop,
                         ::testing::Values(Muxers{true, true}, Muxers{true, false}, Muxers{false, true}),
                         [](const auto& pairing) {
                           return std::string(pairing.param.ours_early ? "OursEarly" : "OursLate") +
                                  (pairing.param.theirs_early ? "TheirsEarly" : "TheirsLate");
                         });

// What goes through a long stream does not depend on how the muxer was agreed on: once is enough.
class InteropLong : public ::testing::Test {
 protected:
  p2p::Connection& dial() {
    Link& link = node.dial(js.address());
    EXPECT_TRUE(node.run_until([&] { return link.connection().is_open() || link.connection().is_closed(); }));
    return link.connection();
  }
  JsPeer js;
  Node node{true};
  std::shared_ptr<Flow> flow = std::make_shared<Flow>();
};

TEST_F(InteropLong, a_hundred_megabytes_go_to_a_slow_js) {
  p2p::Connection& connection = dial();
  ASSERT_TRUE(connection.open_stream({"/kith/slow/1"}, std::make_unique<LongSource>(flow, kLong)).ok());
  std::size_t pending_max = 0;
  ASSERT_TRUE(node.run_until([&] {
    pending_max = std::max(pending_max, connection.pending());
    return flow->is_over;
  }));
  EXPECT_EQ(as_text(flow->answer), std::to_string(kLong) + " right");
  EXPECT_LE(pending_max, 64u << 10) << "a body is streamed, never kept";
}

TEST_F(InteropLong, a_hundred_megabytes_come_from_js_to_a_slow_reader) {
  p2p::Connection& connection = dial();
  ASSERT_TRUE(connection.open_stream({"/kith/long-source/1"}, std::make_unique<SlowSink>(flow)).ok());
  ASSERT_TRUE(node.run_until([&] {
    flow->allowance = 30'000;
    if (flow->stream != nullptr) flow->stream->resume();
    return flow->is_over;
  }));
  EXPECT_EQ(flow->bytes, kLong);
  EXPECT_EQ(flow->right, kLong);
  EXPECT_LE(flow->unread_max, 256u << 10);
}

TEST(InteropImpostor, we_refuse_a_js_whose_signature_is_bad_whoever_dials) {
  JsPeer js({"--bad-signature"});
  Node node(true);
  Link& link = node.dial(js.address());
  ASSERT_TRUE(node.run_until([&] { return link.connection().is_closed(); }));
  EXPECT_EQ(link.connection().fault(), Fault::kBadSignature);
  node.ask(js, R"({"do":"dial","address":")" + node.address() + "\"}");
  ASSERT_EQ(node.accepted().size(), 1u);
  EXPECT_EQ(node.accepted()[0]->connection().fault(), Fault::kBadSignature);
}

TEST(InteropImpostor, js_refuses_us_when_our_signature_is_bad) {
  JsPeer js;
  EXPECT_EQ(dial_as_impostor(js.address(), true), Reception::kBelieved);
  EXPECT_EQ(dial_as_impostor(js.address(), false), Reception::kRefused);
}

TEST(InteropMonitor, a_connection_that_js_watches_stays_up) {
  JsPeer js({"--monitor"});
  Node node(true);
  node.ask(js, R"({"do":"dial","address":")" + node.address() + "\"}");
  ASSERT_FALSE(node.accepted().empty());
  p2p::Connection& connection = node.accepted()[0]->connection();
  // identify, and then one stream for each of its pings.
  EXPECT_TRUE(node.run_until([&] { return connection.stream_counters()->streams_in >= 6 || connection.is_closed(); }));
  EXPECT_TRUE(connection.is_open());
}

}  // namespace
}  // namespace kith::interop

int main(int argc, char** argv) {
  if (!kith::interop::node_program()) {
    std::puts("interop: js-libp2p is not installed; run script/setup.");
    return 1;
  }
  ::testing::InitGoogleTest(&argc, argv);
  if (!kith::crypto::start().ok()) return 1;
  return RUN_ALL_TESTS();
}
