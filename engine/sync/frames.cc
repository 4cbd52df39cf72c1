// SPDX-License-Identifier: Apache-2.0
#include "sync/frames.h"

#include <algorithm>

namespace kith::sync {

namespace {

constexpr std::size_t kLengthBytesMax = 4;  // of a varint that is not absurd

std::size_t varint_size(std::uint64_t v) {
  std::size_t n = 1;
  for (; v >= 0x80; v >>= 7) ++n;
  return n;
}

std::uint64_t as_wire(Pos pos) {
  return static_cast<std::uint64_t>(pos.value);
}

Pos read_place(ByteReader& in) {
  const std::uint64_t v = in.varint();
  if (v > static_cast<std::uint64_t>(INT64_MAX)) in.fail();
  return Pos(static_cast<std::int64_t>(v));
}

void write_ids(ByteWriter& out, std::span<const EntryId> ids) {
  for (const EntryId& id : ids) out.bytes(id.view());
}

bool read_ids(ByteReader& in, std::vector<EntryId>& ids) {
  if (in.left() % EntryId::kSize != 0 || in.left() / EntryId::kSize > kHeadsMax) return false;
  while (in.ok() && in.left() > 0) ids.push_back(EntryId{in.array<EntryId::kSize>()});
  return in.at_end();
}

}  // namespace

std::string_view frame_name(FrameType type) {
  switch (type) {
    case FrameType::kHello: return "hello";
    case FrameType::kWanted: return "wanted";
    case FrameType::kAnswer: return "answer";
    case FrameType::kProof: return "proof";
    case FrameType::kRefuse: return "refuse";
    case FrameType::kPing: return "ping";
    case FrameType::kPong: return "pong";
    case FrameType::kClose: return "close";
    case FrameType::kState: return "state";
    case FrameType::kHeads: return "heads";
    case FrameType::kAuthority: return "authority";
    case FrameType::kAuthorityDone: return "authority done";
    case FrameType::kLive: return "live";
    case FrameType::kFrontier: return "frontier";
    case FrameType::kSince: return "since";
    case FrameType::kOffer: return "offer";
    case FrameType::kWindow: return "window";
    case FrameType::kBackfillDone: return "backfill done";
    case FrameType::kCredit: return "credit";
    case FrameType::kPiece: return "piece";
  }
  return "unknown";
}

Error refusal_error(std::uint8_t reason) {
  switch (static_cast<Refusal>(reason)) {
    case Refusal::kInviteExpired:
      return Error(ErrorCode::kInviteExpired, "The invitation has expired.", "Ask for a new one.");
    case Refusal::kInviteSpent:
      return Error(ErrorCode::kInviteSpent, "The invitation was used already.", "Ask for a new one.");
    case Refusal::kInviteRevoked:
      return Error(ErrorCode::kInviteUnknown, "The invitation was withdrawn.", "Ask for a new one.");
    case Refusal::kNotMember:
      return Error(ErrorCode::kNotMember, "The other side does not count this device among the neighbourhood's.",
                   "If you were a member, ask a neighbour whether this device was retired.");
    case Refusal::kFull:
      return Error(ErrorCode::kTooLarge, "A house that keeps your personal space has no more room for it.",
                   "Delete notes and drafts that you no longer need, or run a house of your own.");
    case Refusal::kNotKept:
      return Error(ErrorCode::kRefused, "A house of this neighbourhood does not keep your personal space.",
                   "Another house may; what you have written stays on this device.");
    case Refusal::kBusy: break;
  }
  return Error(ErrorCode::kPeerRefused, "The other side could not go on with this neighbourhood.",
               "Try again in a few minutes; if it stays, its owner finds the cause in `kith status`.");
}

Error version_error(std::optional<std::uint8_t> theirs) {
  const std::string ours = std::to_string(kProtocolVersion);
  if (!theirs) {
    return Error(ErrorCode::kPeerProtocol,
                 "The other side does not speak version " + ours + " of the sync protocol, as this device does.",
                 "Whichever of the two is older needs an update.");
  }
  const std::string cause = "The other side speaks version " + std::to_string(*theirs) +
                            " of the sync protocol, this device version " + ours + ".";
  if (*theirs > kProtocolVersion) {
    return Error(ErrorCode::kNewerVersion, cause, "This device is the older one: update its program.");
  }
  return Error(ErrorCode::kPeerProtocol, cause,
               "The other one is older: its owner has to update it. Meanwhile other houses do.");
}

FrameWriter::FrameWriter(Bytes& out, FrameType type) : out_(out), start_(out.size()), writer_(out) {
  out_.push_back(static_cast<std::uint8_t>(type));
}

FrameWriter::~FrameWriter() {
  const std::size_t length = out_.size() - start_;
  Bytes head;
  ByteWriter(head).varint(length);
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(start_), head.begin(), head.end());
}

void FrameReader::feed(ByteView bytes) {
  if (used_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
  }
  append(buffer_, bytes);
}

FrameReader::Status FrameReader::next(Frame& frame) {
  const ByteView in = ByteView(buffer_).subspan(used_);
  std::size_t n = 0;
  while (n < in.size() && n < kLengthBytesMax && (in[n] & 0x80) != 0) ++n;
  if (n == kLengthBytesMax) return Status::kOversized;
  if (n == in.size()) return Status::kMore;
  ByteReader reader(in.first(n + 1));
  const std::uint64_t length = reader.varint();
  if (!reader.ok() || length == 0) return Status::kMalformed;
  if (length > max_) return Status::kOversized;
  const std::size_t head = n + 1;
  if (in.size() - head < length) return Status::kMore;
  frame.type = static_cast<FrameType>(in[head]);
  frame.body = in.subspan(head + 1, length - 1);
  used_ += head + length;
  return Status::kFrame;
}

void encode(const HelloFrame& frame, Bytes& out) {
  FrameWriter writer(out, FrameType::kHello);
  writer.body().u8(frame.version);
  writer.body().bytes(frame.nonce.view());
}

// A hello of another version may go on differently: its version is read whatever follows.
std::optional<HelloFrame> decode_hello(ByteView body) {
  ByteReader in(body);
  HelloFrame frame;
  frame.version = in.u8();
  if (in.ok() && frame.version != kProtocolVersion) return frame;
  frame.nonce.data = in.array<32>();
  if (!in.at_end()) return std::nullopt;
  return frame;
}

void encode(const ProofFrame& frame, Bytes& out) {
  FrameWriter writer(out, FrameType::kProof);
  writer.body().u8(frame.slot);
  writer.body().bytes(frame.key.view());
  writer.body().bytes(frame.signature.view());
  if (frame.space) writer.body().bytes(frame.space->view());
}

std::optional<ProofFrame> decode_proof(ByteView body) {
  ByteReader in(body);
  ProofFrame frame;
  frame.slot = in.u8();
  frame.key.data = in.array<32>();
  frame.signature.data = in.array<64>();
  if (in.ok() && in.left() > 0) frame.space = SpaceId{in.array<32>()};
  if (!in.at_end()) return std::nullopt;
  return frame;
}

void encode(const StateFrame& frame, Bytes& out) {
  FrameWriter writer(out, FrameType::kState);
  writer.body().u8(frame.slot);
  writer.body().u8(static_cast<std::uint8_t>(frame.kind));
  writer.body().bytes(frame.digest.view());
  writer.body().u64(frame.journal);
  writer.body().varint(as_wire(frame.head));
}

std::optional<StateFrame> decode_state(ByteView body) {
  ByteReader in(body);
  StateFrame frame;
  frame.slot = in.u8();
  const std::uint8_t kind = in.u8();
  frame.kind = static_cast<StateKind>(kind);
  frame.digest.data = in.array<32>();
  frame.journal = in.u64();
  frame.head = read_place(in);
  if (!in.at_end() || kind > static_cast<std::uint8_t>(StateKind::kAnswer)) return std::nullopt;
  return frame;
}

void encode(const HeadsFrame& frame, Bytes& out) {
  FrameWriter writer(out, FrameType::kHeads);
  writer.body().u8(frame.slot);
  write_ids(writer.body(), frame.ids);
}

std::optional<HeadsFrame> decode_heads(ByteView body) {
  ByteReader in(body);
  HeadsFrame frame;
  frame.slot = in.u8();
  if (!in.ok() || !read_ids(in, frame.ids)) return std::nullopt;
  return frame;
}

void encode(const AuthorityDoneFrame& frame, Bytes& out) {
  FrameWriter writer(out, FrameType::kAuthorityDone);
  writer.body().u8(frame.slot);
  writer.body().u8(frame.answers ? 1 : 0);
  write_ids(writer.body(), frame.heads);
}

std::optional<AuthorityDoneFrame> decode_authority_done(ByteView body) {
  ByteReader in(body);
  AuthorityDoneFrame frame;
  frame.slot = in.u8();
  const std::uint8_t answers = in.u8();
  frame.answers = answers == 1;
  if (!in.ok() || answers > 1 || !read_ids(in, frame.heads)) return std::nullopt;
  return frame;
}

void encode(const CreditFrame& frame, Bytes& out) {
  FrameWriter writer(out, FrameType::kCredit);
  writer.body().u8(frame.slot);
  writer.body().varint(frame.windows);
}

std::optional<CreditFrame> decode_credit(ByteView body) {
  ByteReader in(body);
  CreditFrame frame;
  frame.slot = in.u8();
  const std::uint64_t windows = in.varint();
  if (!in.at_end() || windows == 0 || windows > UINT32_MAX) return std::nullopt;
  frame.windows = static_cast<std::uint32_t>(windows);
  return frame;
}

void encode(FrameType type, const PlaceFrame& frame, Bytes& out) {
  FrameWriter writer(out, type);
  writer.body().u8(frame.slot);
  writer.body().u64(frame.journal);
  writer.body().varint(as_wire(frame.place));
}

std::optional<PlaceFrame> decode_place(ByteView body) {
  ByteReader in(body);
  PlaceFrame frame;
  frame.slot = in.u8();
  frame.journal = in.u64();
  frame.place = read_place(in);
  if (!in.at_end()) return std::nullopt;
  return frame;
}

void encode_records(FrameType type, const RecordsFrame& frame, Bytes& out) {
  // The length is known beforehand: a window is not moved to make room for it.
  std::size_t length = 2 + frame.records.size();
  const bool numbered = type != FrameType::kAuthority;
  if (numbered) length += varint_size(frame.authority) + varint_size(frame.number);
  ByteWriter writer(out);
  writer.varint(length);
  writer.u8(static_cast<std::uint8_t>(type));
  writer.u8(frame.slot);
  if (numbered) {
    writer.varint(frame.authority);
    writer.varint(frame.number);
  }
  writer.bytes(frame.records);
}

std::optional<RecordsFrame> decode_records(FrameType type, ByteView body) {
  ByteReader in(body);
  RecordsFrame frame;
  frame.slot = in.u8();
  if (type != FrameType::kAuthority) {
    frame.authority = in.varint();
    frame.number = in.varint();
  }
  frame.records = in.rest();
  if (!in.ok() || frame.number > static_cast<std::uint64_t>(INT64_MAX) || frame.records.empty()) return std::nullopt;
  return frame;
}

void encode_frontier(std::uint8_t slot, bool partial, std::span<const log::FrontierItem> items, Bytes& out) {
  std::size_t i = 0;
  do {
    FrameWriter writer(out, FrameType::kFrontier);
    const std::size_t start = out.size();
    writer.body().u8(slot);
    writer.body().u8(0);
    for (; i < items.size() && out.size() - start < kItemsFrameBytes; ++i) {
      writer.body().bytes(items[i].device.view());
      writer.body().varint(items[i].low.value);
      writer.body().varint(items[i].high.value - items[i].low.value);
      writer.body().bytes(items[i].high_id.view());
    }
    out[start + 1] = static_cast<std::uint8_t>((i < items.size() ? 1 : 0) | (partial ? 2 : 0));
  } while (i < items.size());
}

std::optional<FrontierFrame> decode_frontier(ByteView body) {
  ByteReader in(body);
  FrontierFrame frame;
  frame.slot = in.u8();
  const std::uint8_t flags = in.u8();
  frame.more = (flags & 1) != 0;
  frame.partial = (flags & 2) != 0;
  if (!in.ok() || flags > 3) return std::nullopt;
  while (in.ok() && in.left() > 0) {
    log::FrontierItem item;
    item.device.data = in.array<32>();
    item.low = Seq(in.varint());
    const std::uint64_t span = in.varint();
    if (span > UINT64_MAX - item.low.value) in.fail();
    item.high = Seq(item.low.value + span);
    item.high_id.data = in.array<32>();
    frame.items.push_back(item);
  }
  if (!in.at_end()) return std::nullopt;
  return frame;
}

void encode_offer(std::uint8_t slot, std::span<const DeviceId> devices, Bytes& out) {
  std::size_t i = 0;
  do {
    FrameWriter writer(out, FrameType::kOffer);
    const std::size_t n = std::min(devices.size() - i, kItemsFrameBytes / DeviceId::kSize);
    writer.body().u8(slot);
    writer.body().u8(i + n < devices.size() ? 1 : 0);
    for (const DeviceId& device : devices.subspan(i, n)) writer.body().bytes(device.view());
    i += n;
  } while (i < devices.size());
}

std::optional<OfferFrame> decode_offer(ByteView body) {
  ByteReader in(body);
  OfferFrame frame;
  frame.slot = in.u8();
  const std::uint8_t more = in.u8();
  frame.more = more == 1;
  if (!in.ok() || more > 1 || in.left() % DeviceId::kSize != 0) return std::nullopt;
  while (in.left() > 0) frame.devices.push_back(DeviceId{in.array<32>()});
  return frame;
}

void encode_values(FrameType type, std::span<const std::array<std::uint8_t, 16>> values, Bytes& out) {
  FrameWriter writer(out, type);
  for (const auto& value : values) writer.body().bytes(value);
}

std::optional<std::vector<std::array<std::uint8_t, 16>>> decode_values(ByteView body) {
  ByteReader in(body);
  if (body.size() % 16 != 0) return std::nullopt;
  std::vector<std::array<std::uint8_t, 16>> values;
  while (in.left() > 0) values.push_back(in.array<16>());
  return values;
}

void encode_piece(ByteView piece, Bytes& out) {
  ByteWriter writer(out);
  writer.varint(1 + piece.size());
  writer.u8(static_cast<std::uint8_t>(FrameType::kPiece));
  writer.bytes(piece);
}

std::optional<ByteView> decode_piece(ByteView body) {
  if (body.empty() || body.size() > kPieceBytesMax) return std::nullopt;
  return body;
}

void encode_bytes(FrameType type, std::initializer_list<std::uint8_t> body, Bytes& out) {
  FrameWriter writer(out, type);
  for (const std::uint8_t b : body) writer.body().u8(b);
}

}  // namespace kith::sync
