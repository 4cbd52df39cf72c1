// SPDX-License-Identifier: Apache-2.0
// A peer that misbehaves: each way is named, ends the session at bounded cost, and harms nothing that is here.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sync/space_link.h"
#include "sync/testing/house.h"

namespace kith::sync::testing {
namespace {

/// The number under which the two speak of their space.
std::uint8_t slot_of(const Wire& wire) {
  FrameReader reader(kFrameBytesMax);
  reader.feed(wire.dialer_said);
  Frame frame{};
  while (reader.next(frame) == FrameReader::Status::kFrame) {
    if (frame.type == FrameType::kProof) return frame.body[0];
  }
  ADD_FAILURE() << "no proof was given";
  return 0;
}

class SessionFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::start().ok());
    ana_.found();
    for (int i = 0; i < 30; ++i) ana_.post("Post " + std::to_string(i));
    dan_.invitation = ana_.invite();
    Wire wire(dan_, ana_, true);
    wire.settle();
    wire.expect_healthy();
  }

  /// A listener at Ana's to which the test speaks for itself.
  std::unique_ptr<Session> listener() {
    HostKey stranger;
    stranger.data.fill(0x99);
    return std::make_unique<Session>(Role::kListener, ana_.host, stranger, ana_, clock_, ana_.random);
  }

  FakeClock clock_;
  House ana_{1, 1, &clock_};
  House dan_{2, 1, &clock_};
};

TEST_F(SessionFaultsTest, rubbish_is_named) {
  auto session = listener();
  session->receive(
      as_bytes("GET / HTTP/1.1\r\nHost: localhost:8440\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n"));
  EXPECT_TRUE(session->is_closed());
  EXPECT_EQ(session->fault(), Fault::kRubbish);
  EXPECT_FALSE(session->fault_detail().empty());
  Bytes out;
  session->take_output(out, 1 << 20);
  EXPECT_LT(out.size(), 100u);
}

TEST_F(SessionFaultsTest, a_hello_of_another_version_is_refused_with_both_versions_and_who_must_update) {
  for (const auto& [version, remedy] :
       {std::pair<std::uint8_t, std::string>(2, "This device is the older one"), {0, "The other one is older"}}) {
    Wire wire(dan_, ana_);
    wire.dialer.take_output(wire.to_listener, 1 << 16);
    ASSERT_EQ(wire.to_listener[1], static_cast<std::uint8_t>(FrameType::kHello));
    wire.to_listener[2] = version;
    wire.run();
    EXPECT_EQ(wire.listener.fault(), Fault::kVersion);
    ASSERT_NE(wire.listener.refusal(), nullptr);
    const std::string said = wire.listener.refusal()->message();
    for (const std::string& part : {"version " + std::to_string(version), std::string("version 1"), remedy})
      EXPECT_NE(said.find(part), std::string::npos) << said;
    EXPECT_EQ(wire.listener.fault_detail(), said);
    // Who reads our close is told as well.
    EXPECT_TRUE(wire.dialer.is_closed());
    ASSERT_NE(wire.dialer.refusal(), nullptr);
    EXPECT_NE(wire.dialer.refusal()->message().find("does not speak version 1"), std::string::npos);
  }
}

TEST_F(SessionFaultsTest, an_oversized_frame_before_the_proof_is_refused_at_its_length) {
  auto session = listener();
  Bytes length;
  ByteWriter(length).varint(kHelloBytesMax + 1);
  session->receive(length);
  EXPECT_EQ(session->fault(), Fault::kOversized);
}

TEST_F(SessionFaultsTest, endless_small_frames_before_the_proof_are_refused) {
  auto session = listener();
  Bytes ping;
  encode_bytes(FrameType::kPing, {}, ping);
  std::size_t sent = 0;
  while (!session->is_closed() && sent < 10 * kHelloBytesMax) {
    session->receive(ping);
    sent += ping.size();
  }
  EXPECT_EQ(session->fault(), Fault::kOversized);
  EXPECT_LE(sent, kHelloBytesMax + ping.size());
}

TEST_F(SessionFaultsTest, a_frame_without_end_is_refused_after_the_proof_too) {
  Wire wire(dan_, ana_);
  wire.settle();
  Bytes length;
  ByteWriter(length).varint(kFrameBytesMax + 1);
  wire.listener.receive(length);
  EXPECT_EQ(wire.listener.fault(), Fault::kOversized);
}

TEST_F(SessionFaultsTest, pings_are_answered_once_however_many_come) {
  Wire wire(dan_, ana_);
  wire.settle();
  Bytes pings;
  for (int i = 0; i < 1'000; ++i) encode_bytes(FrameType::kPing, {}, pings);
  wire.listener.receive(pings);
  Bytes out;
  wire.listener.take_output(out, 1 << 20);
  EXPECT_EQ(out.size(), 2u);
}

TEST_F(SessionFaultsTest, unknown_types_and_frames_for_other_spaces_are_rubbish) {
  for (const std::uint8_t type : {0x00, 0x09, 0x15, 0x33, 0x40, 0xff}) {
    Wire wire(dan_, ana_);
    wire.settle();
    Bytes frame;
    encode_bytes(static_cast<FrameType>(type), {0}, frame);
    wire.listener.receive(frame);
    EXPECT_EQ(wire.listener.fault(), Fault::kRubbish) << int{type};
  }
  Wire wire(dan_, ana_);
  wire.settle();
  Bytes frame;
  encode(CreditFrame{200, 1}, frame);
  wire.listener.receive(frame);
  EXPECT_EQ(wire.listener.fault(), Fault::kRubbish);
}

TEST_F(SessionFaultsTest, frames_in_the_wrong_state_are_rubbish) {
  const auto expect_rubbish = [&](std::function<void(std::uint8_t, Bytes&)> make, std::string_view what) {
    Wire wire(dan_, ana_);
    wire.settle();
    Bytes bytes;
    make(slot_of(wire), bytes);
    wire.listener.receive(bytes);
    EXPECT_EQ(wire.listener.fault(), Fault::kRubbish) << what;
  };
  expect_rubbish([](std::uint8_t s, Bytes& b) { encode(CreditFrame{s, 1}, b); }, "credit for nothing");
  expect_rubbish([](std::uint8_t s, Bytes& b) { encode(FrameType::kBackfillDone, PlaceFrame{s, 1, Pos(1)}, b); },
                 "an answer to nothing");
  expect_rubbish([](std::uint8_t s, Bytes& b) { encode_offer(s, {}, b); }, "an offer unasked");
  expect_rubbish([](std::uint8_t s, Bytes& b) { encode_frontier(s, true, {}, b); },
                 "a partial frontier without an offer");
  expect_rubbish([](std::uint8_t s, Bytes& b) { encode(AuthorityDoneFrame{s, true, {}}, b); },
                 "authority answered unasked");
  expect_rubbish([](std::uint8_t s, Bytes& b) { encode(ProofFrame{s, {}, {}, std::nullopt}, b); }, "a second proof");
  expect_rubbish([](std::uint8_t s, Bytes& b) { encode(StateFrame{s, StateKind::kFirst, {}, 0, Pos()}, b); },
                 "a second first state");
  expect_rubbish(
      [](std::uint8_t s, Bytes& b) { encode_records(FrameType::kLive, RecordsFrame{s, 1'000'000, 0, Bytes{1}}, b); },
      "content before its authority");
}

TEST_F(SessionFaultsTest, pieces_are_of_windows_and_not_without_end) {
  const auto expect_fault = [&](Fault fault, std::function<void(std::uint8_t, Bytes&)> make, std::string_view what) {
    Wire wire(dan_, ana_);
    wire.settle();
    Bytes bytes;
    make(slot_of(wire), bytes);
    wire.listener.receive(bytes);
    EXPECT_EQ(wire.listener.fault(), fault) << what;
  };
  const auto put = [](const Bytes& piece, Bytes& out) { encode_piece(piece, out); };
  expect_fault(Fault::kRubbish, [&](std::uint8_t, Bytes& b) { put({}, b); }, "an empty one");
  expect_fault(Fault::kRubbish, [&](std::uint8_t, Bytes& b) { put(Bytes(kPieceBytesMax + 1, 1), b); }, "a long one");
  expect_fault(Fault::kRubbish, [&](std::uint8_t, Bytes& b) { put({1, 0x06}, b); }, "a ping in a piece");
  expect_fault(Fault::kRubbish, [&](std::uint8_t s, Bytes& b) { put({3, 0x30, s, 1}, b); }, "no window");
  expect_fault(Fault::kOversized, [&](std::uint8_t, Bytes& b) { put({0xff, 0xff, 0xff, 0x7f}, b); }, "gigabytes");
  expect_fault(
      Fault::kRubbish,
      [&](std::uint8_t s, Bytes& b) {
        put({0xff, 0x7f, 0x30}, b);
        encode_records(FrameType::kWindow, RecordsFrame{s, 0, 0, Bytes{1}}, b);
      },
      "a window within another one");
  auto stranger = listener();
  Bytes bytes;
  put({1}, bytes);
  stranger->receive(bytes);
  EXPECT_EQ(stranger->fault(), Fault::kRubbish) << "before the hello";
}

TEST_F(SessionFaultsTest, rubbish_on_the_stream_for_backfill_is_named) {
  const auto expect_fault = [&](Fault fault, std::function<void(std::uint8_t, Bytes&)> make, std::string_view what) {
    Wire wire(dan_, ana_);
    wire.want_split();
    wire.settle();
    ASSERT_TRUE(wire.is_split());
    Bytes bytes;
    make(slot_of(wire), bytes);
    EXPECT_EQ(wire.listener.receive_backfill(bytes), bytes.size());
    EXPECT_EQ(wire.listener.fault(), fault) << what;
    EXPECT_FALSE(wire.listener.has_backfill());
  };
  expect_fault(
      Fault::kRubbish, [](std::uint8_t, Bytes& b) { append(b, as_bytes(std::string(200, 'G'))); }, "another protocol");
  expect_fault(
      Fault::kOversized, [](std::uint8_t, Bytes& b) { ByteWriter(b).varint(kFrameBytesMax + 1); },
      "a frame without end");
  expect_fault(Fault::kRubbish, [](std::uint8_t, Bytes& b) { encode_bytes(FrameType::kPing, {}, b); }, "a ping");
  expect_fault(Fault::kRubbish, [](std::uint8_t, Bytes& b) { encode_piece(Bytes{1}, b); }, "a piece");
  expect_fault(
      Fault::kRubbish,
      [](std::uint8_t s, Bytes& b) { encode_records(FrameType::kLive, RecordsFrame{s, 0, 0, Bytes{1}}, b); },
      "a live entry");
  expect_fault(
      Fault::kRubbish, [](std::uint8_t, Bytes& b) { encode_records(FrameType::kWindow, {200, 0, 0, Bytes{1}}, b); },
      "a window of another space");
}

TEST_F(SessionFaultsTest, a_window_whose_authority_never_comes_holds_one_frame_and_then_stalls) {
  Wire wire(dan_, ana_);
  wire.want_split();
  wire.settle();
  Bytes bytes;
  encode_records(FrameType::kWindow, RecordsFrame{slot_of(wire), 1'000'000, 0, Bytes{1}}, bytes);
  EXPECT_EQ(wire.listener.receive_backfill(bytes), bytes.size());
  EXPECT_FALSE(wire.listener.reads_backfill());
  EXPECT_EQ(wire.listener.receive_backfill(bytes), 0u);
  Bytes pong;
  encode_bytes(FrameType::kPong, {}, pong);
  for (std::uint64_t t = 0; t <= kStallMsMax && !wire.listener.is_closed(); t += 5'000) {
    clock_.advance(5'000);
    wire.listener.receive(pong);
    wire.listener.tick();
  }
  EXPECT_EQ(wire.listener.fault(), Fault::kStalled);
}

TEST_F(SessionFaultsTest, questions_without_end_are_refused) {
  Wire wire(dan_, ana_);
  wire.settle();
  const std::uint8_t slot = slot_of(wire);
  std::size_t held = 0;
  for (int i = 0; i < 1'000 && !wire.listener.is_closed(); ++i) {
    Bytes question;
    encode(StateFrame{slot, StateKind::kQuestion, {}, 0, Pos()}, question);
    wire.listener.receive(question);
    Bytes out;
    wire.listener.take_output(out, 1 << 20);
    held += out.size();
  }
  EXPECT_EQ(wire.listener.fault(), Fault::kRubbish);
  EXPECT_LT(held, 100'000u);
}

struct Place {
  std::size_t from;
  std::size_t size;
};

/// What the listener says next, as it would go out; and where the records of a window lie in it, if there is one.
std::optional<Place> next_window_at(Wire& wire, Bytes& said) {
  said.clear();
  while (wire.listener.has_output()) wire.listener.take_output(said, 1 << 20);
  FrameReader reader(kFrameBytesMax);
  reader.feed(said);
  Frame frame{};
  std::size_t end = 0;
  while (reader.next(frame) == FrameReader::Status::kFrame) {
    end = said.size() - reader.buffered();
    if (frame.type != FrameType::kWindow) continue;
    const std::size_t size = decode_records(frame.type, frame.body)->records.size();
    return Place{end - size, size};
  }
  return std::nullopt;
}

TEST_F(SessionFaultsTest, a_changed_bit_anywhere_in_a_window_is_found_and_nothing_of_it_is_taken) {
  for (int i = 0; i < 20; ++i) ana_.post("Later " + std::to_string(i));
  const std::size_t before = dan_.post_count();
  std::size_t windows = 0;
  for (std::size_t at = 0; at < 3'000; at += 61) {
    Wire wire(dan_, ana_);
    Bytes said;
    while (!wire.dialer.is_closed()) {
      const bool moved = wire.step(true);
      const auto records = next_window_at(wire, said);
      if (records && at < records->size) {
        ++windows;
        said[records->from + at] ^= static_cast<std::uint8_t>(1 << at % 8);
        wire.dialer.receive(said);
        // Where the changed entry names another one below it, that is a run which does not touch: nobody's fault yet.
        EXPECT_TRUE(wire.dialer.fault() == Fault::kBadEntry || wire.dialer.counters().gaps > 0) << "at " << at;
        EXPECT_EQ(dan_.post_count(), before);
        break;
      }
      if (records || (!moved && said.empty())) break;
      wire.dialer.receive(said);
    }
  }
  EXPECT_GT(windows, 10u);
  Wire wire(dan_, ana_);
  wire.settle();
  wire.expect_healthy();
  expect_equal(ana_, dan_);
}

TEST_F(SessionFaultsTest, who_does_not_say_hello_in_time_is_silent) {
  auto session = listener();
  clock_.advance(kHelloMsMax - 1);
  EXPECT_LE(session->tick(), clock_.steady_ms() + 1);
  EXPECT_FALSE(session->is_closed());
  clock_.advance(1);
  session->tick();
  EXPECT_EQ(session->fault(), Fault::kSilent);
}

TEST_F(SessionFaultsTest, who_does_not_answer_a_ping_is_silent_and_who_does_is_not) {
  Wire wire(dan_, ana_);
  wire.settle();
  for (int i = 0; i < 10; ++i) {
    clock_.advance(kPingMs);
    wire.dialer.tick();
    wire.listener.tick();
    wire.run();
  }
  wire.expect_healthy();
  clock_.advance(kPingMs);
  wire.listener.tick();
  clock_.advance(kPongMsMax);
  wire.listener.tick();
  EXPECT_EQ(wire.listener.fault(), Fault::kSilent);
}

TEST_F(SessionFaultsTest, who_owes_and_only_pings_has_stalled) {
  for (int i = 0; i < 20; ++i) ana_.post("Later " + std::to_string(i));
  Wire wire(dan_, ana_);
  while (wire.dialer.counters().compares == 0 && int{wire.step(true)} + int{wire.step(false)} > 0) {
  }
  ASSERT_EQ(wire.dialer.counters().compares, 1u);
  Bytes pong;
  encode_bytes(FrameType::kPong, {}, pong);
  for (std::uint64_t t = 0; t <= kStallMsMax && !wire.dialer.is_closed(); t += 5'000) {
    clock_.advance(5'000);
    wire.dialer.receive(pong);
    wire.dialer.tick();
  }
  EXPECT_EQ(wire.dialer.fault(), Fault::kStalled);
}

TEST_F(SessionFaultsTest, bytes_after_the_end_are_ignored) {
  Wire wire(dan_, ana_);
  wire.settle();
  wire.listener.close();
  wire.listener.receive(as_bytes("anything"));
  EXPECT_EQ(wire.listener.fault(), Fault::kNone);
}

// A session that is fed a real conversation with random damage ends or goes on, and what is here stays whole.
RC_GTEST_FIXTURE_PROP(SessionFaultsTest, damage_anywhere_never_harms, ()) {
  Wire wire(dan_, ana_);
  const auto damage_at = *rc::gen::inRange(0, 40);
  for (int i = 0; i < 200 && !wire.dialer.is_closed() && !wire.listener.is_closed(); ++i) {
    if (i == damage_at) {
      Bytes& pipe = *rc::gen::arbitrary<bool>() ? wire.to_dialer : wire.to_listener;
      const auto junk = *rc::gen::arbitrary<Bytes>();
      const auto at = *rc::gen::inRange<std::size_t>(0, pipe.size() + 1);
      pipe.insert(pipe.begin() + static_cast<std::ptrdiff_t>(at), junk.begin(), junk.end());
    }
    wire.step(*rc::gen::arbitrary<bool>(), *rc::gen::inRange<std::size_t>(1, 200));
  }
  RC_ASSERT(ana_.post_count() == 30u);
}

}  // namespace
}  // namespace kith::sync::testing
