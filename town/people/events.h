// SPDX-License-Identifier: Apache-2.0
// What people say about themselves and their place; declared in schema.sql, the later ones in marks/schema.sql.
#pragma once

#include <string_view>

namespace kith::town::people {

inline constexpr std::string_view kNameChosen = "name chosen";
inline constexpr std::string_view kPlaceNamed = "place named";
inline constexpr std::string_view kProfileChanged = "profile changed";
inline constexpr std::string_view kPlaceDescribed = "place described";

}  // namespace kith::town::people
