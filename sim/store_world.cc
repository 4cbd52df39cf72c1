// SPDX-License-Identifier: Apache-2.0
#include "sim/store_world.h"

#include <algorithm>

namespace kith::sim {
namespace {

DeviceId make_device(Dice& dice) {
  DeviceId device;
  for (std::uint8_t& byte : device.data) byte = static_cast<std::uint8_t>(dice.below(256));
  return device;
}

PersonId make_person(Dice& dice) {
  PersonId person;
  for (std::uint8_t& byte : person.data) byte = static_cast<std::uint8_t>(dice.below(256));
  return person;
}

}  // namespace

StoreWorld::StoreWorld(Run& run) : run_(run), dice_(run.options().seed * 2 + 1) {
  const std::size_t machines = dice_.between(2, kMachinesMax);
  std::vector<PersonId> persons;
  for (std::size_t i = 0; i < machines; ++i) {
    if (persons.empty() || dice_.percent(75)) persons.push_back(make_person(dice_));
    machines_.push_back(
        std::make_unique<StoreMachine>(i, make_device(dice_), dice_.pick(persons), dice_.seed(), timeline_, run));
  }
}

void StoreWorld::play() {
  for (const auto& machine : machines_) {
    if (!machine->boot()) return;
  }
  for (std::size_t n = dice_.between(kStepsMin, kStepsMax); n > 0 && !run_.has_failed(); --n) step();
  if (!run_.has_failed()) heal();
}

void StoreWorld::step() {
  timeline_.skip(dice_.below(20'000));
  StoreMachine& machine = *dice_.pick(machines_);
  const std::uint64_t what = dice_.below(100);
  run_.say(machine.name() + ": step " + std::to_string(what));
  if (what < 45) {
    machine.write();
  } else if (what < 60) {
    machine.publish(parcels_);
  } else if (what < 82) {
    carry(machine, false);
  } else if (what < 86) {
    machine.take_back(dice_.seed());
  } else if (what < 91) {
    decide();
    machine.follow(decisions_);
  } else {
    disturb(machine);
  }
  if (!machine.disk().is_on()) revive(machine);
}

// Some of what it lacks, in any order, some that it has; the rest is lost on the way and must come again.
void StoreWorld::carry(StoreMachine& to, bool everything) {
  std::vector<ParcelName> names;
  for (const auto& [name, parcel] : parcels_) {
    const bool is_known = to.has(name);
    if (is_known && !dice_.percent(10)) continue;
    if (!everything && dice_.percent(30)) {
      run_.report().note(Seen::kParcelLost);
      continue;
    }
    names.push_back(name);
  }
  for (std::size_t i = names.size(); i > 1; --i) {
    const std::size_t other = dice_.below(i);
    if (other == i - 1) continue;
    std::swap(names[i - 1], names[other]);
    run_.report().note(Seen::kParcelReordered);
  }
  to.accept(names, parcels_, decisions_, everything || dice_.percent(60));
}

void StoreWorld::decide() {
  if (parcels_.empty()) return;
  for (std::size_t n = dice_.between(1, 3); n > 0; --n) {
    auto parcel = parcels_.begin();
    std::advance(parcel, dice_.below(parcels_.size()));
    const std::uint64_t what = dice_.below(10);
    if (what < 6) decisions_.voided.insert(parcel->first);
    if (what >= 6 && what < 8 && !decisions_.voided.empty()) decisions_.voided.erase(decisions_.voided.begin());
    if (what >= 8) decisions_.erased.insert(parcel->first);
  }
}

void StoreWorld::disturb(StoreMachine& machine) {
  switch (dice_.below(5)) {
    case 0:
      machine.disk().cut_power_at(dice_.between(1, 30));
      run_.report().note(Seen::kPowerCutInWrite);
      return;
    case 1:
      machine.disk().cut_power();
      run_.report().note(Seen::kPowerCut);
      return;
    case 2: machine.disk().set_capacity(machine.disk().used_bytes() + dice_.below(30'000)); return;
    case 3: machine.disk().set_capacity(std::nullopt); return;
    default:
      machine.clock().set_offset_ms(static_cast<std::int64_t>(dice_.below(240'000)) - 120'000);
      run_.report().note(Seen::kClockSkewed);
  }
}

void StoreWorld::revive(StoreMachine& machine) {
  while (!machine.disk().is_on() && !run_.has_failed()) {
    machine.shut_down();
    const auto survival = static_cast<Survival>(dice_.below(4));
    machine.disk().boot(survival);
    run_.say(machine.name() + " boots, survival " + std::to_string(static_cast<int>(survival)));
    run_.report().note(seen_of(survival));
    machine.disk().set_capacity(std::nullopt);
    if (dice_.percent(20)) machine.disk().cut_power_at(dice_.between(1, 10));  // and again while it recovers
    machine.boot();
    run_.report().note(Seen::kRecovered);
  }
}

void StoreWorld::heal() {
  for (const auto& machine : machines_) {
    machine->disk().set_capacity(std::nullopt);
    machine->disk().cut_power_at(0);
    machine->clock().set_offset_ms(0);
  }
  for (const auto& machine : machines_) machine->publish(parcels_);
  Decisions before = decisions_;
  before.erased.clear();
  for (const auto& machine : machines_) {
    machine->accept(missing(*machine), parcels_, dice_.percent(50) ? before : decisions_, true);
    Decisions mine = decisions_;
    if (dice_.percent(50)) mine.erased.clear();  // some have not heard of the erasures
    machine->follow(mine);
    if (run_.has_failed()) return;
  }
  compare("but for what was erased", decisions_.erased);
  for (const auto& machine : machines_) machine->follow(decisions_);
  if (!run_.has_failed()) compare("after healing", {});
  if (!run_.has_failed()) check_all_here();
  if (!run_.has_failed()) replay_without();
  if (!run_.has_failed()) check_rebuild();
}

std::vector<ParcelName> StoreWorld::missing(StoreMachine& machine) {
  std::vector<ParcelName> names;
  for (const auto& [name, parcel] : parcels_) {
    if (!machine.has(name)) names.push_back(name);
  }
  for (std::size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[dice_.below(i)]);
  return names;
}

void StoreWorld::compare(std::string_view when, const std::set<ParcelName>& mask) {
  const auto first = machines_[0]->state_hash(mask);
  for (std::size_t i = 1; i < machines_.size() && !run_.has_failed(); ++i) {
    const auto other = machines_[i]->state_hash(mask);
    if (first && other && *first != *other) {
      run_.fail("store 0 and " + machines_[i]->name() + " hold the same and show different states, " +
                std::string(when));
    }
  }
  run_.report().note(Seen::kConverged);
}

void StoreWorld::check_all_here() {
  for (const auto& machine : machines_) {
    run_.report().note(Seen::kConflict, static_cast<std::uint64_t>(machine->conflicts()));
    for (const auto& [name, parcel] : parcels_) {
      if (!machine->has(name)) {
        run_.fail(machine->name() + " lacks a changeset that it was given");
        return;
      }
      run_.report().note(Seen::kAcknowledgedWriteFound);
    }
  }
}

// A store that merges what counts, in the order of stamps, and never sees the rest.
void StoreWorld::replay_without() {
  StoreMachine fresh(machines_.size(), make_device(dice_), make_person(dice_), dice_.seed(), timeline_, run_);
  fresh.disk().set_sync_lies(false);
  if (!fresh.boot()) return;
  std::vector<ParcelName> names;
  for (const auto& [name, parcel] : parcels_) {
    if (!decisions_.voided.contains(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), [](const ParcelName& a, const ParcelName& b) {
    return a.stamp != b.stamp ? a.stamp < b.stamp : a.device < b.device;
  });
  fresh.accept(names, parcels_, decisions_, true);
  if (run_.has_failed()) return;
  const auto expected = fresh.state_hash({});
  const auto shown = machines_[0]->state_hash({});
  if (expected && shown && *expected != *shown) {
    run_.fail("a retract is not a replay without what was retracted");
    return;
  }
  run_.report().note(Seen::kReplayedWithout);
}

void StoreWorld::check_rebuild() {
  StoreMachine& machine = *dice_.pick(machines_);
  const auto before = machine.state_hash({});
  if (!machine.rebuild()) return;
  const auto after = machine.state_hash({});
  if (before && after && *before != *after) run_.fail(machine.name() + " shows another state after rebuild");
  run_.report().note(Seen::kRebuilt);
}

}  // namespace kith::sim
