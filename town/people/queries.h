// SPDX-License-Identifier: Apache-2.0
// What people say of themselves, by person. Whether a person is a member is not known here: that is the space's
// authority.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kith/database.h"

namespace kith::town::people {

/// The names that persons gave themselves; of several rows of one person the one changed last counts.
Result<std::map<PersonId, std::string>> names(Database& database);

struct Profile {
  std::string name;  // empty: not here yet
  std::optional<std::string> about;
  std::optional<std::string> street;
  std::uint64_t joined_ms = 0;  // when it was written first: on joining
};
Result<std::map<PersonId, Profile>> profiles(Database& database);
/// How many posts each has here.
Result<std::map<PersonId, std::uint64_t>> post_counts(Database& database);

struct PlaceText {
  std::string name;         // empty: not here yet
  std::int64_t enamel = 1;  // 1 to kEnamelMax
  std::vector<std::string> rules;
  std::uint64_t founded_ms = 0;  // 0: not here yet
};
/// As the founder has written it.
Result<PlaceText> place(Database& database, const PersonId& founder);
/// What the founder called the place; empty if that has not arrived yet.
Result<std::string> place_name(Database& database, const PersonId& founder);

}  // namespace kith::town::people
