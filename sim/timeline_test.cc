// SPDX-License-Identifier: Apache-2.0
#include "sim/timeline.h"

#include <gtest/gtest.h>

#include <vector>

namespace kith::sim {
namespace {

constexpr std::uint64_t kFarMs = Timeline::kBeginMs + 1'000'000;

TEST(Timeline, runs_events_in_the_order_of_their_moments_and_equal_ones_as_asked_for) {
  Timeline timeline;
  std::vector<int> seen;
  timeline.after(20, [&] { seen.push_back(3); });
  timeline.after(10, [&] { seen.push_back(1); });
  timeline.after(10, [&] { seen.push_back(2); });
  while (timeline.step(kFarMs)) {
  }
  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
}

TEST(Timeline, an_event_sees_its_own_moment_and_may_ask_for_more) {
  Timeline timeline;
  std::vector<std::uint64_t> moments;
  timeline.after(5, [&] {
    moments.push_back(timeline.now_ms() - Timeline::kBeginMs);
    timeline.after(7, [&] { moments.push_back(timeline.now_ms() - Timeline::kBeginMs); });
  });
  while (timeline.step(kFarMs)) {
  }
  EXPECT_EQ(moments, (std::vector<std::uint64_t>{5, 12}));
}

TEST(Timeline, goes_no_further_than_it_is_told_and_stops_there) {
  Timeline timeline;
  bool is_run = false;
  timeline.after(100, [&] { is_run = true; });
  EXPECT_FALSE(timeline.step(Timeline::kBeginMs + 99));
  EXPECT_FALSE(is_run);
  EXPECT_EQ(timeline.now_ms(), Timeline::kBeginMs + 99);
  EXPECT_TRUE(timeline.step(Timeline::kBeginMs + 100));
  EXPECT_TRUE(is_run);
}

TEST(Timeline, what_was_to_happen_in_skipped_time_happens_late_and_the_clock_never_goes_back) {
  Timeline timeline;
  std::uint64_t seen = 0;
  timeline.after(10, [&] { seen = timeline.now_ms(); });
  timeline.skip(500);
  EXPECT_TRUE(timeline.step(kFarMs));
  EXPECT_EQ(seen, Timeline::kBeginMs + 500);
}

TEST(MachineClock, reads_a_wall_that_may_be_wrong_and_a_steady_clock_that_begins_at_each_boot) {
  Timeline timeline;
  MachineClock clock(timeline);
  timeline.skip(1'000);
  EXPECT_EQ(clock.wall_ms(), Timeline::kBeginMs + 1'000);
  EXPECT_EQ(clock.steady_ms(), 1'000u);
  clock.set_wall_ms(77);
  timeline.skip(3);
  EXPECT_EQ(clock.wall_ms(), 80u);
  EXPECT_EQ(clock.steady_ms(), 1'003u) << "whatever the wall says";
  clock.set_offset_ms(-static_cast<std::int64_t>(2 * Timeline::kBeginMs));
  EXPECT_EQ(clock.wall_ms(), 0u) << "there is nothing before 1970";
  clock.boot();
  EXPECT_EQ(clock.steady_ms(), 0u);
}

}  // namespace
}  // namespace kith::sim
