// SPDX-License-Identifier: Apache-2.0
#include "space/invite.h"

#include "fuzz/fuzz.h"

void kith::fuzz::run(ByteView input) {
  const auto invitation = space::Invitation::parse(as_text(input));
  if (!invitation.ok()) {
    CHECK(invitation.error().code() == ErrorCode::kBadInvite);
    return;
  }
  CHECK(invitation->addresses.size() <= space::Invitation::kAddressesMax);
  const auto again = space::Invitation::parse(invitation->link());
  CHECK(again.ok());
  CHECK(again->secret == invitation->secret && again->space_prefix == invitation->space_prefix);
  CHECK(again->addresses == invitation->addresses);
}
