// SPDX-License-Identifier: Apache-2.0
// A whole connection, recorded between two js-libp2p: we take the part of each side, with its keys, and must say on
// every stream what it said. (Window updates are ours: js grants on every frame.)
#include <gtest/gtest.h>

#include <map>

#include "p2p/testing/libp2p_vectors.h"
#include "p2p/testing/pair.h"
#include "p2p/testing/scripted_random.h"

namespace kith::p2p {
namespace {

using testing::Json;
using testing::Noting;
using testing::ScriptedRandom;
using testing::StreamLog;
using testing::vectors;

const Json& handshake() {
  return vectors()["noise"]["handshakes"][0];
}

/// The bytes of all data frames of a side, by stream.
using Streams = std::map<std::uint32_t, std::string>;

Streams recorded(const std::string& side) {
  Streams out;
  for (const Json& message : vectors()["session"]["plain"].items()) {
    if (message["from"].text() != side || message["layer"].text() != "yamux") continue;
    const Bytes frame = message["hex"].bytes();
    const YamuxHeader header = decode_yamux(frame);
    if (header.type == kYamuxData) out[header.stream] += to_hex(ByteView(frame).subspan(kYamuxHeaderBytes));
  }
  return out;
}

/// The bytes before yamux, as they must stand on the wire.
std::string recorded_upgrade(const std::string& side) {
  std::string out;
  for (const Json& message : vectors()["session"]["plain"].items()) {
    const bool is_upgrade = message["layer"].text() == "multistream" || message["layer"].text().starts_with("noise");
    if (message["from"].text() == side && is_upgrade) out += message["hex"].text();
  }
  return out;
}

/// Opens what one side has sent with the key that it must have agreed on.
struct Said {
  std::string upgrade;
  Streams streams;
  std::map<std::uint32_t, int> fins;

  Said(ByteView bytes, std::size_t upgrade_bytes, const crypto::Key& key)
      : upgrade(to_hex(bytes.first(upgrade_bytes))) {
    NoiseCipher cipher(key);
    Bytes plain;
    for (ByteReader in(bytes.subspan(upgrade_bytes)); !in.at_end();) CHECK(cipher.open({}, in.bytes(in.u16()), plain));
    for (ByteReader in(plain); !in.at_end();) {
      const YamuxHeader header = decode_yamux(in.bytes(kYamuxHeaderBytes));
      if (header.type == kYamuxData) streams[header.stream] += to_hex(in.bytes(header.length));
      if ((header.flags & kYamuxFin) != 0) ++fins[header.stream];
    }
  }
};

class SessionReplay : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }

  /// As one side of the recording; draws its recorded keys.
  struct Side {
    Side(const char* name, Role role, std::optional<PeerId> expected)
        : random(handshake()[name]["static_private"].bytes()),
          key(crypto::SigningKey::from_seed(handshake()[name]["identity_seed"].as<crypto::Key>())),
          identity(key, random),
          host{identity, "kith-test/1", {}, {}} {
      random.add(handshake()[name]["ephemeral_private"].bytes());
      random.add(vectors()["ping"]["request"].bytes());
      host.protocols.push_back({"/kith/test/1", 10, [](Connection&) { return std::make_unique<Echo>(); }});
      connection.emplace(host, ConnectionOptions{.role = role, .expected = std::move(expected)}, clock, random);
    }
    void take() {
      while (connection->has_output()) connection->take_output(sent, 64 << 10);
      connection->tick();
    }
    kith::testing::FakeClock clock;
    ScriptedRandom random;
    crypto::SigningKey key;
    NoiseIdentity identity;
    Host host;
    std::optional<Connection> connection;
    Bytes sent;
  };
};

TEST_F(SessionReplay, as_the_listener) {
  Side side("responder", Role::kListener, std::nullopt);
  for (const Json& frame : vectors()["session"]["frames"].items()) {
    if (frame["from"].text() != "dialer" || !frame.has("payload")) continue;
    side.connection->receive(frame["payload"].bytes());
    side.take();
  }
  ASSERT_EQ(side.connection->fault(), Fault::kNone) << fault_name(side.connection->fault());
  EXPECT_TRUE(side.connection->is_closed()) << "the dialer went away";
  EXPECT_TRUE(side.connection->peer_info().agent_version.starts_with("js-libp2p"));
  EXPECT_EQ(side.connection->peer_info().revision, 2u) << "identify and the push";
  EXPECT_EQ(side.connection->counters().protocols_refused, 2u);
  const std::string upgrade = recorded_upgrade("listener");
  const Said said(side.sent, upgrade.size() / 2, handshake()["key_responder_to_initiator"].as<crypto::Key>());
  EXPECT_EQ(said.upgrade, upgrade);
  const Streams js = recorded("listener");
  for (const std::uint32_t stream : {2, 3, 5, 7, 9}) EXPECT_EQ(said.streams.at(stream), js.at(stream)) << stream;
  for (const std::uint32_t stream : {1, 2, 3, 5, 9}) EXPECT_EQ(said.fins.at(stream), 1) << stream;
}

TEST_F(SessionReplay, as_the_dialer) {
  Side side("initiator", Role::kDialer, PeerId::parse(handshake()["responder"]["peer_id"].text()).value());
  auto echo = std::make_shared<StreamLog>();
  auto refused = std::make_shared<StreamLog>();
  std::optional<std::uint64_t> round_trip;
  const std::map<std::uint32_t, std::function<void()>> to_open = {
      {3, [&] { EXPECT_TRUE(side.connection->ping([&](auto ms) { round_trip = ms; }).ok()); }},
      {5,
       [&] {
         auto handler = std::make_unique<Noting>(echo, to_bytes(as_bytes("hello kith")), true);
         EXPECT_TRUE(side.connection->open_stream({"/kith/test/1"}, std::move(handler)).ok());
       }},
      {7,
       [&] {
         EXPECT_TRUE(
             side.connection->open_stream({"/kith/none/1", "/kith/none/2"}, std::make_unique<Noting>(refused)).ok());
       }},
      {9, [&] { EXPECT_TRUE(side.connection->push_identify().ok()); }},
  };
  NoiseCipher listening(handshake()["key_responder_to_initiator"].as<crypto::Key>());
  std::uint32_t newest = 1;
  side.take();
  for (const Json& frame : vectors()["session"]["frames"].items()) {
    if (frame["from"].text() != "listener" || !frame.has("payload")) continue;
    const Bytes payload = frame["payload"].bytes();
    Bytes plain;
    const bool is_transport = side.connection->is_open() && payload.size() > 2;
    if (is_transport && listening.open({}, payload, plain)) {
      const std::uint32_t stream = decode_yamux(plain).stream;
      if (stream > newest && to_open.contains(stream)) {
        newest = stream;
        to_open.at(stream)();
        side.take();
      }
    }
    side.connection->receive(payload);
    side.take();
  }
  ASSERT_EQ(side.connection->fault(), Fault::kNone) << fault_name(side.connection->fault());
  EXPECT_TRUE(side.connection->peer_info().speaks("/kith/test/1"));
  EXPECT_EQ(as_text(echo->received), "hello kith");
  EXPECT_EQ(echo->closed, StreamEnd::kFinished);
  EXPECT_EQ(refused->closed, StreamEnd::kRefused);
  EXPECT_EQ(round_trip, 0u);
  const std::string upgrade = recorded_upgrade("dialer");
  const Said said(side.sent, upgrade.size() / 2, handshake()["key_initiator_to_responder"].as<crypto::Key>());
  EXPECT_EQ(said.upgrade, upgrade);
  const Streams js = recorded("dialer");
  for (const std::uint32_t stream : {1, 3, 5, 7}) EXPECT_EQ(said.streams.at(stream), js.at(stream)) << stream;
  EXPECT_TRUE(
      said.streams.at(9).starts_with(js.at(9).substr(0, 2 * 41)));  // header and proposal; our message is our own
}

}  // namespace
}  // namespace kith::p2p
