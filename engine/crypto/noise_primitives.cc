// SPDX-License-Identifier: Apache-2.0
#include "crypto/noise_primitives.h"

#include <sodium.h>

#include "base/check.h"

namespace kith::crypto {

namespace {

using Nonce = std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

Nonce nonce_of(std::uint64_t counter) {
  Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return nonce;
}

}  // namespace

Sha256 sha256(std::initializer_list<ByteView> parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const ByteView part : parts) crypto_hash_sha256_update(&state, part.data(), part.size());
  Sha256 out;
  crypto_hash_sha256_final(&state, out.data.data());
  return out;
}

Sha256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  for (const ByteView part : parts) crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  Sha256 out;
  crypto_auth_hmacsha256_final(&state, out.data.data());
  wipe({reinterpret_cast<std::uint8_t*>(&state), sizeof state});
  return out;
}

void noise_seal(const Key& key, std::uint64_t counter, ByteView associated, ByteView plain, Bytes& out) {
  const std::size_t at = out.size();
  out.resize(at + plain.size() + kNoiseTagBytes);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data() + at, nullptr, plain.data(), plain.size(), associated.data(),
                                            associated.size(), nullptr, nonce_of(counter).data(), key.data.data());
}

bool noise_open(const Key& key, std::uint64_t counter, ByteView associated, ByteView sealed, Bytes& out) {
  if (sealed.size() < kNoiseTagBytes) return false;
  const std::size_t at = out.size();
  out.resize(at + sealed.size() - kNoiseTagBytes);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data() + at, nullptr, nullptr, sealed.data(), sealed.size(),
                                                associated.data(), associated.size(), nonce_of(counter).data(),
                                                key.data.data()) != 0) {
    out.resize(at);
    return false;
  }
  return true;
}

}  // namespace kith::crypto
