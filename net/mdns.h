// SPDX-License-Identifier: Apache-2.0
// Finding houses on the same LAN: libp2p's mDNS (p2p/mdns.h) on every IPv4 interface that can multicast. Interfaces
// come and go: whatever the system refuses is tried again at the next update, and nothing here ever fails for good.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/environment.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "p2p/mdns.h"

namespace kith::net {

class Mdns {
 public:
  static constexpr std::uint64_t kFirstAskMs = 1'000;  // the second question; then twice as long each time, up to
  static constexpr std::uint64_t kAskMsMax = 60'000;
  static constexpr std::uint64_t kAnswerMs = 1'000;  // one answer in that time

  struct Events {
    /// What to announce; without /p2p.
    std::function<std::vector<p2p::Multiaddr>()> addresses;
    /// A hint, not a proof. Never ourselves.
    std::function<void(const p2p::PeerId& peer, const std::vector<p2p::Multiaddr>& addresses)> on_found;
  };

  Mdns(Loop& loop, Clock& clock, Random& random, const p2p::PeerId& own, Events events);
  ~Mdns();
  /// The interfaces as they are now; asks at once if there is a new one.
  void update(const std::vector<InterfaceAddress>& interfaces);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net
