// SPDX-License-Identifier: Apache-2.0
// Chances from a seed: the only source of chance in the simulator, so that a seed repeats a whole run.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/testing/fakes.h"

namespace kith::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  /// 0 … n - 1; n at least 1.
  std::uint64_t below(std::uint64_t n) { return random_.u64() % n; }
  /// low … high, both possible.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool percent(unsigned chance) { return below(100) < chance; }
  template <typename T>
  T& pick(std::vector<T>& from) {
    return from[below(from.size())];
  }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  /// A seed for dice of their own: what is rolled there does not move what is rolled here.
  std::uint64_t seed() { return random_.u64(); }

 private:
  testing::SeededRandom random_;
};

}  // namespace kith::sim
