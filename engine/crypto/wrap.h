// SPDX-License-Identifier: Apache-2.0
// Wrap rows (formats 7): one 32-byte secret for many X25519 keys under one ephemeral key, 34 bytes a recipient.
#pragma once

#include <optional>
#include <vector>

#include "base/environment.h"
#include "crypto/cipher.h"

namespace kith::crypto {

inline constexpr std::size_t kWrapRowBytes = 34;
inline constexpr std::size_t kWrapRowsMax = 65'536;

struct WrappedRows {
  BoxPublic ephemeral;
  Bytes rows;  // sorted, padded with random rows to 4, 8, 16, 32, 64, 128, then multiples of 128
};

/// `binding` is 32 bytes hashed in: the eid for epochs, the wrap public for keys entries. A recipient whose key is of
/// low order gets no row (a random one stands there): nobody can keep a key from all others by publishing a bad one.
Result<WrappedRows> wrap_rows(Random& random, const Key& secret, ByteView binding,
                              const std::vector<BoxPublic>& recipients);
/// Every row whose 2-byte hint fits is tried; `is_right` tells the right one (say, by eid). nullopt: none is for this
/// key. kMalformed, kBadKey: the rows' length, or an ephemeral key of low order.
Result<std::optional<Key>> unwrap_rows(const Key& own_secret, const BoxPublic& ephemeral, ByteView binding,
                                       ByteView rows, bool (*is_right)(const Key& candidate, const void* context),
                                       const void* context);
/// One row, for the golden bytes.
Result<std::array<std::uint8_t, kWrapRowBytes>> wrap_row(const Key& ephemeral_secret, const Key& secret,
                                                         ByteView binding, const BoxPublic& recipient);

}  // namespace kith::crypto
