// SPDX-License-Identifier: Apache-2.0
#include "base/hybrid_clock.h"

#include <algorithm>

namespace kith {

Stamp HybridClock::next(Stamp after) {
  const Stamp wall = Stamp::from_ms(clock_.wall_ms());
  last_ = std::max({wall, last_.next(), after.next()});
  return last_;
}

void HybridClock::observe(Stamp other) {
  const Stamp limit = Stamp::from_ms(clock_.wall_ms() + kFollowMsMax);
  last_ = std::max(last_, std::min(other, limit));
}

void HybridClock::restore(Stamp own) {
  last_ = std::max(last_, own);
}

}  // namespace kith
