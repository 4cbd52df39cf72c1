// SPDX-License-Identifier: Apache-2.0
// The other houses: those that we dial and go on dialing, those that dialed us, and what was wrong with any of them.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/network.h"
#include "node/peer_book.h"
#include "node/pipe_link.h"

namespace kith::node {

/// Misbehaviour of one kind by one peer.
struct FaultRecord {
  std::string peer;  // its PeerId, or the path or IP address where it never said who it is
  std::string fault;
  std::string detail;
  std::uint64_t count = 0;
  std::uint64_t last_ms = 0;
};

class Houses {
 public:
  static constexpr std::size_t kLinksMax = 64;
  static constexpr std::size_t kLinksWanted = 8;  // beyond that we dial nobody by ourselves
  static constexpr std::size_t kDialsMax = 16;    // at a time, by ourselves
  static constexpr std::size_t kFaultsMax = 256;
  static constexpr std::uint64_t kLookMs = 250;            // how often we look for a house that is away
  static constexpr std::uint64_t kQuietMsMax = 30'000;     // of a watch, without anything moving
  static constexpr std::uint64_t kStrangerMs = 3'600'000;  // until we try a house again that shares no space with us

  using Done = std::function<void(Result<void>)>;
  struct Events {
    /// A way to a house of ours that should outlive this process.
    std::function<void(const std::string& address)> on_address;
  };

  Houses(net::Loop& loop, const Link::Context& context, const crypto::SigningKey& host, Events events);
  ~Houses();

  Network& network() { return network_; }
  /// Over a channel that somebody has plugged in. Null if there are too many links.
  Link* add(PipeLink::Setup setup);
  /// Once, as the caller's own. Addresses of one house are raced with each other. An error says why it cannot even be
  /// tried; the rest is told by the link's end.
  Result<Link*> dial(std::vector<Address> addresses, std::optional<space::Invitation> invitation);
  Result<Link*> dial(const std::string& address, std::optional<space::Invitation> invitation);
  /// The link to that house that is up already, if the address says whose it is.
  Link* link_to(const Address& address) const;
  /// To be dialed from begin_dialing() on, with retries.
  void keep_dialing(const Address& address, Source source);
  /// A node that serves keeps links by itself; a command that asks once dials what it is told to.
  void begin_dialing() { is_dialing_ = true; }
  /// Dial as a newcomer until somebody has welcomed us, then call `on_welcome`.
  void set_invitation(space::Invitation invitation, std::function<void()> on_welcome);
  /// Calls `done` when `is_done()` holds, with the reason if the link ends or falls silent before.
  void watch(Link& link, std::function<bool()> is_done, Done done);

  void notify(const SpaceId& space);
  /// Time passes: dials, deadlines, watches. Returns when to be called again (steady ms).
  std::uint64_t tick();
  /// Looks whether a watch is done; cheap, for every batch.
  void check_watches();
  /// Says goodbye on every link.
  void close_all();

  const std::vector<std::unique_ptr<Link>>& links() const { return links_; }
  const std::vector<std::unique_ptr<Peer>>& peers() const { return book_.peers(); }
  const std::deque<FaultRecord>& faults() const { return faults_; }
  bool is_in_touch() const;
  /// Every common space is live on some link and that link owes nothing.
  bool is_settled() const;
  /// Have entries come since this was asked last? Then the other links want to hear of them.
  bool take_news();
  /// Wall time when bytes last came over a link that is past its hello; 0: never since the start.
  std::uint64_t last_heard_ms() const { return last_heard_ms_; }

 private:
  struct Watch {
    Link* link;
    std::function<bool()> is_done;
    Done done;
    std::uint64_t moved_ms;  // steady
    std::uint64_t bytes;
  };

  Network::Events network_events();
  bool is_full() const { return links_.size() >= kLinksMax; }
  Link* keep(std::unique_ptr<Link> link);
  std::vector<Link*> all_links() const;
  Link::OnEnd on_end();
  Result<Link*> dial_unix(const Address& address, std::optional<space::Invitation> invitation);
  PeerLink* make_peer_link(sync::Role role, std::string path, std::optional<space::Invitation> invitation);
  void ended(Link& link, const LinkEnd& end);
  void note_fault(const std::string& peer, std::string_view fault, const std::string& detail);
  void note_stranger(Peer& peer, const LinkEnd& end);
  void match_links_to_peers();
  void look_for_peers(std::uint64_t now);
  void look_for(Peer& peer, std::uint64_t now);
  bool is_due(Peer& peer, std::uint64_t now) const;
  void note_in_touch(Peer& peer);
  void close_duplicates();
  void network_changed();
  void found(const p2p::PeerId& id, const std::vector<p2p::Multiaddr>& addresses);
  void note_heard();
  void remove(Link& link);

  net::Loop& loop_;
  Link::Context context_;
  Events events_;
  Network network_;
  PeerBook book_;
  std::vector<std::unique_ptr<Link>> links_;  // in the order in which they began
  std::deque<FaultRecord> faults_;
  std::vector<Watch> watches_;
  std::optional<space::Invitation> invitation_;
  std::function<void()> on_welcome_;
  std::uint64_t last_heard_ms_ = 0;
  std::uint64_t heard_bytes_ = 0;
  std::uint64_t heard_entries_ = 0;
  bool is_dialing_ = false;
};

}  // namespace kith::node
