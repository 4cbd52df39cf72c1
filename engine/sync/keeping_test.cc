// SPDX-License-Identifier: Apache-2.0
// Personal spaces that a house keeps for members without reading them: offered, refused, served to the person's other
// devices, and to whoever comes back with her words alone.
#include <gtest/gtest.h>

#include "sync/testing/house.h"

namespace kith::sync::testing {
namespace {

/// Each has a personal space of its own, and lets others keep it.
class Home final : public House {
 public:
  Home(std::uint8_t number, FakeClock& the_clock) : House(number, 1, &the_clock) { is_offering = true; }
};

struct Talk : Wire {
  using Wire::Wire;
  void run() {
    Wire::run();
    // What came for one is news for the others.
    dialing.changed();
    listening.changed();
    Wire::run();
  }
  /// The state of what is kept, as a side sees it; empty: nothing is.
  static std::string state_of(const Session& session) {
    for (const SpaceProgress& one : session.progress()) {
      if (one.is_about_keeping) return one.state;
    }
    return {};
  }
};

class KeepingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::start().ok());
    node.is_keeping = true;
    node.found();
    node.found_personal();
    dan.invitation = must(node.own->invite(clock.wall_ms() + 86'400'000, 10));
    Talk join(dan, node, true);
    join.run();
    join.expect_no_fault();
    ASSERT_TRUE(dan.own->is_member());
  }

  FakeClock clock;
  Home node{1, clock};
  Home dan{2, clock};
};

TEST_F(KeepingTest, a_node_keeps_a_members_space_from_the_first_session_and_cannot_read_it) {
  ASSERT_NE(node.kept(dan.personal->id()), nullptr) << "offered while joining";
  Talk talk(dan, node);
  dan.note("buy ladders for the whole street");
  talk.run();
  talk.expect_no_fault();
  EXPECT_EQ(Talk::state_of(talk.dialer), "live");
  EXPECT_EQ(Talk::state_of(talk.listener), "live");
  space::Space& kept = *node.kept(dan.personal->id());
  EXPECT_EQ(must(kept.log().digest()), must(dan.personal->log().digest()));
  EXPECT_GE(must(kept.log().counters()).locked, 1u);
  EXPECT_FALSE(kept.is_member());
  EXPECT_EQ(node.people, std::set<PersonId>{dan.own->person()});
  must(kept.store().db().checkpoint());
  const std::string bytes = node.kept_file(kept.id());
  EXPECT_GT(bytes.size(), 4096u);
  EXPECT_EQ(bytes.find("ladders"), std::string::npos);
}

TEST_F(KeepingTest, words_alone_bring_the_personal_space_back) {
  for (int i = 0; i < 40; ++i) dan.note("note " + std::to_string(i));
  {
    Talk(dan, node).run();
  }
  Home again(3, clock);
  again.restore_personal(dan.root);
  Talk talk(again, node);
  talk.run();
  talk.expect_no_fault();
  ASSERT_NE(again.personal, nullptr) << (talk.dialer.refusal() != nullptr ? talk.dialer.refusal()->message() : "");
  EXPECT_TRUE(again.personal->is_member());
  EXPECT_EQ(again.personal->id(), dan.personal->id());
  EXPECT_EQ(Home::count(*again.personal), 40u);
  again.note("written after");
  talk.run();
  {
    Talk(dan, node).run();
  }
  EXPECT_EQ(Home::count(*dan.personal), 41u);
}

TEST_F(KeepingTest, words_of_nobody_here_find_nothing_and_say_so) {
  Home stranger(3, clock);
  stranger.restore_personal(key_of(0x99));
  Talk talk(stranger, node);
  talk.run();
  EXPECT_EQ(stranger.personal, nullptr);
  ASSERT_NE(talk.dialer.refusal(), nullptr);
  EXPECT_EQ(talk.dialer.refusal()->code(), ErrorCode::kPeerRefused);
}

TEST_F(KeepingTest, devices_of_one_person_meet_at_the_node) {
  Home phone(3, clock);
  phone.link_to(dan);
  dan.note("from the laptop");
  Talk at_home(dan, node);
  Talk on_the_way(phone, node);
  for (int i = 0; i < 2; ++i) {
    at_home.run();
    on_the_way.run();
  }
  phone.note("from the phone");
  for (int i = 0; i < 2; ++i) {
    on_the_way.run();
    at_home.run();
  }
  at_home.expect_no_fault();
  on_the_way.expect_no_fault();
  EXPECT_EQ(Home::count(*dan.personal), 2u);
  EXPECT_EQ(Home::count(*phone.personal), 2u);
}

TEST_F(KeepingTest, whoever_dials_each_offers_its_own) {
  dan.is_keeping = true;
  node.note("a founder's note");
  Talk talk(dan, node);
  talk.run();
  talk.expect_no_fault();
  ASSERT_NE(dan.kept(node.personal->id()), nullptr);
  EXPECT_EQ(must(dan.kept(node.personal->id())->log().digest()), must(node.personal->log().digest()));
  // Two houses of one person, each of which would keep: it is the same space, spoken of once.
  Home second(3, clock);
  second.is_keeping = true;
  second.link_to(dan);
  dan.note("once");
  Talk own(second, dan);
  own.run();
  own.expect_no_fault();
  EXPECT_EQ(Home::count(*second.personal), 1u);
  EXPECT_EQ(second.kept(dan.personal->id()), nullptr);
}

TEST_F(KeepingTest, an_older_program_is_not_asked) {
  node.is_keeping = false;
  Talk talk(dan, node);
  talk.run();
  talk.expect_no_fault();
  EXPECT_EQ(talk.dialer.progress().size(), 1u);
  EXPECT_EQ(talk.dialer.progress().at(0).state, "live");
}

TEST_F(KeepingTest, a_refusal_is_told_and_harms_nothing_else) {
  for (const auto& [why, reason] :
       {std::pair(ErrorCode::kTooLarge, Refusal::kFull), std::pair(ErrorCode::kRefused, Refusal::kNotKept)}) {
    node.refuses = Error(why, "no", "");
    Talk talk(dan, node);
    dan.post("still in touch");
    talk.run();
    talk.expect_no_fault();
    EXPECT_EQ(Talk::state_of(talk.dialer), "refused");
    EXPECT_EQ(talk.dialer.progress().back().refused_with, static_cast<std::uint8_t>(reason));
    EXPECT_EQ(Home::count(*node.own), Home::count(*dan.own));
    EXPECT_FALSE(talk.dialer.is_closed());
  }
}

TEST_F(KeepingTest, beyond_its_room_nothing_more_is_taken_and_the_person_is_told) {
  Home narrow(4, clock);
  narrow.is_keeping = true;
  narrow.room = 400 << 10;
  narrow.invitation = must(node.own->invite(clock.wall_ms() + 86'400'000, 1));
  {
    Talk(narrow, node, true).run();
  }
  {
    Talk(dan, node).run();
  }
  Talk talk(dan, narrow);
  talk.run();
  EXPECT_EQ(Talk::state_of(talk.dialer), "live");
  for (int i = 0; i < 30; ++i) {
    std::string body(20'000, ' ');
    dan.random.fill({reinterpret_cast<std::uint8_t*>(body.data()), body.size()});
    for (char& c : body) c = static_cast<char>('a' + (static_cast<unsigned char>(c) % 26));
    dan.note(body);
    talk.run();
  }
  talk.expect_no_fault();
  EXPECT_EQ(Talk::state_of(talk.dialer), "refused");
  EXPECT_EQ(talk.dialer.progress().back().refused_with, static_cast<std::uint8_t>(Refusal::kFull));
  EXPECT_FALSE(talk.dialer.is_closed());
  dan.post("the street goes on");
  talk.run();
  EXPECT_EQ(Home::count(*narrow.own), Home::count(*dan.own));
  // What is there comes back, and the device that it comes back to can say who it is.
  Home again(5, clock);
  again.restore_personal(dan.root);
  Talk back(again, narrow);
  back.run();
  back.expect_no_fault();
  ASSERT_TRUE(again.personal != nullptr && again.personal->is_member());
  EXPECT_GT(Home::count(*again.personal), 5u);
  EXPECT_LT(Home::count(*again.personal), 30u);
}

TEST_F(KeepingTest, who_is_no_member_any_more_is_not_kept) {
  Home phone(3, clock);
  phone.link_to(dan);
  {
    Talk(phone, node).run();
  }
  {
    Talk(dan, node).run();
  }
  const DeviceId lost = phone.own->log().own();
  must(dan.own->retire_device(lost, {}));
  {
    Talk(dan, node).run();
  }
  node.people.clear();
  Talk talk(phone, node);
  phone.note("written by a thief");
  talk.run();
  EXPECT_TRUE(node.people.empty());
  EXPECT_NE(must(node.kept(phone.personal->id())->log().digest()), must(phone.personal->log().digest()));
}

TEST_F(KeepingTest, a_device_of_another_person_gets_nothing_of_it) {
  // Mira knows the id of Dan's space, and is a member: the node tells its people only.
  Home mira(6, clock);
  mira.invitation = must(node.own->invite(clock.wall_ms() + 86'400'000, 1));
  {
    Talk(mira, node, true).run();
  }
  dan.note("not for Mira");
  {
    Talk(dan, node).run();
  }
  mira.forged.emplace(crypto::SigningKey::from_seed(key_of(0x66)));
  mira.personal = mira.keep_blind(dan.personal->id());
  Talk talk(mira, node);
  talk.run();
  EXPECT_EQ(Talk::state_of(talk.dialer), "refused");
  EXPECT_EQ(must(mira.personal->log().counters()).entries, 0u);
}

TEST_F(KeepingTest, only_the_house_that_the_hello_has_proved_can_keep) {
  Talk talk(dan, node);
  node.forged_keeper.emplace(crypto::SigningKey::from_seed(key_of(0x66)));
  talk.run();
  EXPECT_EQ(talk.dialer.fault(), Fault::kBadProof) << talk.dialer.fault_detail();
}

TEST_F(KeepingTest, what_was_opened_is_left) {
  {
    Talk talk(dan, node);
    talk.run();
    EXPECT_EQ(node.in_use(dan.personal->id()), 1);
    Home again(3, clock);
    again.restore_personal(dan.root);
    Talk back(again, node);
    back.run();
    EXPECT_EQ(node.in_use(dan.personal->id()), 2);
  }
  EXPECT_EQ(node.in_use(dan.personal->id()), 0);
}

}  // namespace
}  // namespace kith::sync::testing
