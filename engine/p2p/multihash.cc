// SPDX-License-Identifier: Apache-2.0
#include "p2p/multihash.h"

#include <algorithm>

#include "codec/text_codes.h"
#include "p2p/protobuf.h"

namespace kith::p2p {

namespace {

constexpr std::size_t kMultibaseCharactersMax = 128;
constexpr std::size_t kSha256Bytes = 32;

}  // namespace

bool is_multihash(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint64_t code = read_uvarint(in);
  const std::uint64_t size = read_uvarint(in);
  if (!in.ok() || size != in.left()) return false;
  if (code == kMultihashIdentity) return size >= 1 && size <= kIdentityBytesMax;
  return code == kMultihashSha256 && size == kSha256Bytes;
}

std::optional<Bytes> from_multibase(std::string_view text) {
  if (text.empty() || text.size() > kMultibaseCharactersMax) return std::nullopt;
  const std::string_view digits = text.substr(1);
  switch (text[0]) {
    case 'b':
      if (std::any_of(digits.begin(), digits.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return std::nullopt;
      return codec::from_base32(digits);
    case 'u': return codec::from_base64url(digits);
    case 'z': return codec::from_base58(digits);
    default: return std::nullopt;
  }
}

}  // namespace kith::p2p
