// SPDX-License-Identifier: Apache-2.0
#include "net/dial_target.h"

#include <net/if.h>

#include "p2p/ip_text.h"

namespace kith::net {
namespace {

using p2p::AddressComponent;
using p2p::AddressPart;

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

Error not_from_here(const p2p::Multiaddr& address, const std::string& why) {
  return {ErrorCode::kUsage, "The address " + address.text() + " cannot be dialed from here: " + why + ".",
          "Use one that begins with /ip4, /ip6 or /dns and has /tcp, with or without /ws, /tls/ws behind it."};
}

/// Walks over the components; each step takes what it knows.
class Reader {
 public:
  explicit Reader(const p2p::Multiaddr& address) : parts_(address.components()) {}
  bool at_end() const { return at_ == parts_.size(); }
  std::optional<ByteView> take(AddressPart part) {
    if (at_end() || parts_[at_].part != part) return std::nullopt;
    return parts_[at_++].value;
  }

 private:
  std::vector<AddressComponent> parts_;
  std::size_t at_ = 0;
};

bool read_host(Reader& in, DialTarget& out) {
  const auto zone = in.take(AddressPart::kIp6Zone);
  if (const auto ip = zone ? std::nullopt : in.take(AddressPart::kIp4)) {
    out.endpoint = Endpoint{to_bytes(*ip), 0, 0};
    out.host = p2p::ip4_text(*ip);
  } else if (const auto ip6 = in.take(AddressPart::kIp6)) {
    const std::uint32_t interface = zone ? ::if_nametoindex(std::string(as_text(*zone)).c_str()) : 0;
    out.endpoint = Endpoint{to_bytes(*ip6), 0, interface};
    out.host = "[" + p2p::ip6_text(*ip6) + "]";
  } else if (zone) {
    return false;
  } else if (const auto name = in.take(AddressPart::kDns)) {
    out.host = as_text(*name);
  } else if (const auto name4 = in.take(AddressPart::kDns4)) {
    out.host = as_text(*name4);
    out.family = Resolve::Family::kIp4;
  } else if (const auto name6 = in.take(AddressPart::kDns6)) {
    out.host = as_text(*name6);
    out.family = Resolve::Family::kIp6;
  } else {
    return false;
  }
  return true;
}

/// False: TLS without a WebSocket in it.
bool read_layers(Reader& in, DialTarget& out) {
  if (in.take(AddressPart::kTls)) {
    out.is_tls = true;
    if (const auto name = in.take(AddressPart::kSni)) out.server_name = as_text(*name);
  }
  if (in.take(AddressPart::kWs)) {
    out.is_web_socket = true;
  } else if (in.take(AddressPart::kWss)) {
    out.is_web_socket = out.is_tls = true;
  }
  if (const auto path = in.take(AddressPart::kHttpPath)) out.path = as_text(*path);
  return out.is_web_socket || !out.is_tls;
}

}  // namespace

Result<DialTarget> dial_target(const p2p::Multiaddr& address) {
  Reader in(address);
  DialTarget out;
  if (!read_host(in, out)) return not_from_here(address, "it does not begin with an IP address or a name");
  const auto port = in.take(AddressPart::kTcp);
  if (port) out.port = ByteReader(*port).u16();
  if (!read_layers(in, out)) return not_from_here(address, "TLS is spoken under WebSockets only");
  if (!port) {
    if (!out.is_web_socket) return not_from_here(address, "it names no TCP port");
    out.port = out.is_tls ? kHttpsPort : kHttpPort;
  }
  if (out.port == 0) return not_from_here(address, "nobody can be reached at port 0");
  if (const auto peer = in.take(AddressPart::kP2p)) out.peer = KITH_TRY(p2p::PeerId::decode(*peer));
  if (!in.at_end()) return not_from_here(address, "it goes over something that is not spoken here yet");
  if (out.endpoint) out.endpoint->port = out.port;
  if (out.is_tls && out.server_name.empty() && !out.endpoint) out.server_name = out.host;
  return out;
}

}  // namespace kith::net
