// SPDX-License-Identifier: Apache-2.0
#include "town/town.h"

#include "schema_text.h"
#include "town/search/search.h"

namespace kith::town {

std::string schema() {
  return std::string(kForumSql) + kPeopleSql + kMarksSql + kPhotosSql + kMarketSql + kHousesSql;
}

std::string personal_schema() {
  return std::string(kNotesSql) + kDraftsSql + kReadingSql + kPlacesSql;
}

std::vector<LocalTable> local_tables() {
  return {search::index()};
}

std::vector<LocalTable> personal_local_tables() {
  return {search::note_index()};
}

}  // namespace kith::town
