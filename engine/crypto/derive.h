// SPDX-License-Identifier: Apache-2.0
// From twelve words to every key of a person (formats 3), and the keys of an invitation (formats 8).
#pragma once

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "kith/ids.h"

namespace kith::crypto {

Key derive_root(const Key64& seed);
Lineage personal_lineage(const Key& root);
Key derive_person_root(const Key& root, const Lineage& lineage);
SigningKey derive_identity(const Key& person_root);
Key derive_wrap_secret(const Key& person_root, std::uint32_t n);
/// Vote key n, from wrap key n: any device that holds the one can vote with the other.
SigningKey derive_vote_key(const Key& wrap_secret);
Key derive_self_key(const Key& person_root);
Key derive_gate_key(const Lineage& lineage);
/// Finds a space that is kept for somebody: who knows the lineage alone, as another keeper does, cannot stand in its
/// way.
Key derive_kept_gate_key(const Lineage& lineage, const SignPublic& founder);

SigningKey derive_invite_key(ByteView secret16);
Key derive_invite_box_secret(ByteView secret16);

}  // namespace kith::crypto
