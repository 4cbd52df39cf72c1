// SPDX-License-Identifier: Apache-2.0
// What people type: trimmed, bounded, without control characters.
#pragma once

#include <string>
#include <string_view>

#include "kith/result.h"

namespace kith::town {

struct TextRule {
  std::string_view what;  // "A post", as a sentence begins
  std::size_t bytes_max;
  bool has_lines;  // may it contain line breaks
};

/// Without white space at both ends and with line breaks as \n. kUsage if nothing is left, or it holds control
/// characters; kTooLarge.
Result<std::string> clean_text(const TextRule& rule, std::string_view text);

}  // namespace kith::town
