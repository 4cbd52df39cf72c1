// SPDX-License-Identifier: Apache-2.0
#include "replica/memory.h"

#include <algorithm>
#include <charconv>

namespace kith::replica {
namespace {

std::string cursor_name(const HostKey& peer) {
  return "cursor " + peer.hex();
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty()) out.emplace_back(line);
  }
  return out;
}

}  // namespace

Result<Memory> Memory::open(store::Db& db) {
  KITH_TRY(db.exec("CREATE TABLE IF NOT EXISTS kith_node(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"));
  return Memory(db);
}

Result<std::optional<std::string>> Memory::get(std::string_view name) {
  auto statement = KITH_TRY(db_->cached("SELECT value FROM kith_node WHERE name = ?"));
  const bool is_here = KITH_TRY(statement->bind(1, name).step());
  return is_here ? std::optional(std::string(statement->text(0))) : std::nullopt;
}

Result<void> Memory::set(std::string_view name, std::string_view value) {
  auto statement = KITH_TRY(db_->cached("INSERT OR REPLACE INTO kith_node(name, value) VALUES (?, ?)"));
  return statement->bind(1, name).bind(2, value).run();
}

Result<void> Memory::forget(std::string_view name) {
  auto statement = KITH_TRY(db_->cached("DELETE FROM kith_node WHERE name = ?"));
  return statement->bind(1, name).run();
}

Result<std::vector<std::string>> Memory::list(std::string_view name) {
  const auto text = KITH_TRY(get(name));
  return lines(text.value_or(""));
}

Result<void> Memory::set_list(std::string_view name, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return set(name, text);
}

Result<void> Memory::add_address(const std::string& address) {
  auto known = KITH_TRY(addresses());
  if (!known.empty() && known.front() == address) return {};
  std::erase(known, address);
  known.insert(known.begin(), address);
  if (known.size() > kAddressesMax) known.resize(kAddressesMax);
  return set_list(kAddresses, known);
}

Result<std::vector<Memory::Departure>> Memory::departures() {
  std::vector<Departure> out;
  for (const std::string& line : KITH_TRY(list(kDepartures))) {
    unsigned long long next = 0, ms = 0;
    if (std::sscanf(line.c_str(), "%llu %llu", &next, &ms) == 2) out.push_back({Seq(next), ms});
  }
  return out;
}

Result<void> Memory::add_departure(const Departure& departure) {
  auto lines = KITH_TRY(list(kDepartures));
  lines.insert(lines.begin(), std::to_string(departure.next.value) + " " + std::to_string(departure.ms));
  if (lines.size() > kDeparturesMax) lines.resize(kDeparturesMax);
  return set_list(kDepartures, lines);
}

sync::PeerCursor Memory::cursor(const HostKey& peer) {
  const auto text = get(cursor_name(peer));
  sync::PeerCursor out;
  if (!text.ok() || !*text) return out;
  const char* const end = (*text)->data() + (*text)->size();
  std::uint64_t journal = 0;
  std::int64_t pos = 0;
  const auto first = std::from_chars((*text)->data(), end, journal);
  if (first.ec != std::errc() || first.ptr == end) return out;
  if (std::from_chars(first.ptr + 1, end, pos).ec != std::errc()) return out;
  out.journal = journal;
  out.pos = Pos(pos);
  return out;
}

Result<void> Memory::set_cursor(const HostKey& peer, const sync::PeerCursor& cursor) {
  return set(cursor_name(peer), std::to_string(cursor.journal) + " " + std::to_string(cursor.pos.value));
}

}  // namespace kith::replica
