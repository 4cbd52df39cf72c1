// SPDX-License-Identifier: Apache-2.0
// Agreement and ciphers of formats 1: X25519 (an all-zero result is an error), ChaCha20 (RFC 8439, each key used once),
// XChaCha20-Poly1305 with a random nonce for files and fleeting values.
#pragma once

#include "base/environment.h"
#include "crypto/hash.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::crypto {

BoxPublic box_public(const Key& secret);
Result<Key> agree(const Key& secret, const BoxPublic& other);

/// In place; nonce = `index` as the 96-bit nonce (0 where the key is used once), counter from 0.
void chacha20(const Key& key, std::uint64_t index, std::span<std::uint8_t> data);

/// nonce 24 ‖ ciphertext ‖ tag 16.
Bytes seal(const Key& key, Random& random, ByteView plain, ByteView associated);
Result<Bytes> open(const Key& key, ByteView box, ByteView associated);

/// The same where the nonce stands somewhere else: ciphertext ‖ tag 16.
Bytes seal_with_nonce(const Key& key, ByteView nonce24, ByteView plain, ByteView associated);
Result<Bytes> open_with_nonce(const Key& key, ByteView nonce24, ByteView sealed, ByteView associated);

// What new files are made with, and what a file from outside may ask for: a forged one must not take all memory or run
// for ever.
inline constexpr std::uint32_t kPasswordPasses = 3;
inline constexpr std::uint32_t kPasswordKib = 65'536;
inline constexpr std::uint32_t kPasswordPassesMax = 16;
inline constexpr std::uint32_t kPasswordKibMin = 8;
inline constexpr std::uint32_t kPasswordKibMax = 1 << 20;

/// Argon2id 1.3. kib: memory in KiB. kTooLarge: parameters out of bounds, or not enough memory. Wipe the key after use.
Result<Key> password_key(std::string_view password, ByteView salt16, std::uint32_t passes, std::uint32_t kib);

}  // namespace kith::crypto
