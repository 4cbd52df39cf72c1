// SPDX-License-Identifier: Apache-2.0
#include "sync/preamble.h"

#include <gtest/gtest.h>

namespace kith::sync {
namespace {

HostKey host(std::uint8_t fill) {
  HostKey key;
  key.data.fill(fill);
  return key;
}

TEST(Preamble, gives_the_other_host_key_and_leaves_the_rest_wherever_it_is_cut) {
  Bytes stream = Preamble(host(2)).output();
  ASSERT_EQ(stream.size(), Preamble::kBytes);
  append(stream, as_bytes("rest"));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Preamble preamble(host(1));
    ByteView first = ByteView(stream).first(cut);
    ByteView second = ByteView(stream).subspan(cut);
    ASSERT_TRUE(preamble.receive(first).ok());
    if (!preamble.peer()) {
      EXPECT_TRUE(first.empty());
      ASSERT_TRUE(preamble.receive(second).ok());
      EXPECT_EQ(as_text(second), "rest");
    } else {
      EXPECT_EQ(std::string(as_text(first)) + std::string(as_text(second)), "rest");
    }
    ASSERT_TRUE(preamble.peer());
    EXPECT_EQ(*preamble.peer(), host(2));
  }
}

TEST(Preamble, quotes_what_was_there_instead) {
  Preamble preamble(host(1));
  ByteView in = as_bytes("bash: line 1: kith: command not found\n");
  const auto result = preamble.receive(in);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kPeerProtocol);
  EXPECT_NE(result.error().message().find("bash: line 1: kith: command not found"), std::string::npos);
}

TEST(Preamble, notices_that_it_speaks_to_itself) {
  Preamble preamble(host(1));
  const Bytes own = preamble.output();
  ByteView in = own;
  EXPECT_FALSE(preamble.receive(in).ok());
}

}  // namespace
}  // namespace kith::sync
