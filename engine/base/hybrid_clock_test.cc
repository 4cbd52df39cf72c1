// SPDX-License-Identifier: Apache-2.0
#include "base/hybrid_clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/testing/fakes.h"

namespace kith {

using testing::FakeClock;

RC_GTEST_PROP(HybridClock, stamps_rise_whatever_the_wall_clock_does, (const std::vector<std::uint32_t>& walls)) {
  FakeClock wall;
  HybridClock clock(wall);
  Stamp before;
  for (const std::uint32_t w : walls) {
    wall.wall = 1'700'000'000'000 + w;
    const Stamp now = clock.next();
    RC_ASSERT(now > before);
    before = now;
  }
}

TEST(HybridClock, a_liar_cannot_drag_it_further_than_a_minute) {
  FakeClock wall;
  HybridClock clock(wall);
  clock.observe(Stamp::from_ms(wall.wall + 365ull * 86'400'000));
  EXPECT_EQ(clock.next().ms(), wall.wall + HybridClock::kFollowMsMax);
}

TEST(HybridClock, a_write_is_stamped_after_what_it_replaces_even_beyond_the_guard) {
  FakeClock wall;
  HybridClock clock(wall);
  const Stamp replaced = Stamp::from_ms(wall.wall + 300'000, 7);
  EXPECT_GT(clock.next(replaced), replaced);
}

TEST(HybridClock, a_counter_that_is_used_up_carries_into_the_milliseconds) {
  FakeClock wall;
  HybridClock clock(wall);
  const Stamp full = Stamp::from_ms(wall.wall, 0xffff);
  clock.restore(full);
  EXPECT_EQ(clock.next(), Stamp::from_ms(wall.wall + 1, 0));
}

TEST(HybridClock, merging_waits_only_beyond_ten_minutes) {
  FakeClock wall;
  HybridClock clock(wall);
  EXPECT_FALSE(clock.is_ahead(Stamp::from_ms(wall.wall + HybridClock::kMergeAheadMsMax)));
  EXPECT_TRUE(clock.is_ahead(Stamp::from_ms(wall.wall + HybridClock::kMergeAheadMsMax + 1)));
}

}  // namespace kith
