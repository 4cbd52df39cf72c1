// SPDX-License-Identifier: Apache-2.0
// Linking a new device of a person by two texts that are pasted or shown as QR codes (formats 3): the new one asks, one
// of hers that is given the words answers. Each space gets keys of its own, so each has its request and its answer.
#pragma once

#include <optional>
#include <string>

#include "replica/house.h"

namespace kith::replica {

/// What the new device keeps until the answer comes. Secret.
struct LinkRequest {
  space::Space::DeviceRequest personal, space;
  space::SpaceKeys personal_keys, space_keys;
  /// What it shows: base32(1 ‖ both requests ‖ check 3).
  std::string code() const;
};
LinkRequest make_link_request(Random& random);

/// On the old device, which must remember the words (Space::remember). The answer is a text for the new one alone; it
/// brings a neighbourhood only if there is one. kMalformed: no such code, or cut off.
Result<std::string> answer_link(House& house, std::string_view code);

/// For Space::link.
struct LinkAnswer {
  Bytes personal;
  std::optional<Bytes> space;
  std::vector<std::string> addresses;  // of the neighbourhood's houses
};
Result<LinkAnswer> parse_link_answer(std::string_view text);

}  // namespace kith::replica
