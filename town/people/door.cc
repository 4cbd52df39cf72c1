// SPDX-License-Identifier: Apache-2.0
#include "town/people/door.h"

#include "kith/hash.h"

namespace kith::town::people {

std::string door(const PersonId& person) {
  constexpr std::size_t kDoorBytes = 8;
  return to_hex(sha256(person.view()).view().first(kDoorBytes));
}

}  // namespace kith::town::people
