// SPDX-License-Identifier: Apache-2.0
// The houses that we know of and how to reach each: what invitations, they themselves, people and the LAN have told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/address.h"
#include "replica/link.h"
#include "sync/retry.h"

namespace kith::node {

using replica::Link;

/// Who told us of an address.
enum class Source : std::uint8_t { kInvitation, kAsked, kPeer, kMdns, kRemembered };
std::string_view source_name(Source source);

struct KnownAddress {
  Address address;
  Source source = Source::kRemembered;
  std::uint64_t worked_ms = 0;  // wall; 0: never since the start
};

/// A house, or what may become one: until it has answered we may not know who lives at an address.
struct Peer {
  explicit Peer(Random& random) : retry(random) {}
  std::optional<p2p::PeerId> id;
  std::vector<KnownAddress> addresses;  // the best first; never empty
  sync::Retry retry;
  std::uint64_t next_dial_ms = 0;  // steady
  Link* link = nullptr;            // over which we are in touch, or dial
  std::string last_error;
  bool as_newcomer = false;       // the next time, if we have an invitation
  bool is_stranger = false;       // it has answered and shares no space with us
  std::uint64_t socket_seen = 0;  // which socket file was there when dialing failed: another one means that it is back

  bool has(const std::string& address) const;
};

class PeerBook {
 public:
  static constexpr std::size_t kPeersMax = 256;
  static constexpr std::size_t kAddressesPerPeerMax = 8;

  explicit PeerBook(Random& random) : random_(random) {}

  /// True if that is news. What cannot be dialed, and what there is no room for, is not taken.
  bool learn(const Address& address, Source source);
  /// What a house says of itself replaces what it said before.
  bool learn_own(const p2p::PeerId& id, const std::vector<p2p::Multiaddr>& addresses);
  /// The address led to this house: it comes first from now on.
  void worked(Peer& peer, const std::string& address, std::uint64_t now_ms);
  /// At the end of this address lives `id`: joins what is known under both. Returns where it is known now.
  Peer& identify(Peer& peer, const p2p::PeerId& id);
  void forget(const Peer& peer);

  Peer* find(const p2p::PeerId& id);
  Peer* find(const std::string& address);
  const std::vector<std::unique_ptr<Peer>>& peers() const { return peers_; }

 private:
  Peer* make(std::optional<p2p::PeerId> id);
  bool add(Peer& peer, const Address& address, Source source);
  Random& random_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

/// An order to dial in: what has worked lately, then the LAN, then the rest; TCP before WebSockets.
void sort_addresses(std::vector<KnownAddress>& addresses);

}  // namespace kith::node
