// SPDX-License-Identifier: Apache-2.0
// What a seal says (formats 10): its lists, its body, and the constitution among them. The only seal for now is S_0,
// the genesis; its form is final.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::space {

/// Which list: the first byte of what is hashed. The first seven are in every seal.
enum class List : std::uint8_t {
  kPersons = 0,
  kOperators = 1,
  kSchema = 2,
  kDecisions = 3,
  kCuts = 4,
  kConstitution = 5,
  kVoteKeys = 6,
  kGuardians = 7,
  kGenesis = 8,
  kTieBreak = 9,
  kRequest = 10,
  kFrontier = 11,
  kAuthorityCertificate = 12,
};
inline constexpr std::size_t kSealListCount = 7;
inline constexpr std::size_t kOperatorBytes = 96;  // person ‖ host key ‖ signer

/// H("kith1 list", which ‖ bytes).
Hash list_hash(List which, ByteView bytes);

/// [a, b]: floor(a n / b) + 1 of n.
struct Threshold {
  std::uint32_t a = 1;
  std::uint32_t b = 2;
  friend bool operator==(const Threshold&, const Threshold&) = default;
};

/// Thresholds and policies of a space.
struct Constitution {
  Threshold operators{1, 2};  // add or remove one
  Threshold remove{2, 3};
  Threshold amend{2, 3};
  Threshold erase{2, 3};
  bool opens = true;    // an invitation lets its holder read at once; else only when confirmed
  bool history = true;  // newcomers read what was written before them
  std::uint32_t vouchers = 2;
  std::uint64_t objection_ms = 604'800'000;
  std::uint32_t sponsors = 3;
  std::optional<Hash> certificate_authority;
  friend bool operator==(const Constitution&, const Constitution&) = default;

  Bytes encode() const;
  static Result<Constitution> decode(ByteView bytes);
};

struct SealBody {
  std::uint64_t number = 0;  // k
  Hash parent;
  std::uint64_t seats = 1;  // n: operators
  std::uint64_t level = 1;  // of the authority kinds that are switched on
  std::array<Hash, kSealListCount> lists;
  Hash frontier;
  std::optional<std::uint64_t> horizon;
  friend bool operator==(const SealBody&, const SealBody&) = default;

  Bytes encode() const;
  static Result<SealBody> decode(ByteView bytes);
};

/// The seven lists of a seal, as bytes.
using SealLists = std::array<Bytes, kSealListCount>;

/// S_0: one person, the founder, who is the one operator, with this log as signer. Quorum 1.
SealLists founding_lists(const PersonId& founder, const HostKey& host, const DeviceId& signer, const SignPublic& vote,
                         std::string_view schema_text, const Constitution& constitution = {});
SealBody founding_seal(const SealLists& lists);
/// Does this body fit these lists, and are both those of a space with one founder?
bool is_founding_seal(const SealBody& body, const SealLists& lists, const PersonId& founder, const DeviceId& signer,
                      const SignPublic& vote);

}  // namespace kith::space
