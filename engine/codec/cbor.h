// SPDX-License-Identifier: Apache-2.0
// The one CBOR profile of Kith (formats 0; RFC 8949 deterministic encoding, narrowed): definite lengths, shortest
// integers, byte and text strings (valid UTF-8), arrays, unsigned and negative integers, nil, booleans; no
// floats, tags, maps, trailing bytes; at most 6 arrays within one another; negative integers from -2^63. The decoder
// refuses everything else, so a value has one encoding and nothing is ever re-encoded.
#pragma once

#include <cstdint>
#include <string_view>

#include "kith/bytes.h"
#include "kith/result.h"

namespace kith::codec {

/// Appends one item after another. `array(n)` announces that the next n items are its elements.
class CborWriter {
 public:
  explicit CborWriter(Bytes& out) : out_(out) {}
  CborWriter& array(std::uint64_t count);
  CborWriter& uint(std::uint64_t v);
  CborWriter& integer(std::int64_t v);
  CborWriter& bytes(ByteView v);
  CborWriter& text(std::string_view v);
  CborWriter& boolean(bool v);
  CborWriter& nil();
  /// An item that is encoded already.
  CborWriter& raw(ByteView item);

 private:
  void head(std::uint8_t major, std::uint64_t v);
  Bytes& out_;
};

/// Reads items in order, without copying. A read of another kind than what is there, or of anything outside
/// the profile, fails the reader for good (later reads give zero, empty); check `finish()` once at the end.
/// Views point into the input. Several items may follow one another at the top (lists of formats 10).
class CborReader {
 public:
  static constexpr int kDepthMax = 6;
  static constexpr std::uint64_t kItemsMax = 65'536;  // "lists 65,536 items"

  explicit CborReader(ByteView in) : in_(in) {}
  /// Enters an array and returns its count (at most kItemsMax). Leave it by reading exactly that many items.
  std::uint64_t array();
  /// Enters an array that must have exactly `count` elements.
  void array_of(std::uint64_t count);
  std::uint64_t uint();
  std::int64_t integer();
  ByteView bytes();
  /// A byte string of exactly this length.
  ByteView bytes_of(std::size_t length);
  std::string_view text();
  bool boolean();
  /// True and consumed if the next item is nil; otherwise nothing happens.
  bool take_nil();
  /// The bytes of the next item, whatever it is (checked against the profile).
  ByteView raw_item();
  bool ok() const;
  /// ok, everything read, nothing trailing, all arrays complete.
  Result<void> finish(std::string_view what) const;

 private:
  struct Head {
    std::uint8_t major = 0;
    std::uint64_t value = 0;
  };
  Head head();
  std::uint64_t head_of(std::uint8_t major);
  ByteView body(std::uint64_t length);
  void enter(std::uint64_t count);
  void item_done();
  void skip_item();
  void fail();

  ByteView in_;
  std::uint64_t open_[kDepthMax] = {};  // items still to come in each open array
  int depth_ = 0;
  bool ok_ = true;
};

}  // namespace kith::codec
