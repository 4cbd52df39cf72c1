// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_file.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/testing/fakes.h"

namespace kith::crypto {
namespace {

using kith::testing::SeededRandom;

// Offsets of formats 12.
constexpr std::size_t kModeAt = 8;
constexpr std::size_t kPassesAt = 9;
constexpr std::size_t kKibAt = 13;
constexpr std::size_t kBoxAt = 57;

TEST(KeyFile, clear_content_comes_back_and_draws_no_randomness) {
  EXPECT_TRUE(rc::check([](const Bytes& content) {
    SeededRandom random(1);
    const Bytes file = *encode_key_file(random, "", content);
    RC_ASSERT(file.size() == kBoxAt + content.size());
    RC_ASSERT(as_text(file).starts_with("KITHKEY1"));
    RC_ASSERT(*decode_key_file(file, "") == content);
    RC_ASSERT(*decode_key_file(file, "a password that is not needed") == content);
  }));
}

TEST(KeyFile, a_password_protects_it) {
  SeededRandom random(2);
  const Bytes file = *encode_key_file(random, "grey cat", as_bytes("root"));
  EXPECT_EQ(file[kModeAt], 1);
  EXPECT_EQ(as_text(*decode_key_file(file, "grey cat")), "root");
  EXPECT_EQ(decode_key_file(file, "grey dog").error().code(), ErrorCode::kBadPassword);
  EXPECT_EQ(decode_key_file(file, "").error().code(), ErrorCode::kBadPassword);
  Bytes altered = file;
  altered.back() ^= 1;
  EXPECT_EQ(decode_key_file(altered, "grey cat").error().code(), ErrorCode::kBadPassword);
}

TEST(KeyFile, a_browser_opens_its_own_alone) {
  SeededRandom random(7);
  Key key, other;
  key.data.fill(1);
  other.data.fill(2);
  const Bytes file = *encode_key_file(random, key, as_bytes("root"));
  EXPECT_EQ(file[kModeAt], 2);
  EXPECT_EQ(as_text(*decode_key_file(file, key)), "root");
  EXPECT_EQ(decode_key_file(file, other).error().code(), ErrorCode::kCannotOpen);
  EXPECT_EQ(decode_key_file(file, "grey cat").error().code(), ErrorCode::kCannotOpen);
  Bytes altered = file;
  altered[kBoxAt] ^= 1;
  EXPECT_EQ(decode_key_file(altered, key).error().code(), ErrorCode::kCannotOpen);
  EXPECT_EQ(as_text(*decode_key_file(*encode_key_file(random, "", as_bytes("root")), key)), "root");
}

TEST(KeyFile, two_files_of_one_content_share_no_salt_or_nonce) {
  SeededRandom random(3);
  const Bytes first = *encode_key_file(random, "x", as_bytes("root"));
  const Bytes second = *encode_key_file(random, "x", as_bytes("root"));
  EXPECT_FALSE(equal(ByteView(first).subspan(17, 40), ByteView(second).subspan(17, 40)));
}

TEST(KeyFile, a_clear_file_cannot_carry_other_parameters) {
  SeededRandom random(4);
  const Bytes file = *encode_key_file(random, "", as_bytes("root"));
  for (std::size_t i = kPassesAt; i < kBoxAt; ++i) {
    Bytes changed = file;
    changed[i] = 1;
    EXPECT_EQ(decode_key_file(changed, "").error().code(), ErrorCode::kMalformed) << i;
  }
}

TEST(KeyFile, cut_off_or_foreign_files_are_told_apart_from_newer_ones) {
  SeededRandom random(5);
  const Bytes file = *encode_key_file(random, "", as_bytes("root"));
  for (std::size_t length = 0; length < kBoxAt; ++length) {
    EXPECT_EQ(decode_key_file(ByteView(file).first(length), "").error().code(), ErrorCode::kMalformed) << length;
  }
  Bytes other = file;
  other[0] = 'k';
  EXPECT_EQ(decode_key_file(other, "").error().code(), ErrorCode::kMalformed);
  other = file;
  other[7] = '2';
  EXPECT_EQ(decode_key_file(other, "").error().code(), ErrorCode::kNewerVersion);
  other = file;
  other[kModeAt] = 2;
  EXPECT_EQ(decode_key_file(other, "").error().code(), ErrorCode::kCannotOpen);
  other[kModeAt] = 3;
  EXPECT_EQ(decode_key_file(other, "").error().code(), ErrorCode::kNewerVersion);
}

TEST(KeyFile, a_forged_file_cannot_ask_for_all_memory) {
  SeededRandom random(6);
  Bytes file = *encode_key_file(random, "x", as_bytes("root"));
  file[kKibAt] = 0xff;
  EXPECT_EQ(decode_key_file(file, "x").error().code(), ErrorCode::kTooLarge);
}

TEST(KeyFile, size_is_bounded) {
  SeededRandom random(7);
  const Bytes much(kKeyFileContentBytesMax + 1);
  EXPECT_EQ(encode_key_file(random, "", much).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(decode_key_file(*encode_key_file(random, "", ByteView(much).first(kKeyFileContentBytesMax)), "")->size(),
            kKeyFileContentBytesMax);
}

}  // namespace
}  // namespace kith::crypto
