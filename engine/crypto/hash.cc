// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <sodium.h>

#include "base/check.h"

namespace kith::crypto {

namespace {

constexpr std::size_t kKeyBytesMax = 64;

crypto_generichash_blake2b_state* state_of(void* storage) {
  return static_cast<crypto_generichash_blake2b_state*>(storage);
}

template <typename Out>
Out hash_all(ByteView key, std::string_view label, std::initializer_list<ByteView> parts) {
  crypto_generichash_blake2b_state state;
  CHECK(key.size() <= kKeyBytesMax);
  crypto_generichash_blake2b_init(&state, key.data(), key.size(), Out::kSize);
  const auto prefix = domain(label);
  crypto_generichash_blake2b_update(&state, prefix.data(), prefix.size());
  for (const ByteView part : parts) crypto_generichash_blake2b_update(&state, part.data(), part.size());
  Out out;
  crypto_generichash_blake2b_final(&state, out.data.data(), Out::kSize);
  if (!key.empty()) sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace

std::array<std::uint8_t, 16> domain(std::string_view label) {
  std::array<std::uint8_t, 16> out{};
  CHECK(label.size() <= out.size());
  std::memcpy(out.data(), label.data(), label.size());
  return out;
}

Hash hash(std::string_view label, std::initializer_list<ByteView> parts) {
  return hash_all<Hash>({}, label, parts);
}

Key keyed_hash(ByteView key, std::string_view label, std::initializer_list<ByteView> parts) {
  CHECK(!key.empty());
  return hash_all<Key>(key, label, parts);
}

Key64 keyed_hash_64(ByteView key, std::string_view label, std::initializer_list<ByteView> parts) {
  CHECK(!key.empty());
  return hash_all<Key64>(key, label, parts);
}

Hasher::Hasher(std::string_view label) {
  static_assert(sizeof(crypto_generichash_blake2b_state) == sizeof state_);
  static_assert(alignof(crypto_generichash_blake2b_state) <= 64);
  crypto_generichash_blake2b_init(state_of(state_.data()), nullptr, 0, Hash::kSize);
  add(domain(label));
}

Hasher& Hasher::add(ByteView part) {
  crypto_generichash_blake2b_update(state_of(state_.data()), part.data(), part.size());
  return *this;
}

Hash Hasher::finish() {
  Hash out;
  crypto_generichash_blake2b_final(state_of(state_.data()), out.data.data(), Hash::kSize);
  return out;
}

void wipe(std::span<std::uint8_t> secret) {
  sodium_memzero(secret.data(), secret.size());
}

bool same_secret(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace kith::crypto
