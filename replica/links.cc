// SPDX-License-Identifier: Apache-2.0
#include "replica/links.h"

#include <algorithm>
#include <utility>

namespace kith::replica {
namespace {

constexpr std::string_view kAgent = "kith/0.1";

std::uint64_t bytes_in(const SocketLink& link) {
  return link.session() != nullptr && link.is_welcome() ? link.session()->counters().bytes_in : 0;
}

std::uint64_t entries_in(const Link& link) {
  if (link.session() == nullptr) return 0;
  return link.session()->counters().entries_in + link.session()->counters().authority_in;
}

}  // namespace

Links::Links(const Link::Context& context, const crypto::SigningKey& host, Dialer& dialer, Events events)
    : context_(context),
      dialer_(dialer),
      events_(std::move(events)),
      identity_(host, context.random),
      host_{identity_, std::string(kAgent), {}, {}} {}

Links::~Links() = default;

// --- houses

Links::House* Links::find(const std::optional<p2p::PeerId>& id, const p2p::Multiaddr& address) {
  const auto at = std::find_if(houses_.begin(), houses_.end(), [&](const auto& house) {
    if (id && house->id) return *id == *house->id;
    return std::any_of(house->addresses.begin(), house->addresses.end(),
                       [&](const auto& known) { return known.without_peer() == address.without_peer(); });
  });
  return at == houses_.end() ? nullptr : at->get();
}

bool Links::learn(const std::string& address) {
  const auto parsed = p2p::Multiaddr::parse(address);
  return parsed.ok() && dialer_.can_dial(*parsed) && add(*parsed);
}

bool Links::add(const p2p::Multiaddr& address) {
  const auto id = address.peer();
  House* house = find(id, address);
  if (house == nullptr) {
    if (houses_.size() >= kHousesMax) return false;
    houses_.push_back(std::make_unique<House>(context_.random));
    house = houses_.back().get();
  }
  if (id && !house->id) house->id = id;
  for (p2p::Multiaddr& known : house->addresses) {
    if (known.without_peer() != address.without_peer()) continue;
    // Now we know who should answer there.
    if (id && !known.peer()) known = address;
    return false;
  }
  if (house->addresses.size() >= kAddressesPerHouseMax) house->addresses.pop_back();
  house->addresses.push_back(address);
  return true;
}

void Links::set_invitation(space::Invitation invitation) {
  for (const std::string& address : invitation.addresses) learn(address);
  invitation_ = std::move(invitation);
  is_maybe_known_ = false;
  begin_anew();
}

void Links::begin_anew() {
  for (SocketLink* link : all_links()) link->close();
  for (const auto& house : houses_) house->next_dial_ms = 0;
}

void Links::forget() {
  begin_anew();
  houses_.clear();
}

void Links::network_changed() {
  for (const auto& house : houses_) {
    house->retry.reset();
    house->next_dial_ms = 0;
    if (house->link != nullptr) house->link->probe();
  }
}

void Links::pause() {
  is_paused_ = true;
  for (SocketLink* link : all_links()) link->close();
}

// --- links

/// For calls that may end links: those leave the list at once, and go with the next tick.
std::vector<SocketLink*> Links::all_links() const {
  std::vector<SocketLink*> out;
  for (const auto& link : links_) out.push_back(link.get());
  return out;
}

void Links::dial(House& house) {
  house.next %= house.addresses.size();
  const bool as_newcomer = !is_maybe_known_ || house.as_newcomer;
  house.as_newcomer = !house.as_newcomer;
  auto link = std::make_unique<SocketLink>(context_, host_, house.addresses[house.next],
                                           as_newcomer ? invitation_ : std::nullopt,
                                           [this](Link& ended_link, const LinkEnd& end) { ended(ended_link, end); });
  house.link = link.get();
  links_.push_back(std::move(link));
  if (const auto dialed = house.link->dial(dialer_); !dialed.ok()) house.link->close();
}

void Links::ended(Link& link, const LinkEnd& end) {
  const auto at = std::find_if(links_.begin(), links_.end(), [&](const auto& one) { return one.get() == &link; });
  ended_entries_ += entries_in(link);
  gone_.push_back(std::move(*at));
  links_.erase(at);
  for (const auto& house : houses_) {
    if (house->link == &link) after_end(*house, end);
  }
  if (events_.on_end) events_.on_end(end);
}

void Links::after_end(House& house, const LinkEnd& end) {
  const std::uint64_t now = context_.clock.steady_ms();
  house.link = nullptr;
  house.learned_revision = 0;
  if (end.was_welcome) house.retry.reset();
  // The next of its addresses at once; after all of them a while. One that was in touch is tried where it was.
  const bool has_more = !end.was_welcome && !end.peer && ++house.next < house.addresses.size();
  if (has_more) {
    house.next_dial_ms = now;
    return;
  }
  if (!end.was_welcome) house.next = 0;
  const bool refuses = end.peer && !end.was_welcome && end.refusal && !invitation_;
  const bool is_stranger = refuses && house.retry.failures() >= kDoubtsMax;
  house.next_dial_ms = now + (is_stranger ? kStrangerMs : house.retry.next_ms());
}

/// Who answers at an address that named nobody may be one that we know by other addresses.
void Links::merge_doubles() {
  for (std::size_t i = 0; i < houses_.size(); ++i) {
    House& house = *houses_[i];
    if (house.link != nullptr && house.link->peer()) house.id = p2p::PeerId::of(*house.link->peer());
    const auto known = std::find_if(houses_.begin(), houses_.begin() + static_cast<std::ptrdiff_t>(i),
                                    [&](const auto& one) { return house.id && one->id == house.id; });
    if (known == houses_.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    const auto addresses = house.addresses;
    SocketLink* link = std::exchange(house.link, nullptr);
    if ((*known)->link == nullptr) {
      (*known)->link = link;
    } else if (link != nullptr) {
      link->close();
    }
    const auto id = *house.id;
    houses_.erase(houses_.begin() + static_cast<std::ptrdiff_t>(i--));
    for (const p2p::Multiaddr& address : addresses) add(address.without_peer().with_peer(id));
  }
}

/// What a house says of itself, once it has welcomed us.
void Links::note_addresses(House& house) {
  const p2p::Connection* connection = house.link->connection();
  if (connection == nullptr || !connection->is_open() || !house.link->is_welcome()) return;
  const p2p::PeerInfo& info = connection->peer_info();
  if (info.revision == house.learned_revision) return;
  house.learned_revision = info.revision;
  const auto worked = house.link->address().without_peer().with_peer(*house.id);
  if (events_.on_address) events_.on_address(worked.text());
  for (const p2p::Multiaddr& address : info.addresses) {
    const auto named = address.without_peer().with_peer(*house.id);
    if (dialer_.can_dial(named) && add(named) && events_.on_address) events_.on_address(named.text());
  }
}

void Links::look_after(House& house) {
  if (!house.link->is_welcome()) return;
  house.retry.reset();
  note_addresses(house);
  if (!invitation_ || !house.link->is_live()) return;
  invitation_.reset();
  if (events_.on_welcome) events_.on_welcome();
}

void Links::note_heard() {
  std::uint64_t bytes = 0;
  for (const auto& link : links_) bytes += bytes_in(*link);
  if (bytes > heard_bytes_) last_heard_ms_ = context_.clock.wall_ms();
  heard_bytes_ = bytes;
}

void Links::dial_more(std::uint64_t now) {
  std::size_t in_touch = 0, dialing = 0;
  for (const auto& link : links_) (link->is_welcome() ? in_touch : dialing) += link->is_closing() ? 0 : 1;
  for (const auto& house : houses_) {
    if (in_touch >= kLinksWanted || dialing >= kDialsMax) return;
    if (house->link != nullptr || now < house->next_dial_ms) continue;
    dial(*house);
    ++dialing;
  }
}

/// More are dialed at once than are wanted, and all may answer: the first stay.
void Links::drop_surplus() {
  if (invitation_) return;
  std::size_t in_touch = 0;
  for (SocketLink* link : all_links()) {
    if (!link->is_welcome() || link->is_closing()) continue;
    if (++in_touch > kLinksWanted) link->close();
  }
}

void Links::notify(const SpaceId& space) {
  for (SocketLink* link : all_links()) link->notify(space);
}

std::uint64_t Links::tick() {
  gone_.clear();
  const std::uint64_t now = context_.clock.steady_ms();
  std::uint64_t next = now + kIdleMs;
  for (SocketLink* link : all_links()) next = std::min(next, link->tick());
  merge_doubles();
  for (const auto& house : houses_) {
    if (house->link != nullptr) look_after(*house);
  }
  note_heard();
  drop_surplus();
  if (!is_paused_) dial_more(now);
  for (const auto& house : houses_) {
    if (house->link == nullptr) next = std::min(next, std::max(house->next_dial_ms, now + 1));
  }
  return next;
}

// --- what people see

bool Links::is_in_touch() const {
  return std::any_of(links_.begin(), links_.end(),
                     [](const auto& link) { return link->is_welcome() && !link->is_closing(); });
}

bool Links::is_settled() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->is_settled(); });
}

std::uint64_t Links::entries_received() const {
  std::uint64_t out = ended_entries_;
  for (const auto& link : links_) out += entries_in(*link);
  return out;
}

std::vector<LinkState> Links::states() const {
  std::vector<LinkState> out;
  for (const auto& link : links_) {
    LinkState state{link->path(), "dialing", {}, 0, 0};
    if (link->connection() != nullptr) {
      state.state = "hello";
      state.round_trip_ms = link->connection()->round_trip_ms();
    }
    if (link->session() != nullptr) {
      for (const auto& progress : link->session()->progress()) {
        if (!progress.is_about_keeping) state.state = progress.state;
        state.behind += progress.behind_entries;
        state.owed += progress.owed_entries;
      }
    }
    if (link->is_closing()) state.state = "closing";
    out.push_back(std::move(state));
  }
  return out;
}

}  // namespace kith::replica
