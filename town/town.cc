// SPDX-License-Identifier: Apache-2.0
#include "town/town.h"

#include "schema_text.h"

namespace kith::town {

std::string schema() {
  return std::string(kForumSql) + kPeopleSql + kMarksSql + kPhotosSql + kMarketSql;
}

std::string personal_schema() {
  return std::string(kNotesSql) + kDraftsSql + kReadingSql;
}

}  // namespace kith::town
