// SPDX-License-Identifier: Apache-2.0
// Invitation links: the golden bytes of formats 15, both spellings, and every way in which a link is damaged on its way
// from one neighbour to another. Each has its own sentence.
#include "space/invite.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "codec/testing/vectors.h"
#include "kith/ids.h"

namespace kith::space {
namespace {

const kith::testing::Golden& golden() {
  static const kith::testing::Golden values;
  return values;
}

Invitation sample() {
  Invitation out;
  const Bytes secret = golden().bytes("invite_secret");
  std::copy(secret.begin(), secret.end(), out.secret.begin());
  out.space_prefix.fill(0xaa);
  return out;
}

std::string fragment() {
  return golden().text("invite_fragment");
}

std::string cause(std::string_view link) {
  const auto parsed = Invitation::parse(link);
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.error().code(), ErrorCode::kBadInvite);
  EXPECT_FALSE(parsed.error().remedy().empty());
  return parsed.error().cause();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Invite, the_link_is_the_golden_bytes) {
  EXPECT_EQ(sample().link(), "kith:" + fragment());
}

TEST(Invite, both_spellings_and_white_space_around_them_are_read) {
  for (const std::string& link : {"kith:" + fragment(), "https://elm.example:8443/i#" + fragment(),
                                  "http://localhost:8440/i#" + fragment(), "  \n\tkith:" + fragment() + "\r\n "}) {
    const auto parsed = Invitation::parse(link);
    ASSERT_TRUE(parsed.ok()) << link;
    EXPECT_EQ(parsed->secret, sample().secret);
    EXPECT_EQ(parsed->space_prefix, sample().space_prefix);
    EXPECT_TRUE(parsed->addresses.empty());
  }
}

TEST(Invite, addresses_survive_whatever_they_contain) {
  EXPECT_TRUE(rc::check("any printable path", [](const std::vector<std::string>& words) {
    Invitation invitation = sample();
    for (const std::string& word : words) {
      if (invitation.addresses.size() == Invitation::kAddressesMax) break;
      std::string address = "/unix/";
      for (const char c : word) {
        if (c >= 0x20 && c < 0x7f) address += c;
      }
      invitation.addresses.push_back(address + "ü");
    }
    const auto parsed = Invitation::parse(invitation.link());
    RC_ASSERT(parsed.ok());
    RC_ASSERT(parsed->addresses == invitation.addresses);
    RC_ASSERT(parsed->link() == invitation.link());
  }));
}

TEST(Invite, a_link_cut_off_anywhere_says_so) {
  for (std::size_t length = 0; length < fragment().size(); ++length) {
    EXPECT_TRUE(has(cause("kith:" + fragment().substr(0, length)), "cut off")) << length;
  }
}

TEST(Invite, one_wrong_character_anywhere_is_called_mistyped) {
  for (std::size_t at = 0; at < fragment().size(); ++at) {
    for (const char wrong : {'A', 'b', '9', '_', ' ', '=', '\x01', '\xff'}) {
      std::string text = fragment();
      const bool is_trimmed = wrong == ' ' && at + 1 == text.size();  // that is a link cut off
      if (text[at] == wrong || is_trimmed) continue;
      text[at] = wrong;
      EXPECT_TRUE(has(cause("kith:" + text), "mistyped")) << at << wrong;
    }
  }
  EXPECT_TRUE(has(cause("kith:" + fragment() + "A"), "mistyped"));
}

TEST(Invite, two_characters_swapped_are_called_mistyped) {
  for (std::size_t at = 0; at + 1 < fragment().size(); ++at) {
    std::string text = fragment();
    std::swap(text[at], text[at + 1]);
    if (text != fragment()) {
      EXPECT_TRUE(has(cause("kith:" + text), "mistyped")) << at;
    }
  }
}

TEST(Invite, other_things_are_no_invitation) {
  for (const std::string_view text :
       {"", "   ", "hello", "https://elm.example/", "mailto:ana@elm.example", "kit:AQAB"}) {
    EXPECT_TRUE(has(cause(text), "no invitation")) << text;
  }
}

TEST(Invite, what_stands_behind_the_code_must_be_addresses) {
  for (const std::string_view tail : {"&", "&a", "&b=/unix/x", "&a=unix", "&a=", "&a=/x%2", "&a=/x%zz", "&a=/x%00",
                                      "&a=/%ff", "&a=/x&", "&a=/x%0a"}) {
    EXPECT_FALSE(cause("kith:" + fragment() + std::string(tail)).empty()) << tail;
  }
  std::string many = "kith:" + fragment();
  for (std::size_t i = 0; i < Invitation::kAddressesMax; ++i) many += "&a=/x";
  EXPECT_EQ(cause(many), "");
  EXPECT_TRUE(has(cause(many + "&a=/x"), "too many"));
  EXPECT_TRUE(has(cause(std::string(Invitation::kLinkBytesMax + 1, ' ')), "too long"));
}

}  // namespace
}  // namespace kith::space
