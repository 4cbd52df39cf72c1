// SPDX-License-Identifier: Apache-2.0
// The recorded session of tests/vectors/sync: the same keys, randomness and clock give the same bytes. KITH_RECORD=1
// writes it anew, for when a format changes on purpose.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "sync/testing/house.h"

namespace kith::sync::testing {
namespace {

std::string path() {
  return std::string(KITH_VECTORS_DIR) + "/sync/join.txt";
}

/// "dialer <hex>" and "listener <hex>", a line for each turn.
std::vector<std::string> play() {
  FakeClock clock;
  House ana(1, 1, &clock);
  ana.found();
  ana.post("Lost: a grey cat");
  ana.post("Found: a grey cat");
  House dan(2, 1, &clock);
  dan.invitation = ana.invite(1);
  std::vector<std::string> lines;
  Wire wire(dan, ana, true);
  const auto turn = [&](Session& from, Session& to, std::string_view name) {
    Bytes said;
    while (from.has_output()) from.take_output(said, 1 << 16);
    if (said.empty()) return false;
    lines.push_back(std::string(name) + " " + to_hex(said));
    to.receive(said);
    return true;
  };
  const auto run = [&] {
    while (int{turn(wire.dialer, wire.listener, "dialer")} + int{turn(wire.listener, wire.dialer, "listener")} > 0) {
    }
  };
  run();
  dan.post("It is mine, thank you!");
  run();
  wire.dialer.close();
  run();
  wire.expect_no_fault();
  expect_equal(ana, dan);
  EXPECT_EQ(dan.post_count(), 3u);
  return lines;
}

TEST(SessionVector, the_recorded_session_is_played_again_byte_for_byte) {
  ASSERT_TRUE(crypto::start().ok());
  const std::vector<std::string> lines = play();
  if (std::getenv("KITH_RECORD") != nullptr) {
    std::ofstream out(path(), std::ios::trunc);
    out << "# A session of /kith/sync/1 (docs/protocol.md): a newcomer joins, receives two posts and writes a third, "
           "then closes.\n"
           "# Host keys: dialer 02 x 32, listener 01 x 32. Made by engine/sync/session_vector_test.cc.\n";
    for (const std::string& line : lines) out << line << "\n";
  }
  std::ifstream in(path());
  ASSERT_TRUE(in) << path();
  std::vector<std::string> recorded;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("#")) recorded.push_back(line);
  }
  ASSERT_EQ(lines.size(), recorded.size());
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i], recorded[i]) << "turn " << i;
}

}  // namespace
}  // namespace kith::sync::testing
