// SPDX-License-Identifier: Apache-2.0
#include "crypto/derive.h"

#include "base/check.h"
#include "crypto/cipher.h"

namespace kith::crypto {

namespace {

constexpr std::size_t kInviteSecretBytes = 16;

SigningKey signing_key_from(ByteView parent, std::string_view label) {
  Key seed = keyed_hash(parent, label, {});
  SigningKey key = SigningKey::from_seed(seed);
  wipe(seed.data);
  return key;
}

}  // namespace

Key derive_root(const Key64& seed) {
  return keyed_hash(seed.view(), "kith1 root", {});
}

Lineage personal_lineage(const Key& root) {
  return Lineage{keyed_hash(root.view(), "kith1 personal", {}).data};
}

Key derive_person_root(const Key& root, const Lineage& lineage) {
  return keyed_hash(root.view(), "kith1 person", {lineage.view()});
}

SigningKey derive_identity(const Key& person_root) {
  return signing_key_from(person_root.view(), "kith1 identity");
}

Key derive_wrap_secret(const Key& person_root, std::uint32_t n) {
  const std::array<std::uint8_t, 4> number = {static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
                                              static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
  return keyed_hash(person_root.view(), "kith1 wrap", {number});
}

SigningKey derive_vote_key(const Key& wrap_secret) {
  return signing_key_from(wrap_secret.view(), "kith1 vote key");
}

Key derive_self_key(const Key& person_root) {
  return keyed_hash(person_root.view(), "kith1 self", {});
}

Key derive_gate_key(const Lineage& lineage) {
  return keyed_hash(lineage.view(), "kith1 gate key", {});
}

Key derive_kept_gate_key(const Lineage& lineage, const SignPublic& founder) {
  return keyed_hash(lineage.view(), "kith1 gate key", {founder.view()});
}

SigningKey derive_invite_key(ByteView secret16) {
  CHECK(secret16.size() == kInviteSecretBytes);
  return signing_key_from(secret16, "kith1 inv sign");
}

Key derive_invite_box_secret(ByteView secret16) {
  CHECK(secret16.size() == kInviteSecretBytes);
  return keyed_hash(secret16, "kith1 inv box", {});
}

}  // namespace kith::crypto
