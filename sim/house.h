// SPDX-License-Identifier: Apache-2.0
// A machine with everything that a node has below its sockets: key file, space, sessions, retries. It does with them
// what a node does, on a simulated disk, clock and network, and keeps a list of what it has promised.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/testing/fakes.h"
#include "sim/carrier.h"
#include "sim/disk.h"
#include "sim/network.h"
#include "sim/run.h"
#include "sim/timeline.h"
#include "sim/workload.h"
#include "space/space.h"
#include "sync/retry.h"
#include "sync/session.h"

namespace kith::sim {

/// How a house comes to its space.
enum class Beginning : std::uint8_t { kFounds, kJoins, kIsLinked };

/// A write that was acknowledged.
struct Promise {
  Pos pos;
  Stamp stamp;
  std::string key;  // of the row that it gave birth to, if the simulator looks for that row
};

/// What is held at one place of a journal.
struct JournalLine {
  Pos pos;
  DeviceId device;
  std::optional<Seq> seq;  // none: in the tail
  std::optional<EntryId> id;
  Stamp stamp;
  std::int64_t state = 0;
  bool is_content = false;  // and an entry
};

class House final : public sync::Spaces {
 public:
  House(Place place, Beginning beginning, const crypto::Key& root, std::uint64_t seed, Timeline& timeline,
        Network& network, Run& run);
  ~House() override;

  // -- who it is
  Place place() const { return place_; }
  const std::string& name() const { return name_; }
  const crypto::Key& root() const { return root_; }
  const HostKey& host() const { return host_; }
  Disk& disk() { return disk_; }
  MachineClock& clock() { return clock_; }
  Workload& workload() { return *workload_; }
  testing::SeededRandom& random() { return random_; }
  std::vector<std::pair<std::string, Bytes>> secrets() const;
  /// As a libp2p peer, in this life. Only over libp2p.
  const p2p::NoiseIdentity& identity() const { return *identity_; }

  // -- life
  /// The machine starts, with what is on its disk.
  void boot();
  /// The power is gone, or the process: whatever was under way ends here.
  void collapse();
  bool is_up() const { return is_up_; }
  /// From the next boot on it runs a newer program, with more tables.
  void update() { is_updated_ = true; }
  bool is_updated() const { return is_updated_; }
  /// Called when it has collapsed by itself, because its disk died under it.
  void set_on_collapse(std::function<void(House&)> listener) { on_collapse_ = std::move(listener); }
  /// Asked after entries have left the machine; true: it has cut the power.
  void set_on_sent(std::function<bool(House&)> listener) { on_sent_ = std::move(listener); }
  /// Who knows on which streams the other side is not who it says.
  void set_is_forged(std::function<bool(StreamId)> is_forged) { is_forged_ = std::move(is_forged); }
  /// Something was done to its space behind its sessions' back.
  void poke();
  /// After anything was done to it or with it: sends what there is to send, looks at what has ended.
  void settle();

  // -- its space
  space::Space* space() { return space_.get(); }
  bool is_member() const { return space_ != nullptr && space_->is_member(); }
  void set_invitation(const space::Invitation& invitation) {
    invitation_ = invitation;
    refused_by_.clear();
  }
  bool wants_invitation() const { return beginning_ == Beginning::kJoins && !is_member() && !invitation_; }
  /// It holds an invitation that has neither led to anything nor been refused.
  bool is_joining() const { return !is_member() && invitation_.has_value(); }
  bool wants_link() const { return beginning_ == Beginning::kIsLinked && !is_member(); }
  /// Asks a house of the same person for a certificate, and begins with its answer.
  void be_linked_by(House& other);
  /// The words were typed here: linking and retiring work.
  Result<void> remember();
  void forget();
  /// Who has the words can read everything, retired or not.
  bool has_words() const { return space_ != nullptr && space_->keys().person_root.has_value(); }

  // -- neighbours
  void know(Place place, const HostKey& host);
  void opened(StreamId stream, Place from);
  void received(StreamId stream, ByteView bytes);
  void closed(StreamId stream);
  /// Gives up the connections that are crippled.
  void heal();

  // -- promises
  void promise(const WriteReceipt& receipt, std::string key);
  void take_back(std::uint64_t chance);
  const std::vector<Promise>& promises() const { return promises_; }
  std::vector<JournalLine> journal();
  /// An error that no fault explains fails the run. True: there is none.
  bool check(const Result<void>& done, std::string_view doing);
  template <typename T>
  bool check_result(const Result<T>& done, std::string_view doing) {
    return done.ok() || check(Result<void>(done.error()), doing);
  }

  // -- sync::Spaces
  std::vector<space::Space*> spaces() override;
  const crypto::SigningKey* log_key(const SpaceId& space) override;
  space::Space* visit(const SpaceId& space) override;
  Result<void> authority_complete(space::Space& space) override;
  sync::PeerCursor peer_cursor(const HostKey& peer, const SpaceId& space) override;
  void set_peer_cursor(const HostKey& peer, const SpaceId& space, const sync::PeerCursor& cursor) override;

 private:
  struct Neighbour {
    HostKey host;
    std::unique_ptr<sync::Retry> retry;
    std::uint64_t next_dial_ms = 0;  // of the timeline
    std::optional<StreamId> stream;
  };
  struct Connection {
    Place other = 0;
    std::unique_ptr<Carrier> carrier;
    std::uint64_t tick_at_ms = 0;  // of the timeline
    bool is_newcomer = false;
    bool is_narrow = false;     // yamux windows of one byte
    bool is_misdialed = false;  // at the address of another house than the one that is meant
    bool was_past_hello = false;
    bool was_split = false;  // backfill had a stream of its own
    sync::Counters counted;
  };

  space::Environment environment() { return {clock_, random_, &disk_}; }
  space::OpenOptions options() const;
  bool load_keys();
  bool open_space();
  void forget_files();
  void adopt(std::unique_ptr<space::Space> space);
  Result<void> keep_keys(const space::SpaceKeys& keys);
  void begin_space();
  void dial_neighbours();
  void connect(StreamId stream, Place other, sync::Role role, const HostKey& expected);
  std::unique_ptr<Carrier> make_carrier(StreamId stream, sync::Role role, const HostKey& expected, bool is_narrow);
  const HostKey& whom_to_expect_at(Place place);
  void tick_space();
  void notify_sessions();
  bool send_all(Connection& connection, StreamId stream);
  void end(StreamId stream);
  void count(Connection& connection);
  void judge_end(const Connection& connection);
  void judge_libp2p(StreamId stream, const Connection& connection);
  void wake_after(std::uint64_t delay_ms);
  void check_promises();

  Place place_;
  std::string name_;
  bool is_updated_ = false;
  Beginning beginning_;
  crypto::Key root_;
  Timeline& timeline_;
  Network& network_;
  Run& run_;
  Dice dice_;
  testing::SeededRandom random_;
  Disk disk_;
  MachineClock clock_;
  HostKey host_;
  std::unique_ptr<Workload> workload_;
  std::function<void(House&)> on_collapse_;
  std::function<bool(House&)> on_sent_;
  std::function<bool(StreamId)> is_forged_;
  std::optional<space::Invitation> invitation_;
  std::set<Place> refused_by_;  // of this invitation

  // gone when it collapses
  bool is_up_ = false;
  std::uint64_t life_ = 0;  // events of an earlier life find nobody
  space::Keyring keyring_;
  std::optional<p2p::NoiseIdentity> identity_;
  std::unique_ptr<space::Space> space_;
  std::map<Place, Neighbour> neighbours_;
  std::map<StreamId, Connection> connections_;
  std::uint64_t tick_at_ms_ = 0;
  std::uint64_t wake_at_ms_ = 0;
  bool has_changed_ = false;
  bool is_settling_ = false;

  std::vector<Promise> promises_;
};

}  // namespace kith::sim
