// SPDX-License-Identifier: Apache-2.0
// Dialing: one address step by step, and several addresses of one peer with a head start for the better ones.
//
//   PeerDial dial(context, {address, …}, expected, {.done = [](Result<DialedPeer> …) {…}});
//
// A dial ends with the object: then nobody is called any more and what was under way is dropped.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "net/dial_target.h"
#include "net/peer_connection.h"

namespace kith::net {

/// In this order; what `kith dial` names.
enum class DialStep : std::uint8_t {
  kAddress,    // can it be dialed at all?
  kResolve,    // the name
  kConnect,    // TCP
  kTls,        // only where the address asks for it
  kWebSocket,  // the same
  kSecurity,   // multistream-select: does it speak /noise?
  kHandshake,  // Noise: who is it?
  kMuxer,      // yamux
  kOpen
};
std::string_view dial_step_name(DialStep step);

struct DialFailure {
  p2p::Multiaddr address;
  DialStep step;
  p2p::Fault fault;  // kNone where it came to none
  Error error;
};

/// An open connection and how it came to be. Whoever gets it sets its events.
struct DialedPeer {
  std::unique_ptr<PeerConnection> connection;
  p2p::Multiaddr address;
  Endpoint local;  // our end
};

class PeerDial {
 public:
  /// How long an address has the field to itself before the next is tried beside it (RFC 8305 calls this the
  /// connection attempt delay).
  static constexpr std::uint64_t kHeadStartMs = 250;
  /// From the beginning to a byte channel; the rest has p2p::Connection's limit.
  static constexpr std::uint64_t kChannelMsMax = 10'000;
  static constexpr std::size_t kAddressesMax = 16;

  struct Events {
    /// Once. Without a connection: why each address failed (never empty).
    std::function<void(std::unique_ptr<DialedPeer>, std::vector<DialFailure>)> done;
    /// A step was finished; for who looks on.
    std::function<void(const p2p::Multiaddr& address, DialStep step)> on_step;
  };

  /// `addresses`: the best first; more than kAddressesMax are not looked at. `expected`: who must answer; else whom the
  /// address names; else anybody.
  PeerDial(const PeerConnection::Context& context, std::vector<p2p::Multiaddr> addresses,
           std::optional<p2p::PeerId> expected, Events events);
  ~PeerDial();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net
