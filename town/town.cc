// SPDX-License-Identifier: Apache-2.0
#include "town/town.h"

#include "schema_text.h"

namespace kith::town {

std::string schema() {
  return std::string(kForumSql) + kPeopleSql;
}

std::string personal_schema() {
  return kNotesSql;
}

}  // namespace kith::town
