// SPDX-License-Identifier: Apache-2.0
// A failure is worth reporting only if its seed repeats it.
#include "sim/seed.h"

#include <gtest/gtest.h>

#include "crypto/sign.h"

namespace kith::sim {
namespace {

class SeedTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
};

TEST_F(SeedTest, the_same_seed_gives_the_same_run_line_by_line) {
  for (const bool over_libp2p : {false, true}) {
    const RunOptions options{.seed = 3, .is_libp2p_forced = over_libp2p};
    const SeedResult first = run_seed(options);
    const SeedResult second = run_seed(options);
    EXPECT_EQ(first.failure, std::nullopt);
    EXPECT_EQ(first.trace_digest, second.trace_digest);
    EXPECT_EQ(first.report.text(), second.report.text());
    EXPECT_EQ(first.report.count(Seen::kLibp2pOpened) > 0, over_libp2p);
  }
}

TEST_F(SeedTest, another_seed_gives_another_run) {
  EXPECT_NE(run_seed({.seed = 3}).trace_digest, run_seed({.seed = 4}).trace_digest);
}

TEST_F(SeedTest, every_third_seed_goes_over_libp2p) {
  int over_libp2p = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) over_libp2p += RunOptions{.seed = seed}.is_over_libp2p() ? 1 : 0;
  EXPECT_EQ(over_libp2p, 10);
}

}  // namespace
}  // namespace kith::sim
