// SPDX-License-Identifier: Apache-2.0
#include "p2p/ip_text.h"

#include <algorithm>

namespace kith::p2p {

namespace {

constexpr std::size_t kGroups = 8;
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint16_t value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = static_cast<std::uint16_t>(value << 4 | digit);
  }
  return value;
}

/// One side of a "::": groups between colons, the last of the whole address may be a dotted quad. Empty text is no
/// group.
std::optional<Bytes> parse_groups(std::string_view text, bool may_end_in_quad) {
  Bytes out;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last && may_end_in_quad && part.find('.') != std::string_view::npos) {
      const auto quad = parse_ip4(part);
      if (!quad) return std::nullopt;
      append(out, *quad);
    } else {
      const auto group = parse_group(part);
      if (!group) return std::nullopt;
      ByteWriter(out).u16(*group);
    }
    if (out.size() > 2 * kGroups) return std::nullopt;
    if (is_last) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return out;
}

struct Run {
  std::size_t at = kGroups;
  std::size_t length = 1;  // a single zero group is not shortened
};

/// The first longest run of at least two zero groups.
Run longest_zero_run(const std::array<std::uint16_t, kGroups>& groups) {
  Run best;
  for (std::size_t at = 0; at < kGroups; ++at) {
    std::size_t end = at;
    while (end < kGroups && groups[end] == 0) ++end;
    if (end - at > best.length) best = {at, end - at};
  }
  return best;
}

std::string group_text(std::uint16_t group) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = group >> shift & 15;
    if (digit != 0 || !out.empty() || shift == 0) out.push_back(kDigits[digit]);
  }
  return out;
}

}  // namespace

std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
  if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value > max) return std::nullopt;
  return value;
}

std::optional<Ip4> parse_ip4(std::string_view text) {
  Ip4 out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t dot = i + 1 < out.size() ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto octet = parse_decimal(text.substr(0, dot), 255);
    if (!octet) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return out;
}

std::optional<Ip6> parse_ip6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = has_gap ? parse_groups(text.substr(gap + 2), true) : Bytes{};
  if (!head || !tail) return std::nullopt;
  const std::size_t given = head->size() + tail->size();
  if (has_gap ? given > 2 * (kGroups - 1) : given != 2 * kGroups) return std::nullopt;
  Ip6 out{};
  std::copy(head->begin(), head->end(), out.begin());
  std::copy(tail->begin(), tail->end(), out.end() - static_cast<std::ptrdiff_t>(tail->size()));
  return out;
}

std::string ip4_text(ByteView ip) {
  std::string out;
  for (const std::uint8_t octet : ip) {
    if (!out.empty()) out.push_back('.');
    out += std::to_string(octet);
  }
  return out;
}

std::string ip6_text(ByteView ip) {
  std::array<std::uint16_t, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) groups[i] = static_cast<std::uint16_t>(ip[2 * i] << 8 | ip[2 * i + 1]);
  const Run run = longest_zero_run(groups);
  std::string out;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == run.at) {
      out += "::";
      i += run.length - 1;
      continue;
    }
    if (!out.empty() && !out.ends_with(':')) out.push_back(':');
    out += group_text(groups[i]);
  }
  return out;
}

bool is_public_ip4(ByteView ip) {
  const unsigned a = ip[0], b = ip[1];
  const bool is_near = a == 0 || a == 10 || a == 127 || a >= 224 || (a == 100 && b >= 64 && b < 128) ||
                       (a == 169 && b == 254) || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168);
  return !is_near;
}

bool is_public_ip6(ByteView ip) {
  if (equal(ip.first(kMappedPrefix.size()), kMappedPrefix)) return is_public_ip4(ip.subspan(kMappedPrefix.size()));
  // Global unicast is 2000::/3 (RFC 4291); loopback, link-local, unique local and multicast lie outside of it.
  return (ip[0] & 0xe0) == 0x20;
}

}  // namespace kith::p2p
