// SPDX-License-Identifier: Apache-2.0
// Multihashes: how a digest was made, how long it is, the digest. Peer ids and certificate hashes are multihashes.
#pragma once

#include <optional>
#include <string_view>

#include "kith/bytes.h"

namespace kith::p2p {

inline constexpr std::uint64_t kMultihashIdentity = 0x00;
inline constexpr std::uint64_t kMultihashSha256 = 0x12;
inline constexpr std::size_t kIdentityBytesMax = 42;  // longer public keys are hashed
inline constexpr std::size_t kMultihashBytesMax = 2 + kIdentityBytesMax;

/// Is it exactly one whole multihash, of a kind known here: identity (1 to 42 bytes) or sha2-256 (32 bytes)?
bool is_multihash(ByteView bytes);
/// Multibase text: base32 lower case after b, base64url after u, base58btc after z.
std::optional<Bytes> from_multibase(std::string_view text);

}  // namespace kith::p2p
