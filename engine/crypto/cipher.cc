// SPDX-License-Identifier: Apache-2.0
#include "crypto/cipher.h"

#include <sodium.h>

#include "base/check.h"

namespace kith::crypto {

namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

Error cannot_open() {
  return Error(ErrorCode::kCannotOpen, "This box does not open with this key.",
               "It was made for another key, or altered.");
}

}  // namespace

BoxPublic box_public(const Key& secret) {
  BoxPublic out;
  crypto_scalarmult_base(out.data.data(), secret.data.data());
  return out;
}

Result<Key> agree(const Key& secret, const BoxPublic& other) {
  Key out;
  if (crypto_scalarmult(out.data.data(), secret.data.data(), other.data.data()) != 0) {
    return Error(ErrorCode::kBadKey, "An X25519 key is of low order: everybody would know what is agreed with it.",
                 "Ignore whoever offers it.");
  }
  return out;
}

void chacha20(const Key& key, std::uint64_t index, std::span<std::uint8_t> data) {
  if (data.empty()) return;
  std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> nonce{};
  for (int i = 0; i < 8; ++i) nonce[nonce.size() - 1 - i] = static_cast<std::uint8_t>(index >> (8 * i));
  crypto_stream_chacha20_ietf_xor(data.data(), data.data(), data.size(), nonce.data(), key.data.data());
}

Bytes seal_with_nonce(const Key& key, ByteView nonce24, ByteView plain, ByteView associated) {
  CHECK(nonce24.size() == kNonceBytes);
  Bytes out(plain.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(), associated.data(),
                                             associated.size(), nullptr, nonce24.data(), key.data.data());
  return out;
}

Result<Bytes> open_with_nonce(const Key& key, ByteView nonce24, ByteView sealed, ByteView associated) {
  CHECK(nonce24.size() == kNonceBytes);
  if (sealed.size() < kTagBytes) return cannot_open();
  Bytes plain(sealed.size() - kTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                 associated.data(), associated.size(), nonce24.data(),
                                                 key.data.data()) != 0) {
    return cannot_open();
  }
  return plain;
}

Bytes seal(const Key& key, Random& random, ByteView plain, ByteView associated) {
  Bytes out(kNonceBytes);
  random.fill(out);
  append(out, seal_with_nonce(key, out, plain, associated));
  return out;
}

Result<Bytes> open(const Key& key, ByteView box, ByteView associated) {
  if (box.size() < kNonceBytes) return cannot_open();
  return open_with_nonce(key, box.first(kNonceBytes), box.subspan(kNonceBytes), associated);
}

Result<Key> password_key(std::string_view password, ByteView salt16, std::uint32_t passes, std::uint32_t kib) {
  CHECK(salt16.size() == crypto_pwhash_argon2id_SALTBYTES);
  if (passes < 1 || passes > kPasswordPassesMax || kib < kPasswordKibMin || kib > kPasswordKibMax) {
    return Error(ErrorCode::kTooLarge, "A password is stretched with parameters outside of what Kith allows.",
                 "The file was damaged, or made by another program; use a copy of it.");
  }
  Key out;
  if (crypto_pwhash_argon2id(out.data.data(), Key::kSize, password.data(), password.size(), salt16.data(), passes,
                             std::size_t{kib} * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return Error(
        ErrorCode::kTooLarge,
        "There is not enough memory to check the password (" + std::to_string(kib / 1024) + " MiB are needed).",
        "Close other programs and try again.");
  }
  return out;
}

}  // namespace kith::crypto
