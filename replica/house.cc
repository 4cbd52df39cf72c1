// SPDX-License-Identifier: Apache-2.0
#include "replica/house.h"

#include "replica/journal.h"

namespace kith::replica {

std::vector<space::Space*> House::own_spaces() {
  std::vector<space::Space*> out{shared_space(), personal_space()};
  std::erase(out, nullptr);
  return out;
}

std::vector<Member> House::members() {
  std::vector<Member> out;
  for (const space::Person* person : shared_space()->authority().members()) {
    out.push_back({person->id, person->devices, !person->joined_by.has_value()});
  }
  return out;
}

Result<std::vector<Resting>> House::resting() {
  return resting_transactions(*shared_space());
}

Result<std::optional<SendingState>> House::sending(const DeviceId& device, Stamp stamp) {
  return sending_state(*shared_space(), device, stamp, left());
}

}  // namespace kith::replica
