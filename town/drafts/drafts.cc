// SPDX-License-Identifier: Apache-2.0
#include "town/drafts/drafts.h"

#include "town/row.h"

namespace kith::town::drafts {

Result<std::string> save(Database& personal, const std::optional<std::string>& id, std::string_view kind,
                         const std::optional<std::string>& to, const Json& fields) {
  const std::string json = fields.dump();
  if (json.size() > kFieldsBytesMax) {
    return Error(ErrorCode::kTooLarge, "A draft can have " + std::to_string(kFieldsBytesMax) + " bytes.",
                 "Make it shorter, or post it in parts.");
  }
  std::string key = id ? *id : personal.new_id();
  bool is_there = false;
  if (id) is_there = !KITH_TRY(personal.query("SELECT 1 FROM drafts WHERE id = ?", {key})).rows.empty();
  if (!is_there) key = personal.new_id();  // a dropped draft's key is used up
  KITH_TRY(personal.write(kDraftSaved, {}, [&](Writer& writer) {
    if (is_there) return writer.exec("UPDATE drafts SET fields = ? WHERE id = ?", {json, key});
    return writer.exec("INSERT INTO drafts(id, kind, target, fields) VALUES (?, ?, ?, ?)",
                       {key, std::string(kind), or_null(to), json});
  }));
  return key;
}

Result<std::string> fields_of(Database& personal, std::string_view id) {
  const Rows found = KITH_TRY(personal.query("SELECT fields FROM drafts WHERE id = ?", {std::string(id)}));
  return found.rows.empty() ? std::string() : text(found.rows[0][0]);
}

Result<void> drop(Database& personal, std::string_view id) {
  KITH_TRY(personal.write(kDraftDropped, {}, [&](Writer& writer) {
    return writer.exec("DELETE FROM drafts WHERE id = ?", {std::string(id)});
  }));
  return {};
}

Result<std::vector<Draft>> drafts(Database& personal) {
  const Rows found = KITH_TRY(personal.query(
      "SELECT id, kind, target, fields, coalesce(kith_changed, kith_stamp) AS at FROM kith_drafts ORDER BY at DESC, id "
      "LIMIT ?",
      {static_cast<std::int64_t>(kDraftsMax)}));
  std::vector<Draft> out;
  for (const Row& row : found.rows) {
    auto fields = Json::parse(text(row[3]));
    if (!fields.ok() || !fields->is_object()) fields = Json::object({});
    out.push_back({text(row[0]), text(row[1]), optional_text(row[2]), std::move(*fields), ms_of(row[4])});
  }
  return out;
}

}  // namespace kith::town::drafts
