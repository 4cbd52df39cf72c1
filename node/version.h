// SPDX-License-Identifier: Apache-2.0
// Which version of Kith this is: told to peers by identify, and to pages by /door.json.
#pragma once

#include <string_view>

namespace kith::node {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace kith::node
