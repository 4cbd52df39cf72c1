// SPDX-License-Identifier: Apache-2.0
// Machines on the network that show another's identity, as somebody who took over an address would: they answer in
// place of a house, or dial one.
#pragma once

#include <map>
#include <set>

#include "p2p/testing/impostor.h"
#include "sim/network.h"
#include "sim/run.h"

namespace kith::sim {

class Impostors {
 public:
  Impostors(Network& network, std::uint64_t seed, Run& run) : network_(network), random_(seed), run_(run) {}

  /// Answers on a stream that was opened to a house.
  void answer(StreamId stream, Place at, const p2p::NoiseIdentity& shown);
  void dial(Place from, Place to, const p2p::NoiseIdentity& shown);
  /// True: an impostor sits there, and has heard it.
  bool received(StreamId stream, Place at, ByteView bytes);
  bool closed(StreamId stream, Place at);
  /// Has one ever sat at either end?
  bool is_forged(StreamId stream) const { return forged_.contains(stream); }

 private:
  void add(StreamId stream, Place at, p2p::Role role, const p2p::NoiseIdentity& shown);

  Network& network_;
  testing::SeededRandom random_;
  Run& run_;
  std::map<std::pair<StreamId, Place>, p2p::testing::Impostor> impostors_;
  std::set<StreamId> forged_;
};

}  // namespace kith::sim
