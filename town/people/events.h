// SPDX-License-Identifier: Apache-2.0
// What people say about themselves and their place; declared in schema.sql.
#pragma once

#include <string_view>

namespace kith::town::people {

inline constexpr std::string_view kNameChosen = "name chosen";
inline constexpr std::string_view kPlaceNamed = "place named";

}  // namespace kith::town::people
