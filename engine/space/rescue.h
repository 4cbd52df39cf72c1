// SPDX-License-Identifier: Apache-2.0
// Rescue codes (formats 8): what somebody needs beside her words to find a space again: base32(2 ‖ lineage ‖ check 3),
// 58 characters, printed beside the words. It opens nothing.
#pragma once

#include <string>

#include "kith/ids.h"
#include "kith/result.h"

namespace kith::space {

std::string rescue_code(const Lineage& lineage);
/// Accepts white space and hyphens between groups, and upper case. kBadInvite says whether it is cut off or mistyped.
Result<Lineage> parse_rescue_code(std::string_view text);

}  // namespace kith::space
