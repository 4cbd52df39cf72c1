// SPDX-License-Identifier: Apache-2.0
// Who is let in when there are too many.
#include "net/admission.h"

#include <gtest/gtest.h>

#include <vector>

namespace kith::net {
namespace {

Endpoint from(std::uint8_t last) {
  return {Bytes{10, 0, 0, last}, 1234, 0};
}

TEST(Admission, a_newcomer_pushes_out_the_oldest_of_its_address) {
  Admission admission({.half_open_max = 10, .half_open_per_address_max = 2});
  const auto other = admission.admit(from(1));
  auto oldest = admission.admit(from(2));
  const auto younger = admission.admit(from(2));
  bool is_other_out = false, is_younger_out = false;
  other->set_on_push_out([&] { is_other_out = true; });
  oldest->set_on_push_out([&] { oldest.reset(); });
  younger->set_on_push_out([&] { is_younger_out = true; });
  const auto newcomer = admission.admit(from(2));
  EXPECT_EQ(oldest, nullptr);
  EXPECT_FALSE(is_other_out || is_younger_out);
  EXPECT_EQ(admission.half_open(), 3u);
  EXPECT_EQ(admission.refused(Refusal::kPushedOut), 1u);
}

TEST(Admission, a_crowd_from_many_addresses_pushes_out_the_oldest_of_all) {
  Admission admission({.half_open_max = 2, .half_open_per_address_max = 2});
  auto first = admission.admit(from(1));
  first->set_on_push_out([&] { first.reset(); });
  const auto second = admission.admit(from(2)), third = admission.admit(from(3));
  EXPECT_EQ(first, nullptr);
  EXPECT_EQ(admission.half_open(), 2u);
}

TEST(Admission, who_has_proved_itself_is_not_pushed_out) {
  Admission admission({.half_open_max = 1, .half_open_per_address_max = 1});
  const auto proved = admission.admit(from(1));
  proved->set_on_push_out([] { ADD_FAILURE() << "pushed out"; });
  ASSERT_TRUE(proved->open());
  const auto second = admission.admit(from(1));
  const auto third = admission.admit(from(1));
  EXPECT_EQ(admission.open(), 1u);
}

TEST(Admission, a_street_behind_one_router_comes_in_and_one_more_does_not) {
  constexpr std::size_t kStreet = 5;
  Admission admission({.open_max = 100, .open_per_address_max = kStreet});
  std::vector<std::shared_ptr<Admission::Pass>> street;
  for (std::size_t i = 0; i < kStreet; ++i) {
    street.push_back(admission.admit(from(1)));
    EXPECT_TRUE(street.back()->open());
  }
  EXPECT_FALSE(admission.admit(from(1))->open());
  EXPECT_EQ(admission.refused(Refusal::kTooManyOpenFromAddress), 1u);
  EXPECT_TRUE(admission.admit(from(2))->open());
  street.pop_back();
  EXPECT_TRUE(admission.admit(from(1))->open());
}

TEST(Admission, an_ipv6_site_is_one_address) {
  Admission admission({.half_open_max = 10, .half_open_per_address_max = 1});
  Bytes ip(16, 0x20);
  auto first = admission.admit({ip, 1, 0});
  first->set_on_push_out([&] { first.reset(); });
  ip.back() = 0x21;
  const auto neighbour = admission.admit({ip, 1, 0});
  EXPECT_EQ(first, nullptr);
}

TEST(Admission, a_pass_that_outlives_it_opens_nothing) {
  auto admission = std::make_unique<Admission>();
  auto half_open = admission->admit({Bytes{192, 168, 1, 2}, 1, 0});
  auto open = admission->admit({Bytes{192, 168, 1, 2}, 2, 0});
  EXPECT_TRUE(open->open());
  admission.reset();
  EXPECT_FALSE(half_open->open());
  half_open.reset();
  open.reset();
}

}  // namespace
}  // namespace kith::net
