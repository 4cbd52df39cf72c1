// SPDX-License-Identifier: Apache-2.0
// The first words of a row, so that a list of what was written can say what each was about.
#pragma once

#include <string>
#include <string_view>

#include "kith/database.h"

namespace kith::town {

/// Empty: that row has no words, or is not here.
Result<std::string> title_of(Database& space, std::string_view table, const std::string& key);

}  // namespace kith::town
