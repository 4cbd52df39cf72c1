// SPDX-License-Identifier: Apache-2.0
#include "base/uuid7.h"

namespace kith {

std::string Uuid::text() const {
  std::string out(kTextBytes, '-');
  write_text(std::span<char, kTextBytes>(out));
  return out;
}

void Uuid::write_text(std::span<char, kTextBytes> out) const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::size_t at = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out[at++] = '-';
    out[at++] = kDigits[data[i] >> 4];
    out[at++] = kDigits[data[i] & 15];
  }
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid out;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < 36; ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int v = 0;
    if (c >= '0' && c <= '9') {
      v = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      v = c - 'a' + 10;
    } else {
      return std::nullopt;
    }
    out.data[digit / 2] = static_cast<std::uint8_t>(out.data[digit / 2] << 4 | v);
    ++digit;
  }
  return out;
}

Uuid Uuid7Generator::next() {
  const std::uint64_t now = clock_.wall_ms();
  Uuid id;
  random_.fill(id.data);
  if (now > ms_) {
    ms_ = now;
    // The top bit of the counter starts at zero, so that 2,048 more always fit in this millisecond.
    counter_ = static_cast<std::uint16_t>((id.data[6] << 8 | id.data[7]) & 0x7ff);
  } else if (++counter_ == 0x1000) {
    ++ms_;  // the counter is used up: borrow the next millisecond (RFC 9562, section 6.2)
    counter_ = 0;
  }
  for (int i = 0; i < 6; ++i) id.data[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms_ >> (40 - 8 * i));
  id.data[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
  id.data[7] = static_cast<std::uint8_t>(counter_);
  id.data[8] = static_cast<std::uint8_t>(0x80 | (id.data[8] & 0x3f));
  return id;
}

}  // namespace kith
