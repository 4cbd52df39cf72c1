// SPDX-License-Identifier: Apache-2.0
#include "codec/text_codes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "codec/testing/vectors.h"

namespace kith::codec {
namespace {

using kith::testing::unhex;

/// Text over an alphabet's characters and a few that are near them.
std::string random_text(std::string_view alphabet) {
  std::string out;
  const int length = *rc::gen::inRange(0, 70);
  const std::string characters = std::string(alphabet) + "=+ 0";
  for (int i = 0; i < length; ++i) out.push_back(characters[*rc::gen::inRange<std::size_t>(0, characters.size())]);
  return out;
}

RC_GTEST_PROP(Base64Url, bytes_come_back, (const Bytes& bytes)) {
  RC_ASSERT(from_base64url(to_base64url(bytes)) == bytes);
}

RC_GTEST_PROP(Base64Url, only_what_the_encoder_writes_is_read, ()) {
  const std::string text = random_text("ABCXYZabcxyz0189-_");
  const auto bytes = from_base64url(text);
  if (bytes) RC_ASSERT(to_base64url(*bytes) == text);
}

RC_GTEST_PROP(Base32, bytes_come_back_from_either_case, (const Bytes& bytes)) {
  std::string text = to_base32(bytes);
  RC_ASSERT(from_base32(text) == bytes);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
  RC_ASSERT(from_base32(text) == bytes);
}

RC_GTEST_PROP(Base32, only_what_the_encoder_writes_is_read, ()) {
  const std::string text = random_text("abcdwxyz234567");
  const auto bytes = from_base32(text);
  if (bytes) RC_ASSERT(to_base32(*bytes) == text);
}

RC_GTEST_PROP(Base58, bytes_come_back, ()) {
  Bytes bytes(*rc::gen::inRange<std::size_t>(0, 4), 0);
  append(bytes, *rc::gen::resize(40, rc::gen::arbitrary<Bytes>()));
  RC_PRE(to_base58(bytes).size() <= 64);
  RC_ASSERT(from_base58(to_base58(bytes)) == bytes);
}

RC_GTEST_PROP(Base58, only_what_the_encoder_writes_is_read, ()) {
  const std::string text = random_text("123789ABCXYZabcxyz");
  const auto bytes = from_base58(text);
  if (bytes) RC_ASSERT(to_base58(*bytes) == text);
}

TEST(TextCodes, published_vectors_hold) {
  // RFC 4648 section 10, padding left out; base58: draft-msporny-base58.
  const std::tuple<std::string, std::string, std::string> vectors[] = {{"", "", ""},
                                                                       {"f", "Zg", "my"},
                                                                       {"fo", "Zm8", "mzxq"},
                                                                       {"foo", "Zm9v", "mzxw6"},
                                                                       {"foob", "Zm9vYg", "mzxw6yq"},
                                                                       {"fooba", "Zm9vYmE", "mzxw6ytb"},
                                                                       {"foobar", "Zm9vYmFy", "mzxw6ytboi"}};
  for (const auto& [text, base64, base32] : vectors) {
    EXPECT_EQ(to_base64url(as_bytes(text)), base64);
    EXPECT_EQ(to_base32(as_bytes(text)), base32);
  }
  EXPECT_EQ(to_base64url(unhex("fbff")), "-_8");
  EXPECT_EQ(to_base58(as_bytes("Hello World!")), "2NEpo7TZRRrLZSi2U");
  EXPECT_EQ(to_base58(as_bytes("The quick brown fox jumps over the lazy dog.")),
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
  EXPECT_EQ(to_base58(unhex("0000287fb4cd")), "11233QC4");
}

TEST(TextCodes, malformed_text_is_refused) {
  for (const char* text : {"Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm9vYh", "Zm 9v", "Zm+v", "Zm/v", "AAAAA"}) {
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  }
  for (const char* text : {"m", "mz", "mzx", "mzxw6yqa", "mzxw6yr", "m8", "my======", "m y"}) {
    if (std::string_view(text) == "mzxw6yqa") continue;  // eight characters are always whole
    EXPECT_EQ(from_base32(text), std::nullopt) << text;
  }
  for (const char* text : {"0", "O", "I", "l", "2NEpo7TZRRrLZSi2U ", "-"})
    EXPECT_EQ(from_base58(text), std::nullopt) << text;
  EXPECT_EQ(from_base58(std::string(65, '1')), std::nullopt);
  EXPECT_EQ(from_base58(std::string(64, '1')), Bytes(64, 0));
}

TEST(Utf8, follows_the_table_of_unicode) {
  for (const char* hex : {"", "00", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080",
                          "f48fbfbf", "41c3a9e4b896f09f9088"}) {
    EXPECT_TRUE(is_utf8(as_text(unhex(hex)))) << hex;
  }
  for (const char* hex : {"80", "bf", "c0af", "c180", "c2", "c241", "e09fbf", "e080", "eda080", "edbfbf", "e28241",
                          "f08fbfbf", "f4908080", "f5808080", "f0908041", "fe", "ff", "f09080", "41e4b8"}) {
    EXPECT_FALSE(is_utf8(as_text(unhex(hex)))) << hex;
  }
}

TEST(Utf8, every_code_point_but_surrogates_is_accepted) {
  for (std::uint32_t c = 0x800; c < 0x11'0000; c += c < 0x1'0000 ? 1 : 17) {
    std::string text;
    if (c >= 0x1'0000) text.push_back(static_cast<char>(0xf0 | c >> 18));
    text.push_back(static_cast<char>(c >= 0x1'0000 ? 0x80 | (c >> 12 & 63) : 0xe0 | c >> 12));
    text.push_back(static_cast<char>(0x80 | (c >> 6 & 63)));
    text.push_back(static_cast<char>(0x80 | (c & 63)));
    ASSERT_EQ(is_utf8(text), c < 0xd800 || c > 0xdfff) << c;
  }
}

}  // namespace
}  // namespace kith::codec
