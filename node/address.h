// SPDX-License-Identifier: Apache-2.0
// An address of another house as people write it: a multiaddr, or /unix/… for a house on this machine.
#pragma once

#include <optional>
#include <string>

#include "p2p/multiaddr.h"

namespace kith::node {

struct Address {
  std::string text;
  std::optional<std::string> socket_path;   // of /unix/…
  std::optional<p2p::Multiaddr> multiaddr;  // of everything else
  std::optional<p2p::PeerId> peer() const { return multiaddr ? multiaddr->peer() : std::nullopt; }
  bool is_unix() const { return socket_path.has_value(); }
};

/// kUsage: it is none, or nothing that can be dialed from here.
Result<Address> parse_address(std::string_view text);

}  // namespace kith::node
