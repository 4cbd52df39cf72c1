// SPDX-License-Identifier: Apache-2.0
// The houses that a browser hangs on: two at a time, any of all that it knows of. Whoever fails is tried again after a
// while that grows, at another of its addresses, and another house meanwhile.
//
//   Links links(context, host_key, dialer, {.on_address = remember, .on_end = …});
//   links.learn("/ip4/192.168.1.20/tcp/8440/ws/p2p/12D3…");          // from an invitation, the space, the last time
//   next = links.tick();                                              // after everything else, and when it is time
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "replica/socket_link.h"
#include "sync/retry.h"

namespace kith::replica {

/// For people: one link as it is now.
struct LinkState {
  std::string address;
  std::string state;  // "dialing", "hello", a state of sync::SpaceProgress, "closing"
  std::optional<std::uint64_t> round_trip_ms;
  std::uint64_t behind = 0;  // entries that we still lack, as far as the other side has said
  std::uint64_t owed = 0;    // entries that we still send
};

class Links {
 public:
  static constexpr std::size_t kLinksWanted = 2;
  static constexpr std::size_t kDialsMax = 3;  // at a time
  static constexpr std::size_t kHousesMax = 64;
  static constexpr std::size_t kAddressesPerHouseMax = 8;
  static constexpr std::uint64_t kIdleMs = 1'000;  // how often we look at all
  /// Until a house is tried again that shares no space with us. One that refuses may only not have heard yet that we
  /// joined: the first times it is tried like any other, for about two minutes in all.
  static constexpr std::uint64_t kStrangerMs = 3'600'000;
  static constexpr std::uint32_t kDoubtsMax = 8;

  struct Events {
    /// A way to a house of ours that should outlive this run.
    std::function<void(const std::string& address)> on_address;
    /// A newcomer has got through: a common space is live.
    std::function<void()> on_welcome;
    /// A link has ended; a refusal is why a newcomer was turned away.
    std::function<void(const LinkEnd& end)> on_end;
  };

  /// What `context` names, `host` and `dialer` outlive this object.
  Links(const Link::Context& context, const crypto::SigningKey& host, Dialer& dialer, Events events);
  ~Links();

  /// True if that is news. What cannot be read or dialed from here is not taken.
  bool learn(const std::string& address);
  /// Dial as a newcomer until a common space is live. Links that are up are of no use for that and are ended.
  void set_invitation(space::Invitation invitation);
  /// The space may know us by now: dial with the invitation and without it in turn.
  void set_maybe_known() { is_maybe_known_ = true; }
  /// Gives up joining.
  void drop_invitation() { invitation_.reset(); }
  bool is_joining() const { return invitation_.has_value(); }
  /// The browser is online again, or in another network: everybody is tried at once, and links that are up must answer.
  void network_changed();
  void notify(const SpaceId& space);
  /// Another space came to be here: the links that are up have not offered it.
  void begin_anew();
  /// Says goodbye to everybody, and knows no house any more.
  void forget();
  /// Says goodbye on every link and dials nobody until `resume`.
  void pause();
  void resume() { is_paused_ = false; }
  /// Returns when to be called again (steady ms).
  std::uint64_t tick();

  bool is_in_touch() const;
  /// Every common space is live on some link, and that link owes nothing.
  bool is_settled() const;
  /// Wall time at which bytes last came over a link that is past its hello; 0: never since the start.
  std::uint64_t last_heard_ms() const { return last_heard_ms_; }
  /// Entries that came over all links since the start; those that have ended count as well, so that it never falls.
  std::uint64_t entries_received() const;
  std::vector<LinkState> states() const;
  const std::vector<std::unique_ptr<SocketLink>>& links() const { return links_; }
  std::size_t house_count() const { return houses_.size(); }

 private:
  struct House {
    explicit House(Random& random) : retry(random) {}
    std::optional<p2p::PeerId> id;
    std::vector<p2p::Multiaddr> addresses;  // the one that worked last first; never empty
    std::size_t next = 0;                   // of the addresses, to be dialed
    sync::Retry retry;
    std::uint64_t next_dial_ms = 0;
    SocketLink* link = nullptr;
    bool as_newcomer = true;             // the next time, if there is an invitation
    std::uint64_t learned_revision = 0;  // of what it says of itself
  };

  House* find(const std::optional<p2p::PeerId>& id, const p2p::Multiaddr& address);
  bool add(const p2p::Multiaddr& address);
  void dial(House& house);
  void ended(Link& link, const LinkEnd& end);
  void after_end(House& house, const LinkEnd& end);
  void look_after(House& house);
  void merge_doubles();
  void note_addresses(House& house);
  void note_heard();
  void drop_surplus();
  void dial_more(std::uint64_t now);
  std::vector<SocketLink*> all_links() const;

  Link::Context context_;
  Dialer& dialer_;
  Events events_;
  p2p::NoiseIdentity identity_;
  p2p::Host host_;
  std::vector<std::unique_ptr<House>> houses_;
  std::vector<std::unique_ptr<SocketLink>> links_;
  std::vector<std::unique_ptr<Link>> gone_;  // they may be on the stack when they end
  std::optional<space::Invitation> invitation_;
  std::uint64_t last_heard_ms_ = 0;
  std::uint64_t heard_bytes_ = 0;
  std::uint64_t ended_entries_ = 0;  // came over links that are no more
  bool is_maybe_known_ = false;
  bool is_paused_ = false;
};

}  // namespace kith::replica
