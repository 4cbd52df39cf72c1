// SPDX-License-Identifier: Apache-2.0
// Addresses of the place's houses: rows that they write themselves, read by whoever wants to reach another one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"

namespace kith::town::people {

inline constexpr std::string_view kHouseAnnounced = "house announced";
inline constexpr std::size_t kAddressesMax = 8;       // of one house
inline constexpr std::size_t kAddressBytesMax = 256;  // of one address
inline constexpr std::size_t kHousesMax = 64;         // read
inline constexpr std::size_t kPeerBytesMax = 128;

/// This installation, by its PeerId, listens at these multiaddrs. Nothing is written if that is known. kUsage: no
/// multiaddrs; kTooLarge.
Result<WriteReceipt> announce_house(Database& database, std::string_view peer,
                                    const std::vector<std::string>& addresses);

/// Of all houses, those that spoke last first, each address once. What is no multiaddr by its form is left out; whether
/// it is one, and who answers there, is judged by who dials.
Result<std::vector<std::string>> house_addresses(Database& database);

}  // namespace kith::town::people
