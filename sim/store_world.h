// SPDX-License-Identifier: Apache-2.0
// The first of a seed's two worlds: stores alone, without logs, keys and sessions. Couriers carry their changesets
// about, some lost, some twice, in any order; judgements (retract, restore, erase) come before or after what they
// judge; machines die at any write. In the end all stores must show the same state, and it must be the one that a fresh
// store shows that merged what counts and never saw the rest.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "sim/store_machine.h"

namespace kith::sim {

class StoreWorld {
 public:
  explicit StoreWorld(Run& run);
  void play();

 private:
  static constexpr std::size_t kMachinesMax = 4;
  static constexpr std::size_t kStepsMin = 40;
  static constexpr std::size_t kStepsMax = 110;

  void step();
  void carry(StoreMachine& to, bool everything);
  void decide();
  void disturb(StoreMachine& machine);
  void revive(StoreMachine& machine);
  void heal();
  std::vector<ParcelName> missing(StoreMachine& machine);
  void compare(std::string_view when, const std::set<ParcelName>& mask);
  void check_all_here();
  void replay_without();
  void check_rebuild();

  Run& run_;
  Dice dice_;
  Timeline timeline_;
  std::vector<std::unique_ptr<StoreMachine>> machines_;
  std::map<ParcelName, Parcel> parcels_;
  Decisions decisions_;
};

}  // namespace kith::sim
