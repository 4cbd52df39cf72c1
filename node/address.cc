// SPDX-License-Identifier: Apache-2.0
#include "node/address.h"

#include "net/dial_target.h"

namespace kith::node {
namespace {

constexpr std::string_view kUnixPrefix = "/unix";

}  // namespace

Result<Address> parse_address(std::string_view text) {
  Address out;
  out.text = text;
  if (text.starts_with(kUnixPrefix) && text.size() > kUnixPrefix.size() && text[kUnixPrefix.size()] == '/') {
    out.socket_path = text.substr(kUnixPrefix.size());
    return out;
  }
  auto multiaddr = p2p::Multiaddr::parse(text);
  if (!multiaddr.ok()) {
    return Error(ErrorCode::kUsage,
                 "\"" + std::string(text.substr(0, 200)) + "\" is no address: " + multiaddr.error().cause(),
                 "Addresses look like /ip4/192.168.1.20/tcp/8440/p2p/12D3KooW… (`kith status` shows your own).");
  }
  KITH_TRY(net::dial_target(*multiaddr));
  out.multiaddr = std::move(*multiaddr);
  out.text = out.multiaddr->text();
  return out;
}

}  // namespace kith::node
