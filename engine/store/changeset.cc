// SPDX-License-Identifier: Apache-2.0
#include "store/changeset.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/uuid7.h"
#include "codec/text_codes.h"

namespace kith::store {
namespace {

constexpr std::uint8_t kTagNull = 0x00;
constexpr std::uint8_t kTagInteger = 0x01;
constexpr std::uint8_t kTagReal = 0x02;
constexpr std::uint8_t kTagText = 0x03;
constexpr std::uint8_t kTagBlob = 0x04;
constexpr std::uint8_t kTagUuid = 0x05;
constexpr std::uint8_t kTagShortText = 0x40;
constexpr std::uint8_t kTagSmallInteger = 0x80;
constexpr std::size_t kShortTextBytes = 64;  // shorter than this: the length is in the tag
constexpr std::int64_t kSmallIntegers = 128;
constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kUuidTextBytes = 36;

std::uint64_t to_zigzag(std::int64_t v) {
  return static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63);
}

std::int64_t from_zigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1 ^ (~(v & 1) + 1));
}

ValueView sized(ValueView::Type type, ByteView bytes) {
  ValueView value;
  value.type = type;
  value.bytes = bytes;
  return value;
}

ValueView integer(std::int64_t v) {
  ValueView value;
  value.type = ValueView::Type::kInteger;
  value.integer = v;
  return value;
}

ValueView real(std::uint64_t bits) {
  ValueView value;
  value.type = ValueView::Type::kReal;
  value.real = std::bit_cast<double>(bits);
  return value;
}

ByteView take_sized(ByteReader& in) {
  const std::uint64_t length = in.varint();
  if (length > in.left()) in.fail();
  return in.bytes(static_cast<std::size_t>(in.ok() ? length : 0));
}

void put_text(Bytes& out, ByteView text) {
  ByteWriter writer(out);
  if (text.size() == kUuidTextBytes) {
    if (const auto uuid = Uuid::parse(as_text(text))) {
      writer.u8(kTagUuid);
      writer.bytes(uuid->data);
      return;
    }
  }
  if (text.size() < kShortTextBytes) {
    writer.u8(static_cast<std::uint8_t>(kTagShortText + text.size()));
  } else {
    writer.u8(kTagText);
    writer.varint(text.size());
  }
  writer.bytes(text);
}

/// Reads a value of any form, without judging what it contains.
ValueView take_any(ByteReader& in) {
  const std::uint8_t tag = in.u8();
  if (tag >= kTagSmallInteger) return integer(tag - kTagSmallInteger);
  if (tag >= kTagShortText) return sized(ValueView::Type::kText, in.bytes(tag - kTagShortText));
  switch (tag) {
    case kTagNull: return {};
    case kTagInteger: return integer(from_zigzag(in.varint()));
    case kTagReal: return real(in.u64());
    case kTagText: return sized(ValueView::Type::kText, take_sized(in));
    case kTagBlob: return sized(ValueView::Type::kBlob, take_sized(in));
    case kTagUuid: return sized(ValueView::Type::kUuid, in.bytes(kUuidBytes));
    default: in.fail(); return {};
  }
}

bool is_canonical_text(std::uint8_t tag, std::string_view text) {
  if (tag == kTagText && text.size() < kShortTextBytes) return false;
  if (text.size() == kUuidTextBytes && Uuid::parse(text)) return false;  // belongs in the 16-byte form
  return is_clean_text(text);
}

bool is_canonical(std::uint8_t tag, const ValueView& value) {
  switch (value.type) {
    case ValueView::Type::kNull:
    case ValueView::Type::kBlob:
    case ValueView::Type::kUuid: return true;
    case ValueView::Type::kInteger:
      return tag >= kTagSmallInteger || value.integer < 0 || value.integer >= kSmallIntegers;
    case ValueView::Type::kReal: return !std::isnan(value.real);  // SQLite would make it NULL
    case ValueView::Type::kText: return is_canonical_text(tag, as_text(value.bytes));
  }
  return false;
}

bool is_ascii_without_nul(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    constexpr std::uint64_t kHigh = 0x8080808080808080;
    constexpr std::uint64_t kLow = 0x0101010101010101;
    if ((word & kHigh) != 0 || ((word - kLow) & ~word & kHigh) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    if (text[i] <= 0) return false;
  }
  return true;
}

bool is_key(const ValueView& key) {
  return !key.is_null() && key.bytes.size() <= kKeyBytesMax;
}

}  // namespace

bool is_clean_text(std::string_view text) {
  static_assert(static_cast<char>(0x80) < 0, "is_ascii_without_nul compares signed characters");
  if (is_ascii_without_nul(text)) return true;
  return text.find('\0') == std::string_view::npos && codec::is_utf8(text);
}

Value ValueView::to_value() const {
  switch (type) {
    case Type::kNull: return std::monostate{};
    case Type::kInteger: return integer;
    case Type::kReal: return real;
    case Type::kText: return std::string(as_text(bytes));
    case Type::kBlob: return to_bytes(bytes);
    case Type::kUuid: {
      Uuid uuid;
      std::memcpy(uuid.data.data(), bytes.data(), kUuidBytes);
      return uuid.text();
    }
  }
  return std::monostate{};
}

ValueView view_of(const Value& value) {
  if (const auto* v = std::get_if<std::int64_t>(&value)) return integer(*v);
  if (const auto* v = std::get_if<double>(&value)) return real(std::bit_cast<std::uint64_t>(*v));
  if (const auto* v = std::get_if<std::string>(&value)) return sized(ValueView::Type::kText, as_bytes(*v));
  if (const auto* v = std::get_if<Bytes>(&value)) return sized(ValueView::Type::kBlob, *v);
  return {};
}

void put_value(Bytes& out, const Value& value) {
  put_value(out, view_of(value));
}

void put_value(Bytes& out, const ValueView& value) {
  ByteWriter writer(out);
  switch (value.type) {
    case ValueView::Type::kNull: writer.u8(kTagNull); return;
    case ValueView::Type::kInteger:
      if (value.integer >= 0 && value.integer < kSmallIntegers) {
        writer.u8(static_cast<std::uint8_t>(kTagSmallInteger + value.integer));
        return;
      }
      writer.u8(kTagInteger);
      writer.varint(to_zigzag(value.integer));
      return;
    case ValueView::Type::kReal:
      writer.u8(kTagReal);
      writer.u64(std::bit_cast<std::uint64_t>(value.real));
      return;
    case ValueView::Type::kText: put_text(out, value.bytes); return;
    case ValueView::Type::kBlob:
      writer.u8(kTagBlob);
      writer.varint(value.bytes.size());
      writer.bytes(value.bytes);
      return;
    case ValueView::Type::kUuid:
      writer.u8(kTagUuid);
      writer.bytes(value.bytes);
      return;
  }
}

std::optional<ValueView> take_value(ByteReader& in) {
  const std::uint8_t tag = in.left() > 0 ? in.rest()[0] : kTagNull;
  const ValueView value = take_any(in);
  if (!in.ok() || !is_canonical(tag, value)) return std::nullopt;
  return value;
}

ValueView take_known_value(ByteReader& in) {
  return take_any(in);
}

// -- ShapeReader

namespace {

Error malformed(std::string_view what) {
  return {ErrorCode::kMalformed, "A changeset is malformed: " + std::string(what) + "."};
}

constexpr std::uint64_t kHeadNamed = 1;
constexpr std::uint64_t kHeadStamped = 2;
constexpr int kHeadBits = 2;
constexpr int kKindBits = 2;

}  // namespace

Result<ShapeReader> ShapeReader::open(ByteView shape) {
  ShapeReader reader(shape);
  const std::uint64_t head = reader.in_.varint();
  const std::uint64_t event = head >> kHeadBits;
  reader.stamped_ = (head & kHeadStamped) != 0;
  if ((head & kHeadNamed) != 0) {
    if (event == 0 || event > kEventNameBytesMax) return malformed("the length of the event's name");
    reader.head_.event_name = as_text(reader.in_.bytes(static_cast<std::size_t>(event)));
    if (!is_clean_text(reader.head_.event_name)) return malformed("the event's name");
  } else {
    if (event > UINT32_MAX) return malformed("the event's number");
    reader.head_.event = static_cast<std::uint32_t>(event);
  }
  if (reader.stamped_) {
    reader.head_.transaction = Stamp(reader.in_.u64());
    if (reader.head_.transaction == Stamp{}) return malformed("the transaction's stamp");
  }
  if (!reader.in_.ok()) return malformed("it is cut off");
  return reader;
}

Result<bool> ShapeReader::next(Op& op) {
  if (in_.at_end()) return false;
  if (++count_ > kOpsMax) return malformed("it has too many changes");
  const std::uint64_t head = in_.varint();
  if (head >> kKindBits > UINT32_MAX) return malformed("a table's number");
  op.kind = static_cast<OpKind>(head & 3);
  op.table = static_cast<std::uint32_t>(head >> kKindBits);
  const auto key = take_value(in_);
  if (!key || !is_key(*key)) return malformed("a key");
  op.key = *key;
  op.columns = op.kind == OpKind::kDelete ? 0 : in_.varint();
  op.stamp = head_.transaction;
  if (stamped_) {
    const std::int64_t difference = from_zigzag(in_.varint());
    op.stamp = Stamp(head_.transaction.value + static_cast<std::uint64_t>(difference));
    const bool has_wrapped = difference < 0 ? op.stamp >= head_.transaction : op.stamp < head_.transaction;
    if (has_wrapped || op.stamp == Stamp{}) return malformed("a stamp");
  }
  if (!in_.ok()) return malformed("it is cut off");
  return true;
}

// -- ShapeWriter

ShapeWriter::ShapeWriter(Bytes& out, std::uint32_t event, std::string_view event_name, Stamp transaction)
    : out_(out), stamped_(transaction != Stamp{}) {
  ByteWriter writer(out_);
  const std::uint64_t number = event_name.empty() ? event : event_name.size();
  writer.varint(number << kHeadBits | (stamped_ ? kHeadStamped : 0) | (event_name.empty() ? 0 : kHeadNamed));
  writer.bytes(as_bytes(event_name));
  if (stamped_) writer.u64(transaction.value);
}

void put_op(Bytes& out, OpKind kind, std::uint32_t table, const ValueView& key, std::uint64_t columns) {
  ByteWriter writer(out);
  writer.varint(static_cast<std::uint64_t>(table) << kKindBits | static_cast<std::uint64_t>(kind));
  put_value(out, key);
  if (kind != OpKind::kDelete) writer.varint(columns);
}

void ShapeWriter::op(OpKind kind, std::uint32_t table, const ValueView& key, std::uint64_t columns,
                     std::int64_t stamp_difference) {
  put_op(out_, kind, table, key, columns);
  if (stamped_) ByteWriter(out_).varint(to_zigzag(stamp_difference));
}

}  // namespace kith::store
