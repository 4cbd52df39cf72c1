// SPDX-License-Identifier: Apache-2.0
#include "node/houses.h"

#include <sys/stat.h>

#include <algorithm>

#include "net/unix_socket.h"

namespace kith::node {
namespace {

/// Names the socket file at a path; 0 if there is none.
std::uint64_t socket_mark(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.st_ctim.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(info.st_ctim.tv_nsec) + info.st_ino;
}

std::uint64_t bytes_of(const Link& link) {
  return link.session() ? link.session()->counters().bytes_in + link.session()->counters().bytes_out : 0;
}

Error end_error(const LinkEnd& end) {
  if (end.refusal) return *end.refusal;
  if (!end.fault.empty()) {
    return {ErrorCode::kPeerProtocol, "The house at " + end.path + " was dropped: " + end.detail,
            "Ask who runs it; both should use the same version."};
  }
  return {
      ErrorCode::kClosed,
      "The connection to " + end.path + " ended before all was here." + (end.detail.empty() ? "" : " " + end.detail),
      "Try again; what has arrived is kept."};
}

}  // namespace

Houses::Houses(net::Loop& loop, const Link::Context& context, const crypto::SigningKey& host, Events events)
    : loop_(loop),
      context_(context),
      events_(std::move(events)),
      network_(loop, context.clock, context.random, host, network_events()),
      book_(context.random) {}

Houses::~Houses() = default;

Network::Events Houses::network_events() {
  return {[this](const std::string& path) { return make_peer_link(sync::Role::kListener, path, {}); },
          [this](const HostKey& peer, const std::vector<p2p::Multiaddr>& addresses) {
            const p2p::PeerId id = p2p::PeerId::of(peer);
            book_.learn_own(id, addresses);
            for (const p2p::Multiaddr& address : addresses) events_.on_address(address.with_peer(id).text());
          },
          [this](const std::string& who, std::string_view fault, const std::string& detail) {
            note_fault(who, fault, detail);
          },
          [this](const p2p::PeerId& peer, const std::vector<p2p::Multiaddr>& addresses) { found(peer, addresses); },
          [this] { network_changed(); }};
}

// --- links ---

Link* Houses::keep(std::unique_ptr<Link> link) {
  links_.push_back(std::move(link));
  return links_.back().get();
}

/// For calls that may end links: those leave the list at once, and go when the loop has its next turn.
std::vector<Link*> Houses::all_links() const {
  std::vector<Link*> out;
  for (const auto& link : links_) out.push_back(link.get());
  return out;
}

Link::OnEnd Houses::on_end() {
  return [this](Link& link, const LinkEnd& end) { ended(link, end); };
}

Link* Houses::add(PipeLink::Setup setup) {
  return is_full() ? nullptr : keep(std::make_unique<PipeLink>(context_, std::move(setup), on_end()));
}

PeerLink* Houses::make_peer_link(sync::Role role, std::string path, std::optional<space::Invitation> invitation) {
  if (is_full()) return nullptr;
  auto link = std::make_unique<PeerLink>(context_, role, std::move(path), std::move(invitation), on_end());
  PeerLink* made = link.get();
  keep(std::move(link));
  return made;
}

Result<Link*> Houses::dial_unix(const Address& address, std::optional<space::Invitation> invitation) {
  auto channel = KITH_TRY(net::dial_unix(loop_, *address.socket_path));
  return add({sync::Role::kDialer, address.text, std::move(channel), std::move(invitation)});
}

Result<Link*> Houses::dial(std::vector<Address> addresses, std::optional<space::Invitation> invitation) {
  if (is_full())
    return Error(ErrorCode::kTooLarge, "There are too many connections already.", "Wait until some have ended.");
  std::vector<p2p::Multiaddr> multiaddrs;
  Result<Link*> failed = Error(ErrorCode::kUsage, "There is no address to dial.", "Give one.");
  for (const Address& address : addresses) {
    if (address.multiaddr) {
      multiaddrs.push_back(*address.multiaddr);
      continue;
    }
    // On this machine: the shortest way, and known at once.
    failed = dial_unix(address, invitation);
    if (failed.ok()) return failed;
  }
  if (multiaddrs.empty()) return failed;
  const auto expected = multiaddrs.front().peer();
  PeerLink* link = make_peer_link(sync::Role::kDialer, multiaddrs.front().text(), std::move(invitation));
  network_.dial(*link, std::move(multiaddrs), expected);
  return link;
}

Result<Link*> Houses::dial(const std::string& text, std::optional<space::Invitation> invitation) {
  const Address address = KITH_TRY(parse_address(text));
  std::vector<Address> addresses;
  if (Peer* known = book_.find(address.text)) {
    if (known->link != nullptr && !invitation) return known->link;
    for (const KnownAddress& one : known->addresses) addresses.push_back(one.address);
  } else {
    addresses.push_back(address);
  }
  return dial(std::move(addresses), std::move(invitation));
}

Link* Houses::link_to(const Address& address) const {
  const auto id = address.peer();
  const auto host = id ? id->host_key() : std::nullopt;
  const auto at = std::find_if(links_.begin(), links_.end(), [&](const auto& link) {
    return host && link->peer() == host && link->is_welcome() && !link->is_closing();
  });
  return at == links_.end() ? nullptr : at->get();
}

void Houses::keep_dialing(const Address& address, Source source) {
  book_.learn(address, source);
}

void Houses::set_invitation(space::Invitation invitation, std::function<void()> on_welcome) {
  invitation_ = std::move(invitation);
  on_welcome_ = std::move(on_welcome);
}

void Houses::watch(Link& link, std::function<bool()> is_done, Done done) {
  watches_.push_back({&link, std::move(is_done), std::move(done), context_.clock.steady_ms(), bytes_of(link)});
}

void Houses::notify(const SpaceId& space) {
  for (Link* link : all_links()) link->notify(space);
}

std::uint64_t Houses::tick() {
  const std::uint64_t now = context_.clock.steady_ms();
  std::uint64_t next = std::min(now + kLookMs, network_.tick());
  for (Link* link : all_links()) next = std::min(next, link->tick());
  match_links_to_peers();
  close_duplicates();
  if (is_dialing_) look_for_peers(now);
  note_heard();
  check_watches();
  return next;
}

/// Whoever dialed us is a house that need not be dialed.
void Houses::match_links_to_peers() {
  for (const auto& link : links_) {
    if (!link->peer() || !link->is_welcome() || link->is_closing()) continue;
    const p2p::PeerId id = p2p::PeerId::of(*link->peer());
    Peer* peer = book_.find(id);
    const auto dialed = std::find_if(book_.peers().begin(), book_.peers().end(),
                                     [&](const auto& one) { return one->link == link.get() && one.get() != peer; });
    if (dialed != book_.peers().end()) peer = &book_.identify(**dialed, id);
    if (peer == nullptr) continue;
    if (peer->link == nullptr) peer->link = link.get();
    if (peer->link == link.get()) note_in_touch(*peer);
  }
}

void Houses::note_in_touch(Peer& peer) {
  if (peer.retry.failures() > 0 || !peer.last_error.empty() || peer.is_stranger) {
    peer.retry.reset();
    peer.last_error.clear();
    peer.is_stranger = false;
  }
  const bool is_dialed = peer.link->role() == sync::Role::kDialer;
  if (is_dialed && !peer.addresses.front().worked_ms) {
    book_.worked(peer, peer.link->path(), context_.clock.wall_ms());
  }
  if (invitation_ && peer.link->is_live()) {
    invitation_.reset();
    if (on_welcome_) on_welcome_();
  }
}

/// Two that dial each other at the same moment have two connections. Both keep the one that the smaller PeerId dialed;
/// the other is closed by whoever dialed it, once the first is welcome. Two dialed by the same side: the older one is
/// what a restart or a change of address has left.
void Houses::close_duplicates() {
  std::vector<Link*> links = all_links();
  std::erase_if(links,
                [&](const Link* link) { return !link->is_welcome() || network_.connection_of(*link) == nullptr; });
  for (std::size_t i = 0; i < links.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      Link *older = links[j], *newer = links[i];
      if (older->peer() != newer->peer() || older->is_closing() || newer->is_closing()) continue;
      if (older->role() == newer->role()) {
        older->close();
        continue;
      }
      const bool we_are_smaller = network_.id() < p2p::PeerId::of(*newer->peer());
      Link* redundant = (newer->role() == sync::Role::kDialer) == we_are_smaller ? older : newer;
      if (redundant->role() == sync::Role::kDialer) redundant->close();
    }
  }
}

void Houses::look_for_peers(std::uint64_t now) {
  std::size_t in_touch = 0, dialing = 0;
  for (const auto& link : links_) (link->is_welcome() ? in_touch : dialing) += link->is_closing() ? 0 : 1;
  for (const auto& peer : book_.peers()) {
    if (peer->link != nullptr || !is_due(*peer, now)) continue;
    if (in_touch >= kLinksWanted || dialing >= kDialsMax) return;
    look_for(*peer, now);
    ++dialing;
  }
}

/// Is it time to dial? Also before its time, if the socket of a house on this machine is a new one.
bool Houses::is_due(Peer& peer, std::uint64_t now) const {
  bool is_back = false;
  for (const KnownAddress& known : peer.addresses) {
    if (!known.address.is_unix()) continue;
    const std::uint64_t mark = socket_mark(*known.address.socket_path);
    is_back = is_back || (mark != 0 && mark != peer.socket_seen);
    peer.socket_seen = mark;
  }
  return now >= peer.next_dial_ms || is_back;
}

void Houses::look_for(Peer& peer, std::uint64_t now) {
  std::vector<Address> addresses;
  for (const KnownAddress& known : peer.addresses) addresses.push_back(known.address);
  auto link = dial(std::move(addresses), peer.as_newcomer ? invitation_ : std::nullopt);
  if (link.ok()) {
    peer.link = *link;
    return;
  }
  peer.last_error = link.error().message();
  peer.next_dial_ms = now + peer.retry.next_ms();
}

/// Whoever it is: whether it shares a space with us, the hello tells.
void Houses::found(const p2p::PeerId& id, const std::vector<p2p::Multiaddr>& addresses) {
  bool is_news = false;
  for (const p2p::Multiaddr& address : addresses) {
    is_news = book_.learn({address.text(), std::nullopt, address}, Source::kMdns) || is_news;
  }
  Peer* peer = book_.find(id);
  if (is_news && peer != nullptr && !peer->is_stranger) peer->next_dial_ms = 0;
}

void Houses::network_changed() {
  for (const auto& peer : book_.peers()) {
    if (peer->is_stranger) continue;
    peer->retry.reset();
    peer->next_dial_ms = 0;
  }
}

void Houses::check_watches() {
  if (watches_.empty()) return;
  const std::uint64_t now = context_.clock.steady_ms();
  std::vector<std::pair<Done, Result<void>>> finished;
  for (std::size_t i = 0; i < watches_.size();) {
    Watch& watch = watches_[i];
    if (bytes_of(*watch.link) != watch.bytes) {
      watch.bytes = bytes_of(*watch.link);
      watch.moved_ms = now;
    }
    const bool is_done = watch.is_done();
    if (!is_done && now - watch.moved_ms < kQuietMsMax) {
      ++i;
      continue;
    }
    Result<void> result;
    if (!is_done)
      result = Error(ErrorCode::kTimeout, "The house at " + watch.link->path() + " has fallen silent.",
                     "Try again; what has arrived is kept.");
    finished.emplace_back(std::move(watch.done), std::move(result));
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (auto& [done, result] : finished) done(std::move(result));
}

void Houses::note_heard() {
  std::uint64_t bytes = 0;
  for (const auto& link : links_) {
    if (link->session() && link->session()->is_past_hello()) bytes += link->session()->counters().bytes_in;
  }
  if (bytes > heard_bytes_) last_heard_ms_ = context_.clock.wall_ms();
  heard_bytes_ = bytes;
}

bool Houses::take_news() {
  std::uint64_t entries = 0;
  for (const auto& link : links_) {
    if (link->session()) entries += link->session()->counters().entries_in + link->session()->counters().authority_in;
  }
  return std::exchange(heard_entries_, entries) < entries;
}

void Houses::close_all() {
  is_dialing_ = false;
  for (Link* link : all_links()) link->close();
  network_.close_all();
}

bool Houses::is_in_touch() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->is_live(); });
}

bool Houses::is_settled() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->is_settled(); });
}

void Houses::ended(Link& link, const LinkEnd& end) {
  note_heard();
  if (!end.fault.empty()) note_fault(end.peer ? p2p::PeerId::of(*end.peer).text() : end.path, end.fault, end.detail);
  for (const auto& peer : book_.peers()) {
    if (peer->link != &link) continue;
    peer->link = nullptr;
    // With an invitation in hand we may be known there already, or not yet: try both in turn.
    if (!end.was_welcome) peer->as_newcomer = !peer->as_newcomer;
    if (end.refusal) {
      peer->last_error = end.refusal->message();
    } else if (!end.detail.empty()) {
      peer->last_error = end.detail;
    }
    peer->next_dial_ms = context_.clock.steady_ms() + peer->retry.next_ms();
    note_stranger(*peer, end);
  }
  if (const Connected* connected = network_.connection_of(link)) {
    network_.release(*connected->link, !end.fault.empty());
  }
  std::vector<Done> finished;
  for (std::size_t i = 0; i < watches_.size();) {
    if (watches_[i].link != &link) {
      ++i;
      continue;
    }
    finished.push_back(std::move(watches_[i].done));
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  remove(link);
  for (Done& done : finished) done(end_error(end));
}

void Houses::remove(Link& link) {
  const auto at = std::find_if(links_.begin(), links_.end(), [&](const auto& one) { return one.get() == &link; });
  if (at == links_.end()) return;
  // It is calling us: it goes when it has returned.
  loop_.post([gone = std::shared_ptr<Link>(std::move(*at))] {});
  links_.erase(at);
}

/// It answers, and has nothing to do with us: a neighbour of another neighbourhood on the same LAN, most likely.
void Houses::note_stranger(Peer& peer, const LinkEnd& end) {
  const bool is_stranger = end.refusal && end.refusal->code() == ErrorCode::kPeerRefused && !end.was_welcome;
  const bool is_by_chance = !peer.addresses.empty() && peer.addresses.front().source == Source::kMdns;
  if (!is_stranger || !is_by_chance || invitation_) return;
  peer.is_stranger = true;
  peer.next_dial_ms = context_.clock.steady_ms() + kStrangerMs;
}

void Houses::note_fault(const std::string& peer, std::string_view fault, const std::string& detail) {
  const auto known = std::find_if(faults_.begin(), faults_.end(),
                                  [&](const FaultRecord& one) { return one.peer == peer && one.fault == fault; });
  FaultRecord record = known == faults_.end() ? FaultRecord{peer, std::string(fault), {}, 0, 0} : std::move(*known);
  if (known != faults_.end()) faults_.erase(known);
  record.detail = detail;
  record.last_ms = context_.clock.wall_ms();
  ++record.count;
  faults_.push_front(std::move(record));
  if (faults_.size() > kFaultsMax) faults_.pop_back();
}

}  // namespace kith::node
