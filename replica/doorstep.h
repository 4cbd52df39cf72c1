// SPDX-License-Identifier: Apache-2.0
// What a house says at its door to whoever holds an invitation, before she joins: which place, who invites, how many
// live there, its rules, and whether the invitation still stands. It is sealed for the invitation's box key, so that it
// may be asked for in the open: a stranger cannot name an invitation, and who overhears a name cannot read the answer,
// nor make one up. GET /invitations/<public key>; docs/formats/invitation.md.
#pragma once

#include <string>

#include "base/environment.h"
#include "kith/json.h"
#include "space/authority.h"
#include "space/invite.h"

namespace kith::replica {

inline constexpr std::string_view kDoorstepPath = "/invitations/";
inline constexpr std::size_t kDoorstepBytesMax = 16'384;

/// The path under which a door is asked about this invitation.
std::string doorstep_path(const space::Invitation& invitation);
/// "open", "spent", "expired"; "unknown" where it was withdrawn.
std::string_view invite_state(const space::InviteState& invite, std::uint64_t now_ms);
/// ephemeral key 32 ‖ sealed text. kBadKey: nobody can open what is sealed for this invitation.
Result<Bytes> seal_for_holder(Random& random, const space::InviteState& invite, std::string_view text);
/// kCannotOpen: it was sealed for somebody else, or changed on its way.
Result<std::string> open_as_holder(const space::Invitation& invitation, ByteView sealed);

}  // namespace kith::replica
