// SPDX-License-Identifier: Apache-2.0
#include "p2p/protobuf.h"

namespace kith::p2p {

namespace {

constexpr std::uint64_t kWireNumber = 0;
constexpr std::uint64_t kWireFixed64 = 1;
constexpr std::uint64_t kWireBytes = 2;
constexpr std::uint64_t kWireFixed32 = 5;
constexpr std::uint64_t kFieldMax = (1 << 29) - 1;

}  // namespace

std::uint64_t read_uvarint(ByteReader& in) {
  const std::uint64_t value = in.varint();
  if (value >> 63 == 0) return value;
  in.fail();
  return 0;
}

void append_length_prefixed(Bytes& out, ByteView body) {
  ByteWriter(out).varint(body.size());
  append(out, body);
}

void ProtoWriter::number(std::uint32_t field, std::uint64_t value) {
  ByteWriter(out_).varint(std::uint64_t{field} << 3 | kWireNumber);
  ByteWriter(out_).varint(value);
}

void ProtoWriter::bytes(std::uint32_t field, ByteView value) {
  ByteWriter(out_).varint(std::uint64_t{field} << 3 | kWireBytes);
  append_length_prefixed(out_, value);
}

bool ProtoReader::next() {
  while (in_.ok() && !in_.at_end()) {
    const std::uint64_t tag = read_uvarint(in_);
    field_ = {};
    if (tag >> 3 == 0 || tag >> 3 > kFieldMax) in_.fail();
    field_.field = static_cast<std::uint32_t>(tag >> 3);
    switch (tag & 7) {
      case kWireNumber: field_.number = read_uvarint(in_); return in_.ok();
      case kWireBytes:
        field_.is_bytes = true;
        field_.bytes = in_.bytes(read_uvarint(in_));
        return in_.ok();
      case kWireFixed64: in_.bytes(8); break;
      case kWireFixed32: in_.bytes(4); break;
      default: in_.fail();
    }
  }
  return false;
}

}  // namespace kith::p2p
