// SPDX-License-Identifier: Apache-2.0
// Packets of mDNS, from anybody on the LAN. What is read has bounds, and what we would answer about it is read back.
#include "p2p/mdns.h"

#include "fuzz/fuzz.h"

namespace kith::fuzz {

void run(ByteView input) {
  const auto message = p2p::decode_mdns(input);
  if (!message) return;
  CHECK(input.size() <= p2p::kMdnsReadBytesMax);
  CHECK(message->addresses.size() <= p2p::kMdnsAddressesMax);
  CHECK(message->addresses.empty() || message->peer.has_value());
  for (const p2p::Multiaddr& address : message->addresses) CHECK(address.peer() == message->peer);
  if (!message->peer) return;
  std::vector<p2p::Multiaddr> bare;
  for (const p2p::Multiaddr& address : message->addresses) bare.push_back(address.without_peer());
  const Bytes answer = p2p::encode_mdns_answer("abcdefghijklmnopqrstuvwxyz012345", *message->peer, bare);
  CHECK(answer.size() <= p2p::kMdnsPacketBytesMax);
  const auto again = p2p::decode_mdns(answer);
  CHECK(again.has_value() && again->addresses.size() <= message->addresses.size());
  CHECK(again->addresses.empty() || again->peer == message->peer);
}

}  // namespace kith::fuzz
