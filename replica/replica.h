// SPDX-License-Identifier: Apache-2.0
// Replica: one person's installation where no process of its own runs, as in a browser: keys, the personal space and,
// once there is one, the neighbourhood; links to two houses; operations by name. Everything is handed in.
//
//   auto replica = KITH_TRY(Replica::open({app, clock, random, files, dialer, …}));
//   replica->call("forum.feed", Json::object({}), [](Result<Json> answer) { … });
//   next = replica->tick();                     // after every call and everything that came over a socket
//
// A call is answered once what it wrote is on the medium; those that begin something (begin.join) when that has come to
// its end. Phases: "empty" (no keys), "alone" (a personal space), "joining", "member".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kith/app.h"
#include "kith/place.h"
#include "replica/grouped_database.h"
#include "replica/house.h"
#include "replica/linking.h"
#include "replica/links.h"
#include "replica/memory.h"
#include "space/keyring.h"

namespace kith::replica {

inline constexpr std::string_view kKeysFile = "keys";
inline constexpr std::string_view kSpaceFile = "space.kith";
inline constexpr std::string_view kPersonalFile = "personal.kith";
/// The shell, the core and a node say these to each other before they work together.
inline constexpr std::string_view kCoreVersion = "0.1.0";

/// Where the files lie, for the status.
struct StorageInfo {
  std::string kind;                // "opfs", "indexeddb", "memory", "disk"
  std::optional<bool> persistent;  // none: the browser does not say
};

/// Everything outlives the replica.
struct Setup {
  App& app;
  Clock& clock;
  Random& random;
  FileSystem& files;
  Dialer& dialer;
  /// The key file lies under it (mode 2 of formats 12); none: in clear.
  std::optional<crypto::Key> key_secret;
  StorageInfo storage;
  std::function<std::uint64_t()> storage_bytes;
  /// The host that served the page: dialed beside what the space knows.
  std::vector<std::string> doors;
  /// {type: 'status' | 'changed' | 'progress' | 'trouble', …}
  std::function<void(const Json&)> on_event;
};

/// How somebody comes back by her words.
struct Return {
  std::string_view words;
  std::string_view rescue;   // code of the neighbourhood; may be empty
  std::string_view address;  // who is asked; empty: the doors of the page
  bool is_alone = false;     // her own space only, to belong to another place with it
};

/// {code, cause, remedy}; the code is the error's name (docs/cli.md).
Json problem_of(const Error& error);

class Replica final : public sync::Spaces, public House {
 public:
  static constexpr std::uint64_t kTickMsMax = 1'000;
  // Between two events of one kind. Each makes the page ask anew, on the core's own time: while much comes in, twice as
  // long each time, up to the second of these.
  static constexpr std::uint64_t kNewsMs = 50;
  static constexpr std::uint64_t kBusyNewsMs = 1'600;
  static constexpr std::uint64_t kProgressMs = 400;
  static constexpr std::uint64_t kStatusMs = 200;
  static constexpr std::uint64_t kReachMsMax = 20'000;      // for a newcomer to get through to somebody
  static constexpr std::uint64_t kJoinQuietMsMax = 30'000;  // without anything moving

  static constexpr std::size_t kInvitationAddressesMax = 4;  // more make the code on a screen hard to scan

  using Done = std::function<void(Result<Json>)>;

  static Result<std::unique_ptr<Replica>> open(Setup setup);
  ~Replica() override;

  /// `done` is called once: before this returns, or in a later tick.
  void call(std::string_view name, const Json& arguments, Done done);
  /// Returns when to be called again (steady ms).
  std::uint64_t tick();
  void network_changed() { links_->network_changed(); }
  /// Names of the operations that change nothing: whoever is unsure whether one was answered may ask again.
  std::vector<std::string> queries() const;

  // -- what its own operations stand on (operations.cc)
  std::string phase() const;
  Json status();
  Result<void> begin_alone(std::string_view name);
  /// What the link says, and, once its door has been asked for `doorstep_path`, what that has told (base64url).
  Result<Json> look(std::string_view link, const std::optional<std::string>& told);
  void join(std::string_view link, std::string_view name, Done done);
  /// `done` gets {spaces, entries, choose, others} once what the other side has is here: first the personal space, if
  /// the house that is asked keeps it, then the neighbourhood that it names, or the rescue code, which may be empty.
  /// Where it names several, they are in `choose`: nothing is saved, and `choose` goes on.
  void restore(const Return& how, Done done);
  void choose(std::string_view code, Done done);
  /// What this device shows, so that one of the person's others links it; then what that one has answered.
  Result<std::string> request_link();
  Result<void> take_link(std::string_view answer);
  Links& links() { return *links_; }

  // -- House
  space::Space* shared_space() override { return space_.get(); }
  space::Space* personal_space() override { return personal_.get(); }
  space::Keyring& keyring() override { return keyring_; }
  Result<void> save_keys() override;
  std::vector<std::string> addresses() override;
  std::string name_of(const PersonId& person) override;
  Seq left() const override { return left_; }
  Memory* memory() override { return memory_ ? &*memory_ : nullptr; }
  Result<std::string> title_of(std::string_view table, const std::string& key) override {
    return setup_.app.title_of(*this, table, key);
  }
  Result<std::vector<KnownPlace>> known_places() override { return setup_.app.known_places(*personal_); }
  Result<void> note_device(const OwnDevice& device) override { return setup_.app.note_device(*personal_, device); }
  Result<std::vector<OwnDevice>> own_devices() override { return setup_.app.own_devices(*personal_); }
  Result<void> take_along(Tables& tables) override { return setup_.app.take_along(*this, tables); }

  // -- Place
  bool has_space() override { return space_ != nullptr && space_->is_member(); }
  Database& space() override { return grouped_space_; }
  Database& personal() override { return grouped_personal_; }
  Freshness freshness() override;

  // -- sync::Spaces
  std::vector<space::Space*> spaces() override;
  const crypto::SigningKey* log_key(const SpaceId& space) override;
  bool offers() override { return true; }
  space::Space* offered() override { return personal_.get(); }
  const sync::Restoring* restoring() override;
  space::Space* visit(const SpaceId& space) override;
  Result<void> authority_complete(space::Space& space) override;
  sync::PeerCursor peer_cursor(const HostKey& peer, const SpaceId& space) override;
  void set_peer_cursor(const HostKey& peer, const SpaceId& space, const sync::PeerCursor& cursor) override;

 private:
  struct Joining {
    space::Invitation invitation;
    std::string name;
    Done done;
    std::uint64_t deadline_ms = 0;
    std::uint64_t moved_bytes = 0;
    bool is_member = false;
    std::optional<Error> failure{};
    std::optional<sync::Restoring> restoring{};  // in place of the invitation
    std::optional<Lineage> rescue{};             // the neighbourhood's, if she knows it
    bool is_personal_back = false;
    std::vector<KnownPlace> places{};  // that she may be brought back to; the first is the one that is tried
    bool is_choosing = false;          // she is asked which
    bool is_alone = false;             // to none of them
    std::optional<Error> turned_away{};
  };
  struct Waiting {
    Done done;
    Json answer;
  };

  // Places in the key file.
  static constexpr std::size_t kPersonalIndex = 0;
  static constexpr std::size_t kSpaceIndex = 1;
  // In Memory.
  static constexpr std::string_view kHeardName = "heard";            // wall ms
  static constexpr std::string_view kLeftName = "left";              // own entries below this number have left
  static constexpr std::string_view kInvitationName = "invitation";  // until somebody has welcomed us
  static constexpr std::string_view kNameName = "name";              // until it is written

  explicit Replica(Setup setup);

  Result<void> load();
  void name_host();
  void make_keys(const crypto::Key& root);
  Result<space::OpenOptions> space_options();
  Result<space::OpenOptions> personal_options();
  Result<std::unique_ptr<space::Space>> open_space(space::OpenOptions options, std::size_t index);
  Result<void> found_personal();
  Result<void> settle_in();
  void listen_to(space::Space& space, std::size_t index);
  void make_links();
  void learn_addresses();
  void discard_space();
  void discard_file(std::string_view name);
  Result<std::unique_ptr<space::Space>> begin_visit(const SpaceId& space);
  Result<void> become_member(space::Space& space);
  Result<void> begin_restoring(const Return& how);
  Result<void> personal_is_back();
  Result<void> go_on_restoring();
  Result<void> go_back_to_first();
  void ask_which();
  bool may_choose_again(const Result<Json>& outcome) const;
  void choose_again();
  void give_up_choosing();
  Result<void> ask_for(const Lineage& lineage);
  void watch_restoring();
  Result<void> stay_alone();
  Result<Json> restored(bool is_personal_back);
  void note_place();
  void forget_beginning();
  const OperationTable& table_of(std::string_view operation) const;
  void watch_joining(std::uint64_t now);
  void end_joining(Result<Json> outcome);
  Result<void> say_name();
  void link_ended(const LinkEnd& end);
  bool flush_and_answer();
  bool is_catching_up() const;
  void note_local_tables();
  void tell_own_changes();
  void remember_what_left();
  void note(const Result<void>& result);
  std::uint64_t tell_changes(std::uint64_t now);
  void tell_status();
  void tell_progress(std::uint64_t now);

  Setup setup_;
  space::Keyring keyring_;
  bool has_keys_ = false;
  HostKey host_key_;
  std::optional<crypto::SigningKey> host_;
  std::unique_ptr<space::Space> space_;
  std::unique_ptr<space::Space> personal_;
  std::optional<Memory> memory_;
  std::optional<Memory> personal_memory_;
  std::unique_ptr<Links> links_;
  std::optional<Joining> joining_;
  std::optional<LinkRequest> link_request_;
  GroupedDatabase grouped_space_{space_};
  GroupedDatabase grouped_personal_{personal_};
  std::vector<Waiting> waiting_;
  std::vector<std::string> changed_here_;  // areas
  Seq left_;
  std::uint64_t heard_before_ms_ = 0;
  std::uint64_t entries_told_ = 0;
  std::uint64_t news_told_ms_ = 0;
  std::uint64_t news_gap_ms_ = kNewsMs;
  std::uint64_t progress_at_ms_ = 0;
  std::string told_status_;
  std::uint64_t status_at_ms_ = 0;
  std::string trouble_;
  bool is_changed_ = false;
  std::optional<std::string> noted_name_;  // of the place; empty: it had none yet
  bool are_local_tables_behind_ = false;
};

/// begin.*, replica.status and what else an installation answers by itself; `call` looks here before the app.
const OperationTable& operations_of_replica();

}  // namespace kith::replica
