// SPDX-License-Identifier: Apache-2.0
// mDNS packets of libp2p's discovery (libp2p specs, discovery/mdns.md; RFC 6762, RFC 1035): the question who is there,
// and the answer with addresses. Nothing in them is authenticated: what comes out is a hint to dial.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "p2p/multiaddr.h"

namespace kith::p2p {

inline constexpr std::uint16_t kMdnsPort = 5353;
inline constexpr std::array<std::uint8_t, 4> kMdnsGroup = {224, 0, 0, 251};
inline constexpr std::size_t kMdnsPacketBytesMax = 1'400;  // of ours; larger ones get lost on some networks
inline constexpr std::size_t kMdnsReadBytesMax = 9'000;    // RFC 6762, section 17
inline constexpr std::size_t kMdnsRecordsMax = 64;         // of one packet
inline constexpr std::size_t kMdnsAddressesMax = 32;

/// What a packet says that is of interest here.
struct MdnsMessage {
  bool asks = false;                 // for libp2p peers
  std::vector<Multiaddr> addresses;  // of one peer, each with its /p2p
  std::optional<PeerId> peer;        // … who it is
};

Bytes encode_mdns_query();
/// `peer_name`: letters and digits, chosen at random at the start, never the peer id. Addresses that do not fit are
/// left out.
Bytes encode_mdns_answer(std::string_view peer_name, const PeerId& peer, const std::vector<Multiaddr>& addresses);
/// A name for one run of the program.
std::string make_mdns_name(Random& random);
/// Nothing: not of the form, more than a bound, or addresses of several peers in one packet. Records that are not about
/// libp2p are skipped, and so are addresses that cannot be read.
std::optional<MdnsMessage> decode_mdns(ByteView packet);

}  // namespace kith::p2p
