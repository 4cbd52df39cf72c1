// SPDX-License-Identifier: Apache-2.0
#include "node/peer_book.h"

#include <algorithm>
#include <tuple>

#include "net/dial_target.h"

namespace kith::node {
namespace {

/// Smaller is better.
auto rank(const KnownAddress& known) {
  const auto target =
      known.address.multiaddr ? net::dial_target(*known.address.multiaddr) : Result<net::DialTarget>(net::DialTarget{});
  const bool is_loopback = target.ok() && target->endpoint && target->endpoint->is_loopback();
  const bool is_web_socket = target.ok() && target->is_web_socket;
  const bool is_near = known.address.multiaddr && !known.address.multiaddr->is_public();
  return std::tuple(~known.worked_ms, !is_near, is_web_socket, is_loopback);
}

}  // namespace

std::string_view source_name(Source source) {
  switch (source) {
    case Source::kInvitation: return "invitation";
    case Source::kAsked: return "asked";
    case Source::kPeer: return "peer";
    case Source::kMdns: return "mdns";
    case Source::kRemembered: return "remembered";
  }
  return {};
}

void sort_addresses(std::vector<KnownAddress>& addresses) {
  // By insertion: they are few, equals keep their order, and std::stable_sort asks for a deprecated buffer.
  const auto is_better = [](const KnownAddress& a, const KnownAddress& b) { return rank(a) < rank(b); };
  for (auto next = addresses.begin(); next != addresses.end(); ++next)
    std::rotate(std::upper_bound(addresses.begin(), next, *next, is_better), next, next + 1);
}

bool Peer::has(const std::string& address) const {
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const KnownAddress& known) { return known.address.text == address; });
}

Peer* PeerBook::find(const p2p::PeerId& id) {
  const auto at = std::find_if(peers_.begin(), peers_.end(), [&](const auto& peer) { return peer->id == id; });
  return at == peers_.end() ? nullptr : at->get();
}

Peer* PeerBook::find(const std::string& address) {
  const auto at = std::find_if(peers_.begin(), peers_.end(), [&](const auto& peer) { return peer->has(address); });
  return at == peers_.end() ? nullptr : at->get();
}

/// Null: the book is full of houses that we may need.
Peer* PeerBook::make(std::optional<p2p::PeerId> id) {
  if (peers_.size() >= kPeersMax) {
    const auto stranger = std::find_if(peers_.begin(), peers_.end(),
                                       [](const auto& peer) { return peer->is_stranger && peer->link == nullptr; });
    if (stranger == peers_.end()) return nullptr;
    peers_.erase(stranger);
  }
  peers_.push_back(std::make_unique<Peer>(random_));
  peers_.back()->id = std::move(id);
  return peers_.back().get();
}

bool PeerBook::add(Peer& peer, const Address& address, Source source) {
  if (peer.has(address.text)) return false;
  if (peer.addresses.size() >= kAddressesPerPeerMax) peer.addresses.pop_back();
  peer.addresses.push_back({address, source, 0});
  sort_addresses(peer.addresses);
  return true;
}

bool PeerBook::learn(const Address& address, Source source) {
  const auto id = address.peer();
  Peer* peer = id ? find(*id) : find(address.text);
  if (peer == nullptr) peer = make(id);
  return peer != nullptr && add(*peer, address, source);
}

bool PeerBook::learn_own(const p2p::PeerId& id, const std::vector<p2p::Multiaddr>& addresses) {
  if (addresses.empty()) return false;
  Peer* peer = find(id);
  if (peer == nullptr) peer = make(id);
  if (peer == nullptr) return false;
  std::vector<KnownAddress> kept;
  for (KnownAddress& known : peer->addresses) {
    // What has worked is worth another try even if it is not named any more: a port that a router forwards.
    if (known.source != Source::kPeer || known.worked_ms > 0) kept.push_back(std::move(known));
  }
  const std::size_t before = kept.size();
  peer->addresses = std::move(kept);
  for (const p2p::Multiaddr& address : addresses) {
    const p2p::Multiaddr whole = address.with_peer(id);
    add(*peer, {whole.text(), std::nullopt, whole}, Source::kPeer);
  }
  return peer->addresses.size() > before;
}

void PeerBook::worked(Peer& peer, const std::string& address, std::uint64_t now_ms) {
  for (KnownAddress& known : peer.addresses) {
    const bool is_it = known.address.text == address ||
                       (known.address.multiaddr && known.address.multiaddr->without_peer().text() == address);
    if (is_it) known.worked_ms = now_ms;
  }
  sort_addresses(peer.addresses);
}

Peer& PeerBook::identify(Peer& peer, const p2p::PeerId& id) {
  Peer* known = find(id);
  if (known == &peer) return peer;
  if (known == nullptr) {
    peer.id = id;
    return peer;
  }
  for (const KnownAddress& one : peer.addresses) add(*known, one.address, one.source);
  if (known->link == nullptr) known->link = peer.link;
  forget(peer);
  return *known;
}

void PeerBook::forget(const Peer& peer) {
  peers_.erase(std::find_if(peers_.begin(), peers_.end(), [&](const auto& one) { return one.get() == &peer; }));
}

}  // namespace kith::node
