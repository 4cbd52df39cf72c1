// SPDX-License-Identifier: Apache-2.0
// IP addresses as text: dotted quads without leading zeros, IPv6 by RFC 4291 in and by RFC 5952 out; and which of them
// are only reachable nearby.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "kith/bytes.h"

namespace kith::p2p {

using Ip4 = std::array<std::uint8_t, 4>;
using Ip6 = std::array<std::uint8_t, 16>;

std::optional<Ip4> parse_ip4(std::string_view text);
std::optional<Ip6> parse_ip6(std::string_view text);
std::string ip4_text(ByteView ip);
std::string ip6_text(ByteView ip);
/// Digits only, no leading zero, at most `max`.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max);

bool is_public_ip4(ByteView ip);
bool is_public_ip6(ByteView ip);

}  // namespace kith::p2p
