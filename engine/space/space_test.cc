// SPDX-License-Identifier: Apache-2.0
// Spaces as people use them: found, invite, join, read each other; the ways in which an invitation fails; devices that
// are linked and retired; who can read what afterwards. Entries are carried by hand (testing/home.h).
#include "space/space.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/derive.h"
#include "log/evidence.h"
#include "log/payload.h"
#include "space/testing/home.h"
#include "store/testing/memory_disk.h"

namespace kith::space {
namespace {

using kith::testing::FakeClock;
using testing::Home;
using testing::kWeekMs;
using testing::meet;
using testing::must;

using Notes = std::vector<std::string>;

/// Ana has founded; Dan is not there yet.
class Spaces : public ::testing::Test {
 protected:
  FakeClock clock;
  Home ana{1, clock};
  Home dan{2, clock};
  Home eve{3, clock};

  Invitation invite(std::uint32_t uses = 1, std::uint64_t for_ms = kWeekMs) {
    return must(ana.space->invite(clock.wall + for_ms, uses));
  }
  void admit(Home& who) {
    must(who.join(ana, invite()));
    who.tell(ana);
    meet(ana, who);
  }
  static ErrorCode code(const Result<void>& result) {
    EXPECT_FALSE(result.ok());
    if (result.ok()) return ErrorCode::kInternal;
    EXPECT_FALSE(result.error().cause().empty());
    EXPECT_FALSE(result.error().remedy().empty()) << result.error().cause();
    return result.error().code();
  }
  void SetUp() override { ana.found(); }
};

TEST_F(Spaces, the_founder_writes_at_once_and_again_after_a_restart) {
  EXPECT_TRUE(ana.space->is_member());
  ana.note("first");
  const PersonId person = ana.space->person();
  ana.reopen();
  ana.note("second");
  EXPECT_EQ(ana.notes(), (Notes{"first", "second"}));
  EXPECT_EQ(ana.space->person(), person);
  EXPECT_EQ(ana.count(log::Kind::kEpoch), 1u);
}

TEST_F(Spaces, who_is_invited_joins_and_both_read_each_other) {
  ana.note("before Dan");
  must(dan.join(ana, invite()));
  EXPECT_TRUE(dan.space->is_member());
  dan.note("hello from Dan");
  dan.tell(ana);
  ana.note("hello from Ana");
  meet(ana, dan);
  EXPECT_EQ(ana.notes(), (Notes{"before Dan", "hello from Ana", "hello from Dan"}));
  EXPECT_EQ(dan.notes(), ana.notes());
  EXPECT_EQ(dan.state_hash(), ana.state_hash());
  EXPECT_EQ(dan.space->authority().members().size(), 2u);
  EXPECT_EQ(ana.count(log::Kind::kEpoch), 1u) << "joining needs no new key";
}

TEST_F(Spaces, joining_works_from_a_node_that_cannot_read_while_the_inviter_is_away) {
  const Invitation invitation = invite();
  must(eve.join(ana, invite()));
  eve.tell(ana);
  meet(ana, eve);
  ana.space.reset();
  must(dan.join(eve, invitation));
  dan.note("from Dan");
  dan.tell(eve);
  EXPECT_EQ(eve.notes(), (Notes{"from Dan"}));
}

TEST_F(Spaces, whatever_was_joined_is_there_after_a_restart) {
  admit(dan);
  dan.reopen();
  EXPECT_TRUE(dan.space->is_member());
  dan.note("again");
  meet(ana, dan);
  EXPECT_EQ(ana.notes(), (Notes{"again"}));
}

TEST_F(Spaces, that_signatures_were_checked_is_kept_and_made_up_for_in_a_file_without_it) {
  admit(dan);
  must(eve.join(ana, invite()));
  eve.tell(ana);
  const auto checked = [&] {
    return std::get<std::int64_t>(must(ana.space->store().db().query("SELECT count(*) FROM kith_checked")).rows[0][0]);
  };
  const std::int64_t before = checked();
  EXPECT_GE(before, 5) << "a genesis, two invitations, two joins";
  must(ana.space->store().db().exec("DELETE FROM kith_checked"));
  ana.reopen();
  EXPECT_EQ(checked(), before);
  ana.reopen();
  EXPECT_EQ(ana.space->authority().members().size(), 3u);
  EXPECT_EQ(checked(), before);
}

TEST_F(Spaces, authority_whose_transaction_was_rolled_back_is_forgotten) {
  admit(dan);
  must(eve.join(ana, invite()));
  eve.tell_authority(ana);
  std::vector<log::AuthorityEntry> news = must(ana.space->log().authority_since(dan.space->log().authority_heads()));
  must(dan.space->authority_arrived(news));
  EXPECT_EQ(dan.space->authority().members().size(), 3u);
  dan.space->authority_undone();
  EXPECT_EQ(dan.space->authority().members().size(), 2u);
  ana.tell(dan);
  EXPECT_EQ(dan.space->authority().members().size(), 3u);
  dan.note("unharmed");
  meet(ana, dan);
  EXPECT_EQ(ana.notes(), (Notes{"unharmed"}));
}

TEST_F(Spaces, an_invitation_is_used_once) {
  const Invitation invitation = invite();
  must(dan.join(ana, invitation));
  dan.tell(ana);
  EXPECT_EQ(code(eve.join(ana, invitation)), ErrorCode::kInviteSpent);
  EXPECT_FALSE(eve.space->is_member());
}

TEST_F(Spaces, an_invitation_for_three_admits_three) {
  const Invitation invitation = invite(3);
  for (std::uint8_t i = 10; i < 13; ++i) {
    Home guest(i, clock);
    must(guest.join(ana, invitation));
    guest.tell(ana);
  }
  EXPECT_EQ(ana.space->authority().members().size(), 4u);
  EXPECT_EQ(code(eve.join(ana, invitation)), ErrorCode::kInviteSpent);
}

TEST_F(Spaces, more_heads_than_an_entry_can_cite_are_merged_first) {
  const Invitation invitation = invite(40);
  Home last(99, clock);
  last.visit(ana, invitation);
  ana.tell_authority(last);
  for (std::uint8_t i = 0; i < log::kRefsMax + 1; ++i) {
    Home guest(static_cast<std::uint8_t>(100 + i), clock);
    // Each knows of the invitation, and of nobody else.
    guest.visit(ana, invitation);
    last.tell_authority(guest);
    must(guest.space->join(guest.root, guest.keys));
    guest.tell_authority(ana);
  }
  EXPECT_GT(ana.space->log().authority_heads().size(), log::kRefsMax);
  ana.note("after all of them");
  EXPECT_LE(ana.space->log().authority_heads().size(), log::kRefsMax);
  EXPECT_GE(ana.count(log::Kind::kMerge), 1u);
  ana.tell(last);
  EXPECT_EQ(last.notes(), (Notes{"after all of them"}));
}

TEST_F(Spaces, an_expired_invitation_says_so) {
  const Invitation invitation = invite(1, 1'000);
  clock.advance(1'001);
  EXPECT_EQ(code(dan.join(ana, invitation)), ErrorCode::kInviteExpired);
}

TEST_F(Spaces, a_withdrawn_invitation_and_an_unknown_one_say_so) {
  const Invitation invitation = invite();
  must(ana.space->revoke_invite(crypto::derive_invite_key(invitation.secret).public_key()));
  const auto withdrawn = dan.join(ana, invitation);
  EXPECT_EQ(code(withdrawn), ErrorCode::kInviteUnknown);
  EXPECT_NE(withdrawn.error().cause().find("withdrawn"), std::string::npos);
  Invitation invented = invitation;
  invented.secret[0] ^= 1;
  EXPECT_EQ(code(eve.join(ana, invented)), ErrorCode::kInviteUnknown);
}

TEST_F(Spaces, an_invitation_to_another_space_is_not_taken_here) {
  Home other(9, clock);
  other.found();
  const Invitation invitation = must(other.space->invite(clock.wall + kWeekMs, 1));
  const auto visited = Space::visit(dan.environment(), dan.options(), ana.space->id(), invitation);
  ASSERT_FALSE(visited.ok());
  EXPECT_EQ(visited.error().code(), ErrorCode::kWrongSpace);
}

TEST_F(Spaces, joining_before_authority_has_come_says_what_is_missing) {
  dan.visit(ana, invite());
  EXPECT_EQ(code(dan.space->join(dan.root, dan.keys)), ErrorCode::kNotFound);
}

TEST_F(Spaces, another_version_of_the_app_is_noticed_before_joining) {
  const Invitation invitation = invite();
  dan.space = must(Space::visit(dan.environment(), dan.options("CREATE TABLE other(id TEXT PRIMARY KEY);"),
                                ana.space->id(), invitation));
  ana.tell_authority(dan);
  EXPECT_EQ(code(dan.space->join(dan.root, dan.keys)), ErrorCode::kBadSchema);
}

TEST_F(Spaces, a_member_with_her_words_is_told_to_link_instead_of_joining_again) {
  admit(dan);
  Home again(2, clock, 7);
  EXPECT_EQ(code(again.join(ana, invite())), ErrorCode::kAlreadyMember);
}

TEST_F(Spaces, an_invitation_that_nobody_could_use_is_not_made) {
  EXPECT_EQ(ana.space->invite(clock.wall, 1).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(ana.space->invite(clock.wall + 1, 0).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(ana.space->invite(clock.wall + 1, Space::kInviteUsesMax + 1).error().code(), ErrorCode::kUsage);
}

TEST_F(Spaces, a_visitor_writes_nothing) {
  dan.visit(ana, invite());
  ana.tell_authority(dan);
  EXPECT_EQ(dan.try_note("x").error().code(), ErrorCode::kNotMember);
  EXPECT_TRUE(dan.notes().empty());
}

TEST_F(Spaces, two_people_with_one_link_wait_until_the_inviter_confirms_the_first_that_she_sees) {
  const Invitation invitation = invite();
  Home lena(4, clock);
  must(lena.join(ana, invite()));
  lena.tell(ana);
  meet(ana, lena);
  must(dan.join(ana, invitation));
  must(eve.join(lena, invitation));
  dan.note("from Dan");
  eve.note("from Eve");
  dan.tell(lena);
  eve.tell(lena);
  EXPECT_TRUE(lena.notes().empty()) << "both joins are beyond the uses";
  eve.tell(ana);
  must(ana.space->tick());
  lena.tell(ana);
  meet(ana, lena);
  EXPECT_EQ(ana.notes(), (Notes{"from Eve"}));
  EXPECT_EQ(lena.notes(), ana.notes());
  lena.tell_authority(dan);
  EXPECT_FALSE(dan.space->is_member());
  EXPECT_EQ(dan.try_note("again").error().code(), ErrorCode::kNotMember);
}

TEST_F(Spaces, who_lost_an_invitations_race_cannot_read_on) {
  const Invitation invitation = invite();
  must(dan.join(ana, invitation));
  must(eve.join(ana, invitation));
  eve.tell(ana);
  must(ana.space->tick());
  dan.tell(ana);
  EXPECT_EQ(ana.space->authority().members().size(), 2u);
  ana.note("not for Dan");
  ana.tell(dan);
  ana.tell(eve);
  EXPECT_TRUE(dan.notes().empty());
  EXPECT_EQ(eve.notes(), (Notes{"not for Dan"}));
}

TEST_F(Spaces, a_withdrawn_link_opens_nothing_that_is_written_later) {
  const Invitation invitation = invite();
  dan.visit(ana, invitation);
  ana.note("while it was open");
  ana.tell(dan);
  EXPECT_EQ(dan.notes(), (Notes{"while it was open"}));
  must(ana.space->revoke_invite(crypto::derive_invite_key(invitation.secret).public_key()));
  ana.note("after it was withdrawn");
  ana.tell(dan);
  EXPECT_EQ(dan.notes(), (Notes{"while it was open"}));
  EXPECT_EQ(ana.count(log::Kind::kEpoch), 2u);
}

TEST_F(Spaces, an_expired_link_opens_nothing_that_is_written_later) {
  const Invitation invitation = invite(1, 1'000);
  dan.visit(ana, invitation);
  clock.advance(2'000);
  ana.note("after it expired");
  ana.tell(dan);
  EXPECT_TRUE(dan.notes().empty());
  ana.note("again");
  EXPECT_EQ(ana.count(log::Kind::kEpoch), 2u) << "one new key is enough";
}

TEST_F(Spaces, newcomers_read_what_was_written_under_every_earlier_key) {
  for (int i = 0; i < 3; ++i) {
    const Invitation invitation = invite();
    ana.note("note " + std::to_string(i));
    must(ana.space->revoke_invite(crypto::derive_invite_key(invitation.secret).public_key()));
  }
  EXPECT_EQ(ana.count(log::Kind::kEpoch), 4u);
  admit(dan);
  EXPECT_EQ(dan.notes(), (Notes{"note 0", "note 1", "note 2"}));
}

// -- devices

class Devices : public Spaces {
 protected:
  Home laptop{1, clock, 5};

  void link(Home& fresh, Home& by) {
    const Space::DeviceRequest request = Space::make_device_request(fresh.random, fresh.keys);
    const auto shown = must(Space::DeviceRequest::parse(request.text()));
    const Bytes answer = must(by.space->link_device(shown));
    fresh.space = must(Space::link(fresh.environment(), fresh.options(), request, answer, fresh.keys));
  }
  void SetUp() override {
    Spaces::SetUp();
    ana.note("before");
    link(laptop, ana);
  }
};

TEST_F(Devices, a_linked_device_is_the_same_person_and_reads_and_writes) {
  EXPECT_EQ(laptop.space->person(), ana.space->person());
  EXPECT_TRUE(laptop.space->is_member());
  EXPECT_FALSE(laptop.keys.person_root.has_value()) << "it cannot certify or retire";
  EXPECT_TRUE(ana.space->knows_device(laptop.space->log().own())) << "for the hello, before its first entry came";
  laptop.note("from the laptop");
  meet(ana, laptop);
  EXPECT_EQ(laptop.notes(), (Notes{"before", "from the laptop"}));
  EXPECT_EQ(ana.notes(), laptop.notes());
  laptop.reopen();
  laptop.note("again");
  meet(ana, laptop);
  EXPECT_EQ(ana.state_hash(), laptop.state_hash());
}

TEST_F(Devices, a_linked_device_can_neither_link_nor_retire) {
  meet(ana, laptop);
  SpaceKeys keys;
  const auto request = Space::make_device_request(laptop.random, keys);
  EXPECT_EQ(laptop.space->link_device(request).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(code(laptop.space->retire_device(ana.space->log().own(), std::nullopt)), ErrorCode::kUsage);
}

TEST_F(Devices, an_answer_for_another_request_is_refused) {
  Home other(1, clock, 6);
  const auto request = Space::make_device_request(other.random, other.keys);
  Bytes answer = must(ana.space->link_device(request));
  Home thief(1, clock, 8);
  const auto own = Space::make_device_request(thief.random, thief.keys);
  EXPECT_EQ(Space::link(thief.environment(), thief.options(), own, answer, thief.keys).error().code(),
            ErrorCode::kCannotOpen);
  EXPECT_EQ(Space::link(thief.environment(), thief.options(), request, answer, thief.keys).error().code(),
            ErrorCode::kCannotOpen)
      << "with the right request, but without its keys";
  for (std::size_t length = 0; length < answer.size(); length += 17) {
    EXPECT_FALSE(
        Space::link(other.environment(), other.options(), request, ByteView(answer).first(length), other.keys).ok());
  }
  for (const std::string_view text : {"", "abc", "aaaaaaaaaaaaaaaa"})
    EXPECT_FALSE(Space::DeviceRequest::parse(text).ok());
}

TEST_F(Devices, a_device_linked_just_before_a_retirement_gets_the_new_key_when_it_is_heard_of) {
  meet(ana, laptop);
  Home tablet(1, clock, 6);
  link(tablet, ana);  // Ana's first device has not heard from it yet
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  ana.note("under the new epoch");
  meet(ana, tablet);  // she hears of it
  meet(ana, tablet);  // and hands the key on
  EXPECT_EQ(tablet.notes(), ana.notes());
  EXPECT_EQ(ana.count(log::Kind::kKeys), 2u) << "it is handed on once";
}

TEST_F(Devices, a_retirement_that_fails_anywhere_has_changed_nothing) {
  store::testing::MemoryDisk disk;
  Home owner(4, clock);
  owner.files = &disk;
  owner.found();
  Home phone(4, clock, 7);
  link(phone, owner);
  meet(owner, phone);
  const DeviceId device = phone.space->log().own();
  std::uint64_t failures = 0;
  for (bool is_retired = false; !is_retired; failures += is_retired ? 0 : 1) {
    disk.fill_up_after(failures);
    const bool is_said = owner.space->retire_device(device, std::nullopt).ok();
    disk.fill_up(false);
    is_retired = owner.space->authority().device(device)->retired_at.has_value();
    EXPECT_TRUE(is_retired || !is_said);
    EXPECT_EQ(owner.count(log::Kind::kKeys), is_retired ? 1u : 0u) << failures;
    EXPECT_EQ(owner.count(log::Kind::kEpoch), is_retired ? 2u : 1u) << failures;
  }
  EXPECT_GT(failures, 1u);
  EXPECT_TRUE(owner.space->authority().device(device)->retired_at.has_value());
  owner.space.reset();  // before its disk
}

TEST_F(Devices, a_person_has_sixteen_devices_at_most) {
  for (std::size_t i = 2; i < Space::kDevicesMax; ++i) {
    Home more(1, clock, 100 + i);
    link(more, ana);
    more.tell(ana);
  }
  laptop.tell(ana);
  SpaceKeys keys;
  EXPECT_EQ(ana.space->link_device(Space::make_device_request(ana.random, keys)).error().code(), ErrorCode::kTooLarge);
}

TEST_F(Devices, a_retired_device_cannot_read_what_is_written_afterwards) {
  meet(ana, laptop);
  admit(dan);
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  ana.note("not for the thief");
  ana.tell(dan);
  dan.note("nor this");
  meet(ana, dan);
  ana.tell(laptop);
  EXPECT_EQ(ana.notes(), (Notes{"before", "nor this", "not for the thief"}));
  EXPECT_EQ(dan.notes(), ana.notes());
  EXPECT_EQ(laptop.notes(), (Notes{"before"}));
  EXPECT_EQ(laptop.try_note("still here").error().code(), ErrorCode::kNotMember);
  EXPECT_FALSE(ana.space->knows_device(laptop.space->log().own()));
}

TEST_F(Devices, what_a_retired_device_wrote_later_is_taken_back_where_it_came_before_the_news) {
  meet(ana, laptop);
  admit(dan);
  laptop.note("honest");
  meet(ana, laptop);
  laptop.note("by the thief");
  meet(laptop, dan);
  EXPECT_EQ(dan.notes(), (Notes{"before", "by the thief", "honest"}));
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  meet(ana, dan);
  EXPECT_EQ(dan.notes(), (Notes{"before", "honest"}));
  EXPECT_EQ(ana.notes(), dan.notes());
  EXPECT_EQ(ana.state_hash(), dan.state_hash());
}

TEST_F(Devices, the_other_devices_get_the_next_wrap_key_and_say_so) {
  Home tablet(1, clock, 6);
  link(tablet, ana);
  meet(ana, tablet);
  meet(ana, laptop);
  int changes = 0;
  tablet.space->set_on_keys_changed([&] { ++changes; });
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  ana.note("for what is left");
  meet(ana, tablet);
  must(tablet.space->tick());
  EXPECT_EQ(tablet.notes(), (Notes{"before", "for what is left"}));
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(tablet.space->keys().wrap_secrets.size(), 2u);
  EXPECT_EQ(tablet.space->keys().wrap_secrets, ana.space->keys().wrap_secrets);
  tablet.reopen();
  tablet.note("with the keys of before");
  meet(ana, tablet);
  EXPECT_EQ(ana.notes().size(), 3u);
}

TEST_F(Devices, only_a_device_of_ones_own_can_be_retired) {
  admit(dan);
  EXPECT_EQ(code(ana.space->retire_device(dan.space->log().own(), std::nullopt)), ErrorCode::kUsage);
  EXPECT_EQ(code(ana.space->retire_device(ana.space->log().own(), std::nullopt)), ErrorCode::kUsage);
  meet(ana, laptop);
  EXPECT_EQ(code(ana.space->retire_device(laptop.space->log().own(), Seq(77))), ErrorCode::kNotFound);
}

TEST_F(Devices, words_are_forgotten_and_remembered_and_must_be_the_right_ones) {
  meet(ana, laptop);
  ana.space->forget();
  EXPECT_EQ(code(ana.space->retire_device(laptop.space->log().own(), std::nullopt)), ErrorCode::kUsage);
  EXPECT_EQ(code(ana.space->remember(dan.root)), ErrorCode::kBadWords);
  must(ana.space->remember(ana.root));
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
}

TEST_F(Devices, concurrent_losses_end_in_one_key_to_write_under) {
  admit(dan);
  Home phone(2, clock, 5);
  link(phone, dan);
  meet(dan, phone);
  meet(ana, dan);
  meet(ana, laptop);
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  must(dan.space->retire_device(phone.space->log().own(), std::nullopt));
  ana.note("under Ana's key");
  dan.note("under Dan's key");
  const std::size_t before = 1 + 1 + 1;
  ana.tell(dan);
  dan.tell(ana);
  EXPECT_EQ(ana.count(log::Kind::kEpoch), before) << "each knew of one loss only: neither key will do";
  for (std::uint64_t waited = 0; waited <= Space::kSpreadMs; waited += Space::kTickMs) {
    clock.advance(Space::kTickMs);
    meet(ana, dan);
  }
  EXPECT_EQ(ana.count(log::Kind::kEpoch), before + 1) << "one of them made it for both";
  ana.note("together");
  dan.note("again");
  meet(ana, dan);
  EXPECT_EQ(ana.count(log::Kind::kEpoch), before + 1);
  EXPECT_EQ(ana.notes(), (Notes{"again", "before", "together", "under Ana's key", "under Dan's key"}));
  EXPECT_EQ(ana.state_hash(), dan.state_hash());
  ana.tell(laptop);
  dan.tell(phone);
  EXPECT_EQ(laptop.notes().size(), 2u) << "it reads what Dan wrote before he knew, and nothing later";
  admit(eve);
  EXPECT_EQ(eve.notes(), ana.notes()) << "newcomers read both sides of a partition";
}

TEST_F(Devices, whoever_writes_first_makes_the_key_that_is_missing) {
  admit(dan);
  Home phone(2, clock, 5);
  link(phone, dan);
  meet(dan, phone);
  meet(ana, dan);
  meet(ana, laptop);
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  must(dan.space->retire_device(phone.space->log().own(), std::nullopt));
  ana.tell_authority(dan);
  dan.tell_authority(ana);
  ana.note("at once");
  dan.note("too");
  meet(ana, dan);
  const std::size_t made = ana.count(log::Kind::kEpoch);
  EXPECT_EQ(made, 1u + 2u + 2u) << "neither waited for the other";
  ana.note("then");
  dan.note("and then");
  meet(ana, dan);
  EXPECT_EQ(ana.count(log::Kind::kEpoch), made) << "both write under the lower of the two";
  EXPECT_EQ(ana.notes(), dan.notes());
}

TEST_F(Devices, keys_from_a_transaction_that_failed_open_what_waits_when_they_come_again) {
  store::testing::MemoryDisk disk;
  eve.files = &disk;
  meet(ana, laptop);
  admit(dan);
  must(eve.join(dan, must(dan.space->invite(clock.wall + kWeekMs, 1))));
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));  // a new epoch, by who has not heard of Eve
  ana.note("under the new epoch");
  ana.tell_authority(eve);
  ASSERT_GT(ana.tell_content(eve).locked, 0u);
  eve.tell(ana);
  must(ana.space->tick());
  clock.advance(Space::kSpreadMs);
  must(ana.space->tick());
  disk.fill_up(true);
  EXPECT_FALSE(ana.try_tell_authority(eve).ok());
  disk.fill_up(false);
  EXPECT_NE(eve.notes(), ana.notes());
  ana.tell_authority(eve);
  EXPECT_EQ(eve.notes(), ana.notes());
  eve.space.reset();  // before its disk
}

// -- what lies on the disk

TEST_F(Devices, no_secret_lies_in_the_database) {
  admit(dan);
  meet(ana, laptop);
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  ana.note("the last one");
  must(ana.space->store().db().flush());
  std::string stored;
  for (const std::string_view name : {"space.kith", "space.kith-wal"}) {
    stored += ana.directory.content(name);
  }
  ASSERT_NE(stored.find("the last one"), std::string::npos) << "the search itself works: tables are plain";
  const SpaceKeys& keys = ana.space->keys();
  std::vector<crypto::Key> secrets{ana.root,
                                   *keys.person_root,
                                   keys.log_seed,
                                   keys.box_secret,
                                   keys.self_key,
                                   ana.storage_key,
                                   crypto::derive_identity(*keys.person_root).seed()};
  secrets.insert(secrets.end(), keys.wrap_secrets.begin(), keys.wrap_secrets.end());
  const auto current = must(ana.space->writing());
  secrets.push_back(current.epoch_secret);
  for (const crypto::Key& secret : secrets) {
    EXPECT_EQ(stored.find(as_text(secret.view())), std::string::npos);
  }
}

TEST_F(Spaces, another_key_file_does_not_open_the_database) {
  ana.space.reset();
  ana.storage_key.data[0] ^= 1;
  const auto opened = Space::open(ana.environment(), ana.options(), ana.keys);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kCannotOpen);
}

TEST_F(Spaces, the_same_words_are_the_same_person_in_a_lineage_and_another_elsewhere) {
  Home again(1, clock, 9);
  const Lineage lineage = ana.space->lineage();
  again.space = must(Space::found(again.environment(), again.options(), again.root, lineage, HostKey{}, again.keys));
  EXPECT_EQ(again.space->person(), ana.space->person());
  EXPECT_NE(again.space->id(), ana.space->id());
  Home elsewhere(1, clock, 10);
  elsewhere.found();
  EXPECT_NE(elsewhere.space->person(), ana.space->person());
}

TEST_F(Spaces, a_personal_space_is_found_by_the_words_alone) {
  Home own(1, clock, 11);
  const Lineage lineage = crypto::personal_lineage(own.root);
  own.space = must(Space::found(own.environment(), own.options(), own.root, lineage, HostKey{}, own.keys));
  EXPECT_EQ(own.space->lineage(), lineage);
  own.note("only mine");
  EXPECT_EQ(own.space->authority().members().size(), 1u);
}

TEST_F(Spaces, a_device_says_once_where_it_runs) {
  HostKey host;
  host.data.fill(7);
  must(ana.space->bind_host(host));
  must(ana.space->bind_host(host));
  EXPECT_EQ(ana.count(log::Kind::kHost), 1u);
  EXPECT_EQ(ana.space->authority().device(ana.space->log().own())->host, host);
}

TEST_F(Spaces, a_note_can_be_taken_back_until_it_is_sealed) {
  const auto write = [&] {
    return must(ana.space->write("note written", {.rest_ms = 10'000}, [&](Writer& writer) {
      return writer.exec("INSERT INTO notes(id, body) VALUES (?, ?)", {ana.space->new_id(), std::string("oops")});
    }));
  };
  const WriteReceipt first = write();
  must(ana.space->tick());
  EXPECT_EQ(ana.notes().size(), 1u);
  must(ana.space->take_back(first.pos));
  EXPECT_TRUE(ana.notes().empty());
  const WriteReceipt second = write();
  clock.advance(10'001);
  must(ana.space->tick());
  EXPECT_EQ(code(ana.space->take_back(second.pos)), ErrorCode::kRefused);
}

TEST_F(Spaces, what_a_device_does_by_itself_leaves_a_resting_note_alone_but_not_for_ever) {
  const auto write = [&] {
    return must(ana.space->write("note written", {.rest_ms = 10'000}, [&](Writer& writer) {
      return writer.exec("INSERT INTO notes(id, body) VALUES (?, ?)", {ana.space->new_id(), std::string("oops")});
    }));
  };
  must(dan.join(ana, invite()));
  WriteReceipt newest = write();
  dan.tell(ana);
  must(ana.space->tick());
  EXPECT_EQ(ana.count(log::Kind::kUnilateral), 0u) << "a confirmation would seal the note";
  must(ana.space->take_back(newest.pos));
  must(ana.space->tick());
  EXPECT_EQ(ana.count(log::Kind::kUnilateral), 1u);

  must(eve.join(ana, invite()));
  eve.tell(ana);
  for (std::uint64_t waited = 0; waited <= Space::kSpreadMs; waited += 5'000) {
    write();
    must(ana.space->tick());
    clock.advance(5'000);
  }
  must(ana.space->tick());
  EXPECT_EQ(ana.count(log::Kind::kUnilateral), 2u) << "somebody who never stops writing does her duties too";
}

TEST_F(Spaces, a_body_that_fails_leaves_nothing) {
  const auto result = ana.space->write("note written", {}, [&](Writer& writer) -> Result<void> {
    must(writer.exec("INSERT INTO notes(id, body) VALUES (?, ?)", {std::string("1"), std::string("half")}));
    return Error(ErrorCode::kUsage, "changed my mind", "nothing");
  });
  EXPECT_EQ(result.error().cause(), "changed my mind");
  EXPECT_TRUE(ana.notes().empty());
  ana.note("whole");
  EXPECT_EQ(ana.notes(), (Notes{"whole"}));
}

TEST_F(Spaces, whoever_listens_hears_of_commits_and_of_own_entries) {
  int changes = 0;
  ana.space->set_on_change([&] { ++changes; });
  must(ana.try_note("x"));
  EXPECT_EQ(changes, 1);
  must(ana.space->tick());
  EXPECT_EQ(changes, 2) << "an epoch to write under";
  must(ana.try_note("y"));
  EXPECT_EQ(changes, 3) << "committed and sealed";
  must(ana.space->tick());
  EXPECT_EQ(changes, 3) << "nothing to say";
  must(ana.space->write("note written", {.rest_ms = 10'000}, [&](Writer& writer) {
    return writer.exec("INSERT INTO notes(id, body) VALUES (?, ?)", {ana.space->new_id(), std::string("z")});
  }));
  EXPECT_EQ(changes, 4);
  clock.advance(10'001);
  must(ana.space->tick());
  EXPECT_EQ(changes, 5) << "sealed";
}

// -- doubled logs

/// A backup of Dan's device that goes on beside it: the same log, twice.
#ifndef __wasi__  // a copy wants a second place for files
class Copies : public Spaces {
 protected:
  Home copy{2, clock, 20};
  DeviceId device;

  void SetUp() override {
    Spaces::SetUp();
    admit(dan);
    admit(eve);
    meet(ana, dan);
    dan.note("before the copy");
    meet(ana, dan);
    device = dan.space->log().own();
    copy.keys = dan.keys;
    copy.storage_key = dan.storage_key;
    must(dan.space->store().db().exec("VACUUM INTO '" + copy.directory.file("space.kith") + "'"));
    copy.reopen();
    clock.advance(1);
    dan.note("on the device");
    clock.advance(1);
    copy.note("on the copy");
    dan.tell(ana);
    copy.tell(eve);
  }
  bool is_frozen(Home& at) { return at.space->authority().device(device)->doubled_at.has_value(); }
  bool is_dan_member(Home& at) { return at.space->authority().person(dan.space->person())->is_member; }
};

TEST_F(Copies, freeze_their_device_everywhere_and_cost_nobody_membership) {
  EXPECT_FALSE(is_frozen(ana));
  // Two branches are noticed by whoever is sent the other one; the proof then travels as authority.
  copy.tell(ana);
  EXPECT_TRUE(is_frozen(ana));
  meet(ana, eve);
  meet(ana, eve);
  EXPECT_TRUE(is_frozen(eve));
  EXPECT_TRUE(is_dan_member(ana));
  EXPECT_TRUE(is_dan_member(eve));
  EXPECT_EQ(ana.count(log::Kind::kDoubling), 1u);
  EXPECT_EQ(ana.notes(), (Notes{"before the copy"}));
  EXPECT_EQ(eve.notes(), ana.notes());
  EXPECT_EQ(eve.state_hash(), ana.state_hash());
  ana.tell_authority(dan);
  EXPECT_EQ(dan.try_note("more").error().code(), ErrorCode::kDoubledLog);
}

TEST_F(Copies, the_proof_survives_a_crash_before_it_is_told) {
  copy.tell(ana);
  ana.reopen();
  EXPECT_TRUE(is_frozen(ana));
  must(ana.space->tick());
  EXPECT_EQ(ana.count(log::Kind::kDoubling), 1u);
}
#endif

}  // namespace
}  // namespace kith::space
