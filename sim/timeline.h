// SPDX-License-Identifier: Apache-2.0
// Virtual time: events in the order of their moments, and the clocks that machines read, which may be wrong.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/environment.h"

namespace kith::sim {

class Timeline {
 public:
  static constexpr std::uint64_t kBeginMs = 1'790'000'000'000;

  std::uint64_t now_ms() const { return now_ms_; }
  /// Runs `event` after `delay_ms`; of equal moments the one that was asked for first comes first.
  void after(std::uint64_t delay_ms, std::function<void()> event) {
    events_.emplace(std::pair(now_ms_ + delay_ms, ++serial_), std::move(event));
  }
  /// Moves to the next event, no later than `until_ms`, and runs it. False: there is none; the time is `until_ms`.
  bool step(std::uint64_t until_ms) {
    if (events_.empty() || events_.begin()->first.first > until_ms) {
      now_ms_ = std::max(now_ms_, until_ms);
      return false;
    }
    auto next = events_.extract(events_.begin());
    now_ms_ = std::max(now_ms_, next.key().first);
    next.mapped()();
    return true;
  }
  /// What was to happen meanwhile happens afterwards, late.
  void skip(std::uint64_t ms) { now_ms_ += ms; }

 private:
  std::uint64_t now_ms_ = kBeginMs;
  std::uint64_t serial_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::function<void()>> events_;
};

/// What one machine believes. Its wall clock may be off by any amount; the other begins at each boot.
class MachineClock final : public Clock {
 public:
  explicit MachineClock(const Timeline& timeline) : timeline_(timeline), booted_ms_(timeline.now_ms()) {}
  std::uint64_t wall_ms() override {
    const auto wall = static_cast<std::int64_t>(timeline_.now_ms()) + offset_ms_;
    return wall < 0 ? 0 : static_cast<std::uint64_t>(wall);
  }
  std::uint64_t steady_ms() override { return timeline_.now_ms() - booted_ms_; }

  std::int64_t offset_ms() const { return offset_ms_; }
  void set_offset_ms(std::int64_t offset) { offset_ms_ = offset; }
  /// Reads this from now on.
  void set_wall_ms(std::uint64_t wall) { offset_ms_ = static_cast<std::int64_t>(wall - timeline_.now_ms()); }
  void boot() { booted_ms_ = timeline_.now_ms(); }

 private:
  const Timeline& timeline_;
  std::uint64_t booted_ms_;
  std::int64_t offset_ms_ = 0;
};

}  // namespace kith::sim
