// SPDX-License-Identifier: Apache-2.0
// The places that somebody belongs to: rows of her personal space, by which a new device finds them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kith/app.h"
#include "kith/database.h"

namespace kith::town::places {

inline constexpr std::string_view kPlaceNoted = "place noted";
inline constexpr std::size_t kPlacesMax = 64;    // read
inline constexpr std::size_t kAddressesMax = 8;  // of one place

/// Nothing is written while one of the addresses that are there already is among these.
Result<WriteReceipt> note(Database& personal, const KnownPlace& place);
/// Those that were noted last first.
Result<std::vector<KnownPlace>> noted(Database& personal);

}  // namespace kith::town::places
