// SPDX-License-Identifier: Apache-2.0
// Whole sessions between real spaces in one process: joining, catching up, live, resuming, whatever the order and the
// cuts.
#include "sync/session.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sync/testing/house.h"

namespace kith::sync::testing {
namespace {

/// The first run of a log brings its first entries, authority that is here already, once more.
constexpr std::uint64_t kAuthorityAgainMax = 6;

/// Frames of a recorded stream by type.
std::map<FrameType, std::vector<Bytes>> frames_of(const Bytes& stream) {
  std::map<FrameType, std::vector<Bytes>> out;
  FrameReader reader(kFrameBytesMax);
  reader.feed(stream);
  Frame frame{};
  while (reader.next(frame) == FrameReader::Status::kFrame) out[frame.type].push_back(to_bytes(frame.body));
  return out;
}

std::size_t bytes_after_hello(const Bytes& stream) {
  std::size_t n = 0;
  for (const auto& [type, bodies] : frames_of(stream)) {
    if (type < FrameType::kState) continue;
    for (const Bytes& body : bodies) n += body.size() + (body.size() + 1 < 128 ? 2 : 3);
  }
  return n;
}

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(crypto::start().ok()); }

  /// Dan's house, having joined Ana's neighbourhood.
  std::unique_ptr<House> join(House& host_house, std::uint8_t number) {
    auto house = std::make_unique<House>(number, 1, &clock_);
    house->invitation = host_house.invite(1);
    Wire wire(*house, host_house, true);
    wire.settle();
    wire.expect_healthy();
    return house;
  }

  FakeClock clock_;
};

TEST_F(SessionTest, a_newcomer_joins_and_has_everything) {
  House ana(1, 1, &clock_);
  ana.found();
  for (int i = 0; i < 300; ++i) ana.post("Post " + std::to_string(i));
  House dan(2, 1, &clock_);
  dan.invitation = ana.invite();
  Wire wire(dan, ana, true);
  wire.run();
  wire.expect_healthy();
  ASSERT_NE(dan.own, nullptr);
  EXPECT_TRUE(dan.own->is_member());
  EXPECT_EQ(dan.post_count(), 300u);
  expect_equal(ana, dan);
  EXPECT_EQ(wire.dialer.progress().at(0).state, "live");
  EXPECT_EQ(wire.listener.progress().at(0).state, "live");

  ana.post("Live from Ana");
  dan.post("Live from Dan");
  wire.run();
  expect_equal(ana, dan);
  EXPECT_EQ(dan.post_count(), 302u);
  EXPECT_EQ(wire.listener.counters().live_out, 1u);
  EXPECT_EQ(wire.dialer.counters().live_out, 1u);
  EXPECT_LE(wire.dialer.counters().known_in + wire.listener.counters().known_in, kAuthorityAgainMax)
      << "something was echoed";
}

TEST_F(SessionTest, words_and_the_lineage_bring_everything_back_to_a_new_device) {
  House ana(1, 1, &clock_);
  ana.found();
  ana.post("From Ana");
  const auto lost = join(ana, 2);
  lost->post("From Dan, before the flood");
  {
    Wire wire(*lost, ana);
    wire.settle();
  }
  House again(9, 1, &clock_);
  again.restore(lost->root, ana.own->lineage());
  Wire wire(again, ana);
  wire.run();
  wire.expect_healthy();
  ASSERT_NE(again.own, nullptr);
  EXPECT_TRUE(again.own->is_member());
  EXPECT_EQ(again.own->person(), lost->own->person());
  EXPECT_NE(again.own->log().own(), lost->own->log().own());
  EXPECT_EQ(again.post_count(), 2u);
  expect_equal(ana, again);

  again.post("From Dan, on a new device");
  wire.run();
  expect_equal(ana, again);
  EXPECT_EQ(ana.post_count(), 3u);
  EXPECT_EQ(must(ana.own->log().counters()).doubled, 0u);
  // The old device turns up: both go on, each with its own log.
  lost->post("From Dan, found in the attic");
  Wire old(*lost, ana);
  old.settle();
  old.expect_healthy();
  EXPECT_EQ(lost->post_count(), 4u);
  EXPECT_EQ(must(ana.own->log().counters()).doubled, 0u);
}

TEST_F(SessionTest, words_of_nobody_restore_nothing) {
  House ana(1, 1, &clock_);
  ana.found();
  House stranger(9, 1, &clock_);
  stranger.restore(key_of(0x99), ana.own->lineage());
  Wire wire(stranger, ana);
  wire.run();
  EXPECT_TRUE(stranger.own == nullptr || !stranger.own->is_member());
  ASSERT_NE(wire.dialer.refusal(), nullptr);
  EXPECT_EQ(wire.dialer.refusal()->code(), ErrorCode::kNotMember);
  EXPECT_EQ(wire.dialer.counters().authority_in, 0u) << "a stranger was told who belongs here";
}

TEST_F(SessionTest, words_without_the_right_lineage_meet_a_stranger) {
  House ana(1, 1, &clock_);
  ana.found();
  House again(9, 1, &clock_);
  again.restore(ana.root, Lineage{key_of(0x12).data});
  Wire wire(again, ana);
  wire.run();
  EXPECT_EQ(again.own, nullptr);
  ASSERT_NE(wire.dialer.refusal(), nullptr);
  EXPECT_EQ(wire.dialer.refusal()->code(), ErrorCode::kPeerRefused);
}

TEST_F(SessionTest, nothing_changed_costs_less_than_a_line_of_text) {
  House ana(1, 1, &clock_);
  ana.found();
  for (int i = 0; i < 20; ++i) ana.post("Post");
  auto dan = join(ana, 2);
  Wire wire(*dan, ana);
  wire.settle();
  wire.expect_healthy();
  EXPECT_LE(bytes_after_hello(wire.dialer_said) + bytes_after_hello(wire.listener_said), 100u);
  EXPECT_EQ(wire.dialer.counters().compares, 0u);
}

TEST_F(SessionTest, a_known_peer_is_asked_only_for_what_changed) {
  House ana(1, 1, &clock_);
  ana.found();
  ana.post("Before");
  auto dan = join(ana, 2);
  for (int i = 0; i < 5; ++i) ana.post("While Dan was away");
  dan->post("While Dan was away, by Dan");
  Wire wire(*dan, ana);
  wire.settle();
  wire.expect_healthy();
  expect_equal(ana, *dan);
  const auto said = frames_of(wire.dialer_said);
  ASSERT_EQ(said.count(FrameType::kSince), 1u);
  ASSERT_EQ(said.count(FrameType::kFrontier), 1u);
  for (const Bytes& body : said.at(FrameType::kFrontier)) EXPECT_TRUE(decode_frontier(body)->partial);
  EXPECT_EQ(wire.dialer.counters().entries_in, 5u);
  EXPECT_EQ(wire.dialer.counters().known_in, 0u);
}

TEST_F(SessionTest, what_came_by_another_way_is_not_sent_twice) {
  House ana(1, 1, &clock_);
  ana.found();
  ana.post("Before");
  auto dan = join(ana, 2);
  auto mira = join(ana, 3);
  {
    Wire wire(*dan, ana);
    wire.settle();
  }
  for (int i = 0; i < 50; ++i) ana.post("New " + std::to_string(i));
  {
    Wire wire(*mira, ana);
    wire.settle();
  }
  {
    Wire wire(*dan, *mira);
    wire.settle();
    wire.expect_healthy();
    EXPECT_EQ(dan->post_count(), 51u);
  }
  mira->post("One more");
  {
    Wire wire(*mira, ana);
    wire.settle();
  }
  Wire wire(*dan, ana);
  wire.settle();
  wire.expect_healthy();
  expect_equal(*dan, ana);
  EXPECT_EQ(wire.dialer.counters().entries_in, 1u);
  EXPECT_LE(wire.dialer.counters().known_in, kAuthorityAgainMax);
}

TEST_F(SessionTest, a_cursor_in_a_journal_that_is_another_now_is_not_used) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  ana.post("New");
  PeerCursor cursor = dan->peer_cursor(ana.host, ana.own->id());
  cursor.journal ^= 1;
  dan->set_peer_cursor(ana.host, ana.own->id(), cursor);
  Wire wire(*dan, ana);
  wire.settle();
  wire.expect_healthy();
  expect_equal(ana, *dan);
  EXPECT_EQ(frames_of(wire.dialer_said).count(FrameType::kSince), 0u);
}

TEST_F(SessionTest, a_cursor_that_promises_too_much_is_found_out_by_the_digest) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  for (int i = 0; i < 5; ++i) ana.post("Lost with the backup that Dan restored");
  dan->set_peer_cursor(ana.host, ana.own->id(), {ana.own->log().journal_id(), must(ana.own->log().journal_head())});
  Wire wire(*dan, ana);
  wire.settle();
  wire.expect_healthy();
  expect_equal(ana, *dan);
}

TEST_F(SessionTest, a_session_cut_in_the_middle_goes_on_where_it_was) {
  House ana(1, 1, &clock_);
  ana.found();
  for (int i = 0; i < 1'000; ++i) ana.post("Post " + std::to_string(i) + std::string(100, 'x'));
  House dan(2, 1, &clock_);
  dan.invitation = ana.invite();
  {
    Wire wire(dan, ana, true);
    while (wire.dialer.counters().entries_in < 300 && int{wire.step(true, 5'000)} + int{wire.step(false, 5'000)} > 0) {
    }
  }
  ASSERT_GE(dan.post_count(), 300u);
  ASSERT_LT(dan.post_count(), 1'000u);
  dan.reopen();
  const std::size_t had = dan.post_count();
  Wire wire(dan, ana);
  wire.settle();
  wire.expect_healthy();
  expect_equal(ana, dan);
  EXPECT_EQ(wire.dialer.counters().entries_in, 1'000u - had);
  EXPECT_LE(wire.dialer.counters().known_in, kAuthorityAgainMax);
}

TEST_F(SessionTest, a_member_whom_the_listener_does_not_know_yet_makes_itself_known) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  auto mira = join(ana, 3);
  // Each of the two knows somebody whom the other does not.
  auto noor = join(*dan, 4);
  auto piet = join(*mira, 5);
  noor->post("Noor was invited by Dan");
  piet->post("Piet was invited by Mira");
  Wire wire(*noor, *piet);
  wire.settle();
  wire.expect_healthy();
  expect_equal(*noor, *piet);
  EXPECT_EQ(noor->post_count(), 2u);
}

TEST_F(SessionTest, an_entry_goes_once_around_a_triangle) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  auto mira = join(ana, 3);
  {
    Wire wire(*dan, ana);
    wire.settle();
  }
  Wire dan_ana(*dan, ana);
  Wire mira_ana(*mira, ana);
  Wire dan_mira(*dan, *mira);
  const auto run = [&] {
    for (int i = 0; i < 20; ++i) {
      dan_ana.run();
      mira_ana.run();
      dan_mira.run();
    }
  };
  run();
  ana.post("To everybody");
  mira->post("And back");
  run();
  expect_equal(ana, *dan);
  expect_equal(ana, *mira);
  for (const Wire* wire : {&dan_ana, &mira_ana, &dan_mira}) {
    wire->expect_healthy();
    EXPECT_LE(wire->dialer.counters().known_in + wire->listener.counters().known_in, 2 * kAuthorityAgainMax);
  }
}

TEST_F(SessionTest, a_surge_goes_as_windows_and_a_live_entry_does_not_wait_for_them) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  Wire wire(*dan, ana);
  wire.settle();
  for (int i = 0; i < 600; ++i) ana.post("Surge " + std::to_string(i));
  wire.run();
  wire.expect_healthy();
  expect_equal(ana, *dan);
  EXPECT_GT(wire.listener.counters().windows_out, 0u);
}

TEST_F(SessionTest, a_large_merge_is_there_at_once_and_its_write_ahead_log_is_emptied_a_second_later) {
  constexpr std::size_t kPosts = 40;
  constexpr std::size_t kPictureBytes = 64 << 10;
  House ana(1, 1, &clock_);
  ana.found();
  for (std::size_t i = 0; i < kPosts; ++i) {
    Bytes picture(kPictureBytes);
    ana.random.fill(picture);
    ana.post(to_hex(picture));
  }
  House dan(2, 1, &clock_);
  dan.invitation = ana.invite();
  Wire wire(dan, ana, true);
  wire.run();
  wire.dialer.tick();
  wire.expect_healthy();
  EXPECT_EQ(dan.post_count(), kPosts);
  EXPECT_GT(dan.log_bytes(), kPosts * kPictureBytes);
  clock_.advance(1'000);
  wire.dialer.tick();
  wire.expect_healthy();
  EXPECT_EQ(dan.log_bytes(), 0u);
}

TEST_F(SessionTest, a_window_that_has_overtaken_what_it_rests_on_waits_for_it) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  Wire wire(*dan, ana);
  wire.want_split();
  wire.settle();
  ASSERT_TRUE(wire.is_split());
  // More of somebody new than goes live: it rests on her certificate.
  auto mira = join(ana, 3);
  for (int i = 0; i < 300; ++i) mira->post("From Mira " + std::to_string(i));
  {
    Wire other(*mira, ana);
    other.settle();
  }
  Bytes certificate;
  while (wire.listener.has_output()) wire.listener.take_output(certificate, 1 << 16);
  ASSERT_FALSE(certificate.empty());
  ASSERT_TRUE(wire.step_backfill(false));
  EXPECT_FALSE(wire.dialer.reads_backfill());
  EXPECT_FALSE(wire.step_backfill(false)) << "more was taken than one window";
  EXPECT_EQ(wire.dialer.counters().windows_in, 0u);
  wire.dialer.receive(certificate);
  EXPECT_TRUE(wire.dialer.reads_backfill());
  EXPECT_EQ(wire.dialer.counters().windows_in, 1u);
  wire.settle();
  wire.expect_healthy();
  expect_equal(ana, *dan);
  EXPECT_EQ(wire.dialer.counters().gaps, 0u);
}

TEST_F(SessionTest, what_goes_on_where_a_window_ends_does_not_overtake_it) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  ana.post("Before");
  Wire wire(*dan, ana);
  wire.want_split();
  wire.settle();
  for (int i = 0; i < 300; ++i) ana.post("Surge " + std::to_string(i));
  Bytes window;
  while (wire.listener.has_output()) wire.step(false);
  while (wire.listener.has_backfill()) wire.listener.take_backfill(window, 1 << 20);
  ASSERT_GT(wire.listener.counters().windows_out, 1u);
  ana.post("After");
  while (wire.listener.has_output()) wire.step(false);
  EXPECT_EQ(wire.dialer.receive_backfill(window), window.size());
  wire.settle();
  wire.expect_healthy();
  expect_equal(ana, *dan);
  EXPECT_EQ(wire.dialer.counters().gaps, 0u);
}

TEST_F(SessionTest, a_closed_invitation_is_refused_with_its_reason) {
  House ana(1, 1, &clock_);
  ana.found();
  const auto expect_refused = [&](const space::Invitation& invitation, ErrorCode code) {
    House dan(9, 3, &clock_);
    dan.invitation = invitation;
    Wire wire(dan, ana, true);
    wire.run();
    ASSERT_TRUE(wire.dialer.is_closed());
    ASSERT_NE(wire.dialer.refusal(), nullptr);
    EXPECT_EQ(wire.dialer.refusal()->code(), code);
    EXPECT_EQ(wire.dialer.fault(), Fault::kNone);
    EXPECT_EQ(dan.own, nullptr);
  };
  const auto spent = ana.invite(1);
  {
    House mira(3, 1, &clock_);
    mira.invitation = spent;
    Wire wire(mira, ana, true);
    wire.settle();
    ASSERT_TRUE(mira.own && mira.own->is_member());
  }
  expect_refused(spent, ErrorCode::kInviteSpent);

  const auto revoked = ana.invite(1);
  must(ana.own->revoke_invite(crypto::derive_invite_key(revoked.secret).public_key()));
  expect_refused(revoked, ErrorCode::kInviteUnknown);

  const auto expired = ana.invite(1, 60'000);
  clock_.advance(120'000);
  expect_refused(expired, ErrorCode::kInviteExpired);

  space::Invitation unknown = expired;
  unknown.secret[0] ^= 1;
  expect_refused(unknown, ErrorCode::kInviteUnknown);
}

TEST_F(SessionTest, strangers_part_in_peace) {
  House ana(1, 1, &clock_);
  ana.found();
  House other(2, 1, &clock_);
  Wire wire(other, ana);
  wire.run();
  EXPECT_TRUE(wire.dialer.is_closed());
  EXPECT_TRUE(wire.listener.is_closed());
  EXPECT_EQ(wire.listener.fault(), Fault::kNone);
  ASSERT_NE(wire.dialer.refusal(), nullptr);
  EXPECT_EQ(wire.dialer.refusal()->code(), ErrorCode::kPeerRefused);
}

TEST_F(SessionTest, closing_is_heard_on_the_other_side) {
  House ana(1, 1, &clock_);
  ana.found();
  auto dan = join(ana, 2);
  Wire wire(*dan, ana);
  wire.run();
  wire.dialer.close();
  wire.run();
  EXPECT_TRUE(wire.listener.is_closed());
  EXPECT_EQ(wire.listener.fault(), Fault::kNone);
}

// Three houses, random writes, links that come and go and are cut anywhere: after all links have settled, all have the
// same.
RC_GTEST_PROP(Sessions, any_cuts_and_interleavings_end_in_the_same_state, ()) {
  RC_ASSERT(crypto::start().ok());
  FakeClock clock;
  House ana(1, 1, &clock);
  ana.found();
  std::vector<std::unique_ptr<House>> others;
  for (std::uint8_t i = 0; i < 2; ++i) {
    others.push_back(std::make_unique<House>(static_cast<std::uint8_t>(2 + i), 1, &clock));
    others.back()->invitation = ana.invite(1);
    Wire wire(*others.back(), ana, true);
    wire.run();
  }
  std::vector<House*> houses{&ana, others[0].get(), others[1].get()};
  std::vector<std::unique_ptr<Wire>> wires(3);
  const auto ends = [&](std::size_t i) { return std::pair(houses[i], houses[(i + 1) % 3]); };
  std::vector<std::string> ids;
  const int steps = *rc::gen::inRange(10, 120);
  for (int i = 0; i < steps; ++i) {
    clock.advance(*rc::gen::inRange(0, 2'000));
    const auto which = *rc::gen::inRange<std::size_t>(0, 3);
    switch (*rc::gen::inRange(0, 6)) {
      case 0: ids.push_back(houses[which]->post("Post " + std::to_string(i))); break;
      case 1:
        if (!ids.empty())
          houses[which]->edit(ids[static_cast<std::size_t>(i) % ids.size()], "Edit " + std::to_string(i));
        break;
      case 2: wires[which].reset(); break;
      case 3:
        if (wires[which]) break;
        wires[which] = std::make_unique<Wire>(*ends(which).first, *ends(which).second);
        if (*rc::gen::arbitrary<bool>()) wires[which]->want_split();
        break;
      default: {
        if (!wires[which]) break;
        const bool from_dialer = *rc::gen::arbitrary<bool>();
        const auto bytes = *rc::gen::inRange<std::size_t>(1, 3'000);
        // The two streams of a session overtake each other as they like.
        if (!*rc::gen::arbitrary<bool>() || !wires[which]->step_backfill(from_dialer, bytes)) {
          wires[which]->step(from_dialer, bytes);
        }
        break;
      }
    }
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (!wires[i]) wires[i] = std::make_unique<Wire>(*ends(i).first, *ends(i).second);
      wires[i]->settle();
      RC_ASSERT(wires[i]->dialer.fault() == Fault::kNone);
      RC_ASSERT(wires[i]->listener.fault() == Fault::kNone);
    }
  }
  for (House* house : houses) {
    RC_ASSERT(house->digest() == ana.digest());
    RC_ASSERT(house->state_hash() == ana.state_hash());
  }
}

}  // namespace
}  // namespace kith::sync::testing
