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
using Payload = std::variant<std::monostate, GenesisPayload, DeviceCertificate, RetirePayload, KeysPayload, HostPayload,
                             InvitePayload, JoinPayload, EpochPayload, WrapPayload, ConfirmPayload, DoublingPayload>;
Result<Payload> decode_payload(log::Kind kind, ByteView payload);

// -- Statements: what is signed, behind its label (formats 2). In a genesis the space is 32 zero bytes.
Signature sign_device(const crypto::SigningKey& identity, const SpaceId& space, const DeviceCertificate& certificate);
Signature sign_wrap_key(const crypto::SigningKey& identity, const SpaceId& space, const WrapKeyStatement& wrap_key);
Signature sign_genesis(const crypto::SigningKey& identity, const GenesisPayload& genesis);
Signature sign_retire(const crypto::SigningKey& identity, const SpaceId& space, const RetirePayload& retire);
Signature sign_join(const crypto::SigningKey& identity, const SpaceId& space, const SignPublic& invite);
Signature sign_accept(const crypto::SigningKey& invite, const SpaceId& space, const DeviceCertificate& certificate);

/// Checks statements. The verdict about a key (a point check, as dear as a signature) is kept, since a person's key
/// comes back with each device.
class StatementChecker {
 public:
  static constexpr std::size_t kKeysMax = 65'536;

  bool device(const SpaceId& space, const DeviceCertificate& certificate);
  bool wrap_key(const SpaceId& space, const SignPublic& identity, const WrapKeyStatement& wrap_key);
  /// Every signature in it, and that it says what a founding says.
  bool genesis(const GenesisPayload& genesis);
  bool retire(const SpaceId& space, const RetirePayload& retire);
  /// Certificate, wrap key number 0, join and accept.
  bool join(const SpaceId& space, const JoinPayload& join);

 private:
  bool verify(const SignPublic& key, std::string_view label, ByteView message, const Signature& signature);
  std::unordered_map<SignPublic, bool, FixedBytesHash> keys_;
};

inline PersonId person_of(const SignPublic& identity) {
  return PersonId{identity.data};
}

}  // namespace kith::space
