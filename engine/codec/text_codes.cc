// SPDX-License-Identifier: Apache-2.0
#include "codec/text_codes.h"

namespace kith::codec {

namespace {

constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kBase58CharactersMax = 64;

constexpr std::uint8_t kNone = 0xff;
using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable digits_of(std::string_view alphabet) {
  DigitTable table{};
  for (auto& digit : table) digit = kNone;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr DigitTable with_upper_case(DigitTable table) {
  for (char c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::uint8_t>(c - 'a' + 'A')] = table[static_cast<std::uint8_t>(c)];
  }
  return table;
}

constexpr DigitTable kBase64UrlDigits = digits_of(kBase64Url);
constexpr DigitTable kBase32Digits = with_upper_case(digits_of(kBase32));
constexpr DigitTable kBase58Digits = digits_of(kBase58);

std::string encode_bits(ByteView bytes, std::string_view alphabet, int bits_per_digit) {
  std::string out;
  out.reserve((bytes.size() * 8 + bits_per_digit - 1) / bits_per_digit);
  const unsigned mask = (1u << bits_per_digit) - 1;
  unsigned pending = 0;
  int bits = 0;
  for (const std::uint8_t b : bytes) {
    pending = pending << 8 | b;
    bits += 8;
    while (bits >= bits_per_digit) {
      bits -= bits_per_digit;
      out.push_back(alphabet[pending >> bits & mask]);
    }
  }
  if (bits > 0) out.push_back(alphabet[pending << (bits_per_digit - bits) & mask]);
  return out;
}

std::optional<Bytes> decode_bits(std::string_view text, const DigitTable& digits, int bits_per_digit) {
  Bytes out;
  out.reserve(text.size() * bits_per_digit / 8);
  unsigned pending = 0;
  int bits = 0;
  for (const char c : text) {
    const std::uint8_t digit = digits[static_cast<std::uint8_t>(c)];
    if (digit == kNone) return std::nullopt;
    pending = pending << bits_per_digit | digit;
    bits += bits_per_digit;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(pending >> bits));
    }
  }
  // What is left must be less than a digit (or a digit stands there in vain) and zero.
  if (bits >= bits_per_digit || (pending & ((1u << bits) - 1)) != 0) return std::nullopt;
  return out;
}

/// number = number * base + digit, little-endian digits of 2^8 or 58.
void multiply_add(Bytes& number, unsigned factor, unsigned carry, unsigned base) {
  for (auto& place : number) {
    carry += place * factor;
    place = static_cast<std::uint8_t>(carry % base);
    carry /= base;
  }
  for (; carry > 0; carry /= base) number.push_back(static_cast<std::uint8_t>(carry % base));
}

}  // namespace

std::string to_base64url(ByteView bytes) {
  return encode_bits(bytes, kBase64Url, 6);
}

std::optional<Bytes> from_base64url(std::string_view text) {
  return decode_bits(text, kBase64UrlDigits, 6);
}

std::string to_base32(ByteView bytes) {
  return encode_bits(bytes, kBase32, 5);
}

std::optional<Bytes> from_base32(std::string_view text) {
  return decode_bits(text, kBase32Digits, 5);
}

std::string to_base58(ByteView bytes) {
  std::size_t zeros = 0;
  while (zeros < bytes.size() && bytes[zeros] == 0) ++zeros;
  Bytes number;
  for (const std::uint8_t b : bytes.subspan(zeros)) multiply_add(number, 256, b, 58);
  std::string out(zeros, kBase58[0]);
  for (auto digit = number.rbegin(); digit != number.rend(); ++digit) out.push_back(kBase58[*digit]);
  return out;
}

std::optional<Bytes> from_base58(std::string_view text) {
  if (text.size() > kBase58CharactersMax) return std::nullopt;
  std::size_t zeros = 0;
  while (zeros < text.size() && text[zeros] == kBase58[0]) ++zeros;
  Bytes number;
  for (const char c : text.substr(zeros)) {
    const std::uint8_t digit = kBase58Digits[static_cast<std::uint8_t>(c)];
    if (digit == kNone) return std::nullopt;
    multiply_add(number, 58, digit, 256);
  }
  Bytes out(zeros, 0);
  out.insert(out.end(), number.rbegin(), number.rend());
  return out;
}

bool is_utf8(std::string_view text) {
  const ByteView in = as_bytes(text);
  for (std::size_t i = 0; i < in.size();) {
    const std::uint8_t first = in[i++];
    if (first < 0x80) continue;
    const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || in.size() - i < static_cast<std::size_t>(more)) return false;
    // The second byte is what tells longer forms than needed, surrogates and values above U+10FFFF.
    const std::uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (in[i] < low || in[i] > high) return false;
    for (int k = 1; k < more; ++k) {
      if ((in[i + k] & 0xc0) != 0x80) return false;
    }
    i += more;
  }
  return true;
}

}  // namespace kith::codec
