// SPDX-License-Identifier: Apache-2.0
// A 128-bit digest for comparing states of replicas that trust one another (tests, status, the simulator). Not
// cryptographic: this room has no cryptography, and nothing that is signed or sent rests on it.
#pragma once

#include <bit>
#include <cstdint>

#include "kith/bytes.h"

namespace kith::store {

class Digest {
 public:
  void add(std::uint64_t v) {
    a_ = std::rotl(a_ ^ v, 29) * 0x9e3779b97f4a7c15;
    b_ = std::rotl(b_ + (v ^ a_), 31) * 0xc2b2ae3d27d4eb4f;
  }
  /// With its length, so that what follows cannot be taken for a part of it.
  void add(ByteView bytes) {
    add(bytes.size());
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + i, 8);
      add(word);
    }
    std::uint64_t last = 0;
    for (; i < bytes.size(); ++i) last = last << 8 | bytes[i];
    add(last);
  }
  Bytes finish() {
    for (int i = 0; i < 4; ++i) add(0);
    Bytes out;
    ByteWriter writer(out);
    writer.u64(a_);
    writer.u64(b_);
    return out;
  }

 private:
  std::uint64_t a_ = 0x243f6a8885a308d3;
  std::uint64_t b_ = 0x13198a2e03707344;
};

}  // namespace kith::store
