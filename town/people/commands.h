// SPDX-License-Identifier: Apache-2.0
// Names: of the person who writes, and of the place.
#pragma once

#include <string_view>

#include "kith/database.h"

namespace kith::town::people {

inline constexpr std::size_t kNameBytesMax = 80;

/// Checks a name without writing it: before keys are made for somebody.
Result<std::string> check_name(std::string_view name);
/// The writer's own name; a second call changes it.
Result<WriteReceipt> choose_name(Database& database, std::string_view name);
/// Counts only where the founder calls it.
Result<WriteReceipt> name_place(Database& database, std::string_view name);

}  // namespace kith::town::people
