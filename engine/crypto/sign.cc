// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign.h"

#include <sodium.h>

#include <atomic>

#include "base/check.h"

namespace kith::crypto {

namespace {

// Whether the library multiplies by the cofactor, so that R's order must be checked apart. True until start() knows
// better.
std::atomic<bool> check_order_of_r{true};

constexpr std::size_t kDomainBytes = 16;
// Almost every signed statement fits; longer ones are assembled on the heap.
constexpr std::size_t kStatementBytesOnStack = 512;

/// Calls `use` with D(label) ‖ message in one piece, as libsodium wants it.
template <typename Use>
auto with_statement(std::string_view label, ByteView message, Use use) {
  const auto prefix = domain(label);
  if (message.size() <= kStatementBytesOnStack) {
    std::array<std::uint8_t, kDomainBytes + kStatementBytesOnStack> buffer;
    std::memcpy(buffer.data(), prefix.data(), prefix.size());
    if (!message.empty()) std::memcpy(buffer.data() + prefix.size(), message.data(), message.size());
    return use(ByteView(buffer).first(prefix.size() + message.size()));
  }
  Bytes buffer(prefix.begin(), prefix.end());
  append(buffer, message);
  return use(ByteView(buffer));
}

bool is_valid_point(const std::uint8_t* point) {
  return crypto_core_ed25519_is_valid_point(point) == 1;
}

bool library_verifies(const SignPublic& key, ByteView message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data.data(), message.data(), message.size(), key.data.data()) == 0;
}

bool verify_statement(const SignPublic& key, ByteView statement, const Signature& signature) {
  if (!library_verifies(key, statement, signature)) return false;
  return !check_order_of_r.load(std::memory_order_relaxed) || is_valid_point(signature.data.data());
}

/// Hexadecimal of formats 15.
template <typename T>
T known(std::string_view hex) {
  const auto bytes = from_hex(hex);
  CHECK(bytes.has_value());
  const auto value = T::from(*bytes);
  CHECK(value.has_value());
  return *value;
}

Error unusable_library(const std::string& what) {
  return Error(ErrorCode::kInternal,
               "The libsodium on this machine (" + std::string(sodium_version_string()) + ") " + what + ".",
               "Install Debian's libsodium 1.0.18-1+deb12u1, or release 1.0.21 or later.");
}

}  // namespace

Result<void> start() {
  if (sodium_init() < 0) return unusable_library("cannot be initialised");

  // The log key of formats 15 plus the point of order 2: a point check without the mend for CVE-2025-69277 lets it
  // pass.
  const auto refuse_key = known<SignPublic>("63771c228bf60e6a02ad24d2c345a28d3598f640e26bede40c8b77fe4bf090a3");
  if (is_valid_point(refuse_key.data.data()))
    return unusable_library("accepts keys that it must refuse (CVE-2025-69277)");

  // Made by the log key over R plus a point of low order: only a verification with the cofactor accepts it.
  const auto log_key = known<SignPublic>("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
  const auto refuse_signature = known<Signature>(
      "5a840736ba7eac745bc1565f2b20ad1ccfbf8b72aacdff3d71d2f9590b491c71"
      "c0412d85ffae5bc681a80b209f9781e81e4486d9ae790f563e671ce5b6ebb90b");
  Hash refused_id;
  refused_id.data.fill(0xcc);
  const bool cofactored = with_statement("kith1 entry", refused_id.view(), [&](ByteView statement) {
    return library_verifies(log_key, statement, refuse_signature);
  });
  check_order_of_r = cofactored;

  Key seed;
  seed.data.fill(0x01);
  const SigningKey signer = SigningKey::from_seed(seed);
  const bool signs = signer.public_key() == log_key &&
                     verify(log_key, "kith1 entry", refused_id.view(), signer.sign("kith1 entry", refused_id.view()));
  if (!signs || verify(log_key, "kith1 entry", refused_id.view(), refuse_signature)) {
    return unusable_library("does not sign and verify as Ed25519 should");
  }
  return {};
}

SigningKey SigningKey::from_seed(const Key& seed) {
  SigningKey key;
  key.secret_->seed = seed;
  crypto_sign_seed_keypair(key.public_.data.data(), key.secret_->expanded.data(), seed.data.data());
  return key;
}

Signature SigningKey::sign(std::string_view label, ByteView message) const {
  return with_statement(label, message, [this](ByteView statement) { return sign_unlabelled(statement); });
}

Signature SigningKey::sign_unlabelled(ByteView message) const {
  Signature signature;
  crypto_sign_detached(signature.data.data(), nullptr, message.data(), message.size(), secret_->expanded.data());
  return signature;
}

bool is_valid_public_key(const SignPublic& key) {
  return is_valid_point(key.data.data());
}

bool verify(const SignPublic& key, std::string_view label, ByteView message, const Signature& signature) {
  return is_valid_public_key(key) && verify_with_valid_key(key, label, message, signature);
}

bool verify_with_valid_key(const SignPublic& key, std::string_view label, ByteView message,
                           const Signature& signature) {
  return with_statement(label, message,
                        [&](ByteView statement) { return verify_statement(key, statement, signature); });
}

bool verify_unlabelled(const SignPublic& key, ByteView message, const Signature& signature) {
  return is_valid_public_key(key) && verify_statement(key, message, signature);
}

}  // namespace kith::crypto
