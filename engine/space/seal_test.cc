// SPDX-License-Identifier: Apache-2.0
// Goal: a place's tables move by a seal of its founder, every house follows when the seal reaches it, nothing is lost
// on the way, and no seal counts that is not hers. Method: houses of two versions of a program that meet by hand
// (testing/home.h); forged payloads in a member's own log.
#include <gtest/gtest.h>

#include "crypto/derive.h"
#include "space/seal_chain.h"
#include "space/testing/home.h"
#include "store/testing/memory_disk.h"

namespace kith::space {
namespace {

using kith::testing::FakeClock;
using testing::Home;
using testing::kNotesSchema;
using testing::kWeekMs;
using testing::meet;
using testing::must;

using Notes = std::vector<std::string>;

constexpr std::string_view kNewer =
    "CREATE TABLE ladders(id TEXT PRIMARY KEY, length LWW_INTEGER);\n"
    "CREATE TABLE notes(id TEXT PRIMARY KEY, body LWW_TEXT, title LWW_TEXT);\n"
    "CREATE INDEX notes_by_title ON notes(title);\n"
    "CREATE EVENT \"ladder offered\";\n"
    "CREATE EVENT \"note written\";\n";
constexpr std::string_view kNewest =
    "CREATE TABLE ladders(id TEXT PRIMARY KEY, length LWW_INTEGER);\n"
    "CREATE TABLE notes(id TEXT PRIMARY KEY, body LWW_TEXT, title LWW_TEXT);\n"
    "CREATE TABLE bells(id TEXT PRIMARY KEY);\n"
    "CREATE EVENT \"ladder offered\";\n"
    "CREATE EVENT \"note written\";\n";

class Seals : public ::testing::Test {
 protected:
  FakeClock clock;
  Home ana{1, clock};
  Home dan{2, clock};

  void SetUp() override {
    ana.found();
    must(dan.join(ana, must(ana.space->invite(clock.wall + kWeekMs, 1))));
    dan.tell(ana);
    meet(ana, dan);
    ana.note("by ana");
    dan.note("by dan");
    meet(ana, dan);
  }

  static const AuthorityState& state(const Home& home) {
    return static_cast<const AuthorityState&>(home.space->authority());
  }
  static std::size_t seals(const Home& home) { return state(home).seals().size(); }

  Result<WriteReceipt> ladder(Home& home, std::int64_t length) {
    return home.space->write("ladder offered", {}, [&](Writer& writer) {
      return writer.exec("INSERT INTO ladders(id, length) VALUES (?, ?)", {home.space->new_id(), length});
    });
  }
  static std::int64_t ladders(Home& home) {
    return std::get<std::int64_t>(
        must(home.space->query("SELECT count(*) FROM ladders", std::span<const Value>())).rows[0][0]);
  }
  template <typename T>
  std::vector<T> said(Home& home) {
    std::vector<T> out;
    must(home.space->log().each_authority([&](const log::AuthorityEntry& entry) -> Result<void> {
      const auto payload = decode_payload(static_cast<log::Kind>(entry.header.kind), entry.payload);
      if (payload.ok() && std::holds_alternative<T>(*payload)) out.push_back(std::get<T>(*payload));
      return {};
    }));
    return out;
  }
};

TEST_F(Seals, the_founder_moves_alone_by_opening_a_newer_program) {
  ana.reopen_with(kNewer);
  ASSERT_EQ(seals(ana), 2u);
  for (const log::Kind kind :
       {log::Kind::kProposal, log::Kind::kVote, log::Kind::kCertificate, log::Kind::kSealProposal, log::Kind::kSeal}) {
    EXPECT_EQ(ana.count(kind), 1u);
  }
  EXPECT_EQ(ana.count(log::Kind::kRoundVote), 2u);
  EXPECT_EQ(ana.space->authority().schema_text(), ana.space->store().agreed_schema().canonical());
  EXPECT_EQ(ana.notes(), (Notes{"by ana", "by dan"}));
  must(ladder(ana, 3));
  ana.reopen();
  must(ana.space->tick());
  EXPECT_EQ(seals(ana), 2u);
  EXPECT_EQ(ladders(ana), 1);
  ana.reopen_with(kNewest);
  EXPECT_EQ(seals(ana), 3u);
  EXPECT_EQ(ladders(ana), 1);
}

TEST_F(Seals, a_member_on_a_newer_program_waits_for_the_seal_and_goes_on_meanwhile) {
  dan.reopen_with(kNewer);
  EXPECT_EQ(seals(dan), 1u);
  EXPECT_EQ(ladders(dan), 0);
  const auto refused = ladder(dan, 5);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kRefused);
  EXPECT_NE(refused.error().remedy().find("founder"), std::string::npos);
  dan.note("meanwhile");
  meet(ana, dan);
  ana.reopen_with(kNewer);
  must(ladder(ana, 3));
  dan.note("not heard of it");
  meet(ana, dan);
  EXPECT_EQ(seals(dan), 2u);
  must(ladder(dan, 5));
  meet(ana, dan);
  EXPECT_EQ(ladders(ana), 2);
  EXPECT_EQ(ana.notes(), (Notes{"by ana", "by dan", "meanwhile", "not heard of it"}));
  EXPECT_EQ(ana.state_hash(), dan.state_hash());
}

TEST_F(Seals, a_member_on_the_older_program_gets_the_tables_with_the_seal) {
  ana.reopen_with(kNewer);
  must(ladder(ana, 3));
  dan.note("by the older program");
  meet(ana, dan);
  EXPECT_EQ(ladders(dan), 1);
  EXPECT_EQ(ana.state_hash(), dan.state_hash());
  dan.reopen_with(kNewer);
  must(ladder(dan, 4));
  meet(ana, dan);
  EXPECT_EQ(ladders(ana), 2);
  EXPECT_EQ(ana.state_hash(), dan.state_hash());
}

TEST_F(Seals, a_newcomer_reads_what_was_written_before_and_after_a_move) {
  ana.reopen_with(kNewer);
  must(ladder(ana, 3));
  for (const std::string_view program : {kNotesSchema, kNewer}) {
    Home eve(program == kNewer ? 3 : 4, clock);
    eve.schema = program;
    must(eve.join(ana, must(ana.space->invite(clock.wall + kWeekMs, 1))));
    eve.tell(ana);
    meet(ana, eve);
    EXPECT_EQ(ladders(eve), 1);
    EXPECT_EQ(eve.notes(), ana.notes());
    must(ladder(eve, 7));
    meet(ana, eve);
    EXPECT_EQ(ana.state_hash(), eve.state_hash());
    clock.advance(1'000);
    must(ana.space->write("ladder taken", {}, [&](Writer& writer) {
      return writer.exec("DELETE FROM ladders WHERE length = 7", std::span<const Value>());
    }));
  }
}

TEST_F(Seals, what_the_first_programs_took_for_void_is_placed_after_upgrading) {
  ana.reopen_with(kNewer);
  must(ladder(ana, 3));
  meet(ana, dan);
  ASSERT_EQ(ladders(dan), 1);
  // As a program that knew no seals would have left the file.
  store::Db& db = dan.space->store().db();
  must(db.query("SELECT 1"));
  must(dan.space->store().begin_merge());
  const auto placed = must(db.query("SELECT pos FROM kith_journal WHERE kind = 64 ORDER BY pos DESC LIMIT 1"));
  const Pos pos(std::get<std::int64_t>(placed.rows[0][0]));
  must(dan.space->store().retract(std::span(&pos, 1)));
  must(db.query("UPDATE kith_journal SET state = 1 WHERE pos = " + std::to_string(pos.value)));
  must(db.query("DELETE FROM kith_meta WHERE name = 'log.places'"));
  must(dan.space->store().end_merge());
  ASSERT_EQ(ladders(dan), 0);
  dan.reopen();
  EXPECT_EQ(ladders(dan), 1);
  EXPECT_EQ(ana.state_hash(), dan.state_hash());
}

TEST_F(Seals, what_a_hacked_program_writes_before_the_seal_is_void_for_ever) {
  dan.reopen_with(kNewer);
  const auto grown = must(store::Schema::grown(dan.space->store().agreed_schema(), must(store::Schema::parse(kNewer))));
  must(dan.space->store().agree(grown));
  must(ladder(dan, 5));
  must(dan.space->tick());
  dan.tell(ana);
  ana.reopen_with(kNewer);
  EXPECT_EQ(ladders(ana), 0);
  Home eve(3, clock);
  eve.schema = kNewer;
  must(eve.join(ana, must(ana.space->invite(clock.wall + kWeekMs, 1))));
  eve.tell(ana);
  meet(ana, eve);
  EXPECT_EQ(ladders(eve), 0);
  EXPECT_EQ(ana.state_hash(), eve.state_hash());
}

TEST_F(Seals, the_key_of_a_certificate_authority_is_sealed_into_the_constitution) {
  const Hash key = list_hash(List::kAuthorityCertificate, as_bytes("a key"));
  const auto refused = dan.space->amend_certificate_authority(key);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kRefused);
  must(ana.space->amend_certificate_authority(key));
  meet(ana, dan);
  for (const Home* home : {&ana, &dan}) {
    EXPECT_EQ(seals(*home), 2u);
    EXPECT_EQ(state(*home).constitution().certificate_authority, key);
  }
  must(ana.space->amend_certificate_authority(key));
  EXPECT_EQ(seals(ana), 2u);
  ana.reopen_with(kNewer);
  EXPECT_EQ(seals(ana), 3u);
  EXPECT_EQ(state(ana).constitution().certificate_authority, key);
}

/// Ana's second device.
class SealsOfTwoDevices : public Seals {
 protected:
  void SetUp() override {
    Seals::SetUp();
    const Space::DeviceRequest request = Space::make_device_request(laptop.random, laptop.keys);
    const Bytes answer = must(ana.space->link_device(request));
    laptop.space = must(Space::link(laptop.environment(), laptop.options(), request, answer, laptop.keys));
    meet(ana, laptop);
  }
  Home laptop{1, clock, 5};
};

TEST_F(SealsOfTwoDevices, a_vote_key_that_was_renewed_within_the_term_counts) {
  must(ana.space->retire_device(laptop.space->log().own(), std::nullopt));
  ana.keys = ana.space->keys();
  ana.reopen_with(kNewer);
  ASSERT_EQ(seals(ana), 2u);
  ASSERT_EQ(said<CertificatePayload>(ana).size(), 1u);
  EXPECT_EQ(said<CertificatePayload>(ana)[0].replaced.size(), 1u);
  const Person* person = state(ana).person(ana.space->person());
  EXPECT_TRUE(equal(state(ana).seals()[1].list(List::kVoteKeys), person->vote_publics[1].view()));
  meet(ana, dan);
  EXPECT_EQ(seals(dan), 2u);
}

TEST_F(SealsOfTwoDevices, the_second_signs_only_when_the_first_is_retired_and_the_words_are_there) {
  laptop.reopen_with(kNewer);
  must(laptop.space->remember(laptop.root));
  must(laptop.space->tick());
  EXPECT_EQ(seals(laptop), 1u);
  must(laptop.space->retire_device(ana.space->log().own(), std::nullopt));
  must(laptop.space->tick());
  ASSERT_EQ(seals(laptop), 2u);
  EXPECT_EQ(operators_of(state(laptop).seals()[1])[0].signer, laptop.space->log().own());
  meet(laptop, dan);
  EXPECT_EQ(seals(dan), 2u);
  must(ladder(dan, 4));
  meet(laptop, dan);
  EXPECT_EQ(ladders(laptop), 1);
}

// -- hostile seals: each true in all but one thing

class ForgedSeals : public Seals {
 protected:
  void SetUp() override {
    Seals::SetUp();
    must(ana.space->amend_certificate_authority(Hash{}));
    meet(ana, dan);
    parent_ = state(ana).seals().back().id;
  }

  /// The founder's proposal and certificate for the next seal, in her own log, and the seal that would follow.
  SealPayload prepare() {
    const Hash key = list_hash(List::kAuthorityCertificate, as_bytes("next"));
    Constitution constitution = state(ana).constitution();
    constitution.certificate_authority = key;
    const Amendment act{{{List::kConstitution, constitution.encode()}}};
    const crypto::SigningKey vote_key = crypto::derive_vote_key(ana.keys.wrap_secrets.front());
    const Signature yes =
        sign_vote(vote_key, ana.space->id(), parent_, proposal_id(ana.space->id(), parent_, act), true);
    say(ana, log::Kind::kCertificate, encode(CertificatePayload{parent_, act, {1}, {yes}, {}}));
    SealProposalPayload proposal;
    proposal.parent = parent_;
    proposal.body = body_for(act);
    say(ana, log::Kind::kSealProposal, encode(proposal));
    return signed_by(ana, proposal.body, 0);
  }
  SealBody body_for(const Amendment& act) {
    const SealState& last = state(ana).seals().back();
    SealBody body;
    body.number = last.number + 1;
    body.parent = last.id;
    body.seats = 1;
    body.level = last.level;
    SealLists lists = last.lists;
    lists[5] = act.lists[0].bytes;
    Bytes decisions;
    must(ana.space->log().each_authority([&](const log::AuthorityEntry& entry) -> Result<void> {
      const auto payload = decode_payload(static_cast<log::Kind>(entry.header.kind), entry.payload);
      const auto* certificate = payload.ok() ? std::get_if<CertificatePayload>(&*payload) : nullptr;
      if (certificate != nullptr && certificate->seal == parent_) append(decisions, entry.id.view());
      return {};
    }));
    lists[3] = decisions;
    for (std::size_t i = 0; i < lists.size(); ++i) body.lists[i] = list_hash(static_cast<List>(i), lists[i]);
    body.frontier = list_hash(List::kFrontier, {});
    return body;
  }
  SealPayload signed_by(const Home& signer, const SealBody& body, std::uint32_t round) {
    const crypto::SigningKey key = crypto::SigningKey::from_seed(signer.keys.log_seed);
    const SpaceId& space = ana.space->id();
    return {body, round, {1}, {sign_round(key, space, body.parent, round, Phase::kPrecommit, seal_id(space, body))}};
  }
  void say(Home& who, log::Kind kind, const Bytes& payload) {
    must(who.space->log().append_authority(kind, payload));
    who.tell_authority(&who == &ana ? dan : ana);
  }
  void expect_refused(const SealPayload& seal) {
    say(dan, log::Kind::kSeal, encode(seal));
    EXPECT_EQ(seals(ana), 2u);
    EXPECT_EQ(seals(dan), 2u);
  }

  Hash parent_;
};

TEST_F(ForgedSeals, a_true_one_counts_whoever_carries_it) {
  say(dan, log::Kind::kSeal, encode(prepare()));
  EXPECT_EQ(seals(ana), 3u);
  EXPECT_EQ(seals(dan), 3u);
}

TEST_F(ForgedSeals, another_signer) {
  expect_refused(signed_by(dan, prepare().body, 0));
}

TEST_F(ForgedSeals, no_quorum) {
  SealPayload seal = prepare();
  seal.bitmap = {0};
  seal.signatures.clear();
  expect_refused(seal);
  seal = signed_by(ana, seal.body, 0);
  seal.bitmap = {3};
  seal.signatures.push_back(seal.signatures.front());
  expect_refused(seal);
}

TEST_F(ForgedSeals, another_parent_number_level_or_list) {
  const SealBody body = prepare().body;
  for (int change = 0; change < 6; ++change) {
    SealBody other = body;
    if (change == 0) other.parent = list_hash(List::kRequest, {});
    if (change == 1) other.number = 7;
    if (change == 2) other.level = 2;
    if (change == 3) other.lists[2] = list_hash(List::kSchema, as_bytes("CREATE TABLE x(id TEXT PRIMARY KEY);"));
    if (change == 4) other.lists[0] = list_hash(List::kPersons, dan.space->person().view());
    if (change == 5) other.seats = 2;
    SealProposalPayload proposal;
    proposal.parent = parent_;
    proposal.body = other;
    say(dan, log::Kind::kSealProposal, encode(proposal));
    expect_refused(signed_by(ana, other, 0));
  }
}

TEST_F(ForgedSeals, without_a_certificate_or_with_one_by_another) {
  const Amendment act{{{List::kConstitution, Constitution{}.encode()}}};
  const Hash proposal = proposal_id(ana.space->id(), parent_, act);
  const crypto::SigningKey other = crypto::derive_vote_key(dan.keys.wrap_secrets.front());
  const Signature yes = sign_vote(other, ana.space->id(), parent_, proposal, true);
  say(dan, log::Kind::kCertificate, encode(CertificatePayload{parent_, act, {1}, {yes}, {}}));
  SealProposalPayload seal;
  seal.parent = parent_;
  seal.body = body_for(act);
  say(dan, log::Kind::kSealProposal, encode(seal));
  expect_refused(signed_by(ana, seal.body, 0));
  // A no is no yes.
  const crypto::SigningKey key = crypto::derive_vote_key(ana.keys.wrap_secrets.front());
  const Signature no = sign_vote(key, ana.space->id(), parent_, proposal, false);
  say(dan, log::Kind::kCertificate, encode(CertificatePayload{parent_, act, {1}, {no}, {}}));
  seal.body = body_for(act);
  say(dan, log::Kind::kSealProposal, encode(seal));
  expect_refused(signed_by(ana, seal.body, 0));
}

TEST_F(ForgedSeals, said_in_another_space_or_said_again) {
  const std::vector<SealPayload> known = said<SealPayload>(ana);
  ASSERT_EQ(known.size(), 1u);
  expect_refused(known.front());
  Home other(9, clock);
  other.found();
  for (const auto& entry : said<SealProposalPayload>(ana)) {
    must(other.space->log().append_authority(log::Kind::kSealProposal, encode(entry)));
  }
  must(other.space->log().append_authority(log::Kind::kSeal, encode(known.front())));
  EXPECT_EQ(seals(other), 1u);
}

TEST_F(ForgedSeals, of_two_seals_by_a_faulty_operator_everybody_takes_the_same) {
  const SealPayload first = prepare();
  SealProposalPayload again;
  again.parent = parent_;
  again.body = first.body;
  again.body.frontier = list_hash(List::kFrontier, as_bytes("another"));
  say(ana, log::Kind::kSealProposal, encode(again));
  const SealPayload second = signed_by(ana, again.body, 0);
  // Each hears of another one first.
  must(ana.space->log().append_authority(log::Kind::kSeal, encode(first)));
  must(dan.space->log().append_authority(log::Kind::kSeal, encode(second)));
  EXPECT_NE(state(ana).seals().back().id, state(dan).seals().back().id);
  meet(ana, dan);
  const Hash lower = std::min(seal_id(ana.space->id(), first.body), seal_id(ana.space->id(), second.body));
  EXPECT_EQ(state(ana).seals().back().id, lower);
  EXPECT_EQ(state(dan).seals().back().id, lower);
}

}  // namespace
}  // namespace kith::space
