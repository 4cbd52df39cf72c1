// SPDX-License-Identifier: Apache-2.0
#include "town/people/houses.h"

#include <algorithm>

#include "kith/json.h"
#include "town/row.h"

namespace kith::town::people {
namespace {

/// As text of a multiaddr can be: printable ASCII that begins with a slash.
bool is_address(std::string_view text) {
  return text.size() > 1 && text.size() <= kAddressBytesMax && text[0] == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::vector<std::string> read_addresses(const Value& value) {
  std::vector<std::string> out;
  const auto parsed = Json::parse(text(value));
  if (!parsed.ok()) return out;
  for (const Json& item : parsed->items()) {
    const auto address = item.text();
    if (address && is_address(*address) && out.size() < kAddressesMax) out.push_back(*address);
  }
  return out;
}

}  // namespace

Result<WriteReceipt> announce_house(Database& database, std::string_view peer,
                                    const std::vector<std::string>& addresses) {
  if (peer.empty() || peer.size() > kPeerBytesMax || addresses.size() > kAddressesMax)
    return Error(ErrorCode::kTooLarge, "A house has a PeerId and at most 8 addresses.", "Announce the best of them.");
  if (!std::all_of(addresses.begin(), addresses.end(), is_address))
    return Error(ErrorCode::kUsage, "One of the addresses is no multiaddr.", "Write it as /ip4/…/tcp/….");
  Json::Array list(addresses.begin(), addresses.end());
  const std::string json = Json(std::move(list)).dump();
  const Rows own = KITH_TRY(
      database.query("SELECT id, addresses FROM kith_houses WHERE kith_writer = ? AND peer = ? ORDER BY id LIMIT 1",
                     {blob(database.person()), std::string(peer)}));
  if (!own.rows.empty() && text(own.rows[0][1]) == json) return WriteReceipt{};
  return database.write(kHouseAnnounced, {}, [&](Writer& writer) {
    if (!own.rows.empty()) return writer.exec("UPDATE houses SET addresses = ? WHERE id = ?", {json, own.rows[0][0]});
    return writer.exec("INSERT INTO houses(id, peer, addresses) VALUES (?, ?, ?)",
                       {database.new_id(), std::string(peer), json});
  });
}

Result<std::vector<std::string>> house_addresses(Database& database) {
  const Rows found = KITH_TRY(
      database.query("SELECT addresses FROM kith_houses ORDER BY coalesce(kith_changed, kith_stamp) DESC, id LIMIT ?",
                     {static_cast<std::int64_t>(kHousesMax)}));
  std::vector<std::string> out;
  for (const Row& row : found.rows) {
    for (std::string& address : read_addresses(row[0])) {
      if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(std::move(address));
    }
  }
  return out;
}

}  // namespace kith::town::people
