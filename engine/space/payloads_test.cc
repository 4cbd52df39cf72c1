// SPDX-License-Identifier: Apache-2.0
// Payloads of authority: golden bytes of docs/formats/authority.md for each kind (tests/vectors/authority.txt), one
// encoding for each value, every malformed form refused, and no statement that counts in another space or for another
// purpose.
#include "space/payloads.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>

#include "codec/testing/vectors.h"
#include "space/epochs.h"
#include "space/testing/village.h"

namespace kith::space {
namespace {

using log::Kind;
using testing::House;
using testing::key_named;
using testing::Link;
using testing::Village;

template <typename T>
T filled(std::uint8_t byte) {
  T out;
  out.data.fill(byte);
  return out;
}

crypto::WrappedRows rows() {
  return {filled<BoxPublic>(0x0e), Bytes(4 * crypto::kWrapRowBytes, 0x0f)};
}

struct Sample {
  std::string name;
  Kind kind;
  Bytes payload;
};

/// One payload of each kind, by the golden keys of formats 15: words "abandon … about", log seed 01 x 32, space aa
/// x 32.
std::vector<Sample> samples() {
  const kith::testing::Golden golden;
  const auto space = golden.as<SpaceId>("space");
  const auto person_root = golden.as<crypto::Key>("person_root");
  const crypto::SigningKey identity = crypto::derive_identity(person_root);
  const crypto::SigningKey invite_key = crypto::derive_invite_key(golden.bytes("invite_secret"));
  const auto certificate = [&](const SpaceId& where, std::uint8_t rights) {
    DeviceCertificate out{
        identity.public_key(), golden.as<DeviceId>("log_public"), filled<BoxPublic>(0x0b), rights, 0, {}};
    out.signature = sign_device(identity, where, out);
    return out;
  };
  const auto wrap_key = [&](const SpaceId& where, std::uint32_t n) {
    const crypto::Key secret = crypto::derive_wrap_secret(person_root, n);
    WrapKeyStatement out{n, crypto::box_public(secret), crypto::derive_vote_key(secret).public_key(), {}};
    out.signature = sign_wrap_key(identity, where, out);
    return out;
  };
  GenesisPayload genesis;
  genesis.lineage = golden.as<Lineage>("lineage");
  genesis.certificate = certificate(SpaceId{}, 7);
  genesis.wrap_key = wrap_key(SpaceId{}, 0);
  genesis.lists = founding_lists(person_of(identity.public_key()), HostKey{}, golden.as<DeviceId>("log_public"),
                                 genesis.wrap_key.vote, "CREATE TABLE \"t\" (\"id\" TEXT PRIMARY KEY);\n");
  genesis.seal = founding_seal(genesis.lists);
  genesis.signature = sign_genesis(identity, genesis);
  RetirePayload retire{identity.public_key(), golden.as<DeviceId>("log_public"), Seq(300), filled<EntryId>(0xcc), {}};
  retire.signature = sign_retire(identity, space, retire);
  const InvitePayload invite{invite_key.public_key(), filled<BoxPublic>(0x0b), 1'790'604'800'000, 1, true};
  JoinPayload join{certificate(space, 3), wrap_key(space, 0), invite_key.public_key(), {}, {}};
  join.join = sign_join(identity, space, join.invite);
  join.accept = sign_accept(invite_key, space, join.certificate);
  return {{"genesis", Kind::kGenesis, encode(genesis)},
          {"device", Kind::kDevice, encode(certificate(space, 3))},
          {"retire", Kind::kRetire, encode(retire)},
          {"keys", Kind::kKeys, encode(KeysPayload{wrap_key(space, 1), rows()})},
          {"host", Kind::kHost, encode(HostPayload{filled<HostKey>(0x05)})},
          {"invite", Kind::kInvite, encode(invite)},
          {"join", Kind::kJoin, encode(join)},
          {"epoch", Kind::kEpoch, encode(EpochPayload{golden.as<EpochId>("epoch_id"), true, rows(), Bytes(48, 0x0a)})},
          {"wrap", Kind::kWrap, encode(WrapPayload{golden.as<EpochId>("epoch_id"), rows()})},
          {"merge", Kind::kMerge, {}},
          {"confirm", Kind::kUnilateral, encode(ConfirmPayload{filled<EntryId>(0xcc)})},
          {"doubling", Kind::kDoubling, encode(DoublingPayload{Bytes(300, 0x0d)})}};
}

/// Those of power, and the others: what every payload has to stand.
std::vector<Sample> all_samples() {
  std::vector<Sample> out = samples();
  const Amendment act{{{List::kSchema, to_bytes(as_bytes("CREATE TABLE t(id TEXT PRIMARY KEY);"))},
                       {List::kConstitution, Constitution{}.encode()}}};
  SealBody body;
  body.horizon = 3;
  const auto hash = filled<Hash>(0x5e);
  const auto signature = filled<Signature>(0x51);
  const WrapKeyStatement wrap_key{2, filled<BoxPublic>(1), filled<SignPublic>(2), signature};
  const SignerMove move{filled<SignPublic>(3), filled<DeviceId>(4), filled<DeviceId>(5), 1, signature};
  out.push_back({"proposal", Kind::kProposal, encode(ProposalPayload{hash, act})});
  out.push_back({"vote", Kind::kVote, encode(VotePayload{hash, true, signature})});
  out.push_back(
      {"certificate", Kind::kCertificate,
       encode(CertificatePayload{hash, act, {5}, {signature, signature}, {{filled<SignPublic>(6), wrap_key}}})});
  out.push_back({"seal proposal", Kind::kSealProposal, encode(SealProposalPayload{hash, 7, body, {move, move}})});
  out.push_back({"round vote", Kind::kRoundVote,
                 encode(RoundVotePayload{hash, 7, Phase::kPrecommit, filled<Hash>(0x5f), signature})});
  out.push_back({"seal", Kind::kSeal, encode(SealPayload{body, 7, {1}, {signature}})});
  return out;
}

Bytes encoded(const Payload& payload) {
  return std::visit(
      [](const auto& v) -> Bytes {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>) {
          return {};
        } else {
          return encode(v);
        }
      },
      payload);
}

TEST(Payloads, each_kind_has_its_golden_bytes) {
  std::map<std::string, std::string> golden;
  for (const std::string& line : kith::testing::vector_lines("authority.txt")) {
    golden[line.substr(0, line.find(' '))] = line.substr(line.find(' ') + 1);
  }
  for (const Sample& sample : samples()) {
    if (sample.kind == Kind::kMerge) continue;  // it carries nothing
    EXPECT_EQ(to_hex(sample.payload), golden[sample.name]) << sample.name;
  }
}

TEST(Payloads, what_is_encoded_is_decoded_to_the_same) {
  for (const Sample& sample : all_samples()) {
    const auto decoded = decode_payload(sample.kind, sample.payload);
    ASSERT_TRUE(decoded.ok()) << sample.name;
    EXPECT_EQ(encoded(*decoded), sample.payload) << sample.name;
  }
}

TEST(Payloads, every_truncation_and_every_byte_too_many_is_refused) {
  for (const Sample& sample : all_samples()) {
    for (std::size_t length = 0; length < sample.payload.size(); ++length) {
      EXPECT_FALSE(decode_payload(sample.kind, ByteView(sample.payload).first(length)).ok()) << sample.name << length;
    }
    Bytes longer = sample.payload;
    longer.push_back(0xf6);
    EXPECT_FALSE(decode_payload(sample.kind, longer).ok()) << sample.name;
  }
}

TEST(Payloads, whatever_decodes_encodes_to_the_same_bytes) {
  const std::vector<Sample> all = all_samples();
  EXPECT_TRUE(rc::check("a changed byte is refused or means what it says", [&] {
    Sample sample = all[*rc::gen::inRange<std::size_t>(0, all.size())];
    if (sample.payload.empty()) return;
    sample.payload[*rc::gen::inRange<std::size_t>(0, sample.payload.size())] = *rc::gen::arbitrary<std::uint8_t>();
    const auto decoded = decode_payload(sample.kind, sample.payload);
    if (decoded.ok()) RC_ASSERT(equal(encoded(*decoded), sample.payload));
  }));
}

TEST(Payloads, kinds_that_are_not_built_say_nothing) {
  for (const Kind kind : {Kind::kBeacon, Kind::kErase, Kind::kReceipt, static_cast<Kind>(40)}) {
    EXPECT_FALSE(decode_payload(kind, Bytes{0x80}).ok());
  }
  // Acts of other types, and amendments of lists that nobody amends.
  EXPECT_FALSE(decode_payload(Kind::kProposal, encode(ProposalPayload{{}, {{{List::kPersons, {}}}}})).ok());
  EXPECT_FALSE(decode_payload(Kind::kProposal, encode(ProposalPayload{{}, {}})).ok());
  const ListChange schema{List::kSchema, {1}};
  EXPECT_FALSE(decode_payload(Kind::kProposal, encode(ProposalPayload{{}, {{schema, schema}}})).ok());
  Bytes removal = encode(ProposalPayload{{}, {{schema}}});
  removal[36] = 2;
  EXPECT_FALSE(decode_payload(Kind::kProposal, removal).ok());
  EXPECT_FALSE(decode_payload(Kind::kMerge, Bytes{0x80}).ok()) << "a merge carries nothing";
  EXPECT_FALSE(decode_payload(Kind::kUnilateral, encode(HostPayload{})).ok());
}

TEST(Payloads, values_out_of_their_range_are_refused) {
  InvitePayload invite;
  Bytes bytes = encode(invite);
  // uses is the item before the last: a uint of one byte; 1b ff… is 2^64 - 1.
  Bytes many(bytes.begin(), bytes.end() - 2);
  append(many, *from_hex("1bffffffffffffffff"));
  many.push_back(bytes.back());
  EXPECT_FALSE(decode_payload(Kind::kInvite, many).ok());

  DeviceCertificate certificate;
  certificate.rights = kRightsKnown + 1;
  EXPECT_FALSE(decode_payload(Kind::kDevice, encode(certificate)).ok());

  WrapPayload wrap{EpochId{}, rows()};
  wrap.rows.rows.pop_back();
  EXPECT_FALSE(decode_payload(Kind::kWrap, encode(wrap)).ok());
  wrap.rows.rows.clear();
  EXPECT_FALSE(decode_payload(Kind::kWrap, encode(wrap)).ok());
}

TEST(Payloads, no_statement_counts_in_another_space_or_for_another_purpose) {
  const Village village;
  const House dan = village.house("Dan");
  const Link link("1");
  const SpaceId elsewhere = filled<SpaceId>(0xee);
  StatementChecker checker;
  const JoinPayload join = village.join_payload(dan, link);
  EXPECT_TRUE(checker.join(village.space, join));
  EXPECT_FALSE(checker.join(elsewhere, join));
  EXPECT_TRUE(checker.device(village.space, join.certificate));
  EXPECT_FALSE(checker.device(elsewhere, join.certificate));
  EXPECT_FALSE(checker.wrap_key(elsewhere, join.certificate.identity, join.wrap_key));
  JoinPayload swapped = join;
  std::swap(swapped.join, swapped.accept);
  EXPECT_FALSE(checker.join(village.space, swapped));
  JoinPayload later = join;
  later.wrap_key = dan.wrap_key(village.space, 1);
  EXPECT_FALSE(checker.join(village.space, later)) << "who joins begins with wrap key 0";
}

TEST(Payloads, a_genesis_is_what_its_founder_signed_and_nothing_else) {
  const Village village;
  const auto decoded = decode_payload(Kind::kGenesis, village.entries.front().payload);
  ASSERT_TRUE(decoded.ok());
  const GenesisPayload genesis = std::get<GenesisPayload>(*decoded);
  EXPECT_TRUE(StatementChecker().genesis(genesis));
  using Change = std::function<void(GenesisPayload&)>;
  const std::vector<Change> changes{
      [](GenesisPayload& g) { g.lineage.data[0] ^= 1; },
      [](GenesisPayload& g) { g.certificate.rights = kRightsKnown; },
      [](GenesisPayload& g) { g.wrap_key.vote.data[0] ^= 1; },
      [](GenesisPayload& g) { g.seal.seats = 2; },
      [](GenesisPayload& g) { g.seal.number = 1; },
      [](GenesisPayload& g) { g.seal.horizon = 0; },
      [](GenesisPayload& g) { g.lists[0].push_back(0); },
      [](GenesisPayload& g) { g.lists[1].pop_back(); },
      [](GenesisPayload& g) { g.lists[2].push_back('-'); },
      [](GenesisPayload& g) { g.lists[3].push_back(0); },
      [](GenesisPayload& g) { g.lists[5].back() ^= 1; },
      [](GenesisPayload& g) { g.signature.data[0] ^= 1; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    GenesisPayload changed = genesis;
    changes[i](changed);
    EXPECT_FALSE(StatementChecker().genesis(changed)) << i;
  }
}

TEST(Payloads, a_founder_cannot_sign_a_seal_that_is_no_founding) {
  Village village;
  auto decoded = decode_payload(Kind::kGenesis, village.entries.front().payload);
  GenesisPayload genesis = std::get<GenesisPayload>(*decoded);
  const auto sign_again = [&](GenesisPayload changed) {
    changed.seal = founding_seal(changed.lists);
    changed.signature = sign_genesis(village.ana.identity, changed);
    return StatementChecker().genesis(changed);
  };
  EXPECT_TRUE(sign_again(genesis));
  GenesisPayload two_persons = genesis;
  two_persons.lists[0].resize(64);
  EXPECT_FALSE(sign_again(two_persons));
  GenesisPayload decided = genesis;
  decided.lists[3].resize(32);
  EXPECT_FALSE(sign_again(decided));
  GenesisPayload lawless = genesis;
  lawless.lists[5] = {0x80};
  EXPECT_FALSE(sign_again(lawless));
  GenesisPayload stricter = genesis;
  Constitution constitution;
  constitution.remove = {3, 4};
  constitution.opens = false;
  stricter.lists[5] = constitution.encode();
  EXPECT_TRUE(sign_again(stricter));
}

TEST(Constitution, the_founders_is_that_of_formats_10) {
  EXPECT_EQ(to_hex(Constitution{}.encode()),
            "8b01820102820203820203820203"
            "01f5021a240c840003f6");
  EXPECT_EQ(*Constitution::decode(Constitution{}.encode()), Constitution{});
  Constitution other;
  other.certificate_authority = filled<Hash>(7);
  other.operators = {2, 3};
  other.history = false;
  EXPECT_EQ(*Constitution::decode(other.encode()), other);
}

TEST(Constitution, thresholds_that_nobody_could_meet_are_refused) {
  for (const Threshold threshold : {Threshold{1, 1}, Threshold{2, 1}, Threshold{0, 0}}) {
    Constitution constitution;
    constitution.amend = threshold;
    EXPECT_FALSE(Constitution::decode(constitution.encode()).ok());
  }
}

TEST(Seal, what_is_encoded_is_decoded) {
  SealBody body = founding_seal(SealLists{});
  EXPECT_EQ(*SealBody::decode(body.encode()), body);
  body.horizon = 3;
  body.number = 300;
  EXPECT_EQ(*SealBody::decode(body.encode()), body);
}

TEST(Epochs, about_opens_with_its_secret_alone) {
  kith::testing::SeededRandom random(1);
  const crypto::Key secret = filled<crypto::Key>(0xee);
  const EpochId epoch = epoch_id(filled<SpaceId>(0xaa), secret);
  for (const std::size_t count : {0, 1, 3, 40}) {
    About about;
    about.previous.assign(count, filled<crypto::Key>(0x12));
    about.history = count != 1;
    const auto sealed = seal_about(random, secret, epoch, about);
    ASSERT_TRUE(sealed.ok());
    const auto opened = open_about(secret, epoch, *sealed);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->previous, about.previous);
    EXPECT_EQ(opened->history, about.history);
    EXPECT_FALSE(open_about(filled<crypto::Key>(0xef), epoch, *sealed).ok());
    EXPECT_FALSE(open_about(secret, filled<EpochId>(1), *sealed).ok());
    for (std::size_t at = 0; at < sealed->size(); at += 7) {
      Bytes changed = *sealed;
      changed[at] ^= 1;
      EXPECT_FALSE(open_about(secret, epoch, changed).ok());
      EXPECT_FALSE(open_about(secret, epoch, ByteView(*sealed).first(at)).ok());
    }
  }
}

TEST(Epochs, ids_and_tags_are_the_golden_bytes) {
  const kith::testing::Golden golden;
  const auto secret = golden.as<crypto::Key>("epoch_secret");
  EXPECT_EQ(epoch_id(golden.as<SpaceId>("space"), secret), golden.as<EpochId>("epoch_id"));
  EXPECT_EQ(epoch_tag(secret, golden.as<DeviceId>("log_public")), golden.as<EpochTag>("epoch_tag"));
}

}  // namespace
}  // namespace kith::space
