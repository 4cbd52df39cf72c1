// SPDX-License-Identifier: Apache-2.0
#include "town/people/commands.h"

#include "town/people/events.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::people {
namespace {

/// The SQL of one table that holds a name for each writer.
struct NameTable {
  std::string_view event;
  std::string_view find;
  std::string_view insert;
  std::string_view update;
};

constexpr NameTable kProfiles{kNameChosen, "SELECT id FROM kith_profiles WHERE kith_writer = ? ORDER BY id LIMIT 1",
                              "INSERT INTO profiles(name, id) VALUES (?, ?)",
                              "UPDATE profiles SET name = ? WHERE id = ?"};
constexpr NameTable kPlaces{kPlaceNamed, "SELECT id FROM kith_places WHERE kith_writer = ? ORDER BY id LIMIT 1",
                            "INSERT INTO places(name, id) VALUES (?, ?)", "UPDATE places SET name = ? WHERE id = ?"};

Result<WriteReceipt> put_name(Database& database, const NameTable& table, std::string_view name) {
  const std::string clean = KITH_TRY(check_name(name));
  const Rows own = KITH_TRY(database.query(table.find, {to_bytes(database.person().view())}));
  const bool is_new = own.rows.empty();
  const std::string id = is_new ? database.new_id() : text(own.rows[0][0]);
  return database.write(table.event, {},
                        [&](Writer& writer) { return writer.exec(is_new ? table.insert : table.update, {clean, id}); });
}

}  // namespace

Result<std::string> check_name(std::string_view name) {
  return clean_text({"A name", kNameBytesMax, false}, name);
}

Result<WriteReceipt> choose_name(Database& database, std::string_view name) {
  return put_name(database, kProfiles, name);
}

Result<WriteReceipt> name_place(Database& database, std::string_view name) {
  return put_name(database, kPlaces, name);
}

}  // namespace kith::town::people
