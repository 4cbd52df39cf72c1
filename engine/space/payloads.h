// SPDX-License-Identifier: Apache-2.0
// What authority entries carry (formats 3, 4, 7, 8; docs/formats/authority.md): one struct a kind, one encoding each.
// Decoders are strict and judge form alone; `checked…` functions judge the statements inside, which are signed for one
// space and one purpose.
#pragma once

#include <array>
#include <optional>
#include <unordered_map>
#include <variant>

#include "crypto/sign.h"
#include "crypto/wrap.h"
#include "kith/ids.h"
#include "kith/result.h"
#include "log/entry.h"
#include "space/constitution.h"

namespace kith::space {

inline constexpr std::uint8_t kRightContent = 1;
inline constexpr std::uint8_t kRightActs = 2;  // authority acts, votes too
inline constexpr std::uint8_t kRightSigner = 4;
inline constexpr std::uint8_t kRightHosted = 8;
inline constexpr std::uint8_t kRightsKnown = 15;

/// `[identity, log, box, rights, not_after, sig "kith1 device"]`.
struct DeviceCertificate {
  SignPublic identity;
  DeviceId log;
  BoxPublic box;
  std::uint8_t rights = kRightContent | kRightActs;
  std::uint64_t not_after_ms = 0;  // 0: none
  Signature signature;
};

/// A person's wrap key number n and the vote key that belongs to it, said by her identity.
struct WrapKeyStatement {
  std::uint32_t n = 0;
  BoxPublic wrap;
  SignPublic vote;
  Signature signature;
};

struct GenesisPayload {
  Lineage lineage;
  DeviceCertificate certificate;
  WrapKeyStatement wrap_key;
  SealBody seal;
  SealLists lists;
  Signature signature;
};

struct RetirePayload {
  SignPublic identity;
  DeviceId log;
  Seq last_seq;  // the last entry that counts
  EntryId last_id;
  Signature signature;
};

struct KeysPayload {
  WrapKeyStatement wrap_key;
  crypto::WrappedRows rows;  // the wrap secret, for the person's devices
};

struct HostPayload {
  HostKey host;
};

struct InvitePayload {
  SignPublic invite;
  BoxPublic box;
  std::uint64_t expires_ms = 0;
  std::uint32_t uses = 0;  // 0: revoked
  bool opens = true;
};

struct JoinPayload {
  DeviceCertificate certificate;
  WrapKeyStatement wrap_key;
  SignPublic invite;
  Signature join;    // by the identity
  Signature accept;  // by the invite key
};

struct EpochPayload {
  EpochId epoch;
  bool is_space_wide = true;
  crypto::WrappedRows rows;
  Bytes about;
};

struct WrapPayload {
  EpochId epoch;
  crypto::WrappedRows rows;
};

/// Unilateral act of type 1. The other types are not built yet and void.
struct ConfirmPayload {
  EntryId join;
};

struct DoublingPayload {
  Bytes proof;  // log/evidence.h
};

// -- Power (formats 10)

/// A list of the seal as it is to be.
struct ListChange {
  List which = List::kConstitution;
  Bytes bytes;
  friend bool operator==(const ListChange&, const ListChange&) = default;
};

/// The act of a proposal: `[9, nil, [[which, bytes] …], []]`, the lists ascending, each once; only schema and
/// constitution can be amended. The other types are not built yet and void.
struct Amendment {
  std::vector<ListChange> lists;
  friend bool operator==(const Amendment&, const Amendment&) = default;
};

struct ProposalPayload {
  Hash seal;  // under which it is made
  Amendment act;
};

struct VotePayload {
  Hash proposal;
  bool is_yes = true;
  Signature signature;
};

/// Who got a new vote key within the term votes with it, and shows it.
struct ReplacedVoteKey {
  SignPublic identity;
  WrapKeyStatement wrap_key;
};

struct CertificatePayload {
  Hash seal;
  Amendment act;
  Bytes bitmap;  // over the seal's persons: who says yes
  std::vector<Signature> signatures;
  std::vector<ReplacedVoteKey> replaced;
};

/// An operator's rounds are signed by another of her devices from a round on.
struct SignerMove {
  SignPublic identity;
  DeviceId from;
  DeviceId to;
  std::uint32_t first_round = 0;
  Signature signature;
};

struct SealProposalPayload {
  Hash parent;
  std::uint32_t round = 0;
  SealBody body;
  std::vector<SignerMove> moves;
};

enum class Phase : std::uint8_t { kPrevote = 0, kPrecommit = 1 };

struct RoundVotePayload {
  Hash parent;
  std::uint32_t round = 0;
  Phase phase = Phase::kPrevote;
  Hash value;  // the seal's id; zero: nil
  Signature signature;
};

struct SealPayload {
  SealBody body;
  std::uint32_t round = 0;
  Bytes bitmap;                       // over the parent's operators
  std::vector<Signature> signatures;  // of precommits
};

Bytes encode(const Amendment& act);
Bytes encode(const ProposalPayload& proposal);
Bytes encode(const VotePayload& vote);
Bytes encode(const CertificatePayload& certificate);
Bytes encode(const SealProposalPayload& proposal);
Bytes encode(const RoundVotePayload& vote);
Bytes encode(const SealPayload& seal);
Bytes encode(const DeviceCertificate& certificate);
Bytes encode(const GenesisPayload& genesis);
Bytes encode(const RetirePayload& retire);
Bytes encode(const KeysPayload& keys);
Bytes encode(const HostPayload& host);
Bytes encode(const InvitePayload& invite);
Bytes encode(const JoinPayload& join);
Bytes encode(const EpochPayload& epoch);
Bytes encode(const WrapPayload& wrap);
Bytes encode(const ConfirmPayload& confirm);
Bytes encode(const DoublingPayload& doubling);

/// What an entry of each kind decodes to; monostate for kinds that say nothing here (merge, beacon, kinds not built
/// yet).
using Payload =
    std::variant<std::monostate, GenesisPayload, DeviceCertificate, RetirePayload, KeysPayload, HostPayload,
                 InvitePayload, JoinPayload, EpochPayload, WrapPayload, ConfirmPayload, DoublingPayload,
                 ProposalPayload, VotePayload, CertificatePayload, SealProposalPayload, RoundVotePayload, SealPayload>;
Result<Payload> decode_payload(log::Kind kind, ByteView payload);

// -- Statements: what is signed, behind its label (formats 2). In a genesis the space is 32 zero bytes.
Signature sign_device(const crypto::SigningKey& identity, const SpaceId& space, const DeviceCertificate& certificate);
Signature sign_wrap_key(const crypto::SigningKey& identity, const SpaceId& space, const WrapKeyStatement& wrap_key);
Signature sign_genesis(const crypto::SigningKey& identity, const GenesisPayload& genesis);
Signature sign_retire(const crypto::SigningKey& identity, const SpaceId& space, const RetirePayload& retire);
Signature sign_join(const crypto::SigningKey& identity, const SpaceId& space, const SignPublic& invite);
Signature sign_accept(const crypto::SigningKey& invite, const SpaceId& space, const DeviceCertificate& certificate);

Signature sign_vote(const crypto::SigningKey& vote_key, const SpaceId& space, const Hash& seal, const Hash& proposal,
                    bool is_yes);
Signature sign_round(const crypto::SigningKey& signer, const SpaceId& space, const Hash& parent, std::uint32_t round,
                     Phase phase, const Hash& value);
Signature sign_move(const crypto::SigningKey& identity, const SpaceId& space, const Hash& parent,
                    const SignerMove& move);

/// Equal proposals are one.
Hash proposal_id(const SpaceId& space, const Hash& seal, const Amendment& act);
Hash seal_id(const SpaceId& space, const SealBody& body);

/// Checks statements. The verdict about a key (a point check, as dear as a signature) is kept, since a person's key
/// comes back with each device.
class StatementChecker {
 public:
  static constexpr std::size_t kKeysMax = 65'536;

  /// From now on, are signatures taken as checked? For statements of which this replica has kept that it checked them;
  /// what they say is looked at all the same.
  void set_checked_before(bool is_checked) { is_checked_before_ = is_checked; }
  bool device(const SpaceId& space, const DeviceCertificate& certificate);
  bool wrap_key(const SpaceId& space, const SignPublic& identity, const WrapKeyStatement& wrap_key);
  /// Every signature in it, and that it says what a founding says.
  bool genesis(const GenesisPayload& genesis);
  bool retire(const SpaceId& space, const RetirePayload& retire);
  /// Certificate, wrap key number 0, join and accept.
  bool join(const SpaceId& space, const JoinPayload& join);
  bool vote(const SignPublic& vote_key, const SpaceId& space, const Hash& seal, const Hash& proposal,
            const Signature& signature);  // a yes
  bool round(const DeviceId& signer, const SpaceId& space, const Hash& parent, std::uint32_t round, Phase phase,
             const Hash& value, const Signature& signature);
  bool move(const SpaceId& space, const Hash& parent, const SignerMove& move);

 private:
  bool verify(const SignPublic& key, std::string_view label, ByteView message, const Signature& signature);
  std::unordered_map<SignPublic, bool, FixedBytesHash> keys_;
  bool is_checked_before_ = false;
};

inline PersonId person_of(const SignPublic& identity) {
  return PersonId{identity.data};
}

}  // namespace kith::space
