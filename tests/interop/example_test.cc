// SPDX-License-Identifier: Apache-2.0
// The read-only client of docs/examples, which uses nothing of ours, joins a house over TCP and prints its feed.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "link.h"
#include "sync/session_stream.h"
#include "sync/testing/house.h"

namespace kith::interop {
namespace {

/// A house that can be dialed.
class Street : public ::testing::Test {
 protected:
  Street() {
    house.clock.wall = SystemClock().wall_ms();  // the client dates its joining by its own clock
    house.found();
    node.host().protocols.push_back({std::string(sync::kSyncProtocol), sync::kSyncInboundMax,
                                     [this](p2p::Connection& by) { return begin_session(by); }});
  }
  ~Street() override { house.sessions.clear(); }

  std::unique_ptr<p2p::StreamHandler> begin_session(p2p::Connection& by) {
    const HostKey own = *node.id().host_key();
    sessions.push_back(
        std::make_unique<sync::Session>(sync::Role::kListener, own, by.peer(), house, house.clock, house.random));
    house.sessions.push_back(sessions.back().get());
    return streams.emplace_back(std::make_unique<sync::SessionStream>(*sessions.back()))->make_handler();
  }
  std::string link_to(const space::Invitation& invitation) {
    space::Invitation with_address = invitation;
    with_address.addresses = {node.address()};
    return with_address.link();
  }
  /// All that the client prints, with the name of the person cut off.
  std::vector<std::string> read_feed(const std::string& link) {
    Child client("docs/examples/read-feed.js", {link});
    std::vector<std::string> lines;
    const bool is_done = node.run_until(
        [&] {
          for (auto& stream : streams) stream->pump();
          while (auto line = client.take_line()) lines.push_back(*line);
          return client.is_over();
        },
        &client);
    EXPECT_TRUE(is_done);
    return lines;
  }

  sync::testing::House house{1};
  Node node{true};
  std::vector<std::unique_ptr<sync::Session>> sessions;
  std::vector<std::unique_ptr<sync::SessionStream>> streams;
};

TEST_F(Street, a_window_that_comes_in_pieces_is_read_too) {
  Bytes picture(3 * sync::kPieceBytesMax);
  house.random.fill(picture);
  house.post(to_hex(picture));
  const auto lines = read_feed(link_to(house.invite(1)));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].ends_with(to_hex(picture)));
}

TEST_F(Street, a_stranger_with_an_invitation_reads_every_post) {
  const std::string cat = house.post("Lost: a grey cat");
  for (int i = 0; i < 300; ++i) house.post("Post " + std::to_string(i) + std::string(i, '.'));
  house.edit(cat, "Found: a grey cat");
  const auto lines = read_feed(link_to(house.invite()));
  ASSERT_EQ(lines.size(), 301u);
  EXPECT_TRUE(lines[0].ends_with(": Found: a grey cat")) << lines[0];
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(lines[i + 1].ends_with(": Post " + std::to_string(i) + std::string(i, '.'))) << lines[i + 1];
  }
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions[0]->fault(), sync::Fault::kNone) << sessions[0]->fault_detail();
  EXPECT_TRUE(sessions[0]->is_past_hello());
}

TEST_F(Street, an_invitation_that_was_withdrawn_or_is_unknown_shows_nothing) {
  house.post("Lost: a grey cat");
  const space::Invitation invitation = house.invite();
  sync::testing::must(house.own->revoke_invite(crypto::derive_invite_key(invitation.secret).public_key()));
  EXPECT_TRUE(read_feed(link_to(invitation)).empty());
  space::Invitation unknown = invitation;
  unknown.secret[0] ^= 1;
  EXPECT_TRUE(read_feed(link_to(unknown)).empty());
  ASSERT_EQ(sessions.size(), 2u);
  for (const auto& session : sessions) EXPECT_EQ(session->counters().entries_out, 0u);
}

}  // namespace
}  // namespace kith::interop

int main(int argc, char** argv) {
  if (!kith::interop::node_program()) {
    std::puts("example: Node is not installed; run script/setup.");
    return 1;
  }
  ::testing::InitGoogleTest(&argc, argv);
  if (!kith::crypto::start().ok()) return 1;
  return RUN_ALL_TESTS();
}
