// SPDX-License-Identifier: Apache-2.0
// The hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): stamps that follow the wall
// clock, rise strictly, and come after whatever they replace. Format and guards: formats 4 and 11.
#pragma once

#include "base/environment.h"
#include "kith/ids.h"

namespace kith {

class HybridClock {
 public:
  /// Others' stamps are followed no further than this beyond our own wall clock: one liar must not drag all.
  static constexpr std::uint64_t kFollowMsMax = 60'000;
  /// Entries further ahead than this are kept and relayed, and merged when due.
  static constexpr std::uint64_t kMergeAheadMsMax = 600'000;

  explicit HybridClock(Clock& clock) : clock_(clock) {}

  /// A stamp later than every stamp given out before, than what was observed (within kFollowMsMax), and
  /// than `after`: a write is always stamped after the cells that it changes.
  Stamp next(Stamp after = Stamp{});
  /// Notes a stamp seen in somebody else's entry.
  void observe(Stamp other);
  /// After a restart: the newest stamp of our own log or tail. Never goes back below it.
  void restore(Stamp own);
  Stamp last() const { return last_; }
  /// Is it too far ahead of our wall clock to be merged now?
  bool is_ahead(Stamp other) const { return other.ms() > clock_.wall_ms() + kMergeAheadMsMax; }

 private:
  Clock& clock_;
  Stamp last_;
};

}  // namespace kith
