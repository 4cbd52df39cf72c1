// SPDX-License-Identifier: Apache-2.0
// The state of power, as far as the bones need it: a pure function of a set of authority entries, the same for every
// order of arrival. Members, their devices, invitations and their use, retirements, doublings, epochs and who may read
// them. Certificates, votes and further seals come with governance. docs/formats/authority.md has the rules one by one.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "kith/ids.h"
#include "log/log.h"
#include "space/constitution.h"
#include "space/payloads.h"

namespace kith::space {

/// Entries of which any one tells the same thing.
using AnyOf = std::vector<EntryId>;

struct Device {
  DeviceId log;
  BoxPublic box;
  PersonId person;
  bool is_members = false;  // its person is a member
  std::uint8_t rights = 0;  // kRight…
  std::uint64_t not_after_ms = 0;
  std::optional<std::pair<Seq, EntryId>> retired_at;  // last that counts
  std::optional<Seq> doubled_at;                      // counts below it, until retired
  std::optional<HostKey> host;                        // the installation that it runs on, if that listens
  friend bool operator==(const Device&, const Device&) = default;

  /// Do certificate, retirement and doubling let this entry count? Above a doubling, a retired log counts on the branch
  /// that the retirement chose: whether the entry is on it, the caller knows.
  bool covers(Seq seq, Stamp time, const EntryId& id, bool is_on_chosen_branch) const;
};

struct Person {
  PersonId id;
  SignPublic identity;
  std::vector<BoxPublic> wrap_publics;  // by n; the last is current
  std::vector<SignPublic> vote_publics;
  std::vector<AnyOf> wrap_entries;      // by n: every entry that says it
  std::vector<DeviceId> devices;        // certified for her, also retired ones
  std::optional<EntryId> joined_by;     // the join (none: founder)
  std::optional<EntryId> confirmed_by;  // if the join needed it
  std::optional<PersonId> inviter;
  bool is_member = false;
  friend bool operator==(const Person&, const Person&) = default;

  const BoxPublic* wrap() const { return wrap_publics.empty() ? nullptr : &wrap_publics.back(); }
};

/// What becomes of whoever comes with an invitation that is not hers yet.
enum class InviteStanding : std::uint8_t { kOpen, kExpired, kSpent, kRevoked };

struct InviteState {
  SignPublic invite;
  BoxPublic box;
  EntryId entry;
  PersonId inviter;
  std::uint64_t expires_ms = 0;
  std::uint32_t uses = 0;
  bool opens = false;
  AnyOf revocations;
  struct Join {
    EntryId entry;
    PersonId person;
    std::optional<EntryId> confirmed_by;
    friend bool operator==(const Join&, const Join&) = default;
  };
  std::vector<Join> joins;    // in id order; of whoever held the link, in time
  std::set<PersonId> people;  // who joined by it
  friend bool operator==(const InviteState&, const InviteState&) = default;

  bool is_revoked() const { return !revocations.empty(); }
  bool is_spent() const { return people.size() >= uses; }
  /// `at_ms`: wall clock.
  InviteStanding standing(std::uint64_t at_ms) const;
};

struct Epoch {
  EpochId id;
  EntryId entry;
  DeviceId maker;
  bool valid = false;  // its maker could read, and it is for the whole space
  friend bool operator==(const Epoch&, const Epoch&) = default;
};

/// A seal of the chain (formats 10), its lists worked out.
struct SealState {
  Hash id;  // of S_0: the space's
  std::uint64_t number = 0;
  std::uint64_t level = 1;
  SealLists lists;
  AnyOf entries;  // each says it: whoever reaches one cites it
  friend bool operator==(const SealState&, const SealState&) = default;

  const Bytes& list(List which) const { return lists[static_cast<std::size_t>(which)]; }
};

/// Somebody made more people readers of an epoch.
struct Wrap {
  EpochId epoch;
  EntryId entry;
  friend bool operator==(const Wrap&, const Wrap&) = default;
};

/// Whom a new epoch is wrapped for: wrap keys of members and box keys of open invitations, each with what made it a
/// reader's. An entry that reaches one of each AnyOf knows of the reader.
using Readers = std::map<BoxPublic, std::vector<AnyOf>>;

/// Every loss of a reader. An epoch that does not know of each was, or may have been, wrapped for somebody who is gone.
struct Losses {
  std::vector<AnyOf> known_by;                         // devices retired, wrap keys replaced, invitations revoked
  std::uint64_t expired_ms = 0;                        // when the last invitation expired
  std::vector<std::pair<PersonId, EntryId>> excluded;  // people whose joins wait for confirmation
};

class Authority {
 public:
  virtual ~Authority() = default;
  // What these give points into the object: not for temporaries.
  virtual const Lineage& lineage() const& = 0;
  virtual const Person* person(const PersonId& id) const& = 0;
  virtual const Device* device(const DeviceId& id) const& = 0;
  virtual std::vector<const Person*> members() const& = 0;
  virtual const InviteState* invite(const SignPublic& invite) const& = 0;
  virtual std::vector<const InviteState*> invites() const& = 0;
  virtual Hash schema_hash() const = 0;  // h2 of the seal
  virtual std::string schema_text() const = 0;
};

/// An authority entry, decoded, its own statements checked. `payload` is monostate where it says nothing that counts.
struct Fact {
  EntryId id;
  DeviceId author;
  Seq seq;
  Stamp time;
  log::Kind kind = log::Kind::kMerge;
  std::vector<EntryId> refs;
  Payload payload;
  std::optional<std::pair<DeviceId, Seq>> convicted;  // by a doubling proof
};

/// The verdict over a set of facts.
class AuthorityState final : public Authority {
 public:
  bool is_founded() const { return constitution_.has_value(); }
  const Lineage& lineage() const& override { return lineage_; }
  const Person* person(const PersonId& id) const& override;
  const Device* device(const DeviceId& id) const& override;
  std::vector<const Person*> members() const& override;
  const InviteState* invite(const SignPublic& invite) const& override;
  std::vector<const InviteState*> invites() const& override;
  const Lineage& lineage() && = delete;
  const Person* person(const PersonId& id) && = delete;
  const Device* device(const DeviceId& id) && = delete;
  std::vector<const Person*> members() && = delete;
  const InviteState* invite(const SignPublic& invite) && = delete;
  std::vector<const InviteState*> invites() && = delete;
  Hash schema_hash() const override;
  std::string schema_text() const override;
  /// S_0 and what was sealed since, each the successor of the one before. Empty: not founded.
  const std::vector<SealState>& seals() const { return seals_; }

  const Constitution& constitution() const { return *constitution_; }
  const std::unordered_map<DeviceId, Device, FixedBytesHash>& devices() const { return devices_; }
  const std::vector<Epoch>& epochs() const { return epochs_; }
  const std::vector<Wrap>& wraps() const { return wraps_; }
  /// Readers at this time. An invitation that is spent is not among them any more: who joined reads as a member.
  Readers readers(std::uint64_t at_ms) const;
  /// Losses until this time. That an invitation is spent is none: who else holds the link reads until it expires.
  Losses losses(std::uint64_t at_ms) const;
  friend bool operator==(const AuthorityState& a, const AuthorityState& b);

 private:
  friend class Judgement;
  /// Does its holder read at once?
  bool may_open(const InviteState& invite) const;

  Lineage lineage_;
  std::vector<SealState> seals_;
  std::optional<Constitution> constitution_;
  std::map<PersonId, Person> persons_;
  std::unordered_map<DeviceId, Device, FixedBytesHash> devices_;
  std::map<std::pair<SignPublic, PersonId>, InviteState> invites_;
  std::map<DeviceId, AnyOf> retirements_;
  std::vector<Epoch> epochs_;  // in id order
  std::vector<Wrap> wraps_;    // in id order
};

/// The authority entries of a space, as a growing set. Each entry is decoded and its signatures are checked once;
/// `state` is a pure function of the set and costs time linear in it.
class FactBook {
 public:
  explicit FactBook(const SpaceId& space) : space_(space) {}
  /// False: it was here already. `is_checked`: this replica has checked its signatures before, and kept that they hold.
  bool add(const log::AuthorityEntry& entry, bool is_checked = false);
  /// Does it say something? No, if the signatures in it are not as they must be, or it is of a kind that is not known.
  bool is_said(const EntryId& entry) const;
  /// A doubling that was found here and that no entry has told yet.
  void add_doubling(const DeviceId& device, Seq seq);
  const Fact* find(const EntryId& id) const;
  const std::deque<Fact>& facts() const { return facts_; }
  /// Its number in facts(): the order of arrival here. The entry must be here.
  std::size_t place(const EntryId& entry) const { return index_.at(entry); }

  AuthorityState state();
  /// The state in the closure of an entry, itself included: what its author says to have known.
  AuthorityState state_at(const EntryId& entry);
  using Closure = std::vector<bool>;  // by place in facts()
  /// cl(entry) and the entry itself; kept. Empty for an entry that is not here.
  const Closure& closure(const EntryId& entry);
  bool contains(const Closure& closure, const EntryId& entry) const;
  /// Is `target` in cl(from), or the same?
  bool reaches(const EntryId& from, const EntryId& target);
  const SpaceId& space() const { return space_; }
  StatementChecker& checker() { return checker_; }

 private:
  friend class Judgement;

  using Doublings = std::map<DeviceId, Seq>;
  using KeysVerdict = std::pair<EntryId, SignPublic>;

  /// cl(from) with itself, or as much of it as it takes to find `target`.
  Closure walk(const EntryId& from, const EntryId* target) const;
  /// Fills in what the entry says, if its own statements are signed as they must be.
  void check(const log::AuthorityEntry& entry, Fact& fact);
  bool holds(const Fact& fact, const KeysPayload& keys, const SignPublic& identity);

  SpaceId space_;
  std::deque<Fact> facts_;
  std::unordered_map<EntryId, std::size_t, FixedBytesHash> index_;
  Doublings doublings_;
  std::set<EntryId> missing_;  // cited, not here
  bool is_ordered_ = true;     // no entry came before one that it cites
  std::unordered_map<EntryId, Closure, FixedBytesHash> closures_;
  std::set<std::pair<EntryId, EntryId>> reached_;
  std::map<KeysVerdict, bool> keys_verdicts_;
  StatementChecker checker_;
};

}  // namespace kith::space
