// SPDX-License-Identifier: Apache-2.0
// A space at this replica: store + log + authority (genesis, devices, members, invitations) + the keys of its
// audiences. Everything that decides who counts is a pure function of the authority entries (authority.h); this class
// feeds it, writes authority entries, and gives town its Database.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/uuid7.h"
#include "kith/database.h"
#include "log/log.h"
#include "space/authority.h"
#include "space/invite.h"
#include "space/keyring.h"

namespace kith::space {

/// What a space is opened with. Everything outlives the Space.
struct Environment {
  Clock& clock;
  Random& random;
  FileSystem* files = nullptr;  // null: the platform's
};

struct OpenOptions {
  std::string path;      // of the database
  store::Schema schema;  // the app's
  crypto::Key storage_key;
  std::vector<LocalTable> local_tables = {};  // this replica's own, kept current (docs/schema.md)
};

class Space final : public Database, public log::Governor {
 public:
  static constexpr std::uint32_t kInviteUsesMax = 1'000;
  static constexpr std::size_t kDevicesMax = 16;      // of a person, not retired
  static constexpr std::uint64_t kSpreadMs = 60'000;  // duties that anybody could do are spread over this
  static constexpr std::uint64_t kTickMs = 1'000;     // while something waits
  static constexpr std::uint64_t kIdleTickMs = 10'000;
  static constexpr std::size_t kRefreshRows = 512;    // of local tables, a tick
  static constexpr std::uint64_t kRefreshTickMs = 1;  // while such rows are left: others have their turn between
  // While windows come in, such rows wait, though not for ever: what can be read is worth more than what can be found.
  static constexpr std::uint64_t kRefreshQuietMs = 100;
  static constexpr std::uint64_t kRefreshLateMs = 5'000;
  /// Beyond the bound of a kept space, for authority: whoever comes back must be able to say so.
  static constexpr std::uint64_t kKeptAuthorityBytesMax = 4 << 20;

  /// A new space of which this person is founder, only operator and only member: genesis (S_0, quorum 1), first epoch.
  /// `host`: zero where nothing listens. Fills `keys` (save the keyring before anything is sent). A personal space:
  /// lineage = crypto::personal_lineage(root); else zero: a random one is made. `constitution`: what it begins with.
  static Result<std::unique_ptr<Space>> found(const Environment& environment, OpenOptions options,
                                              const crypto::Key& root, const Lineage& lineage, const HostKey& host,
                                              SpaceKeys& keys, const Constitution& constitution = {});
  /// One that is here already.
  static Result<std::unique_ptr<Space>> open(const Environment& environment, OpenOptions options,
                                             const SpaceKeys& keys);
  /// An empty replica to join into: `space` as shown by the peer's hello (kWrongSpace if it is not the link's).
  /// Receives authority first, then `join`.
  static Result<std::unique_ptr<Space>> visit(const Environment& environment, OpenOptions options, const SpaceId& space,
                                              const Invitation& invitation);
  /// The same for somebody who is a member by her words: `lineage` is what she knows of it. Then `restore`.
  static Result<std::unique_ptr<Space>> visit_to_restore(const Environment& environment, OpenOptions options,
                                                         const SpaceId& space, const Lineage& lineage);
  /// Somebody else's space, kept for her (formats 3, "keep it blind"): it takes entries, judges who counts and serves
  /// them, and can open none: it has no keys and no log of its own. Makes the file, or opens it again. The file may
  /// grow to `bytes_max`. Of the options path and storage key count.
  static Result<std::unique_ptr<Space>> keep(const Environment& environment, OpenOptions options, const SpaceId& space,
                                             std::uint64_t bytes_max);
  ~Space() override;

  const SpaceId& id() const;
  const Lineage& lineage() const;  // zero while visiting before the genesis came
  bool is_member() const;          // false: visiting, keeping, or not (or no longer) a member
  bool is_kept() const;            // for somebody else
  /// Of a kept space: is there room for more? kTooLarge if not.
  Result<void> check_room(bool is_authority);
  Result<std::uint64_t> kept_bytes();  // of its file
  /// Its founder's identity: with the lineage what finds a kept space (docs/protocol.md, 3). None before the genesis.
  std::optional<SignPublic> founder() const;

  // -- joining (formats 8)
  /// Once authority is here: checks that the invitation exists and is open, derives identity from `root`, writes entry
  /// 0
  /// (`join`) of a fresh log, opens the epoch by the invitation's box key, wraps it for its own wrap key. Errors:
  /// kNotFound (no authority yet), kBadSchema, kInviteUnknown (also when it was withdrawn), kInviteExpired,
  /// kInviteSpent, kAlreadyMember.
  Result<void> join(const crypto::Key& root, SpaceKeys& keys);
  /// A voucher in our log. `uses` at least 1; returns the link without addresses.
  Result<Invitation> invite(std::uint64_t expires_ms, std::uint32_t uses);
  Result<void> revoke_invite(const SignPublic& invite_public);
  /// Says, once, on which installation this device runs.
  Result<void> bind_host(const HostKey& host);

  // -- devices
  /// What a new device shows: log ‖ box ‖ nonce (formats 3), made with `make_device_request`.
  struct DeviceRequest {
    DeviceId log;
    BoxPublic box;
    std::array<std::uint8_t, 16> nonce{};
    std::string text() const;  // base32, pasted or as a QR code
    static Result<DeviceRequest> parse(std::string_view text);
  };
  /// On the new device: fresh keys in `keys`, and what to show.
  static DeviceRequest make_device_request(Random& random, SpaceKeys& keys);
  /// On a device that remembers the words: certifies the request. The answer goes to the new device (file, paste):
  /// certificate, space, wrap and self keys sealed to its box key, and the authority entries, so that it can begin
  /// alone.
  Result<Bytes> link_device(const DeviceRequest& request);
  /// On the new device: a member's replica, with entry 0 (`device`) of its log written; content comes by sync.
  static Result<std::unique_ptr<Space>> link(const Environment& environment, OpenOptions options,
                                             const DeviceRequest& request, ByteView answer, SpaceKeys& keys);
  /// Once authority is here (`visit_to_restore`): the words certify a fresh device of a person who is a member already,
  /// and a new log begins with it; never an old one, which another copy may still write. Errors: kNotFound (no
  /// authority yet), kWrongSpace, kBadWords (nobody here has them), kNotMember, kTooLarge (too many devices).
  Result<void> restore(const crypto::Key& root, SpaceKeys& keys);
  /// Is this log a member's device, or one that was linked here and has not been heard of yet? For hello.
  bool knows_device(const DeviceId& device) const;
  /// Ends a device at its last honest entry (none given: the last one here); next wrap key, new epoch. Needs the words.
  Result<void> retire_device(const DeviceId& device, std::optional<Seq> last);

  // -- power
  /// Puts the hash of the certificate authority's key (list 12) into the constitution, or takes it out, by a seal. For
  /// the founder's device, while nobody else is operator or voter (kRefused).
  Result<void> amend_certificate_authority(const std::optional<Hash>& key);

  // -- keys
  const SpaceKeys& keys() const;
  const crypto::SigningKey* log_key() const;  // null while visiting
  /// The words were typed again: linking and retiring work until `forget`. kBadWords: another person's.
  Result<void> remember(const crypto::Key& root);
  void forget();
  /// Called when `keys()` changed by itself (the person's next wrap key): save the keyring. What the change follows
  /// from is in the database, so a crash before that loses nothing.
  void set_on_keys_changed(std::function<void()> listener);

  // -- housekeeping, called by the owner of the loop
  /// Seals what is due, confirms joins, makes epochs that are missing, applies held entries. Returns when it wants to
  /// be called again (steady ms).
  Result<std::uint64_t> tick();
  /// Called after a change that peers may want: a commit (call `tick` soon: it seals), own entries written. What sync
  /// accepts, sync tells itself.
  void set_on_change(std::function<void()> listener);

  log::Log& log();
  store::Store& store();
  const Authority& authority() const;

  // -- Database
  Result<WriteReceipt> write(std::string_view event, const WriteOptions& options,
                             const std::function<Result<void>(Writer&)>& body) override;
  /// `write` without the flush: several are saved by one `store().db().flush()`, before anybody is told "saved".
  Result<WriteReceipt> write_deferred(std::string_view event, const WriteOptions& options,
                                      const std::function<Result<void>(Writer&)>& body);
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override;
  Result<std::vector<RowVersion>> versions(std::string_view table, const Value& key) override;
  Result<void> take_back(Pos pos) override;
  std::string new_id() override;
  PersonId person() const override;
  std::uint64_t now_ms() override;

  // -- log::Governor
  std::optional<PersonId> person_of(const DeviceId& device) override;
  bool counts(const DeviceId& device, const log::Header& header, const EntryId& id) override;
  std::optional<crypto::Key> epoch_secret(const DeviceId& device, const EpochTag& tag) override;
  Result<Writing> writing() override;
  std::optional<Writing> ready_to_write() override;
  Result<void> authority_arrived(std::span<const log::AuthorityEntry> entries) override;
  Result<void> log_doubled(const DeviceId& device, Seq seq, ByteView proof) override;
  void authority_undone() override;
  const store::SchemaReach* reach_of(std::span<const EntryId> refs) override;
  bool has_schema_moved() const override;
  Result<void> before_window() override;

  struct Impl;

 private:
  explicit Space(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kith::space
