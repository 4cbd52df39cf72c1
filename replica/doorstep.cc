// SPDX-License-Identifier: Apache-2.0
#include "replica/doorstep.h"

#include "crypto/cipher.h"
#include "crypto/derive.h"

namespace kith::replica {
namespace {

constexpr std::string_view kLabel = "kith1 doorstep";

/// Both public keys go in, so that an answer for one is none for another.
crypto::Key key_of(const crypto::Key& shared, ByteView ephemeral, const BoxPublic& box) {
  return crypto::keyed_hash(shared.view(), kLabel, {ephemeral, box.view()});
}

}  // namespace

std::string doorstep_path(const space::Invitation& invitation) {
  return std::string(kDoorstepPath) + crypto::derive_invite_key(invitation.secret).public_key().hex();
}

std::string_view invite_state(const space::InviteState& invite, std::uint64_t now_ms) {
  switch (invite.standing(now_ms)) {
    case space::InviteStanding::kOpen: return "open";
    case space::InviteStanding::kExpired: return "expired";
    case space::InviteStanding::kSpent: return "spent";
    case space::InviteStanding::kRevoked: return "unknown";
  }
  return "unknown";
}

Result<Bytes> seal_for_holder(Random& random, const space::InviteState& invite, std::string_view text) {
  crypto::Key secret;
  random.fill(secret.data);
  const BoxPublic ephemeral = crypto::box_public(secret);
  auto shared = crypto::agree(secret, invite.box);
  crypto::wipe(secret.data);
  if (!shared.ok()) return std::move(shared).error();
  crypto::Key key = key_of(*shared, ephemeral.view(), invite.box);
  Bytes out = to_bytes(ephemeral.view());
  append(out, crypto::seal(key, random, as_bytes(text), invite.invite.view()));
  crypto::wipe(shared->data);
  crypto::wipe(key.data);
  return out;
}

Result<std::string> open_as_holder(const space::Invitation& invitation, ByteView sealed) {
  const auto ephemeral = BoxPublic::from(sealed.first(std::min<std::size_t>(sealed.size(), BoxPublic().data.size())));
  if (!ephemeral || sealed.size() > kDoorstepBytesMax)
    return Error(ErrorCode::kCannotOpen, "This is no answer of a door.", "Ask it once more.");
  crypto::Key secret = crypto::derive_invite_box_secret(invitation.secret);
  const BoxPublic box = crypto::box_public(secret);
  auto shared = crypto::agree(secret, *ephemeral);
  crypto::wipe(secret.data);
  if (!shared.ok()) return std::move(shared).error();
  crypto::Key key = key_of(*shared, ephemeral->view(), box);
  crypto::wipe(shared->data);
  const SignPublic invite = crypto::derive_invite_key(invitation.secret).public_key();
  const auto text = crypto::open(key, sealed.subspan(ephemeral->data.size()), invite.view());
  crypto::wipe(key.data);
  if (!text.ok()) return text.error();
  return std::string(as_text(*text));
}

}  // namespace kith::replica
