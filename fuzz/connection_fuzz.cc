// SPDX-License-Identifier: Apache-2.0
// A whole connection. The first byte says who is attacked and by whom: a listener or a dialer, by a stranger from the
// first byte on, or by an authentic peer whose bytes above Noise are the input. The second is the size of the pieces
// (of Noise frames, for the authentic one). Whatever comes, it ends or goes on within its bounds.
#include "p2p/connection.h"

#include "fuzz/fuzz.h"
#include "p2p/testing/pair.h"
#include "p2p/testing/raw_peer.h"

namespace kith::fuzz {

namespace {

using p2p::Connection;
using p2p::Role;

struct World {
  World() {
    CHECK(crypto::start().ok());
    bob.offer_echo("/kith/test/1");
    bob.offer("/kith/one/1", [] { return std::make_unique<p2p::Echo>(); }, 1);
  }
  testing::SeededRandom random{1};
  p2p::testing::TestPeer alice{1, random};
  p2p::testing::TestPeer bob{2, random};
};

void check_bounds(const Connection& victim) {
  CHECK(victim.pending() <= (64 << 10) + p2p::NoiseChannel::kFrameBytesMax);
  CHECK(victim.stream_count() <= p2p::YamuxLimits().inbound_streams_max + p2p::YamuxLimits().outbound_streams_max);
  if (victim.stream_counters() == nullptr) CHECK(victim.counters().bytes_in < 100'000 || victim.is_closed());
}

void drain(Connection& victim) {
  constexpr int kTurnsMax = 10'000;
  int turn = 0;
  for (; victim.has_output() && turn < kTurnsMax; ++turn) {
    Bytes out;
    victim.take_output(out, 4 << 10);
    CHECK(out.size() <= 4 << 10);
    if (out.empty()) break;
  }
  CHECK(turn < kTurnsMax);
}

}  // namespace

void run(ByteView input) {
  static World world;
  if (input.size() < 2) return;
  const bool is_listener = input[0] % 2 == 0;
  const bool is_authentic = input[0] % 4 >= 2;
  const std::size_t piece = input[1] == 0 ? 4096 : input[1];
  testing::FakeClock clock;
  testing::SeededRandom random(2);
  Connection victim(world.bob.host, {.role = is_listener ? Role::kListener : Role::kDialer}, clock, random);
  p2p::testing::RawPeer peer(is_listener ? Role::kDialer : Role::kListener, world.alice.identity, random);
  if (is_authentic) peer.upgrade(victim);
  for (ByteView rest = input.subspan(2); !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
    const ByteView part = rest.first(std::min(piece, rest.size()));
    if (is_authentic) {
      peer.say(victim, part);
    } else {
      victim.receive(part);
    }
    check_bounds(victim);
    if (input[0] >= 128) drain(victim);
  }
  drain(victim);
  victim.tick();
  clock.advance(Connection::kPongLateMsMax + Connection::kPingIntervalMs);
  victim.tick();
  clock.advance(Connection::kPongLateMsMax);
  victim.tick();
  CHECK(victim.is_closed());  // nothing has answered its pings
  CHECK(is_authentic || victim.fault() != p2p::Fault::kNone);
  drain(victim);
}

}  // namespace kith::fuzz
