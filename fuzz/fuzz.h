// SPDX-License-Identifier: Apache-2.0
// What every fuzz target implements and may use. libFuzzer calls `run` with inputs of its own making, the replay
// program with the kept ones.
#pragma once

#include "base/check.h"
#include "kith/bytes.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::fuzz {

/// One input. CHECKs what the format promises; returns normally for whatever a decoder refuses.
void run(ByteView input);

/// An id or key that is the same byte over and over.
template <typename T>
T filled(std::uint8_t byte) {
  T out;
  out.data.fill(byte);
  return out;
}

/// The bytes of fixed keys in targets and seeds.
inline constexpr std::uint8_t kSpaceByte = 0xaa;
inline constexpr std::uint8_t kEpochByte = 0xee;

}  // namespace kith::fuzz
