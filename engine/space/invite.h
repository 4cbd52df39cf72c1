// SPDX-License-Identifier: Apache-2.0
// Invitation links (formats 8; docs/formats/invitation.md): kith:<48 characters>&a=<address>… or https://<node>/i#<the
// same>.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "kith/bytes.h"
#include "kith/result.h"

namespace kith::space {

struct Invitation {
  static constexpr std::size_t kLinkBytesMax = 8'192;
  static constexpr std::size_t kAddressesMax = 16;

  std::array<std::uint8_t, 16> secret{};
  std::array<std::uint8_t, 16> space_prefix{};
  std::vector<std::string> addresses;  // multiaddrs, e.g. /unix/home/ana/.kith/node.sock

  std::string link() const;  // kith:…
  /// For a browser: `door` (https://…, without a slash at its end), /i# and the same.
  std::string link_at(std::string_view door) const;
  /// Accepts both forms, surrounding white space, and percent-encoding of addresses. kBadInvite says whether it is cut
  /// off, mistyped, or no invitation.
  static Result<Invitation> parse(std::string_view link);
};

}  // namespace kith::space
