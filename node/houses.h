// SPDX-License-Identifier: Apache-2.0
// The other houses: those that we dial and go on dialling, those that dialled us, and what was wrong with any of them.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/link.h"
#include "sync/retry.h"

namespace kith::node {

/// Misbehaviour of one kind by one peer.
struct FaultRecord {
  std::string peer;  // host key in hex, or the path where it never said who it is
  std::string fault;
  std::string detail;
  std::uint64_t count = 0;
  std::uint64_t last_ms = 0;
};

/// An address that we dial whenever no link to it is up.
struct Peer {
  Peer(std::string at, Random& random) : address(std::move(at)), retry(random) {}
  std::string address;
  sync::Retry retry;
  std::uint64_t next_dial_ms = 0;  // steady
  Link* link = nullptr;
  std::string last_error;
  bool as_newcomer = false;  // the next time, if we have an invitation
  std::uint64_t socket_seen =
      0;  // which socket file was there when dialling failed: another one means that the house is back
};

class Houses {
 public:
  static constexpr std::size_t kLinksMax = 64;
  static constexpr std::size_t kFaultsMax = 256;
  static constexpr std::uint64_t kLookMs = 250;         // how often we look for a house that is away
  static constexpr std::uint64_t kQuietMsMax = 30'000;  // of a watch, without anything moving

  using Done = std::function<void(Result<void>)>;

  Houses(net::Loop& loop, const Link::Context& context);
  ~Houses();

  /// Null if there are too many links.
  Link* add(Link::Setup setup);
  /// Once, as the caller's own; the error says why it cannot be reached.
  Result<Link*> dial(const std::string& address, std::optional<space::Invitation> invitation);
  /// From now on, with retries.
  void keep_dialling(const std::string& address);
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
  const std::vector<std::unique_ptr<Peer>>& peers() const { return peers_; }
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

  void ended(Link& link, const LinkEnd& end);
  void note_fault(const LinkEnd& end);
  void look_for(Peer& peer, std::uint64_t now);
  void note_heard();
  void remove(Link& link);

  net::Loop& loop_;
  Link::Context context_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::deque<FaultRecord> faults_;
  std::vector<Watch> watches_;
  std::optional<space::Invitation> invitation_;
  std::function<void()> on_welcome_;
  std::uint64_t last_heard_ms_ = 0;
  std::uint64_t heard_bytes_ = 0;
  std::uint64_t heard_entries_ = 0;
};

/// "/unix/home/ana/.kith/node.sock" -> "/home/ana/.kith/node.sock"; kUsage for what cannot be dialled yet.
Result<std::string> socket_path_of(std::string_view address);

}  // namespace kith::node
