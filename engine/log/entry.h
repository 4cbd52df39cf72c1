// SPDX-License-Identifier: Apache-2.0
// The header of an entry: 160 fixed bytes and the authority heads (formats 4). Kinds, shares, the rules that make a
// header malformed, and its id.
#pragma once

#include <vector>

#include "crypto/hash.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::log {

enum class Kind : std::uint8_t {
  kGenesis = 0,
  kDevice = 1,
  kRetire = 2,
  kKeys = 3,
  kHost = 4,
  kInvite = 5,
  kJoin = 6,
  kEpoch = 7,
  kWrap = 8,
  kMerge = 9,
  kProposal = 10,
  kVote = 11,
  kCertificate = 12,
  kSealProposal = 13,
  kRoundVote = 14,
  kSeal = 15,
  kUnilateral = 16,
  kBeacon = 17,
  kErase = 18,
  kReceipt = 19,
  kDoubling = 20,
  kContent = 64,
  kShare = 65,
  kSelf = 66,
};
inline bool is_authority(std::uint8_t kind) {
  return kind < 64;
}

inline constexpr std::size_t kHeaderFixedBytes = 160;
inline constexpr std::size_t kRefsMax = 32;
inline constexpr std::size_t kHeaderBytesMax = kHeaderFixedBytes + 32 * kRefsMax;
inline constexpr std::size_t kPayloadBytesMax = 1 << 20;
inline constexpr std::size_t kGroupEntriesMax = 4'096;
inline constexpr std::size_t kEvidenceHeadersMax = 63;

struct Header {
  std::uint8_t kind = 0;
  std::uint8_t share = 0;  // bits 0-1 policy, 2-4 hop limit, 5 more
  std::uint32_t payload_length = 0;
  Seq seq;
  Stamp time;
  EpochTag tag;
  SpaceId space;
  DeviceId device;
  EntryId prev;
  Hash payload;
  std::vector<EntryId> refs;

  bool more() const { return (share & 0x20) != 0; }
};

inline constexpr std::uint8_t kShareMore = 0x20;
/// The app's default for content: passed on within the space only, one hop.
std::uint8_t share_of(std::uint8_t policy, std::uint8_t hop_limit, bool more);

void encode_header(const Header& header, Bytes& out);
/// Length, form and every rule that bytes alone decide: version, reserved bits, share, seq/prev, refs ascending, kind's
/// own.
Result<Header> decode_header(ByteView bytes);
/// The rules of decode_header for a header that was rebuilt from the wire.
Result<void> check_header(const Header& header);
EntryId header_id(ByteView encoded);
EntryId header_id(const Header& header);

}  // namespace kith::log
