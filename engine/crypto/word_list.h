// SPDX-License-Identifier: Apache-2.0
// The 2,048 words of BIP-39 in English, in order; a word's index is its 11 bits.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace kith::crypto {

inline constexpr std::size_t kWordCount = 2'048;
extern const std::array<std::string_view, kWordCount> kWords;

}  // namespace kith::crypto
