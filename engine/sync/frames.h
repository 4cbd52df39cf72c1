// SPDX-License-Identifier: Apache-2.0
// Frames of /kith/sync/1 (docs/protocol.md): varint length ‖ type u8 ‖ body. Windows and what ends them go over a
// stream of their own where there is one; over the first stream they go in pieces, between which there is room for what
// is new. Types from 0x40 on are kept for media.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kith/bytes.h"
#include "kith/ids.h"
#include "log/log.h"

namespace kith::sync {

inline constexpr std::uint8_t kProtocolVersion = 1;
inline constexpr std::size_t kFrameBytesMax = 1 << 20 | 1 << 16;  // a window of one full payload fits
inline constexpr std::size_t kHelloBytesMax = 16 << 10;           // before the other side has proved anything
inline constexpr std::size_t kPieceBytesMax = 16 << 10;           // of a window that shares a stream with all else
inline constexpr std::uint32_t kSpacesMax = 64;                   // of one session
inline constexpr std::size_t kHeadsMax = 64;  // ids in one frame: heads and samples of what lies below
inline constexpr std::size_t kItemsFrameBytes = 64
                                                << 10;  // frontiers and offers are cut into frames of about this size

enum class FrameType : std::uint8_t {
  kHello = 0x01,
  kWanted = 0x02,
  kAnswer = 0x03,
  kProof = 0x04,
  kRefuse = 0x05,
  kPing = 0x06,
  kPong = 0x07,
  kClose = 0x08,
  kState = 0x10,
  kHeads = 0x11,
  kAuthority = 0x12,
  kAuthorityDone = 0x13,
  kLive = 0x14,
  kFrontier = 0x20,
  kSince = 0x21,
  kOffer = 0x22,
  kWindow = 0x30,
  kBackfillDone = 0x31,
  kCredit = 0x32,
  kPiece = 0x33,
};
std::string_view frame_name(FrameType type);
/// What a backfill stream carries, and pieces are cut from.
constexpr bool is_backfill(FrameType type) {
  return type == FrameType::kWindow || type == FrameType::kBackfillDone;
}

/// Why a space is refused to the other side, as it travels.
enum class Refusal : std::uint8_t {
  kInviteExpired = 1,
  kInviteSpent = 2,
  kInviteRevoked = 3,
  kNotMember = 4,
  kBusy = 5,     // something failed over there; try again later
  kFull = 6,     // a kept space is as large as it may be
  kNotKept = 7,  // this space, or one more of this person, is not kept there
};
/// The same as an error for the person whose device was refused. Unknown numbers read as kBusy.
Error refusal_error(std::uint8_t reason);
/// For people: the other side's hello names this version; none: it has said that ours is not one that it speaks.
Error version_error(std::optional<std::uint8_t> theirs);

/// Begins a frame in `out`; `end_frame` puts the length before it. Nothing else may be appended to `out` in between
/// than the body.
class FrameWriter {
 public:
  FrameWriter(Bytes& out, FrameType type);
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;
  ~FrameWriter();
  ByteWriter& body() { return writer_; }
  Bytes& bytes() { return out_; }

 private:
  Bytes& out_;
  std::size_t start_;
  ByteWriter writer_;
};

struct Frame {
  FrameType type;  // any byte: who reads it refuses unknown ones
  ByteView body;
};

/// Cuts a stream of bytes into frames, holding at most one unfinished frame.
class FrameReader {
 public:
  enum class Status { kFrame, kMore, kOversized, kMalformed };
  explicit FrameReader(std::size_t frame_bytes_max) : max_(frame_bytes_max) {}
  void set_frame_bytes_max(std::size_t bytes) { max_ = bytes; }
  void feed(ByteView bytes);
  /// The next whole frame; its view lives until the next call of feed or next. After kOversized or kMalformed the
  /// stream is dead.
  Status next(Frame& frame);
  std::size_t buffered() const { return buffer_.size() - used_; }

 private:
  std::size_t max_;
  Bytes buffer_;
  std::size_t used_ = 0;
};

// -- bodies. Encoders append a whole frame; decoders return nullopt for anything that is not exactly of the form.

struct HelloFrame {
  std::uint8_t version = kProtocolVersion;
  Hash nonce;
};
struct ProofFrame {
  std::uint8_t slot = 0;
  SignPublic key;
  Signature signature;
  std::optional<SpaceId> space;  // shown by the listener to a newcomer
};
enum class StateKind : std::uint8_t { kFirst = 0, kQuestion = 1, kAnswer = 2 };
struct StateFrame {
  std::uint8_t slot = 0;
  StateKind kind = StateKind::kFirst;
  Hash digest;
  std::uint64_t journal = 0;
  Pos head;
};
struct HeadsFrame {
  std::uint8_t slot = 0;
  std::vector<EntryId> ids;
};
struct AuthorityDoneFrame {
  std::uint8_t slot = 0;
  bool answers = false;  // to a kHeads frame; else a push is over
  std::vector<EntryId> heads;
};
struct FrontierFrame {
  std::uint8_t slot = 0;
  bool more = false;
  bool partial = false;  // only logs that were offered
  std::vector<log::FrontierItem> items;
};
struct OfferFrame {
  std::uint8_t slot = 0;
  bool more = false;
  std::vector<DeviceId> devices;
};
/// A place in a journal: kSince in the reader's (what came after it?), kBackfillDone in the writer's (you have all up
/// to it).
struct PlaceFrame {
  std::uint8_t slot = 0;
  std::uint64_t journal = 0;  // names the journal: one made anew, or restored, has another
  Pos place;
};
struct CreditFrame {
  std::uint8_t slot = 0;
  std::uint32_t windows = 0;
};
/// Records under a head: kAuthority (neither number), kLive (cursor), kWindow (owed).
struct RecordsFrame {
  std::uint8_t slot = 0;
  std::uint64_t authority = 0;  // authority frames sent before this one: not to be read before they are here
  std::uint64_t number = 0;  // kLive: the sender's journal up to which the receiver now has all, or 0; kWindow: entries
                             // still owed after it
  ByteView records;
};

void encode(const HelloFrame& frame, Bytes& out);
void encode(const ProofFrame& frame, Bytes& out);
void encode(const StateFrame& frame, Bytes& out);
void encode(const HeadsFrame& frame, Bytes& out);
void encode(const AuthorityDoneFrame& frame, Bytes& out);
void encode(const CreditFrame& frame, Bytes& out);
void encode(FrameType type, const PlaceFrame& frame, Bytes& out);
void encode_records(FrameType type, const RecordsFrame& frame, Bytes& out);
/// As many frames as it takes.
void encode_frontier(std::uint8_t slot, bool partial, std::span<const log::FrontierItem> items, Bytes& out);
void encode_offer(std::uint8_t slot, std::span<const DeviceId> devices, Bytes& out);
/// kWanted and kAnswer: 16 bytes each.
void encode_values(FrameType type, std::span<const std::array<std::uint8_t, 16>> values, Bytes& out);
/// A piece of backfill frames: between 1 and kPieceBytesMax bytes, cut anywhere.
void encode_piece(ByteView piece, Bytes& out);
/// kRefuse: slot and Refusal; kClose: a reason.
void encode_bytes(FrameType type, std::initializer_list<std::uint8_t> body, Bytes& out);

std::optional<HelloFrame> decode_hello(ByteView body);
std::optional<ProofFrame> decode_proof(ByteView body);
std::optional<StateFrame> decode_state(ByteView body);
std::optional<HeadsFrame> decode_heads(ByteView body);
std::optional<AuthorityDoneFrame> decode_authority_done(ByteView body);
std::optional<FrontierFrame> decode_frontier(ByteView body);
std::optional<OfferFrame> decode_offer(ByteView body);
std::optional<PlaceFrame> decode_place(ByteView body);
std::optional<CreditFrame> decode_credit(ByteView body);
std::optional<RecordsFrame> decode_records(FrameType type, ByteView body);
std::optional<ByteView> decode_piece(ByteView body);
std::optional<std::vector<std::array<std::uint8_t, 16>>> decode_values(ByteView body);

}  // namespace kith::sync
