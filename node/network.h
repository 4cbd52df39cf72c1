// SPDX-License-Identifier: Apache-2.0
// A node among libp2p peers: who it is, where it listens, every connection that is open or being dialed, and what was
// refused. Which houses to dial, and when, is houses.h; what is said on a connection is peer_link.h.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "crypto/sign.h"
#include "net/dial.h"
#include "net/front_door.h"
#include "net/mdns.h"
#include "node/peer_link.h"

namespace kith::node {

/// Where a node is to be reached.
struct ListenOptions {
  std::uint16_t port = 0;
  bool is_discovering = true;               // by mDNS, and to be discovered
  bool is_only_here = false;                // this machine alone
  std::vector<p2p::Multiaddr> addresses{};  // in place of every interface: /ip4/…/tcp/…, where a port of 0 means `port`
  std::vector<p2p::Multiaddr> announced{};  // told to others in place of ours: a forwarded port, a proxy in front
  std::string tls_certificate{};            // PEM files; empty: no TLS, unless is_certified
  std::string tls_key{};
  bool is_certified = false;    // by the space's own authority, which this house has or, the founder's, makes
  std::string web_directory{};  // of the web app; empty: none
};

/// An open connection.
struct Connected {
  std::unique_ptr<net::PeerConnection> peer;
  p2p::Multiaddr address;  // of the other end
  bool is_dialed = false;
  PeerLink* link = nullptr;
  bool is_welcome = false;  // it shares a space with us
  std::size_t visits = 0;   // sync streams that it has opened
  bool is_counted = false;  // what was wrong with it is
  std::uint64_t since_ms = 0;
  std::uint64_t identified = 0;  // revision of what it says of itself
  net::Endpoint local{};
  std::shared_ptr<net::Admission::Pass> pass{};  // of those that dialed us
};

class Network {
 public:
  /// For somebody who shares no space with us to say so, or to leave.
  static constexpr std::uint64_t kStrangerMsMax = 120'000;
  /// Sync streams that one connection may open before it has shown that it shares a space with us.
  static constexpr std::size_t kVisitsMax = 8;
  static constexpr std::size_t kAnnouncedMax = 24;
  static constexpr std::uint64_t kInterfacesMs = 2'000;  // how often we look at our own addresses

  struct Events {
    /// Somebody opened a stream of ours: the link for it, or null.
    std::function<PeerLink*(const std::string& path)> on_visit;
    /// A member says where it listens.
    std::function<void(const HostKey& peer, const std::vector<p2p::Multiaddr>& addresses)> on_addresses;
    /// Misbehaviour below the sync protocol.
    std::function<void(const std::string& who, std::string_view fault, const std::string& detail)> on_fault;
    /// Somebody on the LAN says that this peer is at these addresses.
    std::function<void(const p2p::PeerId& peer, const std::vector<p2p::Multiaddr>& addresses)> on_found;
    /// Our own addresses have changed.
    std::function<void()> on_change;
  };
  /// A certificate for these names, good for at least kCertifyMs.
  using Certify = std::function<Result<std::shared_ptr<net::TlsIdentity>>(const std::vector<std::string>& names)>;
  static constexpr std::uint64_t kCertifyMs = 86'400'000;

  Network(net::Loop& loop, Clock& clock, Random& random, const crypto::SigningKey& host, Events events);
  ~Network();

  /// `pages` answers HTTP on the same port; it outlives this object's listening. `certify`: asked for a certificate
  /// where the options want one, again when our addresses change, and every day. Returns the port.
  Result<std::uint16_t> listen(const ListenOptions& options, net::HttpServer& pages, Certify certify = {});
  /// Nobody new comes in.
  void stop_listening();
  /// Ends by link.could_not_dial(), or with the sync protocol on the link.
  void dial(PeerLink& link, std::vector<p2p::Multiaddr> addresses, std::optional<p2p::PeerId> expected);
  /// The link ended: so does its connection, unless others need it.
  void release(PeerLink& link, bool is_fault);
  /// Time passes. Returns when to be called again (steady ms).
  std::uint64_t tick();
  void close_all();

  p2p::PeerId id() const { return p2p::PeerId::of(identity_.host_key()); }
  const std::list<Connected>& connections() const { return connections_; }
  const Connected* connection_of(const Link& link) const;
  /// Where we can be reached, the most useful first; without /p2p.
  const std::vector<p2p::Multiaddr>& addresses() const { return host_.listen_addresses; }
  /// The same as addresses of pages, those under TLS first: "https://192.168.1.20:8440".
  std::vector<std::string> doors() const;
  const net::Admission& admission() const { return admission_; }
  const net::PeerConnection::Context& context() const { return context_; }

 private:
  struct Dialing {
    PeerLink* link;
    std::unique_ptr<net::PeerDial> dial;
  };

  void welcome(net::Visitor visitor);
  Connected& add(Connected connected);
  net::PeerConnection::Events events_of(Connected& connected);
  void opened(Connected& connected);
  void ended(Connected& connected, p2p::Fault fault);
  void dialed(PeerLink& link, std::unique_ptr<net::DialedPeer> peer, const std::vector<net::DialFailure>& failures);
  void abandon(PeerLink& link);
  std::list<Connected>::iterator find(const p2p::Connection& connection);
  std::unique_ptr<p2p::StreamHandler> accept_sync(p2p::Connection& connection);
  std::unique_ptr<p2p::StreamHandler> accept_backfill(p2p::Connection& connection);
  void look_after(Connected& connected, std::uint64_t now);
  void look_at_interfaces(std::uint64_t now);
  void announce();
  void discover(Random& random);
  std::vector<p2p::Multiaddr> addresses_on_lan() const;
  Result<void> certify();

  net::Loop& loop_;
  Clock& clock_;
  Events events_;
  p2p::NoiseIdentity identity_;
  p2p::Host host_;
  net::PeerConnection::Context context_;
  net::Admission admission_;
  std::list<Connected> connections_;
  std::list<Dialing> dialing_;
  std::unique_ptr<net::FrontDoor> door_;
  std::unique_ptr<net::Mdns> mdns_;
  bool is_secure_ = false;
  Certify certify_;
  std::uint64_t certified_at_ms_ = 0;      // wall
  std::vector<p2p::Multiaddr> announced_;  // what we were told to say; empty: what we see ourselves
  std::vector<net::InterfaceAddress> interfaces_;
  std::uint64_t interfaces_at_ms_ = 0;
};

}  // namespace kith::node
