// SPDX-License-Identifier: Apache-2.0
// Noise against handshakes recorded with js-libp2p: every byte, hash and key after each message, cut at every position;
// and every payload that must be refused.
#include <gtest/gtest.h>

#include "base/testing/fakes.h"
#include "p2p/noise_channel.h"
#include "p2p/testing/libp2p_vectors.h"
#include "p2p/testing/scripted_random.h"

namespace kith::p2p {
namespace {

using testing::Json;
using testing::ScriptedRandom;
using testing::vectors;

struct Side {
  explicit Side(const Json& json)
      : host(crypto::SigningKey::from_seed(json["identity_seed"].as<crypto::Key>())),
        static_random(json["static_private"].bytes()),
        identity(host, static_random),
        ephemeral(json["ephemeral_private"].bytes()) {}
  crypto::SigningKey host;
  ScriptedRandom static_random;
  NoiseIdentity identity;
  ScriptedRandom ephemeral;
};

Bytes framed(ByteView message) {
  Bytes out;
  ByteWriter(out).u16(static_cast<std::uint16_t>(message.size()));
  append(out, message);
  return out;
}

class Noise : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
  static const std::vector<Json>& handshakes() { return vectors()["noise"]["handshakes"].items(); }
};

TEST_F(Noise, messages_hashes_and_keys_are_those_recorded) {
  for (const Json& entry : handshakes()) {
    SCOPED_TRACE(entry["name"].text());
    const Bytes prologue = entry["prologue"].bytes();
    const auto side = [&](const char* name, Role role) {
      const Json& json = entry[name];
      return std::make_unique<NoiseHandshake>(role, json["static_private"].as<crypto::Key>(),
                                              json["static_public"].as<BoxPublic>(),
                                              json["ephemeral_private"].as<crypto::Key>(), prologue);
    };
    const auto dialer = side("initiator", Role::kDialer);
    const auto listener = side("responder", Role::kListener);
    for (std::size_t i = 0; i < 3; ++i) {
      NoiseHandshake& from = i % 2 == 0 ? *dialer : *listener;
      NoiseHandshake& to = i % 2 == 0 ? *listener : *dialer;
      const Bytes payload = i == 0 ? Bytes{} : entry[i == 1 ? "responder" : "initiator"]["payload"].bytes();
      Bytes message, read;
      ASSERT_TRUE(from.write(payload, message));
      EXPECT_EQ(to_hex(message), entry["messages"][i].text());
      ASSERT_TRUE(to.read(message, read));
      EXPECT_EQ(read, payload);
      for (const NoiseHandshake* either : {&from, &to}) {
        EXPECT_EQ(either->hash().hex(), entry["state_after"][i]["h"].text());
        EXPECT_EQ(either->chaining_key().hex(), entry["state_after"][i]["ck"].text());
      }
    }
    EXPECT_EQ(dialer->hash().hex(), entry["handshake_hash"].text());
    EXPECT_EQ(dialer->sending().key().hex(), entry["key_initiator_to_responder"].text());
    EXPECT_EQ(dialer->receiving().key().hex(), entry["key_responder_to_initiator"].text());
    EXPECT_EQ(listener->sending().key(), dialer->receiving().key());
    EXPECT_EQ(listener->receiving().key(), dialer->sending().key());
    EXPECT_EQ(dialer->remote_static(), entry["responder"]["static_public"].as<BoxPublic>());
    EXPECT_EQ(listener->remote_static(), entry["initiator"]["static_public"].as<BoxPublic>());
  }
}

/// Does the other side's list stand in its payload?
bool names_muxer(const Json& side) {
  return side["payload"].text().find("22") != std::string::npos &&
         side["payload"].text().find("2f79616d75782f312e302e30") != std::string::npos;
}

NoiseChannel::Options options_of(const Json& entry, Role role) {
  const char* own = role == Role::kDialer ? "initiator" : "responder";
  NoiseChannel::Options options{
      .role = role, .expected = std::nullopt, .early_muxer = names_muxer(entry[own]), .prologue = {}};
  if (role == Role::kDialer) options.expected = PeerId::parse(entry["responder"]["peer_id"].text()).value();
  options.prologue = entry["prologue"].bytes();
  return options;
}

/// Feeds the recorded bytes of the other side, cut in two, to a channel with the recorded keys; it must say the
/// recorded bytes. Returns how many bytes there were; 0 when it failed.
std::size_t replay(const Json& entry, Role role, std::size_t cut) {
  const bool is_dialer = role == Role::kDialer;
  Side side(entry[is_dialer ? "initiator" : "responder"]);
  Bytes out, expected, input;
  NoiseChannel channel(side.identity, options_of(entry, role), side.ephemeral, out);
  for (std::size_t i = 0; i < 3; ++i)
    append((i % 2 == 0) == is_dialer ? expected : input, framed(entry["messages"][i].bytes()));
  for (const Json& frame : entry[is_dialer ? "responder_sends" : "initiator_sends"].items())
    append(input, frame["on_the_wire"].bytes());
  std::vector<Bytes> plains;
  for (ByteView in : {ByteView(input).first(cut), ByteView(input).subspan(cut)}) {
    while (!in.empty()) {
      if (!channel.is_open()) {
        if (channel.handshake(in, out) != Fault::kNone) break;
        continue;
      }
      Bytes plain;
      bool has_frame = false;
      EXPECT_EQ(channel.open(in, plain, has_frame), Fault::kNone);
      if (has_frame) plains.push_back(plain);
    }
  }
  EXPECT_TRUE(channel.is_open());
  EXPECT_EQ(plains.size(), 2u);
  if (plains.size() != 2) return 0;
  EXPECT_EQ(to_hex(out), to_hex(expected));
  EXPECT_EQ(PeerId::of(channel.peer()).text(), entry[is_dialer ? "responder" : "initiator"]["peer_id"].text());
  EXPECT_EQ(channel.has_early_muxer(), entry["muxer_from_handshake"].text() == kYamuxProtocol);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(to_hex(plains[i]), entry[is_dialer ? "responder_sends" : "initiator_sends"][i]["plaintext"].text());
    const Json& own = entry[is_dialer ? "initiator_sends" : "responder_sends"][i];
    Bytes sealed;
    channel.seal(own["plaintext"].bytes(), sealed);
    EXPECT_EQ(to_hex(sealed), own["on_the_wire"].text());
  }
  EXPECT_EQ(channel.buffered(), 0u);
  return ::testing::Test::HasFailure() ? 0 : input.size();
}

TEST_F(Noise, recorded_handshakes_cut_at_every_position) {
  for (const Json& entry : handshakes()) {
    SCOPED_TRACE(entry["name"].text());
    if (!entry["prologue"].text().empty()) continue;  // there js writes an empty extensions field, and we none
    for (const Role role : {Role::kDialer, Role::kListener}) {
      for (std::size_t cut = 0, size = 1; cut < size; ++cut) size = replay(entry, role, cut);
    }
  }
}

TEST_F(Noise, payloads_are_judged_as_they_must_be) {
  for (const Json& entry : vectors()["noise"]["payloads"]["cases"].items()) {
    NoisePayload payload;
    const Fault fault =
        decode_noise_payload(entry["payload"].bytes(), entry["remote_static_public"].as<BoxPublic>(), payload);
    EXPECT_EQ(fault == Fault::kNone, entry["ok"].is_true()) << entry["name"].text();
  }
}

TEST_F(Noise, payloads_written_here_are_those_of_js) {
  for (const Json& entry : handshakes()) {
    for (const char* name : {"initiator", "responder"}) {
      Side side(entry[name]);
      const bool has_muxers = names_muxer(entry[name]);
      const std::string written = to_hex(encode_noise_payload(side.identity, has_muxers));
      // js writes an empty extensions field where it has nothing to say; we write none.
      EXPECT_TRUE(entry[name]["payload"].text() == written || entry[name]["payload"].text() == written + "2200");
    }
  }
}

/// Two channels of our own over a perfect wire; returns the faults of dialer and listener.
struct Pair {
  Pair(NoiseChannel::Options dialing, NoiseChannel::Options listening, std::uint8_t listener_seed = 2) : random(7) {
    crypto::Key seed;
    seed.data.fill(1);
    dialer_host.emplace(crypto::SigningKey::from_seed(seed));
    seed.data.fill(listener_seed);
    listener_host.emplace(crypto::SigningKey::from_seed(seed));
    dialer_identity.emplace(*dialer_host, random);
    listener_identity.emplace(*listener_host, random);
    dialing.role = Role::kDialer;
    listening.role = Role::kListener;
    dialer.emplace(*dialer_identity, dialing, random, to_listener);
    listener.emplace(*listener_identity, listening, random, to_dialer);
  }
  void run() {
    for (int round = 0; round < 2; ++round) {
      ByteView in = to_listener;
      if (listener_fault == Fault::kNone) listener_fault = listener->handshake(in, to_dialer);
      to_listener.clear();
      in = to_dialer;
      if (dialer_fault == Fault::kNone) dialer_fault = dialer->handshake(in, to_listener);
      to_dialer.clear();
    }
  }
  kith::testing::SeededRandom random;
  std::optional<crypto::SigningKey> dialer_host, listener_host;
  std::optional<NoiseIdentity> dialer_identity, listener_identity;
  Bytes to_listener, to_dialer;
  std::optional<NoiseChannel> dialer, listener;
  Fault dialer_fault = Fault::kNone, listener_fault = Fault::kNone;
};

TEST_F(Noise, somebody_else_and_ourselves_are_refused_before_we_say_who_we_are) {
  HostKey other;
  other.data.fill(9);
  Pair wrong({.expected = PeerId::of(other)}, {});
  wrong.run();
  EXPECT_EQ(wrong.dialer_fault, Fault::kWrongPeer);
  EXPECT_FALSE(wrong.listener->is_open());
  EXPECT_TRUE(wrong.to_listener.empty());
  Pair self({}, {}, 1);
  self.run();
  EXPECT_EQ(self.dialer_fault, Fault::kOwnId);
}

TEST_F(Noise, the_muxer_is_settled_in_the_handshake_if_both_sides_name_theirs) {
  for (const bool dialer_early : {false, true}) {
    for (const bool listener_early : {false, true}) {
      Pair pair({.early_muxer = dialer_early}, {.early_muxer = listener_early});
      pair.run();
      ASSERT_TRUE(pair.dialer->is_open() && pair.listener->is_open());
      EXPECT_EQ(pair.dialer->has_early_muxer(), dialer_early && listener_early);
      EXPECT_EQ(pair.listener->has_early_muxer(), dialer_early && listener_early);
    }
  }
}

TEST_F(Noise, a_changed_bit_anywhere_in_a_handshake_is_noticed) {
  const Json& entry = handshakes()[0];
  for (const std::size_t which : {0, 2}) {  // what the listener reads
    const std::size_t size = entry["messages"][which].bytes().size();
    for (std::size_t at = 0; at < size; ++at) {
      Side side(entry["responder"]);
      Bytes out, input;
      NoiseChannel channel(side.identity, options_of(entry, Role::kListener), side.ephemeral, out);
      for (const std::size_t i : {0, 2}) {
        Bytes message = entry["messages"][i].bytes();
        if (i == which) message[at] ^= 1;
        append(input, framed(message));
      }
      ByteView in = input;
      const Fault fault = channel.handshake(in, out);
      EXPECT_NE(fault, Fault::kNone) << which << " " << at;
      EXPECT_FALSE(channel.is_open());
    }
  }
}

TEST_F(Noise, handshake_messages_of_wrong_size_are_refused_on_their_length) {
  const auto fault_of = [](Role role, std::string_view hex, std::size_t body) {
    const Json& entry = handshakes()[0];
    Side side(entry[role == Role::kDialer ? "initiator" : "responder"]);
    Bytes out;
    NoiseChannel channel(side.identity, {.role = role}, side.ephemeral, out);
    Bytes input = *from_hex(hex);
    input.resize(input.size() + body, 9);
    ByteView in = input;
    return channel.handshake(in, out);
  };
  EXPECT_EQ(fault_of(Role::kListener, "0020", 31), Fault::kNone);  // waits
  EXPECT_EQ(fault_of(Role::kListener, "001f", 31), Fault::kHandshake);
  EXPECT_EQ(fault_of(Role::kListener, "0021", 33), Fault::kHandshake);
  EXPECT_EQ(fault_of(Role::kListener, "1001", 0), Fault::kHandshake);  // 4097 announced
  EXPECT_EQ(fault_of(Role::kDialer, "ffff", 0), Fault::kHandshake);
  EXPECT_EQ(fault_of(Role::kDialer, "005f", 95), Fault::kHandshake);
  EXPECT_EQ(fault_of(Role::kListener, "0000", 0), Fault::kHandshake);
  EXPECT_EQ(fault_of(Role::kListener, "0020" + std::string(64, '0'), 0), Fault::kHandshake);  // a key of low order
}

TEST_F(Noise, frames_that_are_short_altered_repeated_or_out_of_order_are_refused) {
  const auto open_pair = [] {
    auto pair = std::make_unique<Pair>(NoiseChannel::Options{}, NoiseChannel::Options{});
    pair->run();
    return pair;
  };
  const auto fault_of = [](Pair& pair, ByteView frame) {
    Bytes plain;
    bool has_frame = false;
    return pair.listener->open(frame, plain, has_frame);
  };
  auto pair = open_pair();
  Bytes first, second, empty;
  pair->dialer->seal({}, empty);
  pair->dialer->seal(as_bytes("first"), first);
  pair->dialer->seal(as_bytes("second"), second);
  EXPECT_EQ(fault_of(*pair, empty), Fault::kNone);  // an empty plaintext is legal
  EXPECT_EQ(fault_of(*pair, first), Fault::kNone);
  EXPECT_EQ(fault_of(*pair, first), Fault::kBadFrame);
  pair = open_pair();
  EXPECT_EQ(fault_of(*pair, second), Fault::kBadFrame);
  pair = open_pair();
  EXPECT_EQ(fault_of(*pair, *from_hex("0000")), Fault::kBadFrame);
  pair = open_pair();
  EXPECT_EQ(fault_of(*pair, *from_hex("000f000102030405060708090a0b0c0d0e")), Fault::kBadFrame);
  for (std::size_t at = 0; at < first.size(); ++at) {
    pair = open_pair();
    Bytes altered;
    pair->dialer->seal(as_bytes("first"), altered);
    altered[at] ^= 1;
    altered.resize(70'000, 0);  // so that a longer length finds its bytes
    EXPECT_EQ(fault_of(*pair, altered), Fault::kBadFrame) << at;
  }
}

}  // namespace
}  // namespace kith::p2p
