// SPDX-License-Identifier: Apache-2.0
// The rules of docs/formats/authority.md, one test each: what the rule allows, and that it forbids what it forbids.
// Then the property that all of them share: the same entries give the same state, in whatever order they came.
#include "space/authority.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <numeric>

#include "space/testing/village.h"

namespace kith::space {
namespace {

using testing::House;
using testing::kDayMs;
using testing::Link;
using testing::Village;

TEST(Authority, the_founder_is_a_member_and_the_schema_is_the_genesis_own) {
  Village village;
  const AuthorityState state = village.state();
  ASSERT_TRUE(state.is_founded());
  ASSERT_EQ(state.members().size(), 1u);
  EXPECT_EQ(state.members()[0]->id, village.ana.person());
  EXPECT_FALSE(state.members()[0]->joined_by.has_value());
  EXPECT_EQ(state.lineage(), Village::lineage());
  EXPECT_EQ(state.schema_text(), "CREATE TABLE posts(id TEXT PRIMARY KEY);");
  EXPECT_EQ(state.schema_hash(), list_hash(List::kSchema, as_bytes(state.schema_text())));
  EXPECT_EQ(state.constitution(), Constitution{});
}

TEST(Authority, a_genesis_of_another_space_founds_nothing) {
  Village village;
  FactBook book(SpaceId{testing::key_named("elsewhere").data});
  for (const auto& entry : village.entries) book.add(entry);
  const AuthorityState state = book.state();
  EXPECT_FALSE(state.is_founded());
  EXPECT_TRUE(state.members().empty());
}

TEST(Authority, who_joins_by_an_invitation_is_a_member_and_knows_her_voucher) {
  Village village;
  House dan = village.house("Dan");
  const Link link("for Dan");
  village.invite(village.ana, link);
  const EntryId join = village.join(dan, link);
  const AuthorityState state = village.state();
  const Person* person = state.person(dan.person());
  ASSERT_NE(person, nullptr);
  EXPECT_TRUE(person->is_member);
  EXPECT_EQ(person->joined_by, join);
  EXPECT_EQ(person->inviter, village.ana.person());
  ASSERT_NE(state.invite(link.invite()), nullptr);
  EXPECT_TRUE(state.invite(link.invite())->is_spent());
  EXPECT_EQ(state.device(dan.device())->person, dan.person());
}

TEST(Authority, invitations_of_invited_people_admit_too) {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"));
  village.invite(dan, Link("2"));
  village.join(eve, Link("2"));
  EXPECT_TRUE(village.is_member(eve));
}

TEST(Authority, a_join_that_does_not_reach_its_invitation_is_void) {
  Village village;
  House dan = village.house("Dan");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"), {village.genesis});
  EXPECT_FALSE(village.is_member(dan));
}

TEST(Authority, a_join_stamped_after_the_expiry_is_void) {
  for (const std::uint64_t late_ms : {0, 1}) {
    Village village;
    House dan = village.house("Dan");
    village.invite(village.ana, Link("1"));
    village.now_ms = village.expires_ms + late_ms;
    village.join(dan, Link("1"));
    EXPECT_EQ(village.is_member(dan), late_ms == 0);
  }
}

TEST(Authority, a_join_that_knows_the_revocation_is_void_even_if_confirmed) {
  Village village;
  House dan = village.house("Dan");
  village.invite(village.ana, Link("1"));
  village.invite(village.ana, Link("1"), 0);
  const EntryId join = village.join(dan, Link("1"));
  village.confirm(village.ana, join);
  EXPECT_FALSE(village.is_member(dan));
  EXPECT_TRUE(village.verdict().invite(Link("1").invite())->is_revoked());
}

TEST(Authority, a_join_beside_a_revocation_waits_for_confirmation) {
  Village village;
  House dan = village.house("Dan");
  const EntryId invite = village.invite(village.ana, Link("1"));
  village.invite(village.ana, Link("1"), 0);
  const EntryId join = village.join(dan, Link("1"), {invite});
  EXPECT_FALSE(village.is_member(dan));
  village.confirm(village.ana, join);
  EXPECT_TRUE(village.is_member(dan));
}

TEST(Authority, a_revocation_that_knows_the_join_takes_nothing_away) {
  Village village;
  House dan = village.house("Dan");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"));
  village.invite(village.ana, Link("1"), 0);
  EXPECT_TRUE(village.is_member(dan));
}

TEST(Authority, nobody_revokes_anothers_invitation) {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"));
  village.invite(village.ana, Link("2"));
  village.invite(dan, Link("2"), 0);
  village.join(eve, Link("2"));
  EXPECT_TRUE(village.is_member(eve));
}

TEST(Authority, joins_beyond_the_uses_all_wait_for_the_inviters_confirmation) {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  const EntryId invite = village.invite(village.ana, Link("1"));
  const EntryId by_dan = village.join(dan, Link("1"), {invite});
  EXPECT_TRUE(village.is_member(dan));
  village.join(eve, Link("1"), {invite});
  EXPECT_FALSE(village.is_member(dan));
  EXPECT_FALSE(village.is_member(eve));
  village.confirm(village.ana, by_dan);
  EXPECT_TRUE(village.is_member(dan));
  EXPECT_FALSE(village.is_member(eve));
}

TEST(Authority, a_confirmation_by_somebody_else_is_void) {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  House flo = village.house("Flo");
  village.invite(village.ana, Link("flo"));
  village.join(flo, Link("flo"));
  const EntryId invite = village.invite(village.ana, Link("1"));
  const EntryId by_dan = village.join(dan, Link("1"), {invite});
  village.join(eve, Link("1"), {invite});
  village.confirm(flo, by_dan);
  village.confirm(dan, by_dan);
  EXPECT_FALSE(village.is_member(dan));
}

TEST(Authority, one_person_joining_twice_uses_an_invitation_once) {
  Village village;
  House phone = village.house("Dan", "phone");
  House laptop = village.house("Dan", "laptop");
  village.invite(village.ana, Link("1"));
  village.join(phone, Link("1"));
  village.join(laptop, Link("1"));
  EXPECT_TRUE(village.is_member(phone));
  EXPECT_EQ(village.verdict().person(phone.person())->devices.size(), 2u);
}

TEST(Authority, who_repeats_anothers_invitation_does_not_take_it_over) {
  Village village;
  House eve = village.house("Eve");
  House dan = village.house("Dan");
  village.invite(village.ana, Link("eve"));
  village.join(eve, Link("eve"));
  village.invite(village.ana, Link("1"));
  village.invite(eve, Link("1"));
  village.invite(eve, Link("1"), 0);
  village.join(dan, Link("1"));
  EXPECT_TRUE(village.is_member(dan));
  EXPECT_EQ(village.verdict().person(dan.person())->inviter, village.ana.person());
}

TEST(Authority, a_stranger_invites_nobody) {
  Village village;
  House eve = village.house("Eve");
  House dan = village.house("Dan");
  village.certify(eve);
  village.invite(eve, Link("1"));
  village.join(dan, Link("1"));
  EXPECT_FALSE(village.is_member(eve));
  EXPECT_FALSE(village.is_member(dan));
  EXPECT_EQ(village.verdict().invite(Link("1").invite()), nullptr);
}

TEST(Authority, a_device_without_the_right_to_act_invites_nobody) {
  Village village;
  House plain = village.house("Ana", "plain");
  House dan = village.house("Dan");
  village.certify(plain, kRightContent);
  village.invite(plain, Link("1"));
  village.join(dan, Link("1"));
  EXPECT_FALSE(village.is_member(dan));
}

TEST(Authority, every_statement_of_a_join_must_be_signed) {
  for (int broken = 0; broken < 6; ++broken) {
    Village village;
    House dan = village.house("Dan");
    const Link link("1");
    village.invite(village.ana, link);
    JoinPayload join = village.join_payload(dan, link);
    if (broken == 1) join.certificate.signature.data[5] ^= 1;
    if (broken == 2) join.wrap_key.signature.data[5] ^= 1;
    if (broken == 3) join.join.data[5] ^= 1;
    if (broken == 4) join.accept.data[5] ^= 1;
    if (broken == 5) join = village.join_payload(village.house("Dan", "another log"), link);
    village.write(dan, log::Kind::kJoin, encode(join));
    EXPECT_EQ(village.is_member(dan), broken == 0) << broken;
  }
}

TEST(Authority, of_what_was_checked_before_only_the_signatures_are_taken_on_trust) {
  for (const bool is_signature : {true, false}) {
    Village village;
    House dan = village.house("Dan");
    const Link link("1");
    village.invite(village.ana, link);
    const House other = village.house("Dan", "another log");
    JoinPayload join = village.join_payload(is_signature ? dan : other, link);
    join.accept.data[5] ^= 1;
    village.write(dan, log::Kind::kJoin, encode(join));
    FactBook book(village.space);
    for (const log::AuthorityEntry& entry : village.entries) book.add(entry, true);
    EXPECT_EQ(book.is_said(village.entries.back().id), is_signature);
    EXPECT_FALSE(village.is_member(dan)) << "checked for the first time";
  }
}

TEST(Authority, a_certificate_counts_only_at_the_beginning_of_its_log) {
  Village village;
  House late = village.house("Ana", "late");
  village.write(late, log::Kind::kMerge, {});
  village.certify(late);
  EXPECT_EQ(village.verdict().device(late.device()), nullptr);
}

TEST(Authority, a_certificate_of_another_space_is_void) {
  Village village;
  House laptop = village.house("Ana", "laptop");
  const DeviceCertificate elsewhere = laptop.certificate(SpaceId{testing::key_named("elsewhere").data});
  village.write(laptop, log::Kind::kDevice, encode(elsewhere));
  EXPECT_EQ(village.verdict().device(laptop.device()), nullptr);
}

TEST(Authority, acts_after_the_certificates_end_are_void) {
  Village village;
  House hosted = village.house("Ana", "hosted");
  House dan = village.house("Dan");
  DeviceCertificate certificate = hosted.certificate(village.space);
  certificate.not_after_ms = village.now_ms + 5'000;
  certificate.signature = sign_device(hosted.identity, village.space, certificate);
  village.write(hosted, log::Kind::kDevice, encode(certificate));
  village.now_ms = certificate.not_after_ms + 1;
  village.invite(hosted, Link("1"));
  village.join(dan, Link("1"));
  EXPECT_FALSE(village.is_member(dan));
}

TEST(Authority, what_a_retired_device_wrote_afterwards_does_not_count) {
  Village village;
  House lost = village.house("Ana", "lost");
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  village.certify(lost);
  const EntryId before = village.invite(lost, Link("1"));
  village.invite(lost, Link("2"));
  village.join(dan, Link("1"));
  village.join(eve, Link("2"));
  EXPECT_TRUE(village.is_member(eve));
  village.retire(village.ana, lost, Seq(1), before);
  EXPECT_TRUE(village.is_member(dan));
  EXPECT_FALSE(village.is_member(eve));
  EXPECT_TRUE(village.is_member(village.ana));
}

TEST(Authority, of_two_retirements_the_lower_counts) {
  Village village;
  House lost = village.house("Ana", "lost");
  const EntryId zero = village.certify(lost);
  const EntryId one = village.invite(lost, Link("1"));
  village.retire(village.ana, lost, Seq(1), one);
  village.retire(village.ana, lost, Seq(0), zero);
  village.retire(village.ana, lost, Seq(1), one);
  const AuthorityState state = village.state();
  EXPECT_EQ(state.device(lost.device())->retired_at, std::pair(Seq(0), zero));
}

TEST(Authority, nobody_retires_anothers_device) {
  Village village;
  House dan = village.house("Dan");
  village.invite(village.ana, Link("1"));
  const EntryId join = village.join(dan, Link("1"));
  village.retire(village.ana, dan, Seq(0), join);
  EXPECT_FALSE(village.verdict().device(dan.device())->retired_at.has_value());
}

TEST(Authority, a_doubled_log_freezes_its_device_and_costs_nobody_membership) {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"));
  village.invite(dan, Link("2"));
  village.join(eve, Link("2"));
  village.write(village.ana, log::Kind::kDoubling, village.doubling_of(dan, Seq(1)));
  EXPECT_EQ(village.verdict().device(dan.device())->doubled_at, Seq(1));
  EXPECT_TRUE(village.is_member(dan));
  EXPECT_FALSE(village.is_member(eve)) << "the invitation is at the doubled number";
  village.write(village.ana, log::Kind::kDoubling, village.doubling_of(dan, Seq(0)));
  EXPECT_TRUE(village.is_member(dan)) << "even if the join itself was doubled";
}

TEST(Authority, a_retirement_chooses_the_branch_of_a_doubled_log) {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"));
  village.invite(dan, Link("2"));
  village.join(eve, Link("2"));
  House laptop = village.house("Dan", "laptop");
  village.certify(laptop);
  const log::AuthorityEntry last = village.write(dan, log::Kind::kMerge, {});
  village.write(village.ana, log::Kind::kDoubling, village.doubling_of(dan, Seq(1)));
  EXPECT_FALSE(village.is_member(eve));
  village.retire(laptop, dan, last.header.seq, last.id);
  EXPECT_TRUE(village.is_member(eve));
}

TEST(Authority, a_proof_of_nothing_convicts_nobody) {
  Village village;
  Bytes proof = village.doubling_of(village.ana, Seq(1));
  proof.back() ^= 1;
  village.write(village.ana, log::Kind::kDoubling, proof);
  EXPECT_FALSE(village.verdict().device(village.ana.device())->doubled_at.has_value());
}

TEST(Authority, a_new_wrap_key_follows_the_old_one_without_a_gap) {
  Village village;
  village.renew(village.ana, 1);
  village.renew(village.ana, 3);
  const AuthorityState state = village.state();
  const Person* ana = state.person(village.ana.person());
  ASSERT_EQ(ana->wrap_publics.size(), 2u);
  EXPECT_EQ(ana->wrap_publics[1], village.ana.wrap_key(village.space, 1).wrap);
  EXPECT_TRUE(state.readers(village.now_ms).contains(ana->wrap_publics[1]));
  EXPECT_FALSE(state.readers(village.now_ms).contains(ana->wrap_publics[0]));
}

TEST(Authority, nobody_says_anothers_wrap_key) {
  Village village;
  House dan = village.house("Dan");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"));
  KeysPayload keys{dan.wrap_key(village.space, 1), village.rows()};
  keys.wrap_key.signature = sign_wrap_key(village.ana.identity, village.space, keys.wrap_key);
  village.write(dan, log::Kind::kKeys, encode(keys));
  EXPECT_EQ(village.verdict().person(dan.person())->wrap_publics.size(), 1u);
}

TEST(Authority, only_a_member_makes_epochs) {
  Village village;
  House eve = village.house("Eve");
  village.certify(eve);
  village.epoch(village.ana, "a");
  village.epoch(eve, "b");
  int valid = 0;
  const AuthorityState state = village.state();
  for (const Epoch& epoch : state.epochs()) valid += epoch.valid ? 1 : 0;
  EXPECT_EQ(state.epochs().size(), 2u);
  EXPECT_EQ(valid, 1);
}

TEST(Authority, open_invitations_are_readers_until_they_are_spent_revoked_or_expired) {
  Village village;
  const Link link("1");
  House dan = village.house("Dan");
  const auto reads = [&](std::uint64_t at_ms) { return village.state().readers(at_ms).contains(link.box); };
  village.invite(village.ana, link);
  EXPECT_TRUE(reads(village.expires_ms));
  EXPECT_FALSE(reads(village.expires_ms + 1));
  const EntryId join = village.join(dan, link);
  EXPECT_FALSE(reads(village.now_ms)) << "spent: no new epoch is wrapped for it";
  village.entries.pop_back();
  EXPECT_TRUE(reads(village.now_ms));
  village.invite(village.ana, link, 0);
  EXPECT_FALSE(reads(village.now_ms));
  EXPECT_NE(join, EntryId{});
}

TEST(Authority, devices_wrap_keys_and_invitations_that_end_are_losses) {
  Village village;
  House laptop = village.house("Ana", "laptop");
  const EntryId zero = village.certify(laptop);
  village.invite(village.ana, Link("1"));
  EXPECT_TRUE(village.state().losses(village.expires_ms).known_by.empty());
  EXPECT_EQ(village.state().losses(village.expires_ms).expired_ms, 0u);
  EXPECT_EQ(village.state().losses(village.expires_ms + 1).expired_ms, village.expires_ms);
  const EntryId renewal = village.renew(village.ana, 1);
  const EntryId retirement = village.retire(village.ana, laptop, Seq(0), zero);
  const EntryId revocation = village.invite(village.ana, Link("1"), 0);
  const Losses losses = village.state().losses(village.expires_ms + 1);
  const std::vector<AnyOf> expected{{retirement}, {renewal}, {revocation}};
  EXPECT_EQ(losses.known_by, expected);
  EXPECT_EQ(losses.expired_ms, 0u) << "a revoked invitation needs no expiry";
}

TEST(Authority, people_whose_joins_wait_are_losses) {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  const EntryId invite = village.invite(village.ana, Link("1"));
  const EntryId by_dan = village.join(dan, Link("1"), {invite});
  EXPECT_TRUE(village.state().losses(0).excluded.empty());
  const EntryId by_eve = village.join(eve, Link("1"), {invite});
  village.confirm(village.ana, by_dan);
  const std::vector<std::pair<PersonId, EntryId>> expected{{eve.person(), by_eve}};
  EXPECT_EQ(village.state().losses(0).excluded, expected);
}

TEST(Authority, a_device_says_where_it_runs) {
  Village village;
  const HostKey first{testing::key_named("first").data};
  const HostKey second{testing::key_named("second").data};
  village.write(village.ana, log::Kind::kHost, encode(HostPayload{first}));
  village.write(village.ana, log::Kind::kHost, encode(HostPayload{second}));
  EXPECT_EQ(village.verdict().device(village.ana.device())->host, second);
}

/// A village in which everything that can be said has been said, also the wrong things, over old and new heads.
Village busy_village() {
  Village village;
  House dan = village.house("Dan");
  House eve = village.house("Eve");
  House flo = village.house("Flo");
  House laptop = village.house("Ana", "laptop");
  House spare = village.house("Dan", "spare");
  village.epoch(village.ana, "first");
  const EntryId zero = village.certify(laptop);
  const EntryId invite = village.invite(village.ana, Link("1"), 2);
  const EntryId by_dan = village.join(dan, Link("1"), {invite});
  village.join(eve, Link("1"), {invite});
  village.join(flo, Link("1"), {invite});
  village.confirm(village.ana, by_dan);
  village.invite(dan, Link("2"));
  village.invite(village.ana, Link("2"));
  village.join(spare, Link("2"));
  village.invite(laptop, Link("3"));
  House gil = village.house("Gil");
  village.join(gil, Link("3"));
  village.retire(village.ana, laptop, Seq(0), zero, {zero});
  village.retire(village.ana, laptop, Seq(1), zero);
  village.renew(village.ana, 1);
  village.renew(dan, 1);
  village.epoch(dan, "second", {by_dan});
  village.epoch(flo, "third");
  village.invite(dan, Link("2"), 0);
  village.write(village.ana, log::Kind::kDoubling, village.doubling_of(spare, Seq(3)));
  village.write(village.ana, log::Kind::kDoubling, village.doubling_of(spare, Seq(2)));
  village.write(dan, log::Kind::kInvite, {0x80});
  return village;
}

TEST(Authority, the_state_is_the_same_for_every_order_of_arrival) {
  const Village village = busy_village();
  FactBook straight = village.book_of(village.entries);
  const AuthorityState expected = straight.state();
  std::vector<AuthorityState> expected_at;
  for (const auto& entry : village.entries) expected_at.push_back(straight.state_at(entry.id));
  EXPECT_TRUE(rc::check("any permutation, with repetition, judged at any points on the way", [&] {
    std::vector<std::size_t> order(village.entries.size());
    std::iota(order.begin(), order.end(), 0u);
    for (std::size_t i = order.size() - 1; i > 0; --i) {
      std::swap(order[i], order[*rc::gen::inRange<std::size_t>(0, i + 1)]);
    }
    FactBook book(village.space);
    for (const std::size_t i : order) {
      RC_ASSERT(book.add(village.entries[i]));
      RC_ASSERT(!book.add(village.entries[i]));
      if (*rc::gen::inRange(0, 4) == 0) book.state();
      if (*rc::gen::inRange(0, 8) == 0) book.state_at(village.entries[i].id);
    }
    RC_ASSERT(book.state() == expected);
    for (std::size_t i = 0; i < order.size(); ++i) {
      RC_ASSERT(book.state_at(village.entries[i].id) == expected_at[i]);
    }
  }));
}

TEST(Authority, the_state_at_an_entry_is_what_its_closure_alone_says) {
  const Village village = busy_village();
  FactBook whole = village.book_of(village.entries);
  for (const auto& entry : village.entries) {
    FactBook part(village.space);
    for (const auto& other : village.entries) {
      if (whole.reaches(entry.id, other.id)) part.add(other);
    }
    EXPECT_TRUE(part.state() == whole.state_at(entry.id));
  }
}

TEST(Authority, bytes_changed_anywhere_never_make_another_member) {
  Village village;
  House dan = village.house("Dan");
  village.invite(village.ana, Link("1"));
  village.join(dan, Link("1"));
  village.certify(dan);
  EXPECT_TRUE(rc::check("a flipped bit in any payload voids it or changes nothing", [&] {
    std::vector<log::AuthorityEntry> entries = village.entries;
    auto& changed = entries[*rc::gen::inRange<std::size_t>(1, entries.size())].payload;
    changed[*rc::gen::inRange<std::size_t>(0, changed.size())] ^= 1 << *rc::gen::inRange(0, 8);
    FactBook book = village.book_of(entries);
    const AuthorityState state = book.state();
    for (const Person* member : state.members()) {
      RC_ASSERT(member->id == village.ana.person() || member->id == dan.person());
    }
  }));
}

}  // namespace
}  // namespace kith::space
