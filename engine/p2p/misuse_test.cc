// SPDX-License-Identifier: Apache-2.0
// Everything that a peer must not do, by somebody whose key is good: each is named, costs little, and what is only one
// stream's fault ends that stream alone.
#include <gtest/gtest.h>

#include "p2p/protobuf.h"
#include "p2p/testing/pair.h"
#include "p2p/testing/raw_peer.h"

namespace kith::p2p {
namespace {

using testing::RawPeer;
using testing::TestPeer;

constexpr std::uint32_t kWindow = 256 << 10;
constexpr std::size_t kAnswerBytesMax = 200;  // to any misuse that ends a connection

/// A listener, and a dialer whose bytes are the test's.
struct Meeting {
  Meeting() : random(1), alice(1, random), bob(2, random), peer(Role::kDialer, alice.identity, random) {
    bob.offer_echo("/kith/test/1");
    bob.offer("/kith/one/1", [] { return std::make_unique<Echo>(); }, 1);
    victim.emplace(bob.host, ConnectionOptions{.role = Role::kListener, .identify = false}, clock, random);
    peer.upgrade(*victim);
  }
  void open(std::uint32_t stream) { peer.say(*victim, {.type = kYamuxWindow, .flags = kYamuxSyn, .stream = stream}); }
  void data(std::uint32_t stream, ByteView body) {
    peer.say(*victim, {.type = kYamuxData, .stream = stream, .length = static_cast<std::uint32_t>(body.size())}, body);
  }
  void greet(std::uint32_t stream, std::string_view protocol) {
    open(stream);
    Bytes greeting;
    append_multistream(greeting, kMultistreamHeader);
    append_multistream(greeting, protocol);
    data(stream, greeting);
  }
  void end(std::uint32_t stream) { peer.say(*victim, {.type = kYamuxWindow, .flags = kYamuxFin, .stream = stream}); }
  const YamuxCounters& counted() const { return *victim->stream_counters(); }
  /// The connection goes on as if nothing had been.
  void expect_well() {
    ASSERT_TRUE(victim->is_open()) << fault_name(victim->fault());
    greet(0x1001, "/kith/test/1");
    data(0x1001, as_bytes("still here"));
    const Bytes said = peer.hear(*victim);
    EXPECT_NE(as_text(said).find("still here"), std::string_view::npos);
  }

  kith::testing::FakeClock clock;
  kith::testing::SeededRandom random;
  TestPeer alice, bob;
  RawPeer peer;
  std::optional<Connection> victim;
};

class MisuseTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
};

struct Misuse {
  const char* what;
  Fault fault;
  std::function<void(Meeting&)> commit;
};

void say(Meeting& meeting, const YamuxHeader& header) {
  meeting.peer.say(*meeting.victim, header);
}

const std::vector<Misuse>& ends_of_connections() {
  static const std::vector<Misuse> all = {
      {"a version that is not 0", Fault::kMuxer, [](Meeting& m) { say(m, {.version = 1, .type = kYamuxPing}); }},
      {"a type over 3", Fault::kMuxer, [](Meeting& m) { say(m, {.type = 4, .stream = 1}); }},
      {"data on stream 0", Fault::kMuxer, [](Meeting& m) { say(m, {.type = kYamuxData}); }},
      {"a window for stream 0", Fault::kMuxer, [](Meeting& m) { say(m, {.type = kYamuxWindow, .length = 5}); }},
      {"a ping on a stream", Fault::kMuxer,
       [](Meeting& m) { say(m, {.type = kYamuxPing, .flags = kYamuxSyn, .stream = 1}); }},
      {"a go away on a stream", Fault::kMuxer, [](Meeting& m) { say(m, {.type = kYamuxGoAway, .stream = 1}); }},
      {"a ping that is neither question nor answer", Fault::kMuxer, [](Meeting& m) { say(m, {.type = kYamuxPing}); }},
      {"a stream with an id of ours", Fault::kMuxer, [](Meeting& m) { m.open(2); }},
      {"a stream that is open already", Fault::kMuxer, [](Meeting& m) { m.open(1), m.open(1); }},
      {"more data than was granted", Fault::kWindowExceeded,
       [](Meeting& m) {
         m.greet(1, "/kith/test/1");  // what it echoes is not granted again before we have read
         say(m, {.type = kYamuxData, .stream = 1, .length = kWindow});
       }},
      {"a frame that announces gigabytes", Fault::kWindowExceeded,
       [](Meeting& m) { m.open(1), say(m, {.type = kYamuxData, .stream = 1, .length = 0xffff'ffff}); }},
      {"a window past all bounds", Fault::kWindowExceeded,
       [](Meeting& m) { m.open(1), say(m, {.type = kYamuxWindow, .stream = 1, .length = 0xffff'ffff}); }},
      {"questions without end, and no answer read", Fault::kFlood,
       [](Meeting& m) {
         for (int i = 0; i < 10'000 && m.victim->is_open(); ++i) say(m, {.type = kYamuxPing, .flags = kYamuxSyn});
       }},
      {"streams that are refused without end, and no answer read", Fault::kFlood,
       [](Meeting& m) {
         for (std::uint32_t i = 0; i < 10'000 && m.victim->is_open(); ++i) m.open(2 * i + 1);
       }},
      {"an error of theirs", Fault::kPeerGoAway,
       [](Meeting& m) { say(m, {.type = kYamuxGoAway, .length = kGoAwayProtocol}); }},
      {"a frame too short for a tag", Fault::kBadFrame,
       [](Meeting& m) { m.victim->receive(from_hex("000f000102030405060708090a0b0c0d0e").value()); }},
      {"a frame that does not open", Fault::kBadFrame,
       [](Meeting& m) { m.victim->receive(from_hex("0010000102030405060708090a0b0c0d0e0f").value()); }},
  };
  return all;
}

TEST_F(MisuseTest, ends_the_connection_for_its_reason_and_at_bounded_cost) {
  for (const Misuse& misuse : ends_of_connections()) {
    Meeting meeting;
    meeting.peer.hear(*meeting.victim);
    misuse.commit(meeting);
    EXPECT_EQ(meeting.victim->fault(), misuse.fault) << misuse.what;
    EXPECT_TRUE(meeting.victim->is_closed()) << misuse.what;
    EXPECT_EQ(meeting.victim->stream_count(), 0u) << misuse.what;
    EXPECT_LE(meeting.victim->pending(), Yamux::kControlBytesMax) << misuse.what;
    if (misuse.fault == Fault::kFlood) continue;  // its answers are what it did not read
    EXPECT_LE(meeting.peer.hear(*meeting.victim).size(), kAnswerBytesMax) << misuse.what;
  }
}

TEST_F(MisuseTest, go_away_is_the_last_word_to_whoever_broke_the_rules_of_the_muxer) {
  Meeting meeting;
  meeting.peer.hear(*meeting.victim);
  meeting.open(2);
  const Bytes said = meeting.peer.hear(*meeting.victim);
  ASSERT_EQ(said.size(), kYamuxHeaderBytes);
  EXPECT_EQ(decode_yamux(said).type, kYamuxGoAway);
  EXPECT_EQ(decode_yamux(said).length, kGoAwayProtocol);
}

// --- what costs only a stream, or nothing

TEST_F(MisuseTest, more_streams_than_allowed_are_reset_one_by_one) {
  Meeting meeting;
  constexpr std::uint32_t kMax = 64;
  for (std::uint32_t i = 0; i < kMax + 10; ++i) meeting.greet(2 * i + 1, "/kith/test/1");
  EXPECT_EQ(meeting.victim->stream_count(), kMax);
  EXPECT_EQ(meeting.counted().streams_refused, 10u);
  meeting.end(1);
  meeting.peer.hear(*meeting.victim);
  meeting.expect_well();
}

TEST_F(MisuseTest, streams_without_a_protocol_are_few_and_are_reset_in_time) {
  Meeting meeting;
  for (std::uint32_t i = 0; i < 20; ++i) meeting.open(2 * i + 1);
  EXPECT_EQ(meeting.victim->counters().streams_over_limit, 20 - Connection::kUnnegotiatedStreamsMax);
  meeting.clock.advance(Stream::kNegotiationMsMax);
  meeting.victim->tick();
  EXPECT_EQ(meeting.victim->counters().streams_timed_out, Connection::kUnnegotiatedStreamsMax);
  EXPECT_EQ(meeting.victim->stream_count(), 0u);
  meeting.expect_well();
}

TEST_F(MisuseTest, more_of_one_protocol_than_it_bears_are_reset) {
  Meeting meeting;
  for (const std::uint32_t stream : {1, 3, 5}) meeting.greet(stream, "/kith/one/1");
  EXPECT_EQ(meeting.victim->stream_count(), 1u);
  EXPECT_EQ(meeting.victim->counters().streams_over_limit, 2u);
  meeting.expect_well();
}

TEST_F(MisuseTest, frames_for_streams_that_are_gone_are_dropped_with_their_bodies) {
  Meeting meeting;
  meeting.open(1);
  say(meeting, {.type = kYamuxWindow, .flags = kYamuxRst, .stream = 1});
  meeting.data(1, Bytes(5'000, 0xff));  // read as headers these would be rubbish
  say(meeting, {.type = kYamuxWindow, .stream = 1, .length = 100});
  meeting.data(77, Bytes(100, 0xff));
  say(meeting, {.type = kYamuxPing, .flags = kYamuxAck, .length = 3});  // an answer that nobody asked for
  EXPECT_EQ(meeting.counted().frames_dropped, 4u);
  meeting.expect_well();
}

TEST_F(MisuseTest, rubbish_in_place_of_a_protocol_costs_the_stream) {
  Bytes endless;
  append_multistream(endless, kMultistreamHeader);
  for (int i = 0; i < kProposalsMax; ++i) append_multistream(endless, "/none/1");
  const std::pair<const char*, Bytes> greetings[] = {
      {"no header", to_bytes(as_bytes("GET / HTTP/1.1\r\n\r\n"))},
      {"a message of gigabytes", from_hex("132f6d756c746973747265616d2f312e302e300affffffff0f").value()},
      {"a message too long by one", from_hex("132f6d756c746973747265616d2f312e302e300a8108").value()},
      {"sixteen proposals", endless}};
  for (const auto& [what, greeting] : greetings) {
    Meeting meeting;
    meeting.open(1);
    meeting.data(1, greeting);
    EXPECT_EQ(meeting.victim->stream_count(), 0u) << what;
    EXPECT_EQ(meeting.counted().resets_out, 1u) << what;
    meeting.expect_well();
  }
}

TEST_F(MisuseTest, an_identify_that_is_too_large_too_slow_or_about_somebody_else_changes_nothing) {
  Bytes announcing;
  ByteWriter(announcing).varint(1'000'000'000);
  announcing.resize(9'000, 'x');
  IdentifyMessage message;
  message.agent_version = "somebody else";
  message.public_key = encode_public_key(HostKey{});
  Bytes foreign;
  append_length_prefixed(foreign, encode_identify(message));
  Meeting meeting;
  meeting.greet(1, kIdentifyPushProtocol);
  meeting.data(1, announcing);
  EXPECT_EQ(meeting.counted().resets_out, 1u);
  meeting.greet(3, kIdentifyPushProtocol);
  meeting.data(3, foreign);
  meeting.end(3);
  EXPECT_EQ(meeting.victim->counters().identify_refused, 1u);
  meeting.peer.hear(*meeting.victim);
  meeting.greet(5, kIdentifyPushProtocol);
  meeting.clock.advance(Stream::kNegotiationMsMax);
  meeting.victim->tick();
  EXPECT_EQ(meeting.victim->counters().streams_timed_out, 1u);
  EXPECT_EQ(meeting.victim->peer_info().revision, 0u);
  meeting.expect_well();
}

TEST_F(MisuseTest, a_peer_that_never_reads_makes_us_keep_no_more_than_is_bounded) {
  Meeting meeting;
  meeting.greet(1, "/kith/test/1");
  std::size_t sent = 0;
  for (; sent < kWindow; sent += 10'000) {  // as much as it may, and nothing of the echo is taken
    meeting.data(1, Bytes(10'000, 'x'));
    if (sent + 20'000 > kWindow) break;
  }
  EXPECT_TRUE(meeting.victim->is_open());
  EXPECT_LE(meeting.victim->pending(), 64u << 10);
  EXPECT_EQ(meeting.victim->stream_count(), 1u);
}

TEST_F(MisuseTest, half_a_header_and_then_silence_ends_as_silence) {
  Meeting meeting;
  meeting.peer.say(*meeting.victim, Bytes(5, 0));
  meeting.clock.advance(Connection::kFirstPingMs);
  meeting.victim->tick();
  meeting.clock.advance(Connection::kPongMsMax);
  meeting.victim->tick();
  EXPECT_EQ(meeting.victim->fault(), Fault::kSilent);
}

TEST_F(MisuseTest, who_talks_on_and_on_but_never_answers_a_ping_is_cut_too) {
  Meeting meeting;
  std::uint64_t waited = 0;
  for (; !meeting.victim->is_closed() && waited < 10 * Connection::kPongLateMsMax; waited += 1'000) {
    meeting.peer.say(*meeting.victim, {.type = kYamuxWindow, .stream = 99, .length = 1});
    meeting.clock.advance(1'000);
    meeting.victim->tick();
  }
  EXPECT_EQ(meeting.victim->fault(), Fault::kSilent);
  EXPECT_LE(waited, Connection::kFirstPingMs + Connection::kPongLateMsMax + 1'000);
}

TEST_F(MisuseTest, a_thousand_that_stop_half_way_do_not_touch_an_honest_peer_and_are_gone_in_ten_seconds) {
  testing::Pair honest;
  honest.bob.offer_echo("/kith/test/1");
  std::vector<std::unique_ptr<Connection>> strangers;
  Bytes greeting;
  append_multistream(greeting, kMultistreamHeader);
  append_multistream(greeting, "/noise");
  for (std::size_t i = 0; i < 1'000; ++i) {
    strangers.push_back(std::make_unique<Connection>(honest.bob.host, ConnectionOptions{.role = Role::kListener},
                                                     honest.clock, honest.random));
    strangers.back()->receive(ByteView(greeting).first(i % (greeting.size() + 1)));
  }
  honest.connect();
  honest.run();
  ASSERT_TRUE(honest.dialer->is_open() && honest.listener->is_open());
  honest.clock.advance(Connection::kUpgradeMsMax);
  for (auto& stranger : strangers) {
    EXPECT_LE(stranger->pending(), 64u);
    stranger->tick();
    EXPECT_EQ(stranger->fault(), Fault::kUpgradeTimeout);
  }
  EXPECT_TRUE(honest.listener->is_open());
}

}  // namespace
}  // namespace kith::p2p
