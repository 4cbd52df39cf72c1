// SPDX-License-Identifier: Apache-2.0
// The changeset of one transaction in bytes, parted into shape and values (docs/formats/changeset.md). Merge runs on
// shape alone, so that a replica whose values were erased agrees with one that has them.
//
//   shape   = varint (event << 2 | stamped << 1 | named) ‖ [text: varint length ‖ UTF-8, if named] ‖ [u64 stamp of the
//   transaction, if stamped] ‖ op …
//             event: 0 none, n the n-th CREATE EVENT (named = 0), or the length of its name (named = 1)
//   op      = varint (table << 2 | kind) ‖ key (a value) ‖ [varint columns, not for a delete] ‖ [zigzag varint: cell
//   stamp - transaction stamp, if stamped]
//             kind 0 birth, 1 update, 2 delete, 3 revive; columns: bit i = i-th column; in a birth or revive absent
//             ones are NULL
//   values  = for each op in order, for each column of the mask in order: value
//   value   = 00 NULL | 01 zigzag varint | 02 IEEE 754 double, big-endian | 03 varint length ‖ text | 04 varint length
//   ‖ blob
//           | 05 16 bytes: the text form of a UUID, lower case | 40+n short text of n bytes (n < 64) | 80+n the integer
//           n (n < 128)
//             the shortest form that fits is the only one accepted
//
// A birth of a post with a UUIDv7 key has a shape of 20 bytes: with method byte and marker it stays within the 32-byte
// bucket of formats 6.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/bytes.h"
#include "kith/ids.h"
#include "kith/result.h"
#include "kith/value.h"

namespace kith::store {

enum class OpKind : std::uint8_t { kBirth = 0, kUpdate = 1, kDelete = 2, kRevive = 3 };

/// A value inside somebody else's bytes: nothing is copied.
struct ValueView {
  enum class Type : std::uint8_t { kNull, kInteger, kReal, kText, kBlob, kUuid } type = Type::kNull;
  std::int64_t integer = 0;
  double real = 0;
  ByteView bytes;  // text, blob, or the 16 bytes of a UUID in text form
  Value to_value() const;
  bool is_null() const { return type == Type::kNull; }
};

struct Op {
  OpKind kind = OpKind::kBirth;
  std::uint32_t table = 0;
  ValueView key;
  std::uint64_t columns = 0;  // bit mask
  Stamp stamp;                // of its cells; zero: the transaction's
};

struct ShapeHead {
  std::string_view event_name;  // if named
  std::uint32_t event = 0;      // if not named; 0 none
  Stamp transaction;            // zero: the entry's time
};

inline constexpr std::size_t kKeyBytesMax = 1'024;  // of a text or blob key
inline constexpr std::size_t kEventNameBytesMax = 256;
inline constexpr std::uint32_t kOpsMax = 1 << 20;  // of one changeset: a rowid has 20 bits for the number of the op

/// A view of `value`, which must outlive it. A text of the form of a UUID stays a text here; writing finds the short
/// form.
ValueView view_of(const Value& value);
void put_value(Bytes& out, const ValueView& value);
void put_value(Bytes& out, const Value& value);
/// nullopt at anything that is not the one shortest form, or not UTF-8 without NUL.
std::optional<ValueView> take_value(ByteReader& in);
/// The same for bytes that take_value has accepted before: nothing is checked again.
ValueView take_known_value(ByteReader& in);
/// Valid UTF-8 without NUL: what a text in a changeset must be.
bool is_clean_text(std::string_view text);

/// Walks a shape, op by op, without allocating. Any `false`/error means the whole changeset is void.
class ShapeReader {
 public:
  static Result<ShapeReader> open(ByteView shape);
  const ShapeHead& head() const { return head_; }
  /// Ops read so far.
  std::uint32_t count() const { return count_; }
  /// False at the end. kMalformed if the bytes are off.
  Result<bool> next(Op& op);

 private:
  explicit ShapeReader(ByteView shape) : in_(shape) {}
  ByteReader in_;
  ShapeHead head_;
  bool stamped_ = false;
  std::uint32_t count_ = 0;
};

/// One op of a shape that is not stamped.
void put_op(Bytes& out, OpKind kind, std::uint32_t table, const ValueView& key, std::uint64_t columns);

class ShapeWriter {
 public:
  ShapeWriter(Bytes& out, std::uint32_t event, std::string_view event_name, Stamp transaction);
  void op(OpKind kind, std::uint32_t table, const ValueView& key, std::uint64_t columns, std::int64_t stamp_difference);

 private:
  Bytes& out_;
  bool stamped_;
};

}  // namespace kith::store
