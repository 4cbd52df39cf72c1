// SPDX-License-Identifier: Apache-2.0
#include "sync/retry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/testing/fakes.h"

namespace kith::sync {
namespace {

RC_GTEST_PROP(Retry, waits_within_a_ceiling_that_doubles_up_to_a_minute, (std::uint64_t seed)) {
  testing::SeededRandom random(seed);
  Retry retry(random);
  std::uint64_t ceiling = Retry::kFirstMs;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t wait = retry.next_ms();
    RC_ASSERT(wait > 0u);
    RC_ASSERT(wait <= ceiling);
    ceiling = std::min(Retry::kMsMax, ceiling * 2);
  }
  RC_ASSERT(retry.failures() == 100u);
  retry.reset();
  RC_ASSERT(retry.next_ms() <= Retry::kFirstMs);
}

TEST(Retry, spreads_a_crowd_that_lost_the_same_peer) {
  testing::SeededRandom random(1);
  std::uint64_t least = UINT64_MAX;
  std::uint64_t most = 0;
  for (int i = 0; i < 200; ++i) {
    Retry retry(random);
    for (int j = 0; j < 7; ++j) retry.next_ms();
    const std::uint64_t wait = retry.next_ms();
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_LT(least, Retry::kMsMax / 10);
  EXPECT_GT(most, Retry::kMsMax * 9 / 10);
}

}  // namespace
}  // namespace kith::sync
