// SPDX-License-Identifier: Apache-2.0
#include "space/invite.h"

#include <algorithm>

#include "codec/text_codes.h"
#include "crypto/hash.h"

namespace kith::space {
namespace {

constexpr std::string_view kScheme = "kith:";
constexpr std::string_view kFragmentMark = "/i#";
constexpr std::string_view kAddressMark = "a=";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCheckBytes = 3;
constexpr std::size_t kBodyBytes = 1 + 16 + 16;
constexpr std::size_t kCodeCharacters = 48;
constexpr std::string_view kAskAgain = "Copy the whole link again, or ask for a new one.";

Error bad(std::string cause, std::string_view remedy = kAskAgain) {
  return Error(ErrorCode::kBadInvite, std::move(cause), std::string(remedy));
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// What a link needs not to be cut at: everything else is percent-encoded, so that chat programs keep the link whole.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/:").find(c) != std::string_view::npos;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
    } else {
      out += '%' + to_hex(as_bytes(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    out += static_cast<char>(byte->front());
    i += 2;
  }
  return out;
}

Bytes body_of(const Invitation& invitation) {
  Bytes body{kVersion};
  append(body, invitation.secret);
  append(body, invitation.space_prefix);
  return body;
}

Hash check_of(ByteView body) {
  return crypto::hash("kith1 link check", {body});
}

Result<Invitation> parse_code(std::string_view code) {
  if (code.size() < kCodeCharacters) {
    return bad("This invitation is cut off: " + std::to_string(kCodeCharacters - code.size()) +
               " characters of its code are missing.");
  }
  const auto bytes = codec::from_base64url(code);
  if (!bytes || code.size() != kCodeCharacters) {
    return bad("This invitation is mistyped: its code has a character that does not belong there, or too many.");
  }
  const ByteView body = ByteView(*bytes).first(kBodyBytes);
  if (!equal(check_of(body).view().first(kCheckBytes), ByteView(*bytes).subspan(kBodyBytes))) {
    return bad("This invitation is mistyped: its check characters do not fit.");
  }
  ByteReader in(body);
  if (in.u8() != kVersion) {
    return bad("This code is no invitation of a kind that this version knows.",
               "Update Kith, or ask for an invitation link that begins with kith:.");
  }
  Invitation invitation;
  invitation.secret = in.array<16>();
  invitation.space_prefix = in.array<16>();
  return invitation;
}

Result<std::string> parse_address(std::string_view part) {
  if (!part.starts_with(kAddressMark)) return bad("This invitation is mistyped behind its code.");
  const auto address = percent_decode(part.substr(kAddressMark.size()));
  const bool has_control = address && std::any_of(address->begin(), address->end(),
                                                  [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  if (!address || !address->starts_with('/') || has_control || !codec::is_utf8(*address)) {
    return bad("This invitation is mistyped: an address in it is not one.");
  }
  return *address;
}

}  // namespace

std::string Invitation::link() const {
  Bytes code = body_of(*this);
  append(code, check_of(code).view().first(kCheckBytes));
  std::string out = std::string(kScheme) + codec::to_base64url(code);
  for (const std::string& address : addresses) out += "&" + std::string(kAddressMark) + percent_encode(address);
  return out;
}

std::string Invitation::link_at(std::string_view door) const {
  return std::string(door) + std::string(kFragmentMark) + link().substr(kScheme.size());
}

Result<Invitation> Invitation::parse(std::string_view link) {
  if (link.size() > kLinkBytesMax) return bad("This is far too long for an invitation.");
  std::string_view rest = trimmed(link);
  const std::size_t fragment = rest.find(kFragmentMark);
  if (rest.starts_with(kScheme)) {
    rest.remove_prefix(kScheme.size());
  } else if ((rest.starts_with("https://") || rest.starts_with("http://")) && fragment != std::string_view::npos) {
    rest.remove_prefix(fragment + kFragmentMark.size());
  } else {
    return bad("This is no invitation.", "An invitation begins with kith: or is a web address with /i# in it.");
  }
  const std::size_t end = std::min(rest.find('&'), rest.size());
  Invitation invitation = KITH_TRY(parse_code(rest.substr(0, end)));
  rest.remove_prefix(end);
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the '&'
    const std::size_t next = std::min(rest.find('&'), rest.size());
    if (invitation.addresses.size() == kAddressesMax) return bad("This invitation names too many addresses.");
    invitation.addresses.push_back(KITH_TRY(parse_address(rest.substr(0, next))));
    rest.remove_prefix(next);
  }
  return invitation;
}

}  // namespace kith::space
