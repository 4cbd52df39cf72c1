// SPDX-License-Identifier: Apache-2.0
// One end of a TCP connection, and the addresses that this machine has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "p2p/multiaddr.h"

namespace kith::net {

struct Endpoint {
  Bytes ip;  // 4 or 16 bytes
  std::uint16_t port = 0;
  std::uint32_t interface = 0;  // for link-local IPv6: its index

  bool is_ip4() const { return ip.size() == 4; }
  bool is_loopback() const;
  /// 0.0.0.0 or [::].
  bool is_any() const;
  bool is_link_local() const;
  /// /ip4/…/tcp/… or /ip6/…/tcp/…
  p2p::Multiaddr multiaddr() const { return p2p::Multiaddr::of_tcp(ip, port); }
  /// "192.168.1.20:8440", "[fd00::1]:8440": for people.
  std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// An IP address of this machine.
struct InterfaceAddress {
  std::string name;
  std::uint32_t index = 0;
  Bytes ip;
  bool is_loopback = false;
  bool has_multicast = false;
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// Of the interfaces that are up, in the system's order; at most kInterfaceAddressesMax. Empty if the system does not
/// say.
inline constexpr std::size_t kInterfaceAddressesMax = 64;
std::vector<InterfaceAddress> interface_addresses();

}  // namespace kith::net
