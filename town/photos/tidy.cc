// SPDX-License-Identifier: Apache-2.0
#include "town/photos/tidy.h"

#include <set>

#include "town/photos/photos.h"
#include "town/row.h"

namespace kith::town::photos {
namespace {

/// ?1: whose. One's own photos that hang on nothing that lives.
constexpr std::string_view kLoose =
    "SELECT p.id, p.kith_device, p.kith_stamp FROM kith_photos p WHERE p.kith_writer = ?1 AND p.id NOT IN ("
    "SELECT a.photo FROM kith_attachments a WHERE a.photo IS NOT NULL AND a.kith_writer = ?1 AND "
    "(EXISTS (SELECT 1 FROM posts WHERE id = a.target) OR EXISTS (SELECT 1 FROM listings WHERE id = a.target)))";

/// Whatever stands in it and could be the id of a photo.
std::set<std::string_view> ids_in(std::string_view text) {
  std::set<std::string_view> out;
  for (std::size_t at = 0; at + kUuidChars <= text.size(); ++at) {
    if (is_uuid(text.substr(at, kUuidChars))) out.insert(text.substr(at, kUuidChars));
  }
  return out;
}

Result<bool> is_in_a_draft(Database& personal, const std::string& id) {
  return !KITH_TRY(personal.query("SELECT 1 FROM drafts WHERE instr(fields, ?) > 0 LIMIT 1", {id})).rows.empty();
}

/// As if it had never been chosen, if it has not left; else a write that takes its rows away everywhere.
Result<void> withdraw(Database& database, const std::string& id, const std::optional<SendingState>& sending) {
  if (sending && sending->state == Sending::kResting) return database.take_back(sending->pos);
  KITH_TRY(database.write(kPhotoWithdrawn, {}, [&](Writer& writer) -> Result<void> {
    KITH_TRY(writer.exec("DELETE FROM photos WHERE id = ?", {id}));
    // Somebody else may have written chunks of that name: those are not ours to take away.
    return writer.exec(
        "DELETE FROM photo_chunks WHERE id IN (SELECT id FROM kith_photo_chunks WHERE photo = ? AND kith_writer = ?)",
        {id, blob(database.person())});
  }));
  return {};
}

Result<std::optional<SendingState>> sending_of(Place& place, const Row& row) {
  return place.sending(id_of<DeviceId>(row[1]), Stamp(static_cast<std::uint64_t>(integer(row[2]))));
}

}  // namespace

Result<void> let_go(Place& place, std::string_view before, std::string_view after) {
  const std::set<std::string_view> kept = ids_in(after);
  for (const std::string_view one : ids_in(before)) {
    const std::string id(one);
    if (kept.contains(one) || KITH_TRY(is_in_a_draft(place.personal(), id))) continue;
    const Rows found =
        KITH_TRY(place.space().query(std::string(kLoose) + " AND p.id = ?2", {blob(place.space().person()), id}));
    if (found.rows.empty()) continue;
    KITH_TRY(withdraw(place.space(), id, KITH_TRY(sending_of(place, found.rows[0]))));
  }
  return {};
}

Result<void> drop_left_over(Place& place) {
  if (!KITH_TRY(place.resting()).empty()) return {};
  Database& database = place.space();
  const Rows loose = KITH_TRY(database.query(kLoose, {blob(database.person())}));
  for (const Row& row : loose.rows) {
    const auto sending = KITH_TRY(sending_of(place, row));
    const bool is_old = ms_of(row[2]) + kLeftOverMs <= database.now_ms();
    // Another of her devices may know a draft of it that is not here yet.
    if (!sending || !is_old || KITH_TRY(is_in_a_draft(place.personal(), text(row[0])))) continue;
    KITH_TRY(withdraw(database, text(row[0]), sending));
  }
  return {};
}

}  // namespace kith::town::photos
