// SPDX-License-Identifier: Apache-2.0
// What a multiaddr asks of whoever dials it: /ip4/…/tcp/…, /dns/…/tcp/…/tls/ws/p2p/… and their kin.
#pragma once

#include <optional>
#include <string>

#include "net/tcp.h"
#include "p2p/multiaddr.h"

namespace kith::net {

struct DialTarget {
  std::string host;                  // a name or an IP address: for people, and for the Host of HTTP
  std::optional<Endpoint> endpoint;  // none: the name must be looked up
  Resolve::Family family = Resolve::Family::kAny;
  std::uint16_t port = 0;
  bool is_tls = false;
  bool is_web_socket = false;
  std::string server_name;  // for TLS; empty: none
  std::string path = "/";   // of the WebSocket
  std::optional<p2p::PeerId> peer;
};

/// kUsage: what is in it is understood, but cannot be dialed from here (relays, WebRTC, UDP).
Result<DialTarget> dial_target(const p2p::Multiaddr& address);

}  // namespace kith::net
