// SPDX-License-Identifier: Apache-2.0
// A node: one person's installation with its neighbourhood and personal space. Opened on a data directory it answers
// requests, in this process or over HTTP, and keeps sessions with other houses. Everything runs on the loop's thread.
//
//   auto node = KITH_TRY(Node::open({home, loop, app, clock, random}));
//   const auto port = KITH_TRY(node->serve({.port = 8440}));
//   loop.run();
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kith/app.h"
#include "net/http_server.h"
#include "net/unix_socket.h"
#include "node/home.h"
#include "node/houses.h"
#include "node/pages.h"
#include "node/public_pages.h"
#include "node/space_authority.h"
#include "replica/grouped_database.h"
#include "replica/keeper.h"
#include "replica/memory.h"
#include "space/keyring.h"
#include "space/space.h"

namespace kith::node {

/// What a node is made of; everything outlives it.
struct Setup {
  std::string home;
  net::Loop& loop;
  App& app;
  Pages& pages;
  Clock& clock;
  Random& random;
};

/// How somebody becomes a member.
struct JoinRequest {
  space::Invitation invitation;
  std::string name;
  crypto::Key root;
  /// Opens a way in place of the invitation's addresses; empty: there is none.
  std::function<Result<std::unique_ptr<net::Channel>>()> channel{};
  /// Somebody who is a member by her words comes back on a new device: of the invitation only the addresses count.
  bool is_restoring = false;
  std::optional<Lineage> rescue{};  // her neighbourhood, if she has its code; else her personal space names it
  /// Which, where it names several.
  std::function<Result<Lineage>(const std::vector<KnownPlace>& places)> choose{};
  std::function<void(std::string_view state, std::uint64_t entries)> on_progress;
};

class Node final : public sync::Spaces, public Place {
 public:
  static constexpr std::uint64_t kTickMsMax = 1'000;
  static constexpr std::uint64_t kProgressMs = 500;
  static constexpr std::uint64_t kGoodbyeMs = 100;
  static constexpr std::size_t kAnnouncedMax = 8;                 // addresses that the neighbours are told
  static constexpr std::uint64_t kClockBehindMsMax = 86'400'000;  // this device's clock against what it wrote before
  static constexpr std::uint64_t kProgramMs = 1'735'689'600'000;  // 2025-01-01: no clock that is right is before that

  /// A new neighbourhood and, beside it, the personal space. Nothing is left behind if it fails.
  static Result<std::unique_ptr<Node>> found(const Setup& setup, std::string_view place, std::string_view name,
                                             const crypto::Key& root);
  /// Runs the loop until this person is a member and what the other side has is here. Nothing is left behind if it
  /// fails before the first.
  static Result<std::unique_ptr<Node>> join(const Setup& setup, JoinRequest request);
  static Result<std::unique_ptr<Node>> open(const Setup& setup);
  ~Node() override;

  /// Listens for houses and for the page on one port (0: any), on the control, sync and cable sockets, and begins to
  /// dial. Returns the port.
  Result<std::uint16_t> serve(const ListenOptions& options);
  /// Says goodbye to everybody and stops the loop.
  void shut_down();
  /// One request. Writes are answered once they are on the medium, one flush for all that wait.
  void handle(net::HttpRequest request, net::Respond respond);
  /// The same where nobody serves: runs the loop until there is an answer.
  net::HttpResponse handle_now(net::HttpRequest request);
  /// Over this link, until both sides have what the other has and nothing rests here.
  void sync_once(Link& link, Houses::Done done);
  /// The same, running the loop; only where nobody serves.
  Result<void> sync_now(Link& link);
  /// Running the loop: until the other side is done with us; or says goodbye and waits until it is gone.
  Result<void> run_until_ended(Link& link);
  void close_link(Link& link);

  Home& home() { return *home_; }
  space::Space& neighbourhood() { return *space_; }
  App& app() { return setup_.app; }
  Clock& clock() { return setup_.clock; }
  Houses& houses() { return *houses_; }
  const std::optional<replica::Keeper>& keeper() const { return keeper_; }
  std::size_t http_connections() const { return server_ ? server_->connections() : 0; }
  /// Our own address, for other houses of this machine.
  std::string own_address() const;
  /// What goes into invitations: where other machines reach us, or were told to the last time we served; where nothing
  /// is known, the address for this machine.
  std::vector<std::string> own_addresses();
  /// Where browsers find the web app, the best first: "https://192.168.1.20:8440". While nobody serves: those of the
  /// last time.
  std::vector<std::string> doors() override;
  /// The link that came last over the cable socket; null if it has ended.
  Link* cable() const;
  /// What went wrong last while nobody asked for anything; empty if nothing did.
  const std::string& trouble() const { return trouble_; }

  // -- House
  space::Space* shared_space() override { return space_.get(); }
  space::Space* personal_space() override { return personal_.get(); }
  space::Keyring& keyring() override { return keyring_; }
  Result<void> save_keys() override;
  std::vector<std::string> addresses() override { return own_addresses(); }
  std::string name_of(const PersonId& person) override;
  Seq left() const override { return left_; }
  replica::Memory* memory() override { return memory_ ? &*memory_ : nullptr; }
  Result<std::string> title_of(std::string_view table, const std::string& key) override {
    return setup_.app.title_of(*this, table, key);
  }
  Result<std::vector<KnownPlace>> known_places() override { return setup_.app.known_places(*personal_); }
  Result<void> note_device(const OwnDevice& device) override { return setup_.app.note_device(*personal_, device); }
  Result<std::vector<OwnDevice>> own_devices() override { return setup_.app.own_devices(*personal_); }
  Result<void> take_along(Tables& tables) override { return setup_.app.take_along(*this, tables); }

  // -- Place
  bool has_space() override { return true; }
  Database& space() override;
  Database& personal() override;
  Freshness freshness() override;
  const Guard& guard() const override { return guard_; }

  // -- sync::Spaces
  std::vector<space::Space*> spaces() override;
  const crypto::SigningKey* log_key(const SpaceId& space) override;
  bool offers() override { return true; }
  space::Space* offered() override { return personal_.get(); }
  bool keeps() override { return server_ != nullptr && keeper_.has_value(); }
  Result<std::shared_ptr<space::Space>> keep(const space::Space& shared, const PersonId& person,
                                             const SpaceId& space) override;
  std::vector<sync::Restorable> restorable() override;
  Result<std::shared_ptr<space::Space>> open_restorable(const SpaceId& space) override;
  const sync::Restoring* restoring() override;
  space::Space* visit(const SpaceId& space) override;
  Result<void> authority_complete(space::Space& space) override;
  sync::PeerCursor peer_cursor(const HostKey& peer, const SpaceId& space) override;
  void set_peer_cursor(const HostKey& peer, const SpaceId& space, const sync::PeerCursor& cursor) override;

 private:
  /// An answer that waits for the medium.
  struct Waiting {
    net::Respond respond;
    net::HttpResponse response;
  };
  struct Joining;

  static constexpr std::string_view kHeardName = "heard";            // in Memory: wall ms
  static constexpr std::string_view kListenName = "listen";          // own multiaddrs of the last time, one a line
  static constexpr std::string_view kDoorsName = "doors";            // the same of doors
  static constexpr std::string_view kLeftName = "left";              // own entries below this number have left
  static constexpr std::string_view kInvitationName = "invitation";  // until somebody has welcomed us

  Node(const Setup& setup, std::unique_ptr<Home> home);

  // Places in the key file.
  static constexpr std::size_t kSpaceIndex = 0;
  static constexpr std::size_t kPersonalIndex = 1;

  // How it comes to be (node.cc, node_join.cc).
  static Result<std::unique_ptr<Home>> claim_home(const Setup& setup);
  static void forget_root(space::SpaceKeys& keys);
  void make_keys();
  Result<void> load_keys();
  void name_host();
  void keep_keys(space::Space& space, std::size_t index);
  Result<space::OpenOptions> space_options(std::string_view file);
  Result<void> found_neighbourhood(const crypto::Key& root);
  Result<void> found_personal(const crypto::Key& root);
  Result<std::unique_ptr<space::Space>> open_space(std::string_view file, std::size_t index);
  Result<void> open_spaces();
  Result<void> settle_in();
  void make_houses();
  Result<void> check_clock();
  Result<void> run_join(JoinRequest& request);
  Result<void> run_restore(JoinRequest& request);
  Result<void> go_back_to(const KnownPlace& place, bool is_one_of_several, JoinRequest& request);
  Result<void> restore_personal(JoinRequest& request);
  void ask_for(const Lineage& lineage, bool is_personal);
  Result<void> personal_is_back();
  Result<std::unique_ptr<space::Space>> begin_visit(const SpaceId& space);
  Result<void> become_member(space::Space& space);
  Result<void> reach_inviter(JoinRequest& request);
  Result<void> sync_as_newcomer(const Result<Link*>& link);
  Result<void> sync_as_restorer(Link& link);
  Result<void> wait_for(Link& link, std::function<bool()> is_done);
  void show_progress();
  bool has_sent_all(const Link& link) const;

  // While it runs (node_serve.cc).
  void route(net::HttpRequest request, net::Respond respond);
  void after_batch();
  void flush_and_answer();
  void tick();
  void schedule(std::uint64_t at_ms);
  void remember_what_left();
  void remember_heard();
  void remember_addresses();
  void announce_house();
  void note_place();
  void notify_all();
  replica::Memory* memory_of(const SpaceId& space);
  Result<void> listen_for_houses();
  Result<void> open_public_pages(const ListenOptions& options);
  Result<Json> doorstep(const SignPublic& invite);
  Result<void> read_authority(const ListenOptions& options);
  void note(const Result<void>& result);

  Setup setup_;
  std::unique_ptr<Home> home_;
  space::Keyring keyring_;
  HostKey host_key_;
  std::optional<crypto::SigningKey> host_;
  Guard guard_;
  std::unique_ptr<space::Space> space_;
  std::unique_ptr<space::Space> personal_;
  std::optional<replica::Memory> memory_;
  std::optional<replica::Memory> personal_memory_;
  std::optional<replica::Keeper> keeper_;
  std::unique_ptr<Houses> houses_;
  std::unique_ptr<Joining> joining_;
  std::unique_ptr<net::HttpServer> server_;
  std::optional<SpaceAuthority> authority_;
  std::optional<PublicPages> public_pages_;
  std::vector<std::string> announced_;  // where we told the neighbours that we listen
  std::unique_ptr<net::UnixListener> sync_listener_;
  std::unique_ptr<net::UnixListener> cable_listener_;
  const Link* cable_ = nullptr;
  net::Timer timer_;
  std::vector<Waiting> waiting_;
  replica::GroupedDatabase grouped_space_{space_};
  replica::GroupedDatabase grouped_personal_{personal_};
  Seq left_;                           // own entries below it have left this device
  std::uint64_t heard_before_ms_ = 0;  // from an earlier run
  std::string trouble_;                // what went wrong with no request to tell it to
  bool is_changed_ = false;
  bool is_shutting_down_ = false;
};

}  // namespace kith::node
