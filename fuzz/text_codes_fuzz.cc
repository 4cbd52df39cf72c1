// SPDX-License-Identifier: Apache-2.0
#include "codec/text_codes.h"

#include <algorithm>

#include "fuzz/fuzz.h"

namespace kith::fuzz {

namespace {

/// UTF-8 by decoding code points: slower and plainer than codec::is_utf8, which must agree.
bool decodes_as_utf8(ByteView text) {
  while (!text.empty()) {
    const std::uint8_t first = text[0];
    const std::size_t size = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (size == 0 || text.size() < size) return false;
    std::uint32_t point = size == 1 ? first : first & (0x7f >> size);
    for (std::size_t i = 1; i < size; ++i) {
      if (text[i] >> 6 != 2) return false;
      point = point << 6 | (text[i] & 0x3f);
    }
    constexpr std::uint32_t kFirstOfSize[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kFirstOfSize[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    text = text.subspan(size);
  }
  return true;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return text;
}

}  // namespace

void run(ByteView input) {
  const std::string text(as_text(input));
  if (const auto bytes = codec::from_base64url(text)) CHECK(codec::to_base64url(*bytes) == text);
  if (const auto bytes = codec::from_base32(text)) CHECK(codec::to_base32(*bytes) == lower_case(text));
  if (const auto bytes = codec::from_base58(text)) CHECK(codec::to_base58(*bytes) == text);
  CHECK(codec::from_base64url(codec::to_base64url(input)) == to_bytes(input));
  CHECK(codec::from_base32(codec::to_base32(input)) == to_bytes(input));
  CHECK(codec::is_utf8(text) == decodes_as_utf8(input));
}

}  // namespace kith::fuzz
