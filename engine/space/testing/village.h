// SPDX-License-Identifier: Apache-2.0
// A made-up neighbourhood for the tests of authority: people with deterministic keys who write authority entries by
// hand, honest and other, without a log or a store.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/testing/fakes.h"
#include "crypto/derive.h"
#include "log/entry.h"
#include "log/evidence.h"
#include "log/payload.h"
#include "space/authority.h"

namespace kith::space::testing {

inline constexpr std::uint64_t kDayMs = 86'400'000;

inline crypto::Key key_named(std::string_view name) {
  const Hash hash = crypto::hash("kith1 list", {as_bytes(name)});
  return crypto::Key{hash.data};
}

/// A device and the keys of whom it belongs to.
struct House {
  House(std::string_view person, std::string_view device, const Lineage& lineage)
      : person_root(crypto::derive_person_root(key_named(person), lineage)),
        identity(crypto::derive_identity(person_root)),
        log(crypto::SigningKey::from_seed(key_named(std::string(person) + "/" + std::string(device)))) {}

  PersonId person() const { return PersonId{identity.public_key().data}; }
  DeviceId device() const { return DeviceId{log.public_key().data}; }
  DeviceCertificate certificate(const SpaceId& space, std::uint8_t rights = kRightContent | kRightActs) const {
    DeviceCertificate out;
    out.identity = identity.public_key();
    out.log = device();
    out.box = crypto::box_public(key_named("box of " + device().hex()));
    out.rights = rights;
    out.signature = sign_device(identity, space, out);
    return out;
  }
  WrapKeyStatement wrap_key(const SpaceId& space, std::uint32_t n) const {
    const crypto::Key secret = crypto::derive_wrap_secret(person_root, n);
    WrapKeyStatement out{n, crypto::box_public(secret), crypto::derive_vote_key(secret).public_key(), {}};
    out.signature = sign_wrap_key(identity, space, out);
    return out;
  }

  crypto::Key person_root;
  crypto::SigningKey identity;
  crypto::SigningKey log;
  Seq next;
  EntryId head;
};

/// An invitation's keys by its name.
struct Link {
  explicit Link(std::string_view name)
      : secret(key_named(name)),
        key(crypto::derive_invite_key(secret.view().first(16))),
        box(crypto::box_public(crypto::derive_invite_box_secret(secret.view().first(16)))) {}
  SignPublic invite() const { return key.public_key(); }

  crypto::Key secret;
  crypto::SigningKey key;
  BoxPublic box;
};

class Village {
 public:
  Village() : ana(house("Ana")) { found(); }

  House house(std::string_view person, std::string_view device = "phone") const {
    return House(person, device, lineage());
  }
  static Lineage lineage() { return Lineage{key_named("lineage").data}; }

  /// An entry of this log over the given refs (none given: everything that nobody cites yet).
  log::AuthorityEntry write(House& by, log::Kind kind, const Bytes& payload, std::vector<EntryId> refs = {}) {
    log::AuthorityEntry entry;
    entry.header.kind = static_cast<std::uint8_t>(kind);
    entry.header.seq = by.next;
    entry.header.time = Stamp::from_ms(now_ms);
    entry.header.space = kind == log::Kind::kGenesis ? SpaceId{} : space;
    entry.header.device = by.device();
    entry.header.prev = by.head;
    entry.header.refs = refs.empty() && kind != log::Kind::kGenesis ? heads() : std::move(refs);
    std::sort(entry.header.refs.begin(), entry.header.refs.end());
    entry.header.payload_length = static_cast<std::uint32_t>(payload.size());
    if (!payload.empty()) entry.header.payload = log::clear_payload_hash(payload);
    entry.payload = payload;
    entry.id = log::header_id(entry.header);
    by.head = entry.id;
    by.next = Seq(by.next.value + 1);
    now_ms += 1'000;
    entries.push_back(entry);
    return entry;
  }

  std::vector<EntryId> heads() const {
    std::vector<EntryId> out;
    for (const auto& entry : entries) {
      const bool is_cited = std::any_of(entries.begin(), entries.end(), [&](const auto& other) {
        return std::count(other.header.refs.begin(), other.header.refs.end(), entry.id) > 0;
      });
      if (!is_cited) out.push_back(entry.id);
    }
    return out;
  }

  EntryId invite(House& by, const Link& link, std::uint32_t uses = 1, std::vector<EntryId> refs = {}) {
    const InvitePayload payload{link.invite(), link.box, expires_ms, uses, true};
    return write(by, log::Kind::kInvite, encode(payload), std::move(refs)).id;
  }

  JoinPayload join_payload(const House& who, const Link& link) const {
    JoinPayload out;
    out.certificate = who.certificate(space);
    out.wrap_key = who.wrap_key(space, 0);
    out.invite = link.invite();
    out.join = sign_join(who.identity, space, link.invite());
    out.accept = sign_accept(link.key, space, out.certificate);
    return out;
  }
  EntryId join(House& who, const Link& link, std::vector<EntryId> refs = {}) {
    return write(who, log::Kind::kJoin, encode(join_payload(who, link)), std::move(refs)).id;
  }
  EntryId confirm(House& by, const EntryId& join, std::vector<EntryId> refs = {}) {
    return write(by, log::Kind::kUnilateral, encode(ConfirmPayload{join}), std::move(refs)).id;
  }
  EntryId certify(House& device, std::uint8_t rights = kRightContent | kRightActs) {
    return write(device, log::Kind::kDevice, encode(device.certificate(space, rights))).id;
  }
  EntryId retire(House& by, const House& device, Seq last, const EntryId& last_id, std::vector<EntryId> refs = {}) {
    RetirePayload out{by.identity.public_key(), device.device(), last, last_id, {}};
    out.signature = sign_retire(by.identity, space, out);
    return write(by, log::Kind::kRetire, encode(out), std::move(refs)).id;
  }
  EntryId renew(House& by, std::uint32_t n) {
    KeysPayload out{by.wrap_key(space, n), rows()};
    return write(by, log::Kind::kKeys, encode(out)).id;
  }
  EntryId epoch(House& by, std::string_view name, std::vector<EntryId> refs = {}) {
    const EpochPayload out{EpochId{key_named(name).data}, true, rows(), {}};
    return write(by, log::Kind::kEpoch, encode(out), std::move(refs)).id;
  }
  crypto::WrappedRows rows() const { return {BoxPublic{key_named("e").data}, Bytes(4 * crypto::kWrapRowBytes)}; }

  /// Two signed entries of this log at one number: the proof of it. The log goes on as before.
  Bytes doubling_of(House& who, Seq seq) const {
    log::Header a;
    a.kind = static_cast<std::uint8_t>(log::Kind::kMerge);
    a.seq = seq;
    a.space = space;
    a.device = who.device();
    if (seq.value > 0) a.prev = EntryId{key_named("before").data};
    a.refs = {genesis};
    a.time = Stamp::from_ms(now_ms);
    log::Header b = a;
    b.time = b.time.next();
    const auto evidence = [&](const log::Header& header) {
      return log::encode_evidence({}, who.log.sign("kith1 entry", log::header_id(header).view()));
    };
    return encode(DoublingPayload{log::encode_doubling(a, evidence(a), b, evidence(b))});
  }

  FactBook book_of(const std::vector<log::AuthorityEntry>& some) const {
    FactBook book(space);
    for (const auto& entry : some) book.add(entry);
    return book;
  }
  AuthorityState state() const { return book_of(entries).state(); }
  /// The same, to look into at once: the next call replaces it.
  const AuthorityState& verdict() { return verdict_ = state(); }
  bool is_member(const House& who) const {
    const AuthorityState now = state();
    const Person* person = now.person(who.person());
    return person != nullptr && person->is_member;
  }

  SpaceId space;
  EntryId genesis;
  std::vector<log::AuthorityEntry> entries;
  std::uint64_t now_ms = 1'790'000'000'000;
  std::uint64_t expires_ms = now_ms + 7 * kDayMs;
  House ana;

 private:
  void found() {
    GenesisPayload payload;
    payload.lineage = lineage();
    payload.certificate = ana.certificate(SpaceId{}, kRightContent | kRightActs | kRightSigner);
    payload.wrap_key = ana.wrap_key(SpaceId{}, 0);
    payload.lists = founding_lists(ana.person(), HostKey{}, ana.device(), payload.wrap_key.vote,
                                   "CREATE TABLE posts(id TEXT PRIMARY KEY);");
    payload.seal = founding_seal(payload.lists);
    payload.signature = sign_genesis(ana.identity, payload);
    genesis = write(ana, log::Kind::kGenesis, encode(payload)).id;
    space = SpaceId{genesis.data};
  }

  AuthorityState verdict_;
};

}  // namespace kith::space::testing
