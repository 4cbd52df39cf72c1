// SPDX-License-Identifier: Apache-2.0
#include "node/network.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "net/certificates.h"
#include "node/version.h"

namespace kith::node {
namespace {

/// The failure that says most: whoever got furthest.
const net::DialFailure& telling(const std::vector<net::DialFailure>& failures) {
  return *std::max_element(failures.begin(), failures.end(),
                           [](const auto& a, const auto& b) { return a.step < b.step; });
}

p2p::Multiaddr address_of(const net::Visitor& visitor) {
  const p2p::Multiaddr tcp = visitor.remote.multiaddr();
  if (!visitor.is_web_socket) return tcp;
  if (!visitor.is_secure) return tcp.with_suffix({p2p::AddressPart::kWs});
  return tcp.with_suffix({p2p::AddressPart::kTls, p2p::AddressPart::kWs});
}

std::string text_of_ip(const p2p::Multiaddr& address) {
  const std::string text = address.text();
  return text.substr(0, text.find('/', text.find('/', 1) + 1));
}

Result<net::Endpoint> endpoint_of(const p2p::Multiaddr& address, std::uint16_t port) {
  const auto parts = address.components();
  const bool is_ip = parts[0].part == p2p::AddressPart::kIp4 || parts[0].part == p2p::AddressPart::kIp6;
  if (!is_ip || parts.size() < 2 || parts[1].part != p2p::AddressPart::kTcp) {
    return Error(ErrorCode::kUsage, "One cannot listen at " + address.text() + ".",
                 "Give --listen an address of this machine, such as /ip4/192.168.1.20/tcp/8440.");
  }
  const std::uint16_t own = ByteReader(parts[1].value).u16();
  return net::Endpoint{to_bytes(parts[0].value), own == 0 ? port : own, 0};
}

net::Endpoint any(bool is_ip4, std::uint16_t port) {
  return {Bytes(is_ip4 ? 4 : 16), port, 0};
}

bool is_loopback(const p2p::Multiaddr& address) {
  const auto target = net::dial_target(address);
  return target.ok() && target->endpoint && target->endpoint->is_loopback();
}

net::Endpoint loopback(std::uint16_t port) {
  return {Bytes{127, 0, 0, 1}, port, 0};
}

}  // namespace

Network::Network(net::Loop& loop, Clock& clock, Random& random, const crypto::SigningKey& host, Events events)
    : loop_(loop),
      clock_(clock),
      events_(std::move(events)),
      identity_(host, random),
      host_{identity_, "kith/" + std::string(kVersion), {}, {}},
      context_{loop, clock, random, host_} {
  host_.protocols.push_back({std::string(sync::kSyncProtocol), sync::kSyncInboundMax,
                             [this](p2p::Connection& connection) { return accept_sync(connection); }});
  host_.protocols.push_back({std::string(sync::kBackfillProtocol), sync::kSyncInboundMax,
                             [this](p2p::Connection& connection) { return accept_backfill(connection); }});
}

Network::~Network() {
  mdns_.reset();
  door_.reset();
  dialing_.clear();
  for (Connected& connected : connections_) connected.peer->set_events({});
}

// --- listening ---

Result<std::uint16_t> Network::listen(const ListenOptions& options, net::HttpServer& pages, Certify certify) {
  door_ = std::make_unique<net::FrontDoor>(loop_, admission_, pages,
                                           [this](net::Visitor visitor) { welcome(std::move(visitor)); });
  if (!options.tls_certificate.empty()) {
    door_->set_tls(KITH_TRY(net::TlsIdentity::load(options.tls_certificate, options.tls_key)));
    is_secure_ = true;
  }
  const bool is_everywhere = !options.is_only_here && options.addresses.empty();
  // The page is for this machine; where we listen everywhere, that is included.
  const auto first = KITH_TRY(door_->listen(is_everywhere ? any(true, options.port) : loopback(options.port)));
  // Without IPv6 the other one does.
  if (is_everywhere) static_cast<void>(door_->listen(any(false, first.port)));
  for (const p2p::Multiaddr& address : options.addresses) {
    const net::Endpoint at = KITH_TRY(endpoint_of(address, first.port));
    if (at != first) KITH_TRY(door_->listen(at));
  }
  announced_ = options.announced;
  if (options.is_certified) {
    certify_ = std::move(certify);
    is_secure_ = true;
  }
  look_at_interfaces(clock_.steady_ms());
  if (certify_) KITH_TRY(this->certify());
  announce();
  if (options.is_discovering && !options.is_only_here) discover(context_.random);
  return first.port;
}

void Network::stop_listening() {
  mdns_.reset();
  door_.reset();
}

void Network::discover(Random& random) {
  mdns_ = std::make_unique<net::Mdns>(
      loop_, clock_, random, id(),
      net::Mdns::Events{[this] { return addresses_on_lan(); },
                        [this](const p2p::PeerId& peer, std::vector<p2p::Multiaddr> addresses) {
                          // Its loopback is ours only where this machine has nothing else.
                          const auto own = addresses_on_lan();
                          const bool is_alone = !own.empty() && is_loopback(own.front());
                          if (!is_alone) std::erase_if(addresses, is_loopback);
                          events_.on_found(peer, addresses);
                        }});
  mdns_->update(interfaces_);
}

/// No public addresses: whoever listens there is not on this LAN. Loopback only where there is nothing else.
std::vector<p2p::Multiaddr> Network::addresses_on_lan() const {
  std::vector<p2p::Multiaddr> out;
  for (const p2p::Multiaddr& address : host_.listen_addresses) {
    if (!address.is_public() && (!is_loopback(address) || out.empty() || is_loopback(out.front())))
      out.push_back(address);
  }
  return out;
}

/// Every address of every interface that we listen on, each with every transport; or what we were told to say.
void Network::announce() {
  if (!announced_.empty()) {
    host_.listen_addresses = announced_;
    return;
  }
  std::vector<p2p::Multiaddr> out;
  for (const bool wants_loopback : {false, true}) {
    for (const net::Endpoint& at : door_ ? door_->endpoints() : std::vector<net::Endpoint>()) {
      std::vector<net::Endpoint> here;
      if (!at.is_any()) here.push_back(at);
      for (const net::InterfaceAddress& address : interfaces_) {
        if (at.is_any() && address.ip.size() == at.ip.size()) here.push_back({address.ip, at.port, 0});
      }
      for (const net::Endpoint& one : here) {
        // Link-local addresses mean nothing without the name of the reader's interface.
        if (one.is_loopback() != wants_loopback || one.is_link_local()) continue;
        const p2p::Multiaddr tcp = one.multiaddr();
        out.push_back(tcp);
        out.push_back(tcp.with_suffix({p2p::AddressPart::kWs}));
        if (is_secure_) out.push_back(tcp.with_suffix({p2p::AddressPart::kTls, p2p::AddressPart::kWs}));
      }
    }
  }
  if (out.size() > kAnnouncedMax) out.erase(out.begin() + kAnnouncedMax, out.end());
  host_.listen_addresses = std::move(out);
}

/// For every address of ours, and what this machine is called on a LAN.
Result<void> Network::certify() {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  std::array<char, 256> own{};
  if (::gethostname(own.data(), own.size() - 1) == 0 && own[0] != '\0')
    names.push_back(own.data() + std::string(".local"));
  for (const net::InterfaceAddress& address : interfaces_) {
    const std::string ip = text_of_ip(p2p::Multiaddr::of_tcp(address.ip, 1));
    names.push_back(ip.substr(ip.rfind('/') + 1));
  }
  certified_at_ms_ = clock_.wall_ms();
  door_->set_tls(KITH_TRY(certify_(names)));
  return {};
}

std::vector<std::string> Network::doors() const {
  std::vector<std::string> secure, plain;
  for (const p2p::Multiaddr& address : host_.listen_addresses) {
    const auto target = net::dial_target(address);
    if (!target.ok() || !target->is_web_socket) continue;
    const std::string ip = text_of_ip(address);
    // The space's authority cannot vouch for it: a browser would refuse.
    if (target->is_tls && certify_ && !net::may_be_certified(ip.substr(ip.rfind('/') + 1))) continue;
    const bool is_usual = target->port == (target->is_tls ? 443 : 80);
    // To a browser, localhost is a safe place even without TLS; 127.0.0.1 is the same, but another door.
    const bool is_loopback = target->endpoint && target->endpoint->is_loopback();
    std::string door = (target->is_tls ? "https://" : "http://") + (is_loopback ? "localhost" : target->host);
    if (!is_usual) door += ":" + std::to_string(target->port);
    auto& list = target->is_tls ? secure : plain;
    if (std::find(list.begin(), list.end(), door) == list.end()) list.push_back(std::move(door));
  }
  secure.insert(secure.end(), plain.begin(), plain.end());
  return secure;
}

void Network::look_at_interfaces(std::uint64_t now) {
  if (now < interfaces_at_ms_) return;
  interfaces_at_ms_ = now + kInterfacesMs;
  const std::uint64_t wall = clock_.wall_ms();
  // Also after a clock was set back. What fails is tried again the next day; the last certificate lives on.
  const bool is_old = wall >= certified_at_ms_ + kCertifyMs || wall < certified_at_ms_;
  if (certify_ && certified_at_ms_ > 0 && is_old) static_cast<void>(certify());
  auto seen = net::interface_addresses();
  if (mdns_) mdns_->update(seen);
  if (seen == interfaces_) return;
  interfaces_ = std::move(seen);
  if (certify_ && certified_at_ms_ > 0) static_cast<void>(certify());
  announce();
  for (Connected& connected : connections_) {
    const bool is_ours = std::any_of(interfaces_.begin(), interfaces_.end(),
                                     [&](const auto& address) { return address.ip == connected.local.ip; });
    if (!is_ours && !connected.local.ip.empty()) {
      // Nothing will ever come back to an address that is not ours any more.
      connected.peer->abort();
    } else if (connected.is_welcome && connected.peer->connection().is_open()) {
      static_cast<void>(connected.peer->connection().push_identify());
      connected.peer->pump();
    }
  }
  events_.on_change();
}

void Network::welcome(net::Visitor visitor) {
  const p2p::Multiaddr address = address_of(visitor);
  p2p::ConnectionOptions options{.role = p2p::Role::kListener};
  options.remote_address = address;
  Connected& connected = add({.peer = nullptr,
                              .address = address,
                              .since_ms = clock_.steady_ms(),
                              .local = visitor.local,
                              .pass = std::move(visitor.pass)});
  connected.peer = std::make_unique<net::PeerConnection>(context_, std::move(visitor.channel), std::move(options),
                                                         events_of(connected));
  connected.pass->set_on_push_out([&connected] { connected.peer->abort(); });
}

Connected& Network::add(Connected connected) {
  return connections_.emplace_back(std::move(connected));
}

net::PeerConnection::Events Network::events_of(Connected& connected) {
  return {[this, &connected] { opened(connected); },
          [this, &connected](p2p::Fault fault, const std::string&) { ended(connected, fault); },
          [&connected] {
            if (connected.link != nullptr) connected.link->look();
          }};
}

void Network::opened(Connected& connected) {
  if (!connected.pass->open()) connected.peer->close();
}

void Network::ended(Connected& connected, p2p::Fault fault) {
  if (fault != p2p::Fault::kNone && !connected.is_counted) {
    const bool is_known = connected.peer->reached() >= p2p::Step::kOpen;
    events_.on_fault(
        is_known ? p2p::PeerId::of(connected.peer->connection().peer()).text() : text_of_ip(connected.address),
        p2p::fault_name(fault), p2p::fault_error(fault).cause());
  }
  const auto at =
      std::find_if(connections_.begin(), connections_.end(), [&](const Connected& one) { return &one == &connected; });
  // It is calling us: it goes when it has returned.
  auto gone = std::make_shared<std::list<Connected>>();
  gone->splice(gone->end(), connections_, at);
  loop_.post([gone] {});
}

std::list<Connected>::iterator Network::find(const p2p::Connection& connection) {
  return std::find_if(connections_.begin(), connections_.end(),
                      [&](const Connected& one) { return &one.peer->connection() == &connection; });
}

std::unique_ptr<p2p::StreamHandler> Network::accept_backfill(p2p::Connection& connection) {
  const auto at = find(connection);
  return at == connections_.end() || at->link == nullptr ? nullptr : at->link->attach_backfill();
}

std::unique_ptr<p2p::StreamHandler> Network::accept_sync(p2p::Connection& connection) {
  const auto at = find(connection);
  if (at == connections_.end() || at->link != nullptr) return nullptr;
  if (!at->is_welcome && ++at->visits > kVisitsMax) return nullptr;
  at->link = events_.on_visit(at->address.text());
  return at->link == nullptr ? nullptr : at->link->attach(*at->peer);
}

// --- dialing ---

void Network::dial(PeerLink& link, std::vector<p2p::Multiaddr> addresses, std::optional<p2p::PeerId> expected) {
  link.set_on_abandon([this, &link] { abandon(link); });
  dialing_.push_back({&link, nullptr});
  dialing_.back().dial = std::make_unique<net::PeerDial>(
      context_, std::move(addresses), std::move(expected),
      net::PeerDial::Events{
          [this, &link](std::unique_ptr<net::DialedPeer> peer, const std::vector<net::DialFailure>& failures) {
            dialed(link, std::move(peer), failures);
          },
          {}});
}

void Network::dialed(PeerLink& link, std::unique_ptr<net::DialedPeer> peer,
                     const std::vector<net::DialFailure>& failures) {
  dialing_.remove_if([&](const Dialing& one) { return one.link == &link; });
  if (peer == nullptr) {
    const net::DialFailure& failure = telling(failures);
    const bool is_fault = failure.fault != p2p::Fault::kNone;
    link.could_not_dial(failure.error, is_fault ? std::string(p2p::fault_name(failure.fault)) : std::string());
    return;
  }
  Connected& connected = add({.peer = std::move(peer->connection),
                              .address = peer->address.without_peer(),
                              .is_dialed = true,
                              .link = &link,
                              .since_ms = clock_.steady_ms(),
                              .local = peer->local});
  connected.peer->set_events(events_of(connected));
  link.found(connected.address.text());
  p2p::Connection& connection = connected.peer->connection();
  if (!connection.is_open()) {
    connected.link = nullptr;
    link.could_not_dial(Error(ErrorCode::kClosed, "The other side hung up right away.", "Try again later."), {});
    return;
  }
  // The first stream but identify of a fresh connection: there is room for it.
  CHECK(connection.open_stream({std::string(sync::kSyncProtocol)}, link.attach(*connected.peer)).ok());
  connected.peer->pump();
}

/// The link is closed before there is a stream.
void Network::abandon(PeerLink& link) {
  dialing_.remove_if([&](const Dialing& one) { return one.link == &link; });
  for (Connected& connected : connections_) {
    if (connected.link == &link) return connected.peer->abort();
  }
  loop_.post([&link] { link.could_not_dial(Error(ErrorCode::kClosed, "The dial was given up.", "Try again."), {}); });
}

void Network::release(PeerLink& link, bool is_fault) {
  for (Connected& connected : connections_) {
    if (connected.link != &link) continue;
    connected.link = nullptr;
    connected.is_counted = is_fault;
    net::PeerConnection* peer = connected.peer.get();
    const bool is_dialed = connected.is_dialed;
    // The connection may be calling the link that calls us.
    loop_.post([this, peer, is_fault, is_dialed] {
      const bool is_here = std::any_of(connections_.begin(), connections_.end(),
                                       [&](const Connected& one) { return one.peer.get() == peer; });
      if (!is_here) return;
      if (is_fault) return peer->abort();
      if (is_dialed) peer->close();
    });
    return;
  }
}

// --- time ---

std::uint64_t Network::tick() {
  const std::uint64_t now = clock_.steady_ms();
  for (Connected& connected : connections_) look_after(connected, now);
  if (door_) look_at_interfaces(now);
  return now + kInterfacesMs;
}

void Network::look_after(Connected& connected, std::uint64_t now) {
  p2p::Connection& connection = connected.peer->connection();
  if (!connection.is_open()) return;
  if (connected.link != nullptr && connected.link->is_welcome() && !connected.is_welcome) {
    connected.is_welcome = true;
    connection.set_audience(p2p::Audience::kMember);
    static_cast<void>(connection.push_identify());
    connected.peer->pump();
  }
  if (!connected.is_welcome) {
    if (now - connected.since_ms >= kStrangerMsMax) connected.peer->close();
    return;
  }
  const p2p::PeerInfo& info = connection.peer_info();
  if (info.revision == connected.identified) return;
  connected.identified = info.revision;
  std::vector<p2p::Multiaddr> useful;
  for (const p2p::Multiaddr& address : info.addresses) {
    // Its loopback is ours only if it is this machine.
    const bool is_useful = !is_loopback(address) || connected.local.is_loopback();
    if (is_useful && net::dial_target(address).ok()) useful.push_back(address.without_peer());
  }
  events_.on_addresses(connection.peer(), useful);
}

void Network::close_all() {
  dialing_.clear();
  for (Connected& connected : connections_) connected.peer->close();
}

const Connected* Network::connection_of(const Link& link) const {
  const auto at =
      std::find_if(connections_.begin(), connections_.end(), [&](const Connected& one) { return one.link == &link; });
  return at == connections_.end() ? nullptr : &*at;
}

}  // namespace kith::node
