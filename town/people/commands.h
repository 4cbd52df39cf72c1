// SPDX-License-Identifier: Apache-2.0
// What the person who writes says of herself, and the founder of the place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"

namespace kith::town::people {

inline constexpr std::size_t kNameBytesMax = 80;
inline constexpr std::size_t kAboutBytesMax = 1'000;
inline constexpr std::size_t kStreetBytesMax = 80;
inline constexpr std::size_t kRuleBytesMax = 200;
inline constexpr std::size_t kRulesMax = 12;
inline constexpr std::int64_t kEnamelMax = 5;  // colours of the place's sign, from 1

/// Checks a name without writing it: before keys are made for somebody.
Result<std::string> check_name(std::string_view name);
/// The writer's own name; a second call changes it.
Result<WriteReceipt> choose_name(Database& database, std::string_view name);
/// Counts only where the founder calls it.
Result<WriteReceipt> name_place(Database& database, std::string_view name);

/// What is not given stays; empty texts take away what was said before.
struct ProfileEdit {
  std::optional<std::string> name = {};
  std::optional<std::string> about = {};
  std::optional<std::string> street = {};
};
Result<WriteReceipt> change_profile(Database& database, const ProfileEdit& edit);

struct PlaceEdit {
  std::optional<std::string> name = {};
  std::optional<std::int64_t> enamel = {};
  std::optional<std::vector<std::string>> rules = {};
};
/// Counts only where the founder calls it.
Result<WriteReceipt> describe_place(Database& database, const PlaceEdit& edit);

}  // namespace kith::town::people
