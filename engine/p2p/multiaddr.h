// SPDX-License-Identifier: Apache-2.0
// Multiaddr: where a peer can be reached and over what, as a path of components:
// /ip4/192.168.1.20/tcp/4001/ws/p2p/12D3KooW… Reading is strict, from text and from bytes (docs/formats/multiaddr.md).
// An address with a protocol that is not in the table cannot be read at all: skip it, not the message it came in.
#pragma once

#include <compare>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/bytes.h"
#include "kith/result.h"
#include "p2p/peer_id.h"

namespace kith::p2p {

enum class AddressPart : std::uint16_t {
  kIp4 = 4,
  kTcp = 6,
  kIp6 = 41,
  kIp6Zone = 42,
  kDns = 53,
  kDns4 = 54,
  kDns6 = 55,
  kDnsaddr = 56,
  kUdp = 273,
  kWebrtcDirect = 280,
  kWebrtc = 281,
  kCircuit = 290,
  kP2p = 421,
  kTls = 448,
  kSni = 449,
  kCerthash = 466,
  kWs = 477,
  kWss = 478,
  kHttpPath = 481,
};

/// One component. The value is as in the bytes: an address, a port in two bytes, a name, a multihash.
struct AddressComponent {
  AddressPart part;
  ByteView value;
};

class Multiaddr {
 public:
  static constexpr std::size_t kBytesMax = 1024;
  /// Of any address of so many bytes: at most seven characters a byte (/webrtc-direct is two bytes).
  static constexpr std::size_t kTextMax = 7 * kBytesMax;

  static Result<Multiaddr> parse(std::string_view text);
  static Result<Multiaddr> decode(ByteView bytes);
  /// /ip4/a.b.c.d/tcp/port or /ip6/…: how a socket names its other end. `ip` has 4 or 16 bytes.
  static Multiaddr of_tcp(ByteView ip, std::uint16_t port);

  ByteView bytes() const { return bytes_; }
  std::string text() const;
  /// In order; the views point into this address.
  std::vector<AddressComponent> components() const;
  /// Whom it leads to, if it says so: its last part (a /p2p before a /p2p-circuit names the relay).
  std::optional<PeerId> peer() const;
  /// The same with /p2p/… at its end, in place of the one that is there.
  Multiaddr with_peer(const PeerId& peer) const;
  /// Without the /p2p/… at its end. Nothing else there: the address itself.
  Multiaddr without_peer() const;
  /// The same over WebSocket: with `suffix` (/ws, /tls/ws) before whom it leads to.
  Multiaddr with_suffix(std::initializer_list<AddressPart> suffix) const;
  /// Does it begin at an address that the whole internet can reach? Loopback, private, link-local addresses and names
  /// of a LAN (no dot, .local, .lan, .internal, .home.arpa) do not.
  bool is_public() const;
  friend bool operator==(const Multiaddr&, const Multiaddr&) = default;
  friend auto operator<=>(const Multiaddr& a, const Multiaddr& b) { return a.bytes_ <=> b.bytes_; }

 private:
  explicit Multiaddr(Bytes bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes_;
};

}  // namespace kith::p2p
