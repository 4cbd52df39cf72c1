// SPDX-License-Identifier: Apache-2.0
#include "base/uuid7.h"

#include <gtest/gtest.h>

#include "base/testing/fakes.h"

namespace kith {

using testing::FakeClock;
using testing::SeededRandom;

TEST(Uuid7, rises_within_a_millisecond_over_a_used_up_counter_and_when_the_clock_goes_back) {
  FakeClock clock;
  SeededRandom random(1);
  Uuid7Generator ids(clock, random);
  Uuid before;
  for (int i = 0; i < 20'000; ++i) {
    if (i == 15'000) clock.wall -= 3'600'000;
    const Uuid id = ids.next();
    ASSERT_GT(id, before) << i;
    before = id;
  }
}

TEST(Uuid7, has_version_variant_and_time_where_rfc_9562_puts_them) {
  FakeClock clock(0x0191e4a05b7c);
  SeededRandom random(2);
  Uuid7Generator ids(clock, random);
  const std::string text = ids.next().text();
  EXPECT_EQ(text.substr(0, 13), "0191e4a0-5b7c");
  EXPECT_EQ(text[14], '7');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
}

TEST(Uuid7, text_has_one_form) {
  FakeClock clock;
  SeededRandom random(3);
  Uuid7Generator ids(clock, random);
  const Uuid id = ids.next();
  EXPECT_EQ(Uuid::parse(id.text()), id);
  std::string upper = id.text();
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_FALSE(Uuid::parse(upper));
  EXPECT_FALSE(Uuid::parse(id.text() + "0"));
  EXPECT_FALSE(Uuid::parse("0191e4a05b7c70008000000000000000"));
}

}  // namespace kith
