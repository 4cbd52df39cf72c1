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
};

class Space final : public Database, public log::Governor {
 public:
  /// A new space of which this person is founder, only operator and only member: genesis (S_0, quorum 1), first epoch.
  /// `host`: zero where nothing listens. Fills `keys` (save the keyring before anything is sent). A personal space:
  /// lineage = crypto::personal_lineage(root), else fresh random.
  static Result<std::unique_ptr<Space>> found(const Environment& environment, OpenOptions options,
                                              const crypto::Key& root, const Lineage& lineage, const HostKey& host,
                                              SpaceKeys& keys);
  /// One that is here already.
  static Result<std::unique_ptr<Space>> open(const Environment& environment, OpenOptions options,
                                             const SpaceKeys& keys);
  /// An empty replica to join into: `space` as shown by the peer's hello (checked against the link there). Receives
  /// authority first, then `join`.
  static Result<std::unique_ptr<Space>> visit(const Environment& environment, OpenOptions options, const SpaceId& space,
                                              const Invitation& invitation);
  ~Space() override;

  const SpaceId& id() const;
  const Lineage& lineage() const;  // zero while visiting before the genesis came
  bool is_member() const;          // false: visiting, or no longer a member

  // -- joining (formats 8)
  /// Once authority is here: checks that the invitation exists and is open, derives identity from `root`, writes entry
  /// 0 (`join`) of a fresh log, opens the epoch by the invitation's box key, wraps it for its own wrap key. Errors:
  /// kInviteUnknown, kInviteExpired, kInviteSpent, kWrongSpace, kAlreadyMember.
  Result<void> join(const crypto::Key& root, SpaceKeys& keys);
  /// A voucher in our log. `uses` at least 1; returns the link without addresses.
  Result<Invitation> invite(std::uint64_t expires_ms, std::uint32_t uses);
  Result<void> revoke_invite(const SignPublic& invite_public);

  // -- devices
  /// What a new device shows: log ‖ box ‖ nonce (formats 3), made with `make_device_request`.
  struct DeviceRequest {
    DeviceId log;
    BoxPublic box;
    std::array<std::uint8_t, 16> nonce{};
    std::string text() const;  // base32, pasted or as a QR code
    static Result<DeviceRequest> parse(std::string_view text);
  };
  /// On the device with the words: certifies the request. The answer goes to the new device (file, paste): certificate,
  /// space, sealed wrap and self keys.
  Result<Bytes> link_device(const DeviceRequest& request);
  /// Ends a device at its last honest entry; next wrap key, new epoch. Needs root.
  Result<void> retire_device(const DeviceId& device, std::optional<Seq> last);

  // -- housekeeping, called by the owner of the loop
  /// Seals what is due, confirms joins, makes epochs that are missing, applies held entries. Returns when it wants to
  /// be called again (steady ms).
  Result<std::uint64_t> tick();
  /// Called after every change that peers may want (own entries sealed, entries accepted).
  void set_on_change(std::function<void()> listener);

  log::Log& log();
  store::Store& store();
  const Authority& authority() const;

  // -- Database
  Result<WriteReceipt> write(std::string_view event, const WriteOptions& options,
                             const std::function<Result<void>(Writer&)>& body) override;
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override;
  Result<void> take_back(Pos pos) override;
  std::string new_id() override;
  PersonId person() const override;
  std::uint64_t now_ms() override;

  // -- log::Governor
  std::optional<PersonId> person_of(const DeviceId& device) override;
  bool counts(const DeviceId& device, const log::Header& header, const EntryId& id) override;
  std::optional<crypto::Key> epoch_secret(const DeviceId& device, const EpochTag& tag) override;
  Result<Writing> writing() override;
  Result<void> authority_arrived(std::span<const log::AuthorityEntry> entries) override;
  Result<void> log_doubled(const DeviceId& device, Seq seq, ByteView proof) override;

 private:
  struct Impl;
  explicit Space(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kith::space
