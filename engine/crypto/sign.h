// SPDX-License-Identifier: Apache-2.0
// Ed25519 by the one rule of formats 1: S < L; A and R canonical, in the prime-order subgroup, not the identity;
// R equals [S]B - [k]A exactly. Nothing else in Kith verifies a signature.
#pragma once

#include <string_view>

#include "crypto/guarded.h"
#include "crypto/hash.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::crypto {

/// Call once before anything else of this room. Initialises libsodium and runs the self-test of formats 1: refuses to
/// start with a library that accepts the "refuse key" of formats 15 (CVE-2025-69277), and finds out whether R needs a
/// point check.
Result<void> start();

/// A signing key, in guarded memory. Wiped when destroyed; move-only.
class SigningKey {
 public:
  static SigningKey from_seed(const Key& seed);
  const SignPublic& public_key() const { return public_; }
  const Key& seed() const { return secret_->seed; }
  /// Sign(sk, label, message): over D(label) ‖ message. Deterministic.
  Signature sign(std::string_view label, ByteView message) const;
  /// Without a label: for libp2p's own domains only (the host key).
  Signature sign_unlabelled(ByteView message) const;

 private:
  struct Secret {
    Key seed;
    std::array<std::uint8_t, 64> expanded{};  // as libsodium wants it: seed and public key
  };
  SigningKey() = default;
  Guarded<Secret> secret_;
  SignPublic public_;
};

/// Is A a canonical encoding of a point of prime order, other than the identity? 55-90 us; keep the verdict per key.
bool is_valid_public_key(const SignPublic& key);
/// The full rule, A's check included. Use it for keys that are seen once.
bool verify(const SignPublic& key, std::string_view label, ByteView message, const Signature& signature);
/// The rule without A's check: for keys that is_valid_public_key has accepted before.
bool verify_with_valid_key(const SignPublic& key, std::string_view label, ByteView message, const Signature& signature);
bool verify_unlabelled(const SignPublic& key, ByteView message, const Signature& signature);

}  // namespace kith::crypto
