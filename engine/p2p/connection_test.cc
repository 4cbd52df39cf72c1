// SPDX-License-Identifier: Apache-2.0
// The whole stack: two connections over pipes, what strangers may and may not do, time, and ends of every kind.
#include "p2p/connection.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "p2p/testing/pair.h"

namespace kith::p2p {
namespace {

using testing::Noting;
using testing::Pair;
using testing::StreamLog;

class ConnectionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
  std::shared_ptr<StreamLog> open(Connection& from, std::vector<std::string> protocols, Bytes to_send = {},
                                  bool finish = false, Greeting greeting = Greeting::kWait) {
    auto log = std::make_shared<StreamLog>();
    auto handler = std::make_unique<Noting>(log, std::move(to_send), finish);
    EXPECT_TRUE(from.open_stream(std::move(protocols), std::move(handler), greeting).ok());
    return log;
  }
  Pair pair;
};

Bytes text(std::string_view words) {
  return to_bytes(as_bytes(words));
}

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return out;
}

TEST_F(ConnectionTest, opens_with_and_without_the_muxer_in_the_handshake_and_identifies_both_ways) {
  for (const bool dialer_early : {false, true}) {
    for (const bool listener_early : {false, true}) {
      Pair each;
      each.bob.offer_echo("/kith/test/1");
      each.connect({.expected = each.bob.id(), .early_muxer = dialer_early}, {.early_muxer = listener_early});
      each.run();
      ASSERT_TRUE(each.dialer->is_open() && each.listener->is_open());
      EXPECT_EQ(each.dialer->peer(), each.bob.identity.host_key());
      EXPECT_EQ(each.listener->peer(), each.alice.identity.host_key());
      EXPECT_EQ(each.dialer->peer_info().revision, 1u);
      EXPECT_EQ(each.listener->peer_info().revision, 1u);
      EXPECT_TRUE(each.dialer->peer_info().speaks("/kith/test/1"));
      EXPECT_FALSE(each.listener->peer_info().speaks("/kith/test/1"));
      EXPECT_EQ(each.dialer->peer_info().agent_version, "kith-test/1");
      EXPECT_EQ(each.dialer->stream_count(), 0u);
      EXPECT_EQ(each.listener->stream_count(), 0u);
    }
  }
}

TEST_F(ConnectionTest, takes_few_bytes_to_the_first_of_a_protocol) {
  pair.bob.offer_echo("/kith/sync/1");
  pair.connect({.identify = false}, {.identify = false});
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/sync/1"}, text("x"));
  pair.run();
  EXPECT_EQ(as_text(log->received), "x");
  EXPECT_LE(pair.bytes_carried, 700u);
  RecordProperty("connect_bytes", std::to_string(pair.bytes_carried));
}

TEST_F(ConnectionTest, strangers_hear_of_no_lan_address_until_they_turn_out_to_be_members) {
  for (const char* address : {"/ip4/192.168.1.20/tcp/4001", "/dns/kith.example/tcp/443/tls/ws", "/ip6/fe80::1/tcp/1"}) {
    pair.bob.host.listen_addresses.push_back(Multiaddr::parse(address).value());
  }
  const auto seen_at = Multiaddr::parse("/ip4/203.0.113.9/tcp/50000").value();
  pair.connect({}, {.remote_address = seen_at});
  pair.run();
  const PeerInfo& info = pair.dialer->peer_info();
  ASSERT_EQ(info.addresses.size(), 1u);
  EXPECT_EQ(info.addresses[0].text(), "/dns/kith.example/tcp/443/tls/ws");
  EXPECT_EQ(info.observed, seen_at);
  pair.listener->set_audience(Audience::kMember);
  ASSERT_TRUE(pair.listener->push_identify().ok());
  pair.run();
  EXPECT_EQ(info.revision, 2u);
  EXPECT_EQ(info.addresses.size(), 3u);
}

TEST_F(ConnectionTest, carries_bytes_of_any_amount_both_ways) {
  pair.bob.offer_echo("/kith/test/1");
  pair.connect();
  pair.run();
  for (const std::size_t size : {1, 65'536, 2 << 20}) {
    const Bytes sent = pattern(size);
    const auto log = open(*pair.dialer, {"/kith/test/1"}, sent, true);
    pair.run();
    EXPECT_EQ(log->received, sent);
    EXPECT_TRUE(log->ended);
    EXPECT_EQ(log->closed, StreamEnd::kFinished);
  }
}

TEST_F(ConnectionTest, proposes_the_next_protocol_after_na_and_ends_the_stream_if_none_is_spoken) {
  pair.bob.offer_echo("/kith/test/2");
  pair.bob.host.protocols.push_back({"/kith/closed/1", 1, [](Connection&) { return nullptr; }});
  pair.connect();
  pair.run();
  const auto second = open(*pair.dialer, {"/kith/test/3", "/kith/closed/1", "/kith/test/2"}, text("hi"));
  const auto none = open(*pair.dialer, {"/kith/test/3", "/kith/closed/1"}, text("hi"));
  pair.run();
  EXPECT_EQ(as_text(second->received), "hi");
  EXPECT_EQ(second->stream->protocol(), "/kith/test/2");
  EXPECT_FALSE(none->opened);
  EXPECT_EQ(none->closed, StreamEnd::kRefused);
  EXPECT_EQ(pair.listener->counters().protocols_refused, 4u);
  EXPECT_TRUE(pair.dialer->is_open());
}

TEST_F(ConnectionTest, greets_at_once_where_the_protocol_is_known_and_loses_the_stream_where_it_is_not) {
  pair.bob.offer_echo("/kith/test/1");
  pair.connect();
  pair.run();
  const auto good = open(*pair.dialer, {"/kith/test/1"}, text("lazy"), true, Greeting::kAtOnce);
  const auto bad = open(*pair.dialer, {"/kith/none/1"}, text("\x0d/kith/test/1\nzzz"), true, Greeting::kAtOnce);
  EXPECT_TRUE(good->opened);
  pair.run();
  EXPECT_EQ(as_text(good->received), "lazy");
  EXPECT_EQ(good->closed, StreamEnd::kFinished);
  EXPECT_EQ(bad->closed, StreamEnd::kRefused);
  EXPECT_TRUE(bad->received.empty());
}

TEST_F(ConnectionTest, never_half_closes_before_the_protocol_is_agreed_on) {
  pair.bob.offer_echo("/kith/test/1");
  pair.connect({.identify = false}, {.identify = false});
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/test/1"}, {}, true, Greeting::kAtOnce);
  Bytes first;
  pair.dialer->take_output(first, 1 << 20);
  EXPECT_FALSE(pair.dialer->has_output());
  pair.listener->receive(first);
  pair.run();
  EXPECT_EQ(log->closed, StreamEnd::kFinished);
}

TEST_F(ConnectionTest, data_after_our_half_close_still_arrives_and_a_reset_is_seen) {
  auto served = std::make_shared<StreamLog>();
  pair.bob.offer("/kith/test/1", [&] { return std::make_unique<Noting>(served, text("answer")); });
  pair.connect();
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/test/1"}, text("question"), true);
  pair.run();
  EXPECT_TRUE(served->ended);
  EXPECT_EQ(as_text(served->received), "question");
  EXPECT_EQ(as_text(log->received), "answer");
  EXPECT_FALSE(log->closed);
  served->stream->reset();
  pair.run();
  EXPECT_EQ(log->closed, StreamEnd::kResetByPeer);
  EXPECT_EQ(served->closed, StreamEnd::kResetHere);
}

TEST_F(ConnectionTest, a_slow_reader_loses_nothing_and_keeps_a_window_at_most) {
  auto served = std::make_shared<StreamLog>();
  Noting* reader = nullptr;
  pair.bob.offer("/kith/test/1", [&] {
    auto handler = std::make_unique<Noting>(served);
    handler->appetite = 0;
    reader = handler.get();
    return handler;
  });
  pair.connect();
  pair.run();
  const Bytes sent = pattern(3 << 20);
  open(*pair.dialer, {"/kith/test/1"}, sent, true);
  pair.run();
  EXPECT_LE(served->stream->unread(), 256u << 10);
  EXPECT_GT(served->stream->unread(), (256u << 10) - 100) << "what negotiating took";
  EXPECT_FALSE(pair.dialer->has_output());
  reader->appetite = 50'000;
  while (!served->ended) {
    served->stream->resume();
    pair.run();
  }
  EXPECT_EQ(served->received, sent);
  EXPECT_LE(served->unread_max, 256u << 10);
}

TEST_F(ConnectionTest, two_peers_that_both_write_much_do_not_stand_still) {
  const Bytes sent = pattern(1 << 20);
  auto served = std::make_shared<StreamLog>();
  pair.bob.offer("/kith/test/1", [&] { return std::make_unique<Noting>(served, sent, true); });
  pair.connect();
  pair.pipe_bytes_max = 1000;
  pair.take_bytes = 1000;
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/test/1"}, sent, true);
  pair.run();
  EXPECT_EQ(log->received, sent);
  EXPECT_EQ(served->received, sent);
}

TEST_F(ConnectionTest, ping_measures_the_round_trip) {
  pair.connect();
  pair.run();
  std::optional<std::uint64_t> round_trip;
  bool done = false;
  ASSERT_TRUE(pair.dialer->ping([&](auto ms) { round_trip = ms, done = true; }).ok());
  pair.run(1);
  pair.clock.advance(42);
  pair.run();
  EXPECT_TRUE(done);
  EXPECT_EQ(round_trip, 42u);
  pair.clock.advance(Connection::kFirstPingMs);
  pair.tick();
  pair.run(0);
  pair.clock.advance(7);
  pair.run();
  EXPECT_EQ(pair.dialer->round_trip_ms(), 7u);
}

// --- what strangers may do ---

TEST_F(ConnectionTest, whoever_answers_but_is_not_who_was_dialed_is_refused) {
  pair.connect({.expected = pair.alice.id()});
  pair.run();
  EXPECT_TRUE(pair.dialer->is_closed());
  EXPECT_EQ(pair.dialer->fault(), Fault::kWrongPeer);
  EXPECT_FALSE(pair.listener->is_open());
  Pair own;
  own.connect();
  own.listener.emplace(own.alice.host, ConnectionOptions{.role = Role::kListener}, own.clock, own.random);
  own.run();
  EXPECT_EQ(own.dialer->fault(), Fault::kOwnId);
}

TEST_F(ConnectionTest, what_is_not_libp2p_is_refused) {
  const auto fault_of = [&](Role role, ByteView bytes) {
    Connection connection(pair.bob.host, {.role = role}, pair.clock, pair.random);
    connection.receive(bytes);
    return connection.fault();
  };
  EXPECT_EQ(fault_of(Role::kListener, as_bytes("GET / HTTP/1.1\r\n\r\n")), Fault::kNegotiation);
  EXPECT_EQ(fault_of(Role::kListener, as_bytes("SSH-2.0-OpenSSH_9.2\r\n")), Fault::kNegotiation);
  EXPECT_EQ(fault_of(Role::kDialer, as_bytes("220 mail.example ESMTP\r\n")), Fault::kNegotiation);
  Bytes tls_only;
  append_multistream(tls_only, kMultistreamHeader);
  for (int i = 0; i < kProposalsMax; ++i) append_multistream(tls_only, "/tls/1.0.0");
  EXPECT_EQ(fault_of(Role::kListener, tls_only), Fault::kNoSecurity);
  Bytes refusal;
  append_multistream(refusal, kMultistreamHeader);
  append_multistream(refusal, kNotAvailable);
  EXPECT_EQ(fault_of(Role::kDialer, refusal), Fault::kNoSecurity);
  Bytes endless;
  append_multistream(endless, kMultistreamHeader);
  for (int i = 0; i < 9; ++i) append_multistream(endless, std::string(1000, 'a'));
  EXPECT_EQ(fault_of(Role::kListener, endless), Fault::kUpgradeTooLarge);
}

TEST_F(ConnectionTest, a_handshake_that_takes_its_time_is_cut) {
  for (const std::size_t bytes : {0u, 1u, 20u, 28u, 29u, 62u, 63u, 100u}) {
    Pair slow;
    slow.connect();
    Bytes said;
    slow.dialer->take_output(said, 1000);
    slow.listener->receive(said);
    Bytes answer;
    slow.listener->take_output(answer, 1000);
    slow.dialer->receive(answer);
    slow.dialer->take_output(said, 1000);
    Connection victim(slow.bob.host, {.role = Role::kListener}, slow.clock, slow.random);
    for (std::size_t i = 0; i < bytes; ++i) {
      if (i < said.size()) victim.receive(ByteView(said).subspan(i, 1));
      slow.clock.advance(90);
      EXPECT_FALSE(victim.is_closed());
      victim.tick();
    }
    EXPECT_FALSE(victim.is_closed());
    slow.clock.advance(Connection::kUpgradeMsMax);
    victim.tick();
    EXPECT_EQ(victim.fault(), Fault::kUpgradeTimeout) << bytes;
  }
}

TEST_F(ConnectionTest, streams_without_a_protocol_are_few_and_do_not_last) {
  pair.connect({.identify = false}, {.identify = false});
  pair.run();
  std::vector<std::shared_ptr<StreamLog>> logs;
  for (int i = 0; i < 20; ++i) logs.push_back(open(*pair.dialer, {"/kith/" + std::string(900, 'x')}));
  Bytes all;
  pair.dialer->take_output(all, 100'000);
  pair.listener->receive(ByteView(all));
  EXPECT_EQ(pair.listener->counters().protocols_refused, 16u);
  EXPECT_EQ(pair.listener->counters().streams_over_limit, 4u) << "opened together, before anybody proposed";
}

TEST_F(ConnectionTest, one_protocol_does_not_take_all_streams) {
  pair.bob.offer("/kith/test/1", [] { return std::make_unique<Echo>(); }, 3);
  pair.connect();
  pair.run();
  std::vector<std::shared_ptr<StreamLog>> logs;
  for (int i = 0; i < 5; ++i) logs.push_back(open(*pair.dialer, {"/kith/test/1"}, text("x")));
  pair.run();
  int alive = 0;
  for (const auto& log : logs) alive += log->closed ? 0 : 1;
  EXPECT_EQ(alive, 3);
  EXPECT_EQ(pair.listener->counters().streams_over_limit, 2u);
}

TEST_F(ConnectionTest, a_silent_peer_is_noticed_and_a_talking_one_is_kept) {
  pair.connect();
  pair.run();
  for (int i = 0; i < 40; ++i) {  // ten minutes in which both sides only ping
    pair.clock.advance(15'000);
    pair.tick();
    pair.run();
  }
  ASSERT_TRUE(pair.dialer->is_open() && pair.listener->is_open());
  EXPECT_LE(pair.dialer->tick(), pair.clock.steady + Connection::kPingIntervalMs);
  pair.clock.advance(Connection::kPingIntervalMs);
  pair.dialer->tick();
  pair.clock.advance(Connection::kPongMsMax - 1);
  pair.dialer->tick();
  EXPECT_TRUE(pair.dialer->is_open());
  pair.clock.advance(1);
  pair.dialer->tick();
  EXPECT_EQ(pair.dialer->fault(), Fault::kSilent);
}

TEST_F(ConnectionTest, a_stream_on_which_nothing_is_agreed_is_reset_in_time) {
  pair.connect({.identify = false}, {.identify = false});
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/test/1"});
  pair.clock.advance(Stream::kNegotiationMsMax);
  pair.dialer->tick();
  EXPECT_EQ(log->closed, StreamEnd::kTimeout);
  EXPECT_EQ(pair.dialer->counters().streams_timed_out, 1u);
  EXPECT_TRUE(pair.dialer->is_open());
}

TEST_F(ConnectionTest, an_altered_byte_ends_the_connection) {
  pair.connect();
  pair.run();
  open(*pair.dialer, {"/kith/test/1"});
  Bytes bytes;
  pair.dialer->take_output(bytes, 10'000);
  bytes[bytes.size() / 2] ^= 1;
  pair.listener->receive(bytes);
  EXPECT_EQ(pair.listener->fault(), Fault::kBadFrame);
  pair.run();
  EXPECT_EQ(pair.dialer->fault(), Fault::kPeerGoAway) << "the other side is told, though nothing else is said";
}

TEST_F(ConnectionTest, input_after_the_end_is_ignored) {
  pair.connect();
  pair.run();
  pair.listener->abort();
  pair.listener->receive(Bytes(100'000, 1));
  EXPECT_EQ(pair.listener->fault(), Fault::kNone);
  EXPECT_EQ(pair.listener->tick(), ~std::uint64_t{0});
  EXPECT_FALSE(pair.listener->open_stream({"/x"}, std::make_unique<Echo>()).ok());
}

// --- ends ---

TEST_F(ConnectionTest, a_polite_end_lets_streams_finish) {
  auto served = std::make_shared<StreamLog>();
  pair.bob.offer("/kith/test/1", [&] { return std::make_unique<Noting>(served, pattern(500'000), true); });
  pair.connect();
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/test/1"}, {}, true);
  pair.run(3);
  pair.dialer->close();
  EXPECT_EQ(pair.dialer->step(), Step::kClosing);
  EXPECT_FALSE(pair.dialer->open_stream({"/kith/test/1"}, std::make_unique<Echo>()).ok());
  pair.run();
  EXPECT_EQ(log->received.size(), 500'000u);
  pair.tick();
  EXPECT_TRUE(pair.dialer->is_closed() && pair.listener->is_closed());
  EXPECT_EQ(pair.dialer->fault(), Fault::kNone);
  EXPECT_EQ(pair.listener->fault(), Fault::kNone);
}

TEST_F(ConnectionTest, a_stream_that_never_finishes_does_not_hold_up_the_end) {
  pair.bob.offer_echo("/kith/test/1");
  pair.connect();
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/test/1"}, text("x"));
  pair.run();
  pair.dialer->close();
  pair.run();
  pair.clock.advance(Connection::kCloseMsMax);
  pair.tick();
  EXPECT_TRUE(pair.dialer->is_closed());
  EXPECT_EQ(log->closed, StreamEnd::kConnection);
}

TEST_F(ConnectionTest, handlers_may_end_everything_from_inside_their_calls) {
  struct Ender final : StreamHandler {
    explicit Ender(Connection& on) : connection(on) {}
    std::size_t received(Stream& stream, ByteView bytes) override {
      stream.reset();
      connection.abort();
      return bytes.size();
    }
    Connection& connection;
  };
  pair.bob.host.protocols.push_back({"/kith/test/1", 10, [](Connection& on) { return std::make_unique<Ender>(on); }});
  pair.connect();
  pair.run();
  const auto log = open(*pair.dialer, {"/kith/test/1"}, pattern(1000));
  const auto other = open(*pair.dialer, {"/kith/test/1"});
  pair.run();
  EXPECT_TRUE(pair.listener->is_closed());
  pair.dialer->abort();  // as when the socket closes
  EXPECT_TRUE(log->closed && other->closed);
}

TEST_F(ConnectionTest, every_fault_has_a_name_and_says_what_to_do) {
  for (std::size_t i = 1; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_FALSE(fault_name(fault).empty());
    const Error error = fault_error(fault);
    EXPECT_TRUE(error.cause().ends_with('.') && error.remedy().ends_with('.')) << fault_name(fault);
  }
}

// --- anything, cut anywhere ---

RC_GTEST_PROP(ConnectionProperty, many_streams_arrive_whole_over_pipes_cut_anywhere, ()) {
  Pair pair;
  const bool tiny = *rc::gen::arbitrary<bool>();
  const YamuxLimits limits{.window_bytes = tiny ? *rc::gen::inRange(1u, 20u) : 256u << 10, .inbound_streams_max = 128};
  const std::size_t cut_max = *rc::gen::element<std::size_t>(1, 2, 13, 100, 1000, 70'000);
  const std::size_t count = *rc::gen::inRange<std::size_t>(1, 101);
  const std::size_t size_max = tiny ? 60 : 20'000;
  pair.take_bytes = *rc::gen::element<std::size_t>(1, 7, 50, 2000, 64 << 10);
  pair.cut = [&](std::size_t) { return 1 + pair.random.u64() % cut_max; };
  pair.bob.offer_echo("/kith/test/1");
  pair.connect({.early_muxer = *rc::gen::arbitrary<bool>(), .identify = !tiny, .limits = limits},
               {.early_muxer = *rc::gen::arbitrary<bool>(), .identify = !tiny, .limits = limits});
  while (!pair.dialer->is_open()) pair.run(1);
  std::vector<std::shared_ptr<StreamLog>> logs;
  std::vector<Bytes> sent;
  for (std::size_t i = 0; i < count; ++i) {
    logs.push_back(std::make_shared<StreamLog>());
    sent.push_back(pattern(pair.random.u64() % (i % 10 == 0 ? size_max : 100)));
    const auto greeting = i % 3 == 0 ? Greeting::kAtOnce : Greeting::kWait;
    RC_ASSERT(
        pair.dialer->open_stream({"/kith/test/1"}, std::make_unique<Noting>(logs[i], sent[i], true), greeting).ok());
    // No more than a handful may be without a protocol at a time.
    while (!logs[i]->opened || (i % 3 == 0 && i % 9 == 0 && pair.dialer->stream_count() > 8)) {
      const std::size_t before = pair.bytes_carried;
      pair.run(1);
      if (pair.bytes_carried == before && !pair.dialer->has_output() && !pair.listener->has_output()) break;
    }
  }
  pair.run();
  for (std::size_t i = 0; i < count; ++i) {
    RC_ASSERT(logs[i]->received == sent[i]);
    RC_ASSERT(logs[i]->closed == StreamEnd::kFinished);
  }
  RC_ASSERT(pair.dialer->stream_count() == 0u && pair.listener->stream_count() == 0u);
  RC_ASSERT(pair.dialer->pending() == 0u);
}

RC_GTEST_PROP(ConnectionProperty, any_bytes_before_and_after_the_handshake_end_it_or_are_waited_for,
              (Bytes bytes, bool listens)) {
  Pair pair;
  pair.connect();
  Connection& victim = listens ? *pair.listener : *pair.dialer;
  if (bytes.size() % 2 == 0) pair.run();
  victim.receive(bytes);
  Bytes out;
  while (victim.has_output()) victim.take_output(out, 1000);
  RC_ASSERT(out.size() < 2000u);
}

}  // namespace
}  // namespace kith::p2p
