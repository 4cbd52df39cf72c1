// SPDX-License-Identifier: Apache-2.0
#include "town/people/queries.h"

#include "kith/json.h"
#include "town/people/commands.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::people {
namespace {

std::optional<std::string> said(const Value& value, std::size_t bytes_max) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || text->empty() ? std::nullopt : std::optional(shown_text(*text, bytes_max));
}

std::vector<std::string> read_rules(const Value& value) {
  std::vector<std::string> out;
  const auto parsed = Json::parse(text(value));
  if (!parsed.ok()) return out;
  for (const Json& rule : parsed->items()) {
    if (rule.text() && out.size() < kRulesMax) out.push_back(shown_line(*rule.text(), kRuleBytesMax));
  }
  return out;
}

}  // namespace

Result<std::map<PersonId, std::string>> names(Database& database) {
  const Rows found =
      KITH_TRY(database.query("SELECT kith_writer, name FROM kith_profiles WHERE name IS NOT NULL ORDER BY "
                              "coalesce(kith_changed, kith_stamp), id"));
  std::map<PersonId, std::string> out;
  for (const Row& row : found.rows) out[id_of<PersonId>(row[0])] = shown_line(text(row[1]), kNameBytesMax);
  return out;
}

Result<std::map<PersonId, Profile>> profiles(Database& database) {
  const Rows found =
      KITH_TRY(database.query("SELECT kith_writer, name, about, street, kith_stamp FROM kith_profiles ORDER BY "
                              "coalesce(kith_changed, kith_stamp), id"));
  std::map<PersonId, Profile> out;
  for (const Row& row : found.rows) {
    Profile& profile = out[id_of<PersonId>(row[0])];
    if (const auto name = optional_text(row[1])) profile.name = shown_line(*name, kNameBytesMax);
    profile.about = said(row[2], kAboutBytesMax);
    profile.street = said(row[3], kStreetBytesMax);
    const std::uint64_t written = ms_of(row[4]);
    if (profile.joined_ms == 0 || written < profile.joined_ms) profile.joined_ms = written;
  }
  return out;
}

Result<std::map<PersonId, std::uint64_t>> post_counts(Database& database) {
  const Rows found = KITH_TRY(database.query("SELECT kith_writer, count(*) FROM kith_posts GROUP BY kith_writer"));
  std::map<PersonId, std::uint64_t> out;
  for (const Row& row : found.rows) out[id_of<PersonId>(row[0])] = static_cast<std::uint64_t>(integer(row[1]));
  return out;
}

Result<PlaceText> place(Database& database, const PersonId& founder) {
  const Rows found = KITH_TRY(database.query(
      "SELECT name, enamel, rules, kith_stamp FROM kith_places WHERE kith_writer = ? ORDER BY coalesce(kith_changed, "
      "kith_stamp) DESC, id LIMIT 1",
      {blob(founder)}));
  PlaceText out;
  if (found.rows.empty()) return out;
  const Row& row = found.rows[0];
  out.name = shown_line(text(row[0]), kNameBytesMax);
  const std::int64_t enamel = integer(row[1]);
  if (enamel >= 1 && enamel <= kEnamelMax) out.enamel = enamel;
  out.rules = read_rules(row[2]);
  out.founded_ms = ms_of(row[3]);
  return out;
}

Result<std::string> place_name(Database& database, const PersonId& founder) {
  return KITH_TRY(place(database, founder)).name;
}

}  // namespace kith::town::people
