// SPDX-License-Identifier: Apache-2.0
// The state of power, as far as the bones need it: a pure function of a set of authority entries, the same for every order of arrival. Members, their
// devices, invitations and their use, retirements, doublings, epochs and who may read them. Certificates, votes and further seals come with governance.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "kith/ids.h"
#include "log/log.h"

namespace kith::space {

struct Device {
  DeviceId log;
  BoxPublic box;
  PersonId person;
  std::uint8_t rights = 0;  // 1 content, 2 authority acts, 4 signer, 8 hosted
  std::uint64_t not_after_ms = 0;
  std::optional<std::pair<Seq, EntryId>> retired_at;  // last that counts
  std::optional<Seq> doubled_at;                      // counts below it, until retired
};

struct Person {
  PersonId id;
  std::vector<BoxPublic> wrap_publics;   // by n; the last is current
  std::vector<SignPublic> vote_publics;
  std::vector<DeviceId> devices;
  std::optional<EntryId> joined_by;      // the join (none: founder)
  bool is_member = false;
};

struct InviteState {
  SignPublic invite;
  BoxPublic box;
  PersonId inviter;
  std::uint64_t expires_ms = 0;
  std::uint32_t uses = 0;
  bool opens = false;
  std::vector<EntryId> joins;      // in id order
  std::vector<EntryId> confirmed;
};

struct Epoch {
  EpochId id;
  EntryId entry;
  DeviceId maker;
  bool valid = false;  // its readers are what authority says
};

/// Thresholds and policies of the genesis (formats 10).
struct Constitution;

class Authority {
 public:
  virtual ~Authority() = default;
  virtual const Lineage& lineage() const = 0;
  virtual const Person* person(const PersonId& id) const = 0;
  virtual const Device* device(const DeviceId& id) const = 0;
  virtual std::vector<const Person*> members() const = 0;
  virtual const InviteState* invite(const SignPublic& invite) const = 0;
  virtual std::vector<const InviteState*> invites() const = 0;
  virtual Hash schema_hash() const = 0;    // h2 of the seal
  virtual std::string schema_text() const = 0;
};

}  // namespace kith::space
