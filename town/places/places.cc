// SPDX-License-Identifier: Apache-2.0
#include "town/places/places.h"

#include <algorithm>

#include "kith/json.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::places {
namespace {

std::vector<std::string> read_addresses(const Value& value) {
  std::vector<std::string> out;
  const auto parsed = Json::parse(text(value));
  if (!parsed.ok()) return out;
  for (const Json& item : parsed->items()) {
    if (const auto address = item.text(); address && out.size() < kAddressesMax) out.push_back(*address);
  }
  return out;
}

bool still_lead(const std::vector<std::string>& known, const std::vector<std::string>& now) {
  return now.empty() || std::any_of(known.begin(), known.end(), [&](const std::string& one) {
           return std::find(now.begin(), now.end(), one) != now.end();
         });
}

std::string json_of(const std::vector<std::string>& addresses) {
  Json::Array list;
  for (const std::string& one : addresses) {
    if (list.size() < kAddressesMax) list.emplace_back(one);
  }
  return Json(std::move(list)).dump();
}

Result<WriteReceipt> note_addresses(Database& personal, const KnownPlace& place) {
  const std::string lineage = place.lineage.hex();
  const Rows own = KITH_TRY(personal.query("SELECT addresses FROM places WHERE lineage = ?", {lineage}));
  if (!own.rows.empty() && still_lead(read_addresses(own.rows[0][0]), place.addresses)) return WriteReceipt{};
  return personal.write(kPlaceNoted, {}, [&](Writer& writer) {
    return writer.exec(own.rows.empty() ? "INSERT INTO places(addresses, lineage) VALUES (?, ?)"
                                        : "UPDATE places SET addresses = ? WHERE lineage = ?",
                       {json_of(place.addresses), lineage});
  });
}

/// Where the personal space is older than a table or column, writing there is refused until her first device has sealed
/// it. Then it is written at a later start.
Result<void> unless_too_old(Result<WriteReceipt> written) {
  if (written.ok() || written.error().code() == ErrorCode::kRefused) return {};
  return std::move(written).error();
}

/// Apart from the addresses, which must never wait.
Result<WriteReceipt> note_name(Database& personal, const KnownPlace& place) {
  const std::string lineage = place.lineage.hex();
  const Rows own = KITH_TRY(personal.query("SELECT name FROM places WHERE lineage = ?", {lineage}));
  if (place.name.empty() || own.rows.empty() || text(own.rows[0][0]) == place.name) return WriteReceipt{};
  return personal.write(kPlaceNoted, {}, [&](Writer& writer) {
    return writer.exec("UPDATE places SET name = ? WHERE lineage = ?", {place.name, lineage});
  });
}

template <typename Id>
std::optional<Id> id_in(const Value& hex) {
  const auto bytes = from_hex(text(hex));
  return bytes ? Id::from(*bytes) : std::nullopt;
}

}  // namespace

Result<void> note(Database& personal, const KnownPlace& place) {
  KITH_TRY(note_addresses(personal, place));
  return unless_too_old(note_name(personal, place));
}

Result<void> note_device(Database& personal, const OwnDevice& device) {
  const std::string id = device.personal.hex();
  if (!KITH_TRY(personal.query("SELECT 1 FROM own_devices WHERE id = ?", {id})).rows.empty()) return {};
  return unless_too_old(personal.write(kDeviceNoted, {}, [&](Writer& writer) {
    return writer.exec("INSERT INTO own_devices(id, lineage, device) VALUES (?, ?, ?)",
                       {id, device.lineage.hex(), device.device.hex()});
  }));
}

Result<std::vector<OwnDevice>> devices(Database& personal) {
  const Rows found = KITH_TRY(personal.query("SELECT id, lineage, device FROM own_devices ORDER BY id LIMIT ?",
                                             {static_cast<std::int64_t>(kDevicesMax)}));
  std::vector<OwnDevice> out;
  for (const Row& row : found.rows) {
    const auto own = id_in<DeviceId>(row[0]), there = id_in<DeviceId>(row[2]);
    const auto lineage = id_in<Lineage>(row[1]);
    if (own && lineage && there) out.push_back({*own, *lineage, *there});
  }
  return out;
}

Result<std::vector<KnownPlace>> noted(Database& personal) {
  const Rows found =
      KITH_TRY(personal.query("SELECT lineage, addresses, name FROM kith_places ORDER BY coalesce(kith_changed, "
                              "kith_stamp) DESC, lineage LIMIT ?",
                              {static_cast<std::int64_t>(kPlacesMax)}));
  std::vector<KnownPlace> out;
  for (const Row& row : found.rows) {
    const auto lineage = id_in<Lineage>(row[0]);
    if (lineage) out.push_back({*lineage, read_addresses(row[1]), shown_line(text(row[2]), kNameBytesMax)});
  }
  return out;
}

}  // namespace kith::town::places
