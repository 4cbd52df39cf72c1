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

/// Argon2id 1.3. kib: memory in KiB (formats: 65,536), passes: 3.
Result<Key> password_key(std::string_view password, ByteView salt16, std::uint32_t passes, std::uint32_t kib);

}  // namespace kith::crypto
