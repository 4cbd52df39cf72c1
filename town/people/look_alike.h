// SPDX-License-Identifier: Apache-2.0
// Names that look the same to a hurried eye: case, accents, blanks, and letters of other scripts that are drawn alike
// (after the idea of Unicode's UTS 39, for the scripts that neighbours here may meet).
#pragma once

#include <string>
#include <string_view>

namespace kith::town::people {

/// Two names that look alike have one skeleton. Not fit to be shown.
std::string skeleton(std::string_view name);

}  // namespace kith::town::people
