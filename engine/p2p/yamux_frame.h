// SPDX-License-Identifier: Apache-2.0
// The header of a yamux frame: 12 bytes, big-endian. Data frames are followed by `length` bytes.
#pragma once

#include "kith/bytes.h"

namespace kith::p2p {

inline constexpr std::size_t kYamuxHeaderBytes = 12;

// Types. Numbers, not an enum class: what comes from outside may be none of them.
inline constexpr std::uint8_t kYamuxData = 0;
inline constexpr std::uint8_t kYamuxWindow = 1;
inline constexpr std::uint8_t kYamuxPing = 2;
inline constexpr std::uint8_t kYamuxGoAway = 3;

// Flags.
inline constexpr std::uint16_t kYamuxSyn = 1;
inline constexpr std::uint16_t kYamuxAck = 2;
inline constexpr std::uint16_t kYamuxFin = 4;
inline constexpr std::uint16_t kYamuxRst = 8;

// Codes of go away.
inline constexpr std::uint32_t kGoAwayNormal = 0;
inline constexpr std::uint32_t kGoAwayProtocol = 1;

struct YamuxHeader {
  std::uint8_t version = 0;
  std::uint8_t type = kYamuxData;
  std::uint16_t flags = 0;
  std::uint32_t stream = 0;
  std::uint32_t length = 0;
};

inline void encode_yamux(const YamuxHeader& header, std::span<std::uint8_t, kYamuxHeaderBytes> out) {
  const auto put = [&](std::size_t at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
  };
  out[0] = header.version;
  out[1] = header.type;
  put(2, header.flags, 2);
  put(4, header.stream, 4);
  put(8, header.length, 4);
}

inline void append_yamux(Bytes& out, const YamuxHeader& header) {
  std::array<std::uint8_t, kYamuxHeaderBytes> bytes;
  encode_yamux(header, bytes);
  append(out, bytes);
}

inline YamuxHeader decode_yamux(ByteView bytes) {
  ByteReader in(bytes);
  YamuxHeader header;
  header.version = in.u8();
  header.type = in.u8();
  header.flags = in.u16();
  header.stream = in.u32();
  header.length = in.u32();
  return header;
}

}  // namespace kith::p2p
