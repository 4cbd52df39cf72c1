// SPDX-License-Identifier: Apache-2.0
#include "town/people/commands.h"

#include "kith/json.h"
#include "town/people/events.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::people {
namespace {

using Cells = std::vector<std::pair<std::string, Value>>;

/// Writes cells of the one row that a person has in a table of the people; it is made if it is not there.
Result<WriteReceipt> put_own(Database& database, const std::string& table, std::string_view event, const Cells& cells) {
  const Rows own = KITH_TRY(database.query(
      "SELECT id FROM kith_" + table + " WHERE kith_writer = ? ORDER BY id LIMIT 1", {blob(database.person())}));
  const bool is_new = own.rows.empty();
  const std::string id = is_new ? database.new_id() : text(own.rows[0][0]);
  return database.write(event, {}, [&](Writer& writer) -> Result<void> {
    if (is_new) KITH_TRY(writer.exec("INSERT INTO " + table + "(id) VALUES (?)", {id}));
    for (const auto& [column, value] : cells)
      KITH_TRY(writer.exec("UPDATE " + table + " SET " + column + " = ? WHERE id = ?", {value, id}));
    return {};
  });
}

Result<std::string> clean_rules(const std::vector<std::string>& rules) {
  if (rules.size() > kRulesMax)
    return Error(ErrorCode::kTooLarge, "There can be " + std::to_string(kRulesMax) + " rules.", "Join some.");
  Json::Array out;
  for (const std::string& rule : rules) out.emplace_back(KITH_TRY(clean_text({"A rule", kRuleBytesMax, false}, rule)));
  return Json(std::move(out)).dump();
}

}  // namespace

Result<std::string> check_name(std::string_view name) {
  return clean_text({"A name", kNameBytesMax, false}, name);
}

Result<WriteReceipt> choose_name(Database& database, std::string_view name) {
  return put_own(database, "profiles", kNameChosen, {{"name", KITH_TRY(check_name(name))}});
}

Result<WriteReceipt> name_place(Database& database, std::string_view name) {
  return put_own(database, "places", kPlaceNamed, {{"name", KITH_TRY(check_name(name))}});
}

Result<WriteReceipt> change_profile(Database& database, const ProfileEdit& edit) {
  Cells cells;
  if (edit.name) cells.emplace_back("name", KITH_TRY(check_name(*edit.name)));
  if (edit.about)
    cells.emplace_back(
        "about", null_if_empty(KITH_TRY(clean_optional({"A text about you", kAboutBytesMax, true}, *edit.about))));
  if (edit.street)
    cells.emplace_back("street",
                       null_if_empty(KITH_TRY(clean_optional({"A street", kStreetBytesMax, false}, *edit.street))));
  return put_own(database, "profiles", kProfileChanged, cells);
}

Result<WriteReceipt> describe_place(Database& database, const PlaceEdit& edit) {
  Cells cells;
  if (edit.name) cells.emplace_back("name", KITH_TRY(check_name(*edit.name)));
  if (edit.enamel) {
    if (*edit.enamel < 1 || *edit.enamel > kEnamelMax)
      return Error(ErrorCode::kUsage, "The colour is a number from 1 to " + std::to_string(kEnamelMax) + ".",
                   "Choose one.");
    cells.emplace_back("enamel", *edit.enamel);
  }
  if (edit.rules) cells.emplace_back("rules", KITH_TRY(clean_rules(*edit.rules)));
  return put_own(database, "places", kPlaceDescribed, cells);
}

}  // namespace kith::town::people
