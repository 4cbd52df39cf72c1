// SPDX-License-Identifier: Apache-2.0
#include "town/text.h"

namespace kith::town {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr char32_t kReplacement = 0xfffd;

// U+00C0 to U+017F in lower case without their accents, two letters each.
constexpr std::string_view kLatin =
    "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thssa a a a a a aec e e e e i i i i "
    "d n o o o o o   o u u u u y thy a a a a a a c c c c c c c c d d d d e e e e e e e e e e g g g g "
    "g g g g h h h h i i i i i i i i i i ijijj j k k k l l l l l l l l l l n n n n n n n n n o o o o "
    "o o oeoer r r r r r s s s s s s s s t t t t t t u u u u u u u u u u u u w w y y y z z z z z z s ";
static_assert(kLatin.size() == 2 * (0x180 - 0xc0));

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/// Embeddings, overrides and isolates (Unicode 9, UAX 9), marks of direction, and characters of no width but the
/// joiners, which emoji and some scripts need.
bool turns_direction(char32_t c) {
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x200b ||
         c == 0xfeff;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::size_t length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

std::string shown(std::string_view text, std::size_t bytes_max, bool has_lines) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    const char32_t c = next_character(text, at);
    if (c == '\r') continue;
    const bool is_line = has_lines && (c == '\n' || c == '\t');
    if (!has_lines && turns_direction(c)) continue;
    const std::string_view bytes = is_control(c) && !is_line ? std::string_view(" ") : text.substr(begin, at - begin);
    if (out.size() + bytes.size() > bytes_max) break;
    if (c == kReplacement) {
      append_utf8(out, c);
    } else {
      out += bytes;
    }
  }
  return out;
}

}  // namespace

char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = length_of(byte(at));
  if (length == 0 || at + length > text.size()) return ++at, kReplacement;
  if (length == 1) return byte(at++);
  char32_t c = byte(at) & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return ++at, kReplacement;
    c = c << 6 | (byte(at + i) & 0x3f);
  }
  at += length;
  return c;
}

void append_utf8(std::string& to, char32_t c) {
  const auto push = [&](char32_t bits) { to.push_back(static_cast<char>(bits)); };
  if (c < 0x80) return push(c);
  if (c < 0x800) {
    push(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    push(0xe0 | c >> 12);
    push(0x80 | (c >> 6 & 0x3f));
  } else {
    push(0xf0 | c >> 18);
    push(0x80 | (c >> 12 & 0x3f));
    push(0x80 | (c >> 6 & 0x3f));
  }
  push(0x80 | (c & 0x3f));
}

std::string folded(char32_t c) {
  std::string out;
  if (c >= 'A' && c <= 'Z') c += 32;
  if (c >= 0xc0 && c < 0x180) {
    for (const char letter : kLatin.substr(2 * (c - 0xc0), 2)) {
      if (letter != ' ') out += letter;
    }
    return out;
  }
  const bool is_greek_or_cyrillic_capital = (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f);
  append_utf8(out, is_greek_or_cyrillic_capital ? c + 32 : c);
  return out;
}

Result<std::string> clean_text(const TextRule& rule, std::string_view text) {
  std::string out = KITH_TRY(clean_optional(rule, text));
  if (out.empty()) return Error(ErrorCode::kUsage, std::string(rule.what) + " cannot be empty.", "Write a few words.");
  return out;
}

Result<std::string> clean_optional(const TextRule& rule, std::string_view text) {
  const std::string what(rule.what);
  text = trimmed(text);
  if (text.size() > rule.bytes_max) {
    return Error(
        ErrorCode::kTooLarge,
        what + " can have " + std::to_string(rule.bytes_max) + " bytes; this has " + std::to_string(text.size()) + ".",
        "Make it shorter.");
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_character(text, at);
    if (c == '\r') continue;
    const bool is_refused =
        (is_control(c) && !(rule.has_lines && (c == '\n' || c == '\t'))) || (!rule.has_lines && turns_direction(c));
    if (is_refused) {
      return Error(ErrorCode::kUsage, what + " cannot contain control characters.",
                   rule.has_lines ? "Remove them and try again." : "Write it on one line.");
    }
    out += text.substr(begin, at - begin);
  }
  return out;
}

std::string shown_line(std::string_view text, std::size_t bytes_max) {
  return shown(text, bytes_max, false);
}

std::string shown_text(std::string_view text, std::size_t bytes_max) {
  return shown(text, bytes_max, true);
}

}  // namespace kith::town
