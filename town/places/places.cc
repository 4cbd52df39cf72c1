// SPDX-License-Identifier: Apache-2.0
#include "town/places/places.h"

#include <algorithm>

#include "kith/json.h"
#include "town/row.h"

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

}  // namespace

Result<WriteReceipt> note(Database& personal, const KnownPlace& place) {
  const Rows own =
      KITH_TRY(personal.query("SELECT addresses FROM kith_places WHERE lineage = ?", {place.lineage.hex()}));
  if (!own.rows.empty()) {
    const auto known = read_addresses(own.rows[0][0]);
    const bool still_leads = std::any_of(known.begin(), known.end(), [&](const std::string& one) {
      return std::find(place.addresses.begin(), place.addresses.end(), one) != place.addresses.end();
    });
    if (still_leads || place.addresses.empty()) return WriteReceipt{};
  }
  Json::Array list;
  for (const std::string& one : place.addresses) {
    if (list.size() < kAddressesMax) list.emplace_back(one);
  }
  const std::string json = Json(std::move(list)).dump();
  return personal.write(kPlaceNoted, {}, [&](Writer& writer) {
    if (!own.rows.empty())
      return writer.exec("UPDATE places SET addresses = ? WHERE lineage = ?", {json, place.lineage.hex()});
    return writer.exec("INSERT INTO places(lineage, addresses) VALUES (?, ?)", {place.lineage.hex(), json});
  });
}

Result<std::vector<KnownPlace>> noted(Database& personal) {
  const Rows found = KITH_TRY(personal.query(
      "SELECT lineage, addresses FROM kith_places ORDER BY coalesce(kith_changed, kith_stamp) DESC, lineage LIMIT ?",
      {static_cast<std::int64_t>(kPlacesMax)}));
  std::vector<KnownPlace> out;
  for (const Row& row : found.rows) {
    const auto bytes = from_hex(text(row[0]));
    const auto lineage = bytes ? Lineage::from(*bytes) : std::nullopt;
    if (lineage) out.push_back({*lineage, read_addresses(row[1])});
  }
  return out;
}

}  // namespace kith::town::places
