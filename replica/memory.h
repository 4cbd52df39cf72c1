// SPDX-License-Identifier: Apache-2.0
// The small things that a node remembers about a space: addresses, cursors, when it last heard from whom. They lie in
// the space's own file, so that a cursor can never be newer than the entries that it stands for.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "kith/ids.h"
#include "store/db.h"
#include "sync/session.h"

namespace kith::replica {

class Memory {
 public:
  static constexpr std::size_t kAddressesMax = 64;
  static constexpr std::size_t kDeparturesMax = 64;

  static Result<Memory> open(store::Db& db);

  Result<std::optional<std::string>> get(std::string_view name);
  Result<void> set(std::string_view name, std::string_view value);
  Result<void> forget(std::string_view name);

  /// A value of several lines.
  Result<std::vector<std::string>> list(std::string_view name);
  Result<void> set_list(std::string_view name, const std::vector<std::string>& lines);

  /// Addresses of other houses, those that were named last first.
  Result<std::vector<std::string>> addresses() { return list(kAddresses); }
  /// Puts it first; what is beyond kAddressesMax is forgotten.
  Result<void> add_address(const std::string& address);

  /// When own entries left this device, newest first: at that moment all below `next` had.
  struct Departure {
    Seq next;
    std::uint64_t ms = 0;
  };
  Result<std::vector<Departure>> departures();
  /// What is beyond kDeparturesMax is forgotten.
  Result<void> add_departure(const Departure& departure);

  sync::PeerCursor cursor(const HostKey& peer);
  Result<void> set_cursor(const HostKey& peer, const sync::PeerCursor& cursor);

 private:
  static constexpr std::string_view kAddresses = "addresses";
  static constexpr std::string_view kDepartures = "departures";  // "<next> <wall ms>", one a line
  explicit Memory(store::Db& db) : db_(&db) {}
  store::Db* db_;
};

}  // namespace kith::replica
