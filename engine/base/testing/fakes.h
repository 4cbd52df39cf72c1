// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until it is moved, and randomness from a seed: for tests in every room.
#pragma once

#include "base/environment.h"

namespace kith::testing {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::uint64_t wall_ms = 1'790'000'000'000) : wall(wall_ms) {}
  std::uint64_t wall_ms() override { return wall; }
  std::uint64_t steady_ms() override { return steady; }
  void advance(std::uint64_t ms) {
    wall += ms;
    steady += ms;
  }
  std::uint64_t wall;
  std::uint64_t steady = 0;
};

/// splitmix64 (Steele, Lea, Flood 2014): small, fast, the same on every machine. Not for keys that matter.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::size_t i = 0; i < out.size(); i += 8) {
      std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      z ^= z >> 31;
      for (std::size_t j = i; j < out.size() && j < i + 8; ++j) out[j] = static_cast<std::uint8_t>(z >> (8 * (j - i)));
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace kith::testing
