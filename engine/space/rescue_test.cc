// SPDX-License-Identifier: Apache-2.0
#include "space/rescue.h"

#include <gtest/gtest.h>

namespace kith::space {
namespace {

Lineage sample() {
  Lineage out;
  for (std::size_t i = 0; i < out.data.size(); ++i) out.data[i] = static_cast<std::uint8_t>(i * 7);
  return out;
}

TEST(Rescue, a_code_leads_back_to_its_lineage_however_it_is_grouped) {
  const std::string code = rescue_code(sample());
  EXPECT_EQ(code.size(), 58u);
  std::string typed = " ";
  for (std::size_t i = 0; i < code.size(); ++i) {
    typed += static_cast<char>(std::toupper(static_cast<unsigned char>(code[i])));
    if (i % 6 == 5) typed += i % 12 == 5 ? "-" : "\n";
  }
  for (const std::string& text : {code, typed}) {
    const auto lineage = parse_rescue_code(text);
    ASSERT_TRUE(lineage.ok()) << text;
    EXPECT_EQ(*lineage, sample());
  }
}

TEST(Rescue, every_mistyped_character_is_noticed) {
  const std::string code = rescue_code(sample());
  for (std::size_t i = 0; i < code.size(); ++i) {
    std::string wrong = code;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    const auto lineage = parse_rescue_code(wrong);
    ASSERT_FALSE(lineage.ok()) << i;
    EXPECT_EQ(lineage.error().code(), ErrorCode::kBadInvite);
  }
}

TEST(Rescue, a_code_that_is_cut_off_says_how_much_is_missing) {
  const auto lineage = parse_rescue_code(rescue_code(sample()).substr(0, 50));
  ASSERT_FALSE(lineage.ok());
  EXPECT_NE(lineage.error().cause().find("8 characters"), std::string::npos) << lineage.error().cause();
  EXPECT_FALSE(parse_rescue_code(rescue_code(sample()) + "a").ok());
}

}  // namespace
}  // namespace kith::space
