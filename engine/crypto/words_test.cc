// SPDX-License-Identifier: Apache-2.0
#include "crypto/words.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sodium.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/testing/fakes.h"
#include "codec/testing/vectors.h"
#include "crypto/word_list.h"

namespace kith::crypto {
namespace {

using kith::testing::SeededRandom;
using kith::testing::unhex;

constexpr std::string_view kAbandon =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

TEST(Words, the_list_is_the_published_one) {
  std::string file;
  for (const std::string_view word : kWords) file += std::string(word) + "\n";
  std::array<std::uint8_t, 32> digest;
  crypto_hash_sha256(digest.data(), as_bytes(file).data(), file.size());
  EXPECT_EQ(to_hex(digest), "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
}

TEST(Words, the_list_is_sorted_and_four_letters_tell_a_word) {
  EXPECT_TRUE(std::is_sorted(kWords.begin(), kWords.end()));
  std::set<std::string_view> prefixes;
  for (std::size_t i = 0; i < kWordCount; ++i) {
    EXPECT_TRUE(prefixes.insert(kWords[i].substr(0, 4)).second) << kWords[i];
  }
}

TEST(Words, all_official_vectors_hold) {
  const auto lines = kith::testing::vector_lines("bip39.txt");
  ASSERT_EQ(lines.size(), 24u);
  for (const std::string& line : lines) {
    std::istringstream fields(line);
    std::string entropy, seed, words;
    fields >> entropy >> seed >> std::ws;
    std::getline(fields, words);
    EXPECT_EQ(words_from_entropy(unhex(entropy)), words);
    EXPECT_EQ(seed_from_words(words, "TREZOR").hex(), seed);
    if (entropy.size() == 32) {
      const auto checked = check_words(words);
      ASSERT_TRUE(checked.ok()) << words;
      EXPECT_EQ(*checked, words);
    } else {
      EXPECT_EQ(check_words(words).error().code(), ErrorCode::kBadWords);
    }
  }
}

TEST(Words, fresh_words_are_accepted_and_differ) {
  SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const std::string words = make_words(random);
    EXPECT_TRUE(check_words(words).ok()) << words;
    EXPECT_TRUE(seen.insert(words).second);
  }
}

TEST(Words, white_space_and_case_do_not_matter) {
  const auto checked = check_words(
      "\n  Abandon ABANDON abandon\tabandon abandon abandon\r\nabandon abandon abandon abandon abandon   About \n");
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(*checked, kAbandon);
}

TEST(Words, an_unknown_word_is_named_with_its_place_and_what_was_meant) {
  const auto error =
      check_words("abandon abandon abandon elefant abandon abandon abandon abandon abandon abandon abandon about")
          .error();
  EXPECT_EQ(error.code(), ErrorCode::kBadWords);
  EXPECT_NE(error.cause().find("Word 4, \"elefant\""), std::string::npos) << error.message();
  EXPECT_NE(error.remedy().find("\"elephant\""), std::string::npos) << error.message();
}

TEST(Words, every_one_letter_typo_gets_a_suggestion_or_is_another_word) {
  SeededRandom random(2);
  for (int i = 0; i < 60; ++i) {
    std::string typo(kWords[random.u64() % kWordCount]);
    typo[random.u64() % typo.size()] = 'q';
    const auto checked = check_words(typo);
    ASSERT_FALSE(checked.ok());
    const bool known = checked.error().cause().find("not in the list") == std::string::npos;
    EXPECT_TRUE(known || checked.error().remedy().find("Did you mean") != std::string::npos) << typo;
  }
}

TEST(Words, a_word_that_goes_wrong_after_four_letters_is_recognised) {
  EXPECT_NE(check_words("elephantasy").error().remedy().find("\"elephant\""), std::string::npos);
}

TEST(Words, nothing_readable_means_no_suggestion) {
  EXPECT_EQ(check_words("xxxxxxxxxxxxxxx").error().remedy().find("Did you mean"), std::string::npos);
  EXPECT_NE(check_words(std::string(200, 'a')).error().cause().find("aaa..."), std::string::npos);
  EXPECT_NE(check_words("\xff\xfe").error().cause().find("\"...\""), std::string::npos);
}

TEST(Words, the_wrong_number_of_words_is_said) {
  EXPECT_NE(check_words("abandon about").error().cause().find("There are 2 words"), std::string::npos);
  EXPECT_NE(check_words("").error().cause().find("There are 0 words"), std::string::npos);
  EXPECT_NE(check_words(std::string(kAbandon) + " about").error().cause().find("There are 13 words"),
            std::string::npos);
  EXPECT_EQ(check_words(std::string(5'000, ' ')).error().code(), ErrorCode::kBadWords);
}

TEST(Words, a_wrong_checksum_is_said) {
  std::string words(kAbandon);
  words.replace(words.rfind("about"), 5, "abandon");
  EXPECT_NE(check_words(words).error().cause().find("checksum"), std::string::npos);
}

TEST(Words, whatever_is_typed_is_either_words_or_an_error_that_can_be_read) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const auto checked = check_words(text);
    RC_ASSERT((checked.ok() || !checked.error().cause().empty()));
  }));
}

}  // namespace
}  // namespace kith::crypto
