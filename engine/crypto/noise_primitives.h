// SPDX-License-Identifier: Apache-2.0
// What libp2p's Noise handshake needs and nothing else of Kith uses: SHA-256, HMAC-SHA256 and ChaCha20-Poly1305 (RFC
// 8439) with a counter for a nonce. X25519 is in cipher.h.
#pragma once

#include <initializer_list>

#include "crypto/hash.h"
#include "kith/bytes.h"
#include "kith/ids.h"

namespace kith::crypto {

using Sha256 = FixedBytes<struct Sha256Tag, 32>;

Sha256 sha256(std::initializer_list<ByteView> parts);
Sha256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

inline constexpr std::size_t kNoiseTagBytes = 16;

/// Appends ciphertext ‖ tag 16. Nonce: 4 zero bytes ‖ counter, little-endian (Noise 5.1). A counter is used once with a
/// key.
void noise_seal(const Key& key, std::uint64_t counter, ByteView associated, ByteView plain, Bytes& out);
/// Appends the plaintext; false, and nothing appended, if it does not open.
bool noise_open(const Key& key, std::uint64_t counter, ByteView associated, ByteView sealed, Bytes& out);

}  // namespace kith::crypto
