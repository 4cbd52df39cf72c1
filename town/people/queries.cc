// SPDX-License-Identifier: Apache-2.0
#include "town/people/queries.h"

#include "town/row.h"

namespace kith::town::people {

Result<std::map<PersonId, std::string>> names(Database& database) {
  const Rows found =
      KITH_TRY(database.query("SELECT kith_writer, name FROM kith_profiles WHERE name IS NOT NULL ORDER BY "
                              "coalesce(kith_changed, kith_stamp), id"));
  std::map<PersonId, std::string> out;
  for (const Row& row : found.rows) out[id_of<PersonId>(row[0])] = text(row[1]);
  return out;
}

Result<std::string> place_name(Database& database, const PersonId& founder) {
  const Rows found =
      KITH_TRY(database.query("SELECT name FROM kith_places WHERE kith_writer = ? AND name IS NOT NULL ORDER BY "
                              "coalesce(kith_changed, kith_stamp) DESC, id LIMIT 1",
                              {to_bytes(founder.view())}));
  return found.rows.empty() ? std::string() : text(found.rows[0][0]);
}

}  // namespace kith::town::people
