// SPDX-License-Identifier: Apache-2.0
// The hello between two sides, members and newcomers, and against strangers, thieves and mirrors.
#include "sync/hello.h"

#include <gtest/gtest.h>

#include "base/testing/fakes.h"
#include "crypto/derive.h"

namespace kith::sync {
namespace {

using testing::SeededRandom;

crypto::Key seed(std::uint8_t fill) {
  crypto::Key key;
  key.data.fill(fill);
  return key;
}

HostKey host(std::uint8_t fill) {
  return HostKey{seed(fill).data};
}
SpaceId space(std::uint8_t fill) {
  return SpaceId{seed(fill).data};
}

Gate member(std::uint8_t space_fill, const crypto::SigningKey& log_key) {
  Gate gate;
  gate.space = space(space_fill);
  gate.key.data = crypto::derive_gate_key(Lineage{seed(space_fill).data}).data;
  gate.signer = &log_key;
  return gate;
}

/// Two sides and what goes between them.
struct Pair {
  Pair(std::vector<Gate> dialer_gates, std::vector<Gate> listener_gates)
      : dialer(Role::kDialer, host(1), host(2), random, std::move(dialer_gates)),
        listener(Role::kListener, host(2), host(1), random, std::move(listener_gates)) {
    dialer.begin(to_listener);
    listener.begin(to_dialer);
  }

  Hello::Outcome deliver(Hello& to, Bytes& from, Bytes& answer) {
    FrameReader reader(kHelloBytesMax);
    reader.feed(from);
    from.clear();
    Frame frame{};
    while (reader.next(frame) == FrameReader::Status::kFrame) {
      const auto outcome = to.receive(frame, answer, detail);
      if (outcome != Hello::Outcome::kGoOn) return outcome;
    }
    return Hello::Outcome::kGoOn;
  }

  /// Runs until nothing is said any more.
  Hello::Outcome run() {
    while (!to_listener.empty() || !to_dialer.empty()) {
      auto outcome = deliver(listener, to_listener, to_dialer);
      if (outcome != Hello::Outcome::kGoOn) return outcome;
      outcome = deliver(dialer, to_dialer, to_listener);
      if (outcome != Hello::Outcome::kGoOn) return outcome;
    }
    return Hello::Outcome::kGoOn;
  }

  SeededRandom random{1};
  Hello dialer;
  Hello listener;
  Bytes to_listener;
  Bytes to_dialer;
  std::string detail;
};

class HelloTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(crypto::start().ok()); }
  crypto::SigningKey ana_ = crypto::SigningKey::from_seed(seed(0xa1));
  crypto::SigningKey dan_ = crypto::SigningKey::from_seed(seed(0xd1));
  std::array<std::uint8_t, 16> secret_{1, 2, 3};
  crypto::SigningKey invite_ = crypto::derive_invite_key(secret_);

  Gate newcomer(std::uint8_t space_fill) {
    Gate gate;
    gate.role = HelloRole::kNewcomer;
    gate.key.data = invite_.public_key().data;
    gate.signer = &invite_;
    gate.prefix.fill(space_fill);
    return gate;
  }
  Gate invited(std::uint8_t space_fill) {
    Gate gate = member(space_fill, dan_);
    gate.role = HelloRole::kNewcomer;
    gate.key.data = invite_.public_key().data;
    return gate;
  }
};

TEST_F(HelloTest, members_find_what_they_share_and_prove_their_logs) {
  Pair pair({member(1, ana_), member(2, ana_), member(3, ana_)}, {member(4, dan_), member(3, dan_), member(1, dan_)});
  ASSERT_EQ(pair.run(), Hello::Outcome::kGoOn) << pair.detail;
  EXPECT_TRUE(pair.dialer.is_complete());
  EXPECT_TRUE(pair.listener.is_complete());
  ASSERT_EQ(pair.dialer.matches().size(), 2u);
  ASSERT_EQ(pair.listener.matches().size(), 2u);
  for (const Match& match : pair.dialer.matches()) {
    EXPECT_EQ(match.peer_key, dan_.public_key());
    EXPECT_TRUE(match.space == space(1) || match.space == space(3));
  }
  for (const Match& match : pair.listener.matches()) EXPECT_EQ(match.peer_key, ana_.public_key());
}

TEST_F(HelloTest, a_stranger_gets_an_answer_of_the_same_shape_with_and_without_spaces_behind_it) {
  std::vector<std::size_t> sizes;
  for (const bool rich : {false, true}) {
    Pair pair({member(9, ana_)},
              rich ? std::vector<Gate>{member(1, dan_), invited(1), member(2, dan_)} : std::vector<Gate>{});
    Bytes ignored;
    pair.deliver(pair.dialer, pair.to_dialer, pair.to_listener);
    pair.deliver(pair.listener, pair.to_listener, pair.to_dialer);
    sizes.push_back(pair.to_dialer.size());
    ASSERT_EQ(pair.run(), Hello::Outcome::kGoOn);
    EXPECT_TRUE(pair.dialer.matches().empty());
    EXPECT_TRUE(pair.listener.matches().empty());
    EXPECT_TRUE(pair.listener.is_complete());
  }
  EXPECT_EQ(sizes[0], sizes[1]);
}

TEST_F(HelloTest, a_listener_without_the_gate_never_sees_a_log_key) {
  // It claims that everything matches; without the gate it cannot make the other half of the value.
  Pair pair({member(1, ana_)}, {});
  pair.deliver(pair.dialer, pair.to_dialer, pair.to_listener);
  Bytes wanted_and_hello = pair.to_listener;
  FrameReader reader(kHelloBytesMax);
  reader.feed(wanted_and_hello);
  Frame frame{};
  std::vector<std::array<std::uint8_t, 16>> wanted;
  while (reader.next(frame) == FrameReader::Status::kFrame) {
    if (frame.type == FrameType::kWanted) wanted = *decode_values(frame.body);
  }
  ASSERT_FALSE(wanted.empty());
  Bytes echo;
  encode_values(FrameType::kAnswer, wanted, echo);
  Bytes said;
  EXPECT_EQ(pair.deliver(pair.dialer, echo, said), Hello::Outcome::kGoOn);
  EXPECT_TRUE(said.empty());
  EXPECT_TRUE(pair.dialer.matches().empty());
}

TEST_F(HelloTest, a_newcomer_learns_the_space_and_proves_the_invitation) {
  Pair pair({newcomer(5)}, {member(5, dan_), invited(5)});
  ASSERT_EQ(pair.run(), Hello::Outcome::kGoOn) << pair.detail;
  ASSERT_EQ(pair.dialer.matches().size(), 1u);
  EXPECT_EQ(pair.dialer.matches()[0].space, space(5));
  EXPECT_EQ(pair.dialer.matches()[0].peer_key, dan_.public_key());
  ASSERT_EQ(pair.listener.matches().size(), 1u);
  EXPECT_EQ(pair.listener.matches()[0].role, HelloRole::kNewcomer);
  EXPECT_EQ(pair.listener.matches()[0].peer_key, invite_.public_key());

  // Once it has joined, it shows its log key for the same slot.
  Bytes again;
  pair.dialer.prove_again(pair.dialer.matches()[0].slot, space(5), ana_, again);
  FrameReader reader(kHelloBytesMax);
  reader.feed(again);
  Frame frame{};
  ASSERT_EQ(reader.next(frame), FrameReader::Status::kFrame);
  const auto proof = decode_proof(frame.body);
  EXPECT_TRUE(pair.listener.is_proof(space(5), proof->key, proof->signature));
  EXPECT_FALSE(pair.listener.is_proof(space(6), proof->key, proof->signature));
  EXPECT_FALSE(pair.dialer.is_proof(space(5), proof->key, proof->signature));
}

TEST_F(HelloTest, another_space_than_the_links_is_not_joined) {
  Pair pair({newcomer(6)}, {invited(5)});
  EXPECT_EQ(pair.run(), Hello::Outcome::kBadProof);
  EXPECT_NE(pair.detail.find("invitation"), std::string::npos);
}

TEST_F(HelloTest, a_closed_invitation_is_refused_with_its_reason_and_shows_no_space) {
  Gate closed = invited(5);
  closed.refusal = Refusal::kInviteSpent;
  Pair pair({newcomer(5)}, {closed});
  ASSERT_EQ(pair.run(), Hello::Outcome::kGoOn);
  ASSERT_TRUE(pair.dialer.refused_with());
  EXPECT_EQ(refusal_error(*pair.dialer.refused_with()).code(), ErrorCode::kInviteSpent);
  EXPECT_TRUE(pair.dialer.is_complete());
  EXPECT_TRUE(pair.listener.is_complete());
  EXPECT_TRUE(pair.dialer.matches()[0].space.is_zero());
}

TEST_F(HelloTest, a_signature_for_another_space_or_by_another_key_is_refused) {
  for (const bool wrong_key : {false, true}) {
    Pair pair({member(1, ana_)}, {member(1, dan_)});
    pair.deliver(pair.dialer, pair.to_dialer, pair.to_listener);
    pair.deliver(pair.listener, pair.to_listener, pair.to_dialer);
    pair.deliver(pair.dialer, pair.to_dialer, pair.to_listener);
    FrameReader reader(kHelloBytesMax);
    reader.feed(pair.to_listener);
    Frame frame{};
    ASSERT_EQ(reader.next(frame), FrameReader::Status::kFrame);
    auto proof = *decode_proof(frame.body);
    if (wrong_key) {
      proof.key = dan_.public_key();
    } else {
      proof.signature = ana_.sign("kith1 hello", as_bytes("something else"));
    }
    Bytes forged;
    encode(proof, forged);
    Bytes ignored;
    EXPECT_EQ(pair.deliver(pair.listener, forged, ignored), Hello::Outcome::kBadProof);
  }
}

TEST_F(HelloTest, a_mirror_is_refused) {
  Pair pair({member(1, ana_)}, {});
  Bytes back = pair.to_listener;
  Bytes ignored;
  EXPECT_EQ(pair.deliver(pair.dialer, back, ignored), Hello::Outcome::kRubbish);
}

TEST_F(HelloTest, more_than_the_allowed_spaces_and_another_version_are_named) {
  Pair pair({}, {member(1, dan_)});
  pair.deliver(pair.listener, pair.to_listener, pair.to_dialer);
  Bytes many;
  encode_values(FrameType::kWanted, std::vector<std::array<std::uint8_t, 16>>(kSpacesMax + 1), many);
  Bytes ignored;
  EXPECT_EQ(pair.deliver(pair.listener, many, ignored), Hello::Outcome::kTooMany);

  Pair other({}, {member(1, dan_)});
  Bytes hello;
  encode_bytes(FrameType::kHello, {2, 0, 0}, hello);
  EXPECT_EQ(other.deliver(other.listener, hello, ignored), Hello::Outcome::kVersion);
  EXPECT_EQ(other.detail,
            "The other side speaks version 2 of the sync protocol, this device version 1. This device is the older "
            "one: update its program.");
}

TEST_F(HelloTest, frames_out_of_place_are_refused) {
  for (const FrameType type :
       {FrameType::kWanted, FrameType::kAnswer, FrameType::kProof, FrameType::kRefuse, FrameType::kWindow}) {
    Pair pair({member(1, ana_)}, {member(1, dan_)});
    Bytes frame;
    encode_bytes(type, {0, 0}, frame);
    Bytes ignored;
    EXPECT_EQ(pair.deliver(pair.listener, frame, ignored), Hello::Outcome::kRubbish) << frame_name(type);
  }
  Pair pair({member(1, ana_)}, {member(1, dan_)});
  Bytes twice = pair.to_listener;
  append(twice, pair.to_listener);
  Bytes ignored;
  EXPECT_EQ(pair.deliver(pair.listener, twice, ignored), Hello::Outcome::kRubbish);
}

TEST_F(HelloTest, one_space_wanted_twice_gets_one_slot) {
  Pair pair({member(1, ana_), member(1, ana_)}, {member(1, dan_)});
  ASSERT_EQ(pair.run(), Hello::Outcome::kGoOn);
  EXPECT_EQ(pair.listener.matches().size(), 1u);
  EXPECT_EQ(pair.dialer.matches().size(), 1u);
}

}  // namespace
}  // namespace kith::sync
