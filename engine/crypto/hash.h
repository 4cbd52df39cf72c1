// SPDX-License-Identifier: Apache-2.0
// The hashes of formats 0: D(name) is the ASCII name padded with zeros to 16 bytes; H(name, m) = BLAKE2b-256 over
// D(name) ‖ m; K(k, name, m) the same keyed with k; K64 with 64 bytes out. Labels are those of formats 2 and no others.
#pragma once

#include <initializer_list>
#include <string_view>

#include "kith/bytes.h"
#include "kith/ids.h"

namespace kith::crypto {

using Key = FixedBytes<struct KeyTag, 32>;      // a symmetric key or any 32 secret bytes
using Key64 = FixedBytes<struct Key64Tag, 64>;  // K64's output

/// D(label). CHECKs that it fits 16 bytes.
std::array<std::uint8_t, 16> domain(std::string_view label);
Hash hash(std::string_view label, std::initializer_list<ByteView> parts);
Key keyed_hash(ByteView key, std::string_view label, std::initializer_list<ByteView> parts);
Key64 keyed_hash_64(ByteView key, std::string_view label, std::initializer_list<ByteView> parts);

/// H in steps, where the parts are many or come one by one. `finish` once.
class Hasher {
 public:
  explicit Hasher(std::string_view label);
  Hasher& add(ByteView part);
  Hash finish();

 private:
  alignas(64) std::array<std::uint8_t, 384> state_;
};

/// Overwrites secrets in a way that the compiler does not remove.
void wipe(std::span<std::uint8_t> secret);
/// In constant time.
bool same_secret(ByteView a, ByteView b);

}  // namespace kith::crypto
