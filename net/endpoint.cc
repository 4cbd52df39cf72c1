// SPDX-License-Identifier: Apache-2.0
#include "net/endpoint.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>

#include "p2p/ip_text.h"

namespace kith::net {
namespace {

constexpr std::uint8_t kLoopback4 = 127;

Bytes ip_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    return to_bytes({reinterpret_cast<const std::uint8_t*>(&ip), sizeof ip});
  }
  if (address.sa_family == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    return to_bytes({ip.s6_addr, sizeof ip.s6_addr});
  }
  return {};
}

}  // namespace

bool Endpoint::is_loopback() const {
  if (is_ip4()) return ip[0] == kLoopback4;
  return ip.size() == 16 && ip.back() == 1 && std::all_of(ip.begin(), ip.end() - 1, [](auto b) { return b == 0; });
}

bool Endpoint::is_any() const {
  return std::all_of(ip.begin(), ip.end(), [](auto b) { return b == 0; });
}

bool Endpoint::is_link_local() const {
  if (is_ip4()) return ip[0] == 169 && ip[1] == 254;
  return ip.size() == 16 && ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

std::string Endpoint::text() const {
  const std::string port_text = ":" + std::to_string(port);
  return is_ip4() ? p2p::ip4_text(ip) + port_text : "[" + p2p::ip6_text(ip) + "]" + port_text;
}

std::vector<InterfaceAddress> interface_addresses() {
  std::vector<InterfaceAddress> out;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return out;
  for (const ifaddrs* one = all; one != nullptr && out.size() < kInterfaceAddressesMax; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) continue;
    InterfaceAddress address;
    address.ip = ip_of(*one->ifa_addr);
    if (address.ip.empty()) continue;
    address.name = one->ifa_name;
    address.index = ::if_nametoindex(one->ifa_name);
    address.is_loopback = (one->ifa_flags & IFF_LOOPBACK) != 0;
    address.has_multicast = (one->ifa_flags & IFF_MULTICAST) != 0;
    out.push_back(std::move(address));
  }
  ::freeifaddrs(all);
  return out;
}

}  // namespace kith::net
