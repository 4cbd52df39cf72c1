// SPDX-License-Identifier: Apache-2.0
#include "replica/socket.h"

#include "p2p/ip_text.h"

namespace kith::replica {
namespace {

using p2p::AddressPart;

/// Empty: a URL has no way to say it.
std::string host_of(const p2p::AddressComponent& component) {
  switch (component.part) {
    case AddressPart::kIp4: return p2p::ip4_text(component.value);
    case AddressPart::kIp6: return "[" + p2p::ip6_text(component.value) + "]";
    case AddressPart::kDns:
    case AddressPart::kDns4:
    case AddressPart::kDns6: return std::string(as_text(component.value));
    default: return {};
  }
}

struct Layers {
  bool is_tls = false;
  bool is_web_socket = false;
  std::string port;
  std::string path = "/";
};

/// False: something else is under it.
bool read_layer(const p2p::AddressComponent& component, Layers& out) {
  switch (component.part) {
    case AddressPart::kTcp: out.port = ":" + std::to_string(ByteReader(component.value).u16()); return true;
    case AddressPart::kTls: out.is_tls = true; return true;
    case AddressPart::kSni: return true;
    case AddressPart::kWs: out.is_web_socket = true; return true;
    case AddressPart::kWss: out.is_web_socket = out.is_tls = true; return true;
    case AddressPart::kHttpPath: out.path = "/" + std::string(as_text(component.value)); return true;
    case AddressPart::kP2p: return true;
    default: return false;
  }
}

}  // namespace

Result<std::string> web_socket_url(const p2p::Multiaddr& address) {
  const auto parts = address.components();
  Layers layers;
  const std::string host = parts.empty() ? std::string() : host_of(parts.front());
  bool is_plain = !host.empty();
  for (std::size_t i = 1; i < parts.size() && is_plain; ++i) is_plain = read_layer(parts[i], layers);
  if (!is_plain || !layers.is_web_socket) {
    return Error(ErrorCode::kUsage, "A browser cannot dial " + address.text() + ".",
                 "Use an address that ends in /ws or /tls/ws.");
  }
  return (layers.is_tls ? "wss://" : "ws://") + host + layers.port + layers.path;
}

}  // namespace kith::replica
