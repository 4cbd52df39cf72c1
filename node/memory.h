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

namespace kith::node {

class Memory {
 public:
  static constexpr std::size_t kAddressesMax = 64;

  static Result<Memory> open(store::Db& db);

  Result<std::optional<std::string>> get(std::string_view name);
  Result<void> set(std::string_view name, std::string_view value);
  Result<void> forget(std::string_view name);

  /// Multiaddrs of other houses, in the order in which they were learned.
  Result<std::vector<std::string>> addresses();
  Result<void> add_address(std::string_view address);

  sync::PeerCursor cursor(const HostKey& peer);
  Result<void> set_cursor(const HostKey& peer, const sync::PeerCursor& cursor);

 private:
  explicit Memory(store::Db& db) : db_(&db) {}
  store::Db* db_;
};

}  // namespace kith::node
