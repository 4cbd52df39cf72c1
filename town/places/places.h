// SPDX-License-Identifier: Apache-2.0
// The places that somebody belongs to, and her devices: rows of her personal space, by which a new device finds the one
// and a lost one ends in both.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kith/app.h"
#include "kith/database.h"

namespace kith::town::places {

inline constexpr std::string_view kPlaceNoted = "place noted";
inline constexpr std::string_view kDeviceNoted = "device noted";
inline constexpr std::size_t kDevicesMax = 1'000;  // read
inline constexpr std::size_t kPlacesMax = 64;      // read
inline constexpr std::size_t kAddressesMax = 8;    // of one place
inline constexpr std::size_t kNameBytesMax = 200;  // shown

/// Nothing is written while one of the addresses that are there already is among these, and the name is the same.
Result<void> note(Database& personal, const KnownPlace& place);
/// Those that were noted last first.
Result<std::vector<KnownPlace>> noted(Database& personal);

/// Nothing is written twice.
Result<void> note_device(Database& personal, const OwnDevice& device);
Result<std::vector<OwnDevice>> devices(Database& personal);

}  // namespace kith::town::places
