// SPDX-License-Identifier: Apache-2.0
// What the parts of a space share. The methods lie in the file of their task:
//
//   space.cc    opening, Database, Governor, absorbing what arrives     members.cc  founding, visiting, joining,
//   inviting devices.cc  linking, retiring, keys                                 duties.cc   epochs, wraps,
//   confirmations: tick
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "space/epochs.h"
#include "space/space.h"

namespace kith::space {

/// When something was noticed that any member could do: whoever has waited long enough does it.
struct Duty {
  std::optional<std::uint64_t> since_ms;  // steady
};

struct Space::Impl {
  Impl(const Environment& the_environment, const SpaceId& the_id);

  // -- space.cc
  Result<void> open(OpenOptions& options);
  /// Names the keys of this device, once there are any.
  Result<void> set_keys(const SpaceKeys& own);
  /// Reads every authority entry anew, and what follows from them.
  Result<void> reload();
  Result<void> read_facts();
  Result<void> note_checked(const log::AuthorityEntry& entry);
  Result<void> keep_checked();
  Result<void> absorb(std::span<const log::AuthorityEntry> entries);
  /// Works out the state and whatever follows from it: keys, and which entries count.
  Result<void> judge();
  Result<void> learn_wrap_keys();
  std::optional<crypto::Key> unwrap_wrap_key(const Person& person, std::uint32_t n);
  Result<std::uint64_t> refresh_local();
  /// Opens epochs that own keys or the invitation open, and those that they replace. True: some are new.
  Result<bool> open_epochs();
  Result<bool> try_open(const Fact& fact, const EpochId& epoch, const crypto::WrappedRows& rows);
  Result<bool> read_abouts();
  Result<void> check_may_write() const;
  Result<WriteReceipt> write(std::string_view event, const WriteOptions& options,
                             const std::function<Result<void>(Writer&)>& body);

  const Person* self() const { return me ? state.person(*me) : nullptr; }
  bool is_member() const { return self() != nullptr && self()->is_member; }
  /// Does what this device writes count?
  bool is_active() const;
  std::uint64_t now_ms() { return environment.clock.wall_ms(); }
  /// An own authority entry, with its effects worked out.
  Result<EntryId> append(log::Kind kind, const Bytes& payload);
  log::Governor::Writing writing_under(const crypto::Key& secret) const;
  void tell_change();

  // -- sealing.cc
  /// What the seals say of the app's tables, as far as this program can read it.
  struct SealedSchema {
    Hash seal;
    std::optional<store::Schema> schema;
    store::SchemaReach reach;
    bool is_unknown = false;  // written for a newer program
  };
  void read_schemas();
  static void read_schema(std::string_view text, SealedSchema& at);
  /// Lets the tables be what the latest seal says; not within a transaction.
  Result<void> follow_schema();
  bool has_schema_moved() const;
  const store::SchemaReach* reach_of(std::span<const EntryId> refs);
  void level_facts();
  Result<void> check_may_seal() const;
  Result<void> amend(std::vector<ListChange> lists);
  Result<void> certify(const Hash& parent, const Amendment& act);
  std::optional<WrapKeyStatement> own_wrap_statement(std::uint32_t n) const;
  Result<void> seal_alone();
  Result<void> propose_own_schema();

  // -- members.cc
  /// Can this program's tables lie beside what was agreed on here?
  Result<void> check_schema();
  Result<const InviteState*> usable_invite(const SignPublic& invite_key, const PersonId& who);

  // -- devices.cc
  Result<crypto::Key> person_root() const;
  /// kTooLarge: one more would be too many.
  Result<void> check_device_count(const Person& person) const;
  Result<std::pair<Seq, EntryId>> last_entry(const DeviceId& device, std::optional<Seq> last);
  Result<void> renew_wrap_key(const DeviceId& without);
  Result<void> hand_out(const WrapKeyStatement& statement, const crypto::Key& secret,
                        const std::vector<BoxPublic>& boxes);
  std::vector<BoxPublic> devices_without_key(std::uint32_t n);
  /// Wrap keys to own devices that do not have them.
  Result<void> hand_keys_on();
  Result<Bytes> authority_records();

  // -- duties.cc
  /// The epoch to write under by formats 7, if there is one. Kept until authority changes or an invitation expires.
  const Epoch* usable_epoch();
  const Epoch* choose_epoch(std::uint64_t at_ms);
  bool knows_losses(const Epoch& epoch, const Losses& losses);
  /// That epoch, if this device can open it; else a new one.
  Result<EpochId> ensure_epoch();
  Result<EpochId> make_epoch();
  /// Epochs whose text a reader of `current` would not come by: it and those that it does not hold.
  std::vector<EpochId> epochs_to_wrap(const EpochId& current) const;
  std::vector<BoxPublic> uncovered(const EpochId& epoch, const Readers& readers);
  Result<void> wrap_for(const EpochId& epoch, const std::vector<BoxPublic>& readers);
  bool is_own_guest(const BoxPublic& reader) const;
  Result<void> merge_heads();
  /// Is it this device's turn? It is at once for what follows from its own acts.
  bool is_due(Duty& duty, bool is_needed, bool is_own);
  std::uint64_t own_delay_ms() const;
  Result<void> tell_doublings();
  Result<void> confirm_joins();
  Result<void> renew_epoch();
  Result<void> wrap_missing();
  bool may_do_duties();
  Result<void> do_duties();

  Environment environment;
  SpaceId id;
  HybridClock hybrid;
  Uuid7Generator uuids;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<log::Log> log;
  std::optional<EpochKeeper> epochs;
  log::Governor* governor = nullptr;

  FactBook book;
  AuthorityState state;
  std::deque<SealedSchema> schemas;                                // by seal; what `reach_of` gives points into it
  std::vector<std::uint32_t> seal_levels;                          // by place in the book: the seal that an entry cites
  bool is_schema_due = false;                                      // `follow_schema` has something to look at
  bool has_placed = false;                                         // since this was opened
  bool has_proposed = false;                                       // likewise
  std::optional<Error> schema_trouble;                             // the place's tables cannot be had by this program
  std::map<EntryId, std::set<EpochId>> previous;                   // whose secrets each epoch entry that opened holds
  std::unordered_map<EntryId, std::size_t, FixedBytesHash> tried;  // with how many own secrets rows were tried
  std::map<std::pair<DeviceId, Seq>, Bytes> untold;                // doublings that no entry tells yet
  std::unordered_map<EntryId, std::set<PersonId>, FixedBytesHash> members_at;

  struct Choice {
    const Epoch* epoch;
    std::uint64_t from_ms;
    std::uint64_t until_ms;
  };
  std::optional<Choice> choice;

  SpaceKeys keys;
  std::optional<crypto::SigningKey> log_key;
  std::optional<PersonId> me;
  std::optional<Invitation> invitation;
  std::optional<Lineage> restoring;             // the lineage that was asked for
  std::optional<std::uint64_t> kept_bytes_max;  // the space is kept for somebody else
  std::set<DeviceId> linked;                    // certified here, not heard of yet

  std::optional<std::uint64_t> window_ms;         // steady: when the last window came
  std::optional<std::uint64_t> stale_since_ms;    // steady: since when local tables are behind
  std::uint64_t refresh_after_ms = 0;             // steady
  std::optional<std::uint64_t> resting_since_ms;  // steady: since when duties wait for the tail
  Duty epoch_duty, wrap_duty, merge_duty, confirm_duty;
  bool are_wraps_done = false;  // nobody lacks a wrap, as far as the state of now says
  bool has_written = false;     // since the last tick
  bool have_keys_changed = false;
  bool is_unkept = false;    // of some entries it is not kept that their signatures were checked
  bool must_reload = false;  // a transaction was rolled back whose facts are in the book
  std::function<void()> on_change;
  std::function<void()> on_keys_changed;
};

}  // namespace kith::space
