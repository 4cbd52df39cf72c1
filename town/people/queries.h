// SPDX-License-Identifier: Apache-2.0
// Names by person. Whether a person is a member is not known here: that is the space's authority.
#pragma once

#include <map>
#include <string>

#include "kith/database.h"

namespace kith::town::people {

/// The names that persons gave themselves; of several rows of one person the one changed last counts.
Result<std::map<PersonId, std::string>> names(Database& database);
/// What the founder called the place; empty if that has not arrived yet.
Result<std::string> place_name(Database& database, const PersonId& founder);

}  // namespace kith::town::people
