// SPDX-License-Identifier: Apache-2.0
// The little of protobuf that libp2p's messages use: varints and bytes. Writing keeps the order of the calls; reading
// takes fields in any order and skips what it does not know.
#pragma once

#include <cstdint>

#include "kith/bytes.h"

namespace kith::p2p {

/// An unsigned LEB128 number as libp2p wants it: shortest form, at most 63 bits. Fails the reader otherwise.
std::uint64_t read_uvarint(ByteReader& in);
/// Appends the length of `body` as a uvarint, and `body`.
void append_length_prefixed(Bytes& out, ByteView body);

class ProtoWriter {
 public:
  explicit ProtoWriter(Bytes& out) : out_(out) {}
  void number(std::uint32_t field, std::uint64_t value);
  void bytes(std::uint32_t field, ByteView value);
  void text(std::uint32_t field, std::string_view value) { bytes(field, as_bytes(value)); }

 private:
  Bytes& out_;
};

/// One field. `number` of a bytes field is 0, `bytes` of a number is empty.
struct ProtoField {
  std::uint32_t field = 0;
  bool is_bytes = false;
  std::uint64_t number = 0;
  ByteView bytes;
};

/// for (ProtoReader in(message); in.next();) use(in.field()); then check in.ok(). Views point into the message.
class ProtoReader {
 public:
  explicit ProtoReader(ByteView in) : in_(in) {}
  /// False at the end and at the first malformed byte. Fixed-size fields are skipped, groups are malformed.
  bool next();
  const ProtoField& field() const { return field_; }
  /// The field, if it is bytes with this number.
  bool is_bytes(std::uint32_t field) const { return field_.is_bytes && field_.field == field; }
  bool ok() const { return in_.ok(); }

 private:
  ByteReader in_;
  ProtoField field_;
};

}  // namespace kith::p2p
