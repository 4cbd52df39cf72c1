// SPDX-License-Identifier: Apache-2.0
// The demonstration neighbourhood: forty people and a year of their life, so that a newcomer sees a street alive within
// a minute. Everybody is a real member with a log of their own and writes through the town's commands; the clock is
// set back a year and walks to now. What is said and when follows from the seed; keys are fresh each time.
#pragma once

#include <algorithm>
#include <string>

#include "node/node.h"

namespace kith::cli::demo {

struct Counts {
  std::size_t people = 0;
  std::size_t threads = 0;
  std::size_t replies = 0;
  std::size_t listings = 0;
  std::size_t requests = 0;
};

/// A clock that is moved by hand. Its steady time hardly passes: a year without a word is no stall.
class DemoClock final : public Clock {
 public:
  explicit DemoClock(std::uint64_t wall_ms) : wall_ms_(wall_ms) {}
  std::uint64_t wall_ms() override { return wall_ms_; }
  std::uint64_t steady_ms() override { return steady_ms_; }
  void go_to(std::uint64_t wall_ms) {
    wall_ms_ = std::max(wall_ms_, wall_ms);
    ++steady_ms_;
  }

 private:
  std::uint64_t wall_ms_;
  std::uint64_t steady_ms_ = 0;
};

inline constexpr std::uint64_t kYearMs = 365ull * 86'400'000;

/// Fills the neighbourhood of `node`, whose founder is the first of the people and whose clock is `clock`, from now on
/// to `end_ms`. `folder`: an empty one for the others' replicas, which are thrown away by who made it.
Result<Counts> live_a_year(node::Node& node, DemoClock& clock, Random& random, const std::string& folder,
                           std::uint64_t end_ms, std::uint32_t seed);

}  // namespace kith::cli::demo
