// SPDX-License-Identifier: Apache-2.0
// yamux frame by frame: the frames of js-libp2p's encoder, what is done about every breach, windows and their return,
// ends of streams, and that nothing grows beyond its bound whatever comes.
#include "p2p/yamux.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "p2p/testing/libp2p_vectors.h"

namespace kith::p2p {
namespace {

using testing::Json;
using testing::vectors;

/// What happened on a stream; outlives it.
struct Log {
  Bytes received;
  bool ended = false;
  std::optional<StreamEnd> closed;
};

/// Takes up to `appetite` bytes a time, gives `to_send` when pulled.
class TestUser final : public YamuxUser {
 public:
  explicit TestUser(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  std::size_t data(ByteView bytes) override {
    const std::size_t take = std::min(bytes.size(), appetite);
    append(log_->received, bytes.first(take));
    return take;
  }
  void end() override { log_->ended = true; }
  void pull(Bytes& out, std::size_t bytes_max) override {
    const std::size_t take = std::min(bytes_max, to_send.size());
    append(out, ByteView(to_send).first(take));
    to_send.erase(to_send.begin(), to_send.begin() + static_cast<std::ptrdiff_t>(take));
  }
  void closed(StreamEnd end) override {
    EXPECT_FALSE(log_->closed);
    log_->closed = end;
  }
  std::size_t appetite = ~std::size_t{0};
  Bytes to_send;

 private:
  std::shared_ptr<Log> log_;
};

/// One side, whose other side is the test itself.
struct Side final : Yamux::Acceptor {
  explicit Side(Role role = Role::kListener, YamuxLimits limits = {}) : yamux(role, limits, *this) {}
  std::unique_ptr<YamuxUser> accept(YamuxStream& stream) override {
    if (!accepts) return nullptr;
    opened.push_back(&stream);
    logs.push_back(std::make_shared<Log>());
    auto user = std::make_unique<TestUser>(logs.back());
    user->appetite = appetite;
    return user;
  }
  YamuxStream* open() {
    YamuxStream* stream = yamux.open();
    if (stream == nullptr) return nullptr;
    logs.push_back(std::make_shared<Log>());
    opened.push_back(stream);
    yamux.set_user(*stream, std::make_unique<TestUser>(logs.back()));
    return stream;
  }
  TestUser& user(std::size_t i) { return static_cast<TestUser&>(opened[i]->user()); }
  Fault receive(std::string_view hex) { return yamux.receive(*from_hex(hex)); }
  std::string produce(std::size_t bytes_max = 1 << 20) {
    Bytes out;
    yamux.produce(out, bytes_max);
    EXPECT_LE(out.size(), bytes_max);
    return to_hex(out);
  }
  bool accepts = true;
  std::size_t appetite = ~std::size_t{0};
  std::vector<YamuxStream*> opened;
  std::vector<std::shared_ptr<Log>> logs;
  Yamux yamux;
};

Bytes frame(std::uint8_t type, std::uint16_t flags, std::uint32_t stream, std::uint32_t length, std::size_t body = 0) {
  Bytes out;
  append_yamux(out, {.type = type, .flags = flags, .stream = stream, .length = length});
  out.resize(out.size() + body, 'x');
  return out;
}

constexpr std::string_view kGoAway1 = "000300000000000000000001";

TEST(YamuxFrames, are_those_of_js_both_ways) {
  for (const Json& entry : vectors()["yamux"]["frames"].items()) {
    const YamuxHeader header{.type = static_cast<std::uint8_t>(entry["type"].number()),
                             .flags = static_cast<std::uint16_t>(entry["flags"].number()),
                             .stream = static_cast<std::uint32_t>(entry["stream"].number()),
                             .length = static_cast<std::uint32_t>(entry["length"].number())};
    Bytes out;
    append_yamux(out, header);
    append(out, entry["data"].bytes());
    EXPECT_EQ(to_hex(out), entry["hex"].text()) << entry["meaning"].text();
    const YamuxHeader read = decode_yamux(entry["hex"].bytes());
    EXPECT_EQ(read.version, 0);
    EXPECT_EQ(read.type, header.type);
    EXPECT_EQ(read.flags, header.flags);
    EXPECT_EQ(read.stream, header.stream);
    EXPECT_EQ(read.length, header.length);
  }
}

TEST(YamuxFrames, of_a_whole_recorded_session_are_taken_by_the_other_side) {
  Side dialer(Role::kDialer), listener(Role::kListener);
  for (int i = 0; i < 5; ++i) dialer.open();
  listener.open();
  for (const Json& message : vectors()["session"]["plain"].items()) {
    if (message["layer"].text() != "yamux") continue;
    Side& to = message["from"].text() == "dialer" ? listener : dialer;
    for (const std::uint8_t byte : message["hex"].bytes()) ASSERT_EQ(to.yamux.receive({&byte, 1}), Fault::kNone);
  }
  EXPECT_EQ(listener.yamux.counters().streams_in, 5u);
  EXPECT_TRUE(listener.yamux.is_going_away());
}

TEST(YamuxAbuse, breaches_end_the_session_with_go_away_1) {
  const std::string data_on_known = "000000000000000100000003616263";
  for (const std::string_view hex : {
           "010000000000000100000000",                          // version 1
           "000900000000000100000000",                          // unknown type
           "000000000000000000000003616263",                    // data on stream 0
           "000100000000000000000003",                          // window on stream 0
           "000200010000000500000000",                          // ping on stream 5
           "000200000000000000000007",                          // ping with neither SYN nor ACK
           "000200030000000000000007",                          // ping with both
           "000300000000000100000000",                          // go away on a stream
           "000100010000000400000000",                          // a dialer opens an even id
           "000100010000000100000000000100010000000100000000",  // SYN twice
       }) {
    Side side;
    EXPECT_EQ(side.receive(hex), Fault::kMuxer) << hex;
    EXPECT_TRUE(side.produce().ends_with(kGoAway1)) << hex;
    EXPECT_EQ(side.receive(data_on_known), Fault::kMuxer);
    EXPECT_EQ(side.yamux.open(), nullptr);
  }
}

TEST(YamuxAbuse, data_beyond_the_window_is_refused_on_its_header) {
  Side side;
  ASSERT_EQ(side.yamux.receive(frame(kYamuxData, kYamuxSyn, 1, 262'144)), Fault::kNone);
  Side other;
  EXPECT_EQ(other.yamux.receive(frame(kYamuxData, kYamuxSyn, 1, 262'145)), Fault::kWindowExceeded);
  EXPECT_TRUE(other.produce().ends_with(kGoAway1));
}

TEST(YamuxAbuse, a_window_past_32_bits_is_refused) {
  Side side;
  ASSERT_EQ(side.receive("000100010000000100000000"), Fault::kNone);
  ASSERT_EQ(side.yamux.receive(frame(kYamuxWindow, 0, 1, 0xffff'ffff - 262'144)), Fault::kNone);
  EXPECT_EQ(side.yamux.receive(frame(kYamuxWindow, 0, 1, 1)), Fault::kWindowExceeded);
}

TEST(YamuxAbuse, frames_for_streams_that_are_gone_or_never_were_are_dropped_with_their_bodies) {
  Side side;
  EXPECT_EQ(side.receive("000100000000006300000064"), Fault::kNone);
  EXPECT_EQ(side.receive("000000000000006300000003616263"), Fault::kNone);
  EXPECT_EQ(side.receive("000100020000006300000000000100040000006500000000000100080000006700000005"), Fault::kNone);
  EXPECT_EQ(side.receive("0002000200000000"
                         "0000004d"),
            Fault::kNone);  // an answer to no ping
  EXPECT_EQ(side.yamux.counters().frames_dropped, 6u);
  // Reset in the middle of a body: what is left of it is no header.
  ASSERT_EQ(side.yamux.receive(frame(kYamuxData, kYamuxSyn, 1, 100, 40)), Fault::kNone);
  side.opened[0]->reset();
  EXPECT_EQ(side.yamux.receive(Bytes(60, 'x')), Fault::kNone);
  EXPECT_EQ(side.logs[0]->received.size(), 40u);
  EXPECT_EQ(side.logs[0]->closed, StreamEnd::kResetHere);
  EXPECT_EQ(side.receive("0002000100000000deadbeef"), Fault::kNone);
  EXPECT_TRUE(side.produce().ends_with("0002000200000000deadbeef"));
}

TEST(YamuxAbuse, streams_beyond_the_limit_are_reset_and_the_rest_live) {
  Side side(Role::kListener, {.inbound_streams_max = 3});
  for (std::uint32_t id = 1; id <= 9; id += 2) {
    ASSERT_EQ(side.yamux.receive(frame(kYamuxData, kYamuxSyn, id, 5, 5)), Fault::kNone);
  }
  EXPECT_EQ(side.opened.size(), 3u);
  EXPECT_EQ(side.produce(),
            "000100080000000700000000000100080000000900000000"
            "000100020000000100000000000100020000000300000000000100020000000500000000");
  EXPECT_EQ(side.logs[2]->received.size(), 5u);
}

TEST(YamuxAbuse, who_asks_without_reading_is_dropped_at_a_bound) {
  Side side;
  const Bytes ping = frame(kYamuxPing, kYamuxSyn, 0, 7);
  Fault fault = Fault::kNone;
  std::size_t pings = 0;
  for (; fault == Fault::kNone && pings < 100'000; ++pings) fault = side.yamux.receive(ping);
  EXPECT_EQ(fault, Fault::kFlood);
  EXPECT_LE(pings, Yamux::kControlBytesMax / kYamuxHeaderBytes + 1);
}

TEST(YamuxAbuse, streams_opened_and_reset_without_end_leave_nothing_behind) {
  Side side;
  Bytes input;
  for (std::uint32_t id = 1; id < 20'001; id += 2) {
    append(input, frame(kYamuxWindow, kYamuxSyn, id, 0));
    append(input, frame(kYamuxWindow, kYamuxRst, id, 0));
  }
  EXPECT_EQ(side.yamux.receive(input), Fault::kNone);
  EXPECT_EQ(side.yamux.stream_count(), 0u);
  EXPECT_EQ(side.produce(), "");
  EXPECT_FALSE(side.yamux.has_output());
}

TEST(YamuxStreams, what_nobody_takes_is_kept_within_the_window_and_offered_again) {
  Side side;
  side.appetite = 0;
  ASSERT_EQ(side.yamux.receive(frame(kYamuxData, kYamuxSyn, 1, 262'144, 262'144)), Fault::kNone);
  EXPECT_EQ(side.opened[0]->unread(), 262'144u);
  EXPECT_EQ(side.produce(), "000100020000000100000000");  // accepted, nothing granted
  side.user(0).appetite = 131'071;
  side.opened[0]->resume();
  EXPECT_EQ(side.produce(), "");  // less than half
  side.user(0).appetite = 1;
  side.opened[0]->resume();
  EXPECT_EQ(side.produce(), "000100000000000100020000");  // exactly what was taken
  EXPECT_EQ(side.yamux.receive(frame(kYamuxData, 0, 1, 131'073)), Fault::kWindowExceeded);
}

/// Sends as much as the window allows, again and again; returns how much was granted each time.
std::vector<std::uint32_t> grants_of(Side& side, std::uint32_t stream, std::size_t rounds) {
  std::vector<std::uint32_t> grants;
  std::uint32_t window = 256 << 10;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto flags = static_cast<std::uint16_t>(i == 0 ? kYamuxSyn : 0);
    EXPECT_EQ(side.yamux.receive(frame(kYamuxData, flags, stream, window, window)), Fault::kNone);
    const Bytes out = *from_hex(side.produce());
    window = out.empty() ? 0 : decode_yamux(out).length;
    grants.push_back(window);
  }
  return grants;
}

TEST(YamuxStreams, a_window_grows_while_its_reader_keeps_up) {
  Side side;
  constexpr std::uint32_t k = 1 << 10;
  // Everything was taken at once: the whole window comes back, and every fourth time as much again, up to 1 MiB.
  EXPECT_EQ(grants_of(side, 1, 9), (std::vector<std::uint32_t>{256 * k, 256 * k, 256 * k, 512 * k, 512 * k, 512 * k,
                                                               512 * k, 1024 * k, 1024 * k}));
  EXPECT_EQ(grants_of(side, 3, 13).back(), 1024 * k);
  EXPECT_EQ(side.yamux.receive(frame(kYamuxData, 0, 1, 1024 * k + 1)), Fault::kWindowExceeded);
}

TEST(YamuxStreams, a_window_does_not_grow_for_a_reader_that_leaves_something_lying) {
  Side side;
  side.appetite = 0;
  std::uint32_t window = 256 << 10;
  for (int i = 0; i < 20; ++i) {
    const auto flags = static_cast<std::uint16_t>(i == 0 ? kYamuxSyn : 0);
    ASSERT_EQ(side.yamux.receive(frame(kYamuxData, flags, 1, window, window)), Fault::kNone);
    side.user(0).appetite = 200 << 10;
    side.opened[0]->resume();
    side.user(0).appetite = 0;
    window = decode_yamux(*from_hex(side.produce())).length;
    EXPECT_EQ(window, std::uint32_t{200 << 10});
    EXPECT_LE(side.opened[0]->unread(), std::size_t{256 << 10});
  }
}

TEST(YamuxStreams, the_windows_of_one_connection_grow_by_three_megabytes_together) {
  Side side;
  std::uint64_t growth = 0;
  for (std::uint32_t id = 1; id < 16; id += 2) growth += grants_of(side, id, 12).back() - (256 << 10);
  EXPECT_EQ(growth, std::uint64_t{3 << 20});
  // Who ends gives back.
  ASSERT_EQ(side.yamux.receive(frame(kYamuxWindow, kYamuxRst, 1, 0)), Fault::kNone);
  EXPECT_EQ(grants_of(side, 17, 12).back(), std::uint32_t{1 << 20});
}

TEST(YamuxStreams, a_body_is_handed_on_as_it_comes) {
  Side side;
  ASSERT_EQ(side.yamux.receive(frame(kYamuxData, kYamuxSyn, 1, 200'000)), Fault::kNone);
  for (int i = 1; i <= 10; ++i) {
    ASSERT_EQ(side.yamux.receive(Bytes(100, 'x')), Fault::kNone);
    EXPECT_EQ(side.logs[0]->received.size(), 100u * i);
    EXPECT_EQ(side.opened[0]->unread(), 0u);
  }
}

TEST(YamuxStreams, the_end_comes_after_the_data_in_whatever_frame_it_stands) {
  for (const bool with_data : {false, true}) {
    for (const std::size_t appetite : {0, 100}) {
      Side side;
      side.appetite = appetite;
      Bytes input = frame(kYamuxData, static_cast<std::uint16_t>(kYamuxSyn | (with_data ? kYamuxFin : 0)), 1, 8, 8);
      if (!with_data) append(input, frame(kYamuxWindow, kYamuxFin, 1, 0));
      ASSERT_EQ(side.yamux.receive(input), Fault::kNone);
      EXPECT_EQ(side.logs[0]->ended, appetite > 0);
      side.user(0).appetite = 100;
      side.opened[0]->resume();
      EXPECT_TRUE(side.logs[0]->ended);
      EXPECT_EQ(side.logs[0]->received.size(), 8u);
      // The other direction stays open.
      ASSERT_TRUE(side.opened[0]->write(as_bytes("late")));
      side.opened[0]->finish();
      EXPECT_EQ(side.produce(), "0000000200000001000000046c617465000100040000000100000000");
      EXPECT_EQ(side.logs[0]->closed, StreamEnd::kFinished);
      EXPECT_EQ(side.yamux.stream_count(), 0u);
      // Windows granted after the end are normal.
      EXPECT_EQ(side.receive("000100000000000100100020"), Fault::kNone);
    }
  }
}

TEST(YamuxStreams, a_reset_ends_both_ways_and_its_code_is_no_window) {
  Side side;
  ASSERT_EQ(side.receive("000100010000000100000000"), Fault::kNone);
  ASSERT_TRUE(side.opened[0]->write(as_bytes("never sent")));
  ASSERT_EQ(side.receive("0001000800000001ffffffff"), Fault::kNone);
  EXPECT_EQ(side.logs[0]->closed, StreamEnd::kResetByPeer);
  EXPECT_FALSE(side.logs[0]->ended);
  EXPECT_EQ(side.produce(), "");
}

TEST(YamuxStreams, data_waits_for_the_window_and_control_does_not) {
  Side side(Role::kDialer, {.window_bytes = 10});
  YamuxStream* stream = side.open();
  side.user(0).to_send = to_bytes(as_bytes("twelve bytes"));
  stream->want_pull();
  stream->finish();
  EXPECT_EQ(side.produce(),
            "000100010000000100000000"
            "00000000000000010000000a" +
                to_hex(as_bytes("twelve byt")));
  EXPECT_FALSE(side.yamux.has_output());
  side.yamux.ping();
  EXPECT_EQ(side.produce(), "000200010000000000000000");
  ASSERT_EQ(side.receive("000100020000000100000005"), Fault::kNone);
  EXPECT_EQ(side.produce(), "000000000000000100000002" + to_hex(as_bytes("es")) + "000100040000000100000000");
}

TEST(YamuxStreams, take_turns) {
  Side side(Role::kDialer);
  for (int i = 0; i < 3; ++i) {
    YamuxStream* stream = side.open();
    side.user(i).to_send = Bytes(40'000, 'a');
    stream->want_pull();
  }
  Bytes out;
  side.yamux.produce(out, 1 << 20);
  std::vector<std::uint32_t> order;
  for (ByteReader in(out); !in.at_end();) {
    const YamuxHeader header = decode_yamux(in.bytes(kYamuxHeaderBytes));
    if (header.type != kYamuxData) continue;
    EXPECT_LE(header.length, Yamux::kDataBytesMax);
    order.push_back(header.stream);
    in.bytes(header.length);
  }
  EXPECT_EQ(order, (std::vector<std::uint32_t>{1, 3, 5, 1, 3, 5, 1, 3, 5}));
}

TEST(YamuxStreams, a_user_who_asks_again_without_giving_is_not_asked_for_ever) {
  struct Restless final : YamuxUser {
    explicit Restless(YamuxStream& on) : stream(on) {}
    std::size_t data(ByteView bytes) override { return bytes.size(); }
    void end() override {}
    void pull(Bytes&, std::size_t) override { stream.want_pull(); }
    void closed(StreamEnd) override {}
    YamuxStream& stream;
  };
  Side side(Role::kDialer);
  YamuxStream* stream = side.yamux.open();
  side.yamux.set_user(*stream, std::make_unique<Restless>(*stream));
  stream->want_pull();
  EXPECT_EQ(side.produce(), "000100010000000100000000");
  EXPECT_FALSE(side.yamux.has_output());
}

TEST(YamuxSession, pings_are_answered_and_ours_is_asked_one_at_a_time) {
  Side side(Role::kDialer);
  ASSERT_EQ(side.receive("0002000100000000deadbeef"), Fault::kNone);
  side.yamux.ping();
  side.yamux.ping();
  EXPECT_EQ(side.produce(), "0002000200000000deadbeef000200010000000000000000");
  ASSERT_EQ(side.receive("000200020000000000000000"), Fault::kNone);
  EXPECT_FALSE(side.yamux.is_ping_open());
  side.yamux.ping();
  EXPECT_EQ(side.produce(), "000200010000000000000001");
}

TEST(YamuxSession, going_away_opens_no_more_and_lets_streams_finish) {
  Side side;
  ASSERT_EQ(side.receive("000100010000000100000000"), Fault::kNone);
  ASSERT_EQ(side.receive("000300000000000000000000"), Fault::kNone);
  EXPECT_TRUE(side.yamux.is_going_away());
  EXPECT_EQ(side.yamux.open(), nullptr);
  ASSERT_EQ(side.receive("0000000000000001000000026869"), Fault::kNone);
  EXPECT_EQ(as_text(side.logs[0]->received), "hi");
  EXPECT_EQ(side.yamux.stream_count(), 1u);
  EXPECT_EQ(side.receive("000300000000000000000001"), Fault::kPeerGoAway);
}

TEST(YamuxSession, opens_no_more_streams_than_others_bear) {
  Side side(Role::kDialer);
  for (int i = 0; i < 256; ++i) ASSERT_NE(side.open(), nullptr);
  EXPECT_EQ(side.open(), nullptr);
  side.opened[0]->reset();
  side.yamux.sweep();
  EXPECT_NE(side.open(), nullptr);
  EXPECT_EQ(side.produce().find("0001000800000001"), std::string::npos);  // it never heard of that stream
}

/// Any bytes whatsoever: no crash, bounded answers, bounded memory.
RC_GTEST_PROP(YamuxSession, survives_any_frames, (std::vector<std::uint32_t> numbers, bool listens)) {
  Side side(listens ? Role::kListener : Role::kDialer);
  for (int i = 0; i < 3; ++i) side.open();
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    const std::uint32_t n = numbers[i], length = numbers[i + 1];
    const auto type = static_cast<std::uint8_t>(n % 4);
    const bool has_body = type == kYamuxData && length < 5'000;
    const Bytes bytes =
        frame(type, static_cast<std::uint16_t>(n / 4 % 16), type < 2 ? n / 64 % 8 : 0, length, has_body ? length : 0);
    if (side.yamux.receive(bytes) != Fault::kNone) break;
    if (n % 5 == 0) side.produce(n % 100 + Yamux::kProduceBytesMin);
  }
  while (side.yamux.has_output()) side.produce(100);
  RC_ASSERT(side.yamux.stream_count() <= 64u + 3u);
}

}  // namespace
}  // namespace kith::p2p
