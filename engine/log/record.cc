// SPDX-License-Identifier: Apache-2.0
#include "log/record.h"

#include <algorithm>

#include "log/payload.h"

namespace kith::log {
namespace {

// What a record says itself; what is absent is as in the log's previous record (formats 5).
constexpr std::uint8_t kFlagLog = 1;
constexpr std::uint8_t kFlagPlace = 2;
constexpr std::uint8_t kFlagKind = 4;
constexpr std::uint8_t kFlagTag = 8;
constexpr std::uint8_t kFlagRefs = 16;
constexpr std::uint8_t kFlagCounter = 32;
constexpr std::uint8_t kFlagPartial = 64;
constexpr std::uint8_t kFlagSignature = 128;

constexpr std::uint8_t kValuesErased = 1;
constexpr std::uint8_t kPayloadWithheld = 2;

constexpr std::uint64_t kMsMax = (std::uint64_t{1} << 48) - 1;
constexpr std::size_t kHashBytes = 32;

Error malformed(const char* cause) {
  return Error(ErrorCode::kMalformed, std::string("A record breaks the format: ") + cause + ".",
               "Whoever sent it is broken or lies; the connection should end.");
}

std::uint64_t zigzag(std::int64_t v) {
  return static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63);
}

std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1 ^ (~(v & 1) + 1));
}

bool is_sealed(const Header& header) {
  return !is_authority(header.kind) && header.payload_length > 0;
}

std::uint32_t shape_length(ByteView stored) {
  ByteReader in(stored);
  in.bytes(kSaltBytes + kCheckBytes);
  return in.u32();
}

void encode_payload(const Record& record, ByteWriter& writer) {
  const Header& header = record.header;
  writer.varint(header.payload_length);
  if (is_sealed(header)) writer.varint(record.withheld ? 0 : shape_length(record.payload));
  if (record.withheld) {
    writer.u8(kPayloadWithheld);
    writer.bytes(header.payload.view());
    return;
  }
  if (record.values_hash.has_value()) writer.u8(kValuesErased);
  if (is_sealed(header)) {
    writer.bytes(record.payload.first(kSaltBytes + kCheckBytes));
    writer.bytes(record.payload.subspan(kPayloadHeadBytes));
  } else {
    writer.bytes(record.payload);
  }
  if (record.values_hash.has_value()) writer.bytes(record.values_hash->view());
}

}  // namespace

std::size_t RecordEncoder::bytes_max(const Record& record) {
  constexpr std::size_t kHeadBytesMax = 1 + 3 + 32 + 10 + 32 + 2 + 8 + 1 + 10 + 3 + 5 + 5 + 1 + kHashBytes;
  return kHeadBytesMax + 32 * record.header.refs.size() + record.payload.size() +
         (record.signature.has_value() ? Signature::kSize : 0);
}

void RecordEncoder::encode(const Record& record, Bytes& out) {
  const Header& header = record.header;
  const auto [it, is_new] = logs_.try_emplace(header.device);
  Last& last = it->second;
  if (is_new) last = Last{static_cast<std::uint32_t>(logs_.size() - 1), {}, {}, {}, 0, 0, {}};
  std::uint8_t flags = 0;
  if (current_ != last.index) flags |= kFlagLog;
  if (is_new || header.seq.value != last.seq.value + 1 || header.prev != last.id) flags |= kFlagPlace;
  if (is_new || header.kind != last.kind || header.share != last.share) flags |= kFlagKind;
  if (header.tag != last.tag) flags |= kFlagTag;
  if (!header.refs.empty()) flags |= kFlagRefs;
  if (header.time.counter() != 0) flags |= kFlagCounter;
  if (record.withheld || record.values_hash.has_value()) flags |= kFlagPartial;
  if (record.signature.has_value()) flags |= kFlagSignature;

  ByteWriter writer(out);
  writer.u8(flags);
  if ((flags & kFlagLog) != 0) writer.varint(last.index);
  if (is_new) writer.bytes(header.device.view());
  if ((flags & kFlagPlace) != 0) {
    writer.varint(header.seq.value);
    writer.bytes(header.prev.view());
  }
  if ((flags & kFlagKind) != 0) {
    writer.u8(header.kind);
    writer.u8(header.share);
  }
  if ((flags & kFlagTag) != 0) writer.bytes(header.tag.view());
  if ((flags & kFlagRefs) != 0) {
    writer.u8(static_cast<std::uint8_t>(header.refs.size()));
    for (const EntryId& ref : header.refs) writer.bytes(ref.view());
  }
  writer.varint(zigzag(static_cast<std::int64_t>(header.time.ms()) - static_cast<std::int64_t>(last.time.ms())));
  if ((flags & kFlagCounter) != 0) writer.varint(header.time.counter());
  encode_payload(record, writer);
  if (record.signature.has_value()) writer.bytes(record.signature->view());

  current_ = last.index;
  last = Last{last.index, header.seq, header.time, record.id, header.kind, header.share, header.tag};
}

Result<Record> RecordDecoder::decode(ByteReader& in) {
  const std::uint8_t flags = in.u8();
  std::uint32_t index = current_.value_or(0);
  bool is_new = false;
  if ((flags & kFlagLog) != 0) {
    const std::uint64_t said = in.varint();
    if (!in.ok() || said > logs_.size() || said >= kLogsMax) return malformed("its log has no such number");
    if (current_ == said) return malformed("it names the log that is being read already");
    index = static_cast<std::uint32_t>(said);
    is_new = index == logs_.size();
  } else if (!current_.has_value()) {
    return malformed("the first record names no log");
  }
  Last fresh;
  if (is_new) fresh.device.data = in.array<32>();
  Last& last = is_new ? fresh : logs_[index];

  Record record;
  Header& header = record.header;
  header.device = last.device;
  header.seq = Seq(last.seq.value + 1);
  header.prev = last.id;
  header.kind = last.kind;
  header.share = last.share;
  header.tag = last.tag;
  header.time = last.time;
  KITH_TRY(decode_head(in, flags, is_new, header));
  KITH_TRY(decode_time(in, flags, header));
  KITH_TRY(decode_payload(in, flags, record));
  if ((flags & kFlagSignature) != 0) record.signature = Signature{in.array<64>()};
  if (!in.ok()) return malformed("it is cut off");
  KITH_TRY(check_header(header));
  record.id = header_id(header);

  last = Last{header.device, header.seq, header.time, record.id, header.kind, header.share, header.tag};
  if (is_new) logs_.push_back(last);
  current_ = index;
  return record;
}

Result<void> RecordDecoder::decode_head(ByteReader& in, std::uint8_t flags, bool is_new, Header& header) {
  // Every field has one way to be written: a flag that says what would have been understood is refused.
  if (is_new && (flags & (kFlagPlace | kFlagKind)) != (kFlagPlace | kFlagKind)) {
    return malformed("the first record of a log leaves out its place or kind");
  }
  if ((flags & kFlagPlace) != 0) {
    const Seq seq(in.varint());
    const EntryId prev{in.array<32>()};
    if (!is_new && seq == header.seq && prev == header.prev) return malformed("its place goes without saying");
    header.seq = seq;
    header.prev = prev;
  }
  if ((flags & kFlagKind) != 0) {
    const std::uint8_t kind = in.u8();
    const std::uint8_t share = in.u8();
    if (!is_new && kind == header.kind && share == header.share) return malformed("its kind goes without saying");
    header.kind = kind;
    header.share = share;
  }
  if ((flags & kFlagTag) != 0) {
    const EpochTag tag{in.array<8>()};
    if (tag == header.tag) return malformed("its epoch goes without saying");
    header.tag = tag;
  }
  if ((flags & kFlagRefs) != 0) {
    const std::size_t count = in.u8();
    if (count == 0 || count > kRefsMax || in.left() < 32 * count) return malformed("it cites too little or too much");
    header.refs.resize(count);
    for (EntryId& ref : header.refs) ref.data = in.array<32>();
  }
  const bool is_genesis = header.kind == static_cast<std::uint8_t>(Kind::kGenesis);
  if (!is_genesis) header.space = space_;
  return {};
}

Result<void> RecordDecoder::decode_time(ByteReader& in, std::uint8_t flags, Header& header) {
  const std::int64_t difference = unzigzag(in.varint());
  const auto before = static_cast<std::int64_t>(header.time.ms());
  if (difference < -before || difference > static_cast<std::int64_t>(kMsMax) - before) {
    return malformed("its time is out of range");
  }
  std::uint64_t counter = 0;
  if ((flags & kFlagCounter) != 0) {
    counter = in.varint();
    if (counter == 0 || counter > 0xffff) return malformed("the counter of its time is out of range");
  }
  header.time = Stamp::from_ms(static_cast<std::uint64_t>(before + difference), static_cast<std::uint16_t>(counter));
  return {};
}

Result<void> RecordDecoder::decode_payload(ByteReader& in, std::uint8_t flags, Record& record) {
  Header& header = record.header;
  const std::uint64_t length = in.varint();
  if (!in.ok() || length > kPayloadBytesMax) return malformed("its payload is too long");
  header.payload_length = static_cast<std::uint32_t>(length);
  const bool sealed = is_sealed(header);
  if (sealed && header.tag.is_zero()) return malformed("content in clear has no form yet");
  const std::uint64_t shape = sealed ? in.varint() : 0;
  const std::uint8_t partial = (flags & kFlagPartial) != 0 ? in.u8() : 0;
  if (!in.ok()) return malformed("it is cut off");
  if ((flags & kFlagPartial) != 0) {
    if (!sealed) return malformed("only content can be erased or withheld");
    if (partial != kValuesErased && partial != kPayloadWithheld) return malformed("what it leaves out is unknown");
  }
  if (partial == kPayloadWithheld) {
    if (shape != 0) return malformed("a withheld payload has no shape");
    record.withheld = true;
    header.payload = Hash{in.array<kHashBytes>()};
    if (header.payload.is_zero()) return malformed("a withheld payload has no hash");
    return {};
  }
  if (!sealed) {
    record.payload = in.bytes(length);
    if (length > 0) header.payload = clear_payload_hash(record.payload);
    return {};
  }
  if (length < kPayloadHeadBytes || shape > length - kPayloadHeadBytes) return malformed("its shape is too long");
  const std::uint64_t values = length - kPayloadHeadBytes - shape;
  if (partial == kValuesErased && values == 0) return malformed("there are no values to be erased");
  const std::uint64_t kept = partial == kValuesErased ? 0 : values;
  if (in.left() < kSaltBytes + kCheckBytes + shape + kept) return malformed("it is cut off");
  payload_.clear();
  append(payload_, in.bytes(kSaltBytes + kCheckBytes));
  ByteWriter(payload_).u32(static_cast<std::uint32_t>(shape));
  append(payload_, in.bytes(shape + kept));
  if (partial == kValuesErased) record.values_hash = Hash{in.array<kHashBytes>()};
  record.payload = payload_;
  const PayloadView split = KITH_TRY(split_payload(record.payload, record.values_hash));
  if (!split.values_gone) record.computed_values_hash = split.values_hash;
  header.payload = payload_hash(split);
  return {};
}

}  // namespace kith::log
