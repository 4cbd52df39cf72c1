// SPDX-License-Identifier: Apache-2.0
// The recorded sessions of tests/vectors/sync: the same keys, randomness and clock give the same bytes. KITH_RECORD=1
// writes them anew, for when a format changes on purpose.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/testing/file.h"
#include "crypto/derive.h"
#include "sync/testing/house.h"

namespace kith::sync::testing {
namespace {

constexpr const char* kOrigin =
    "# Host keys: dialer 02 x 32, listener 01 x 32. Made by engine/sync/session_vector_test.cc.";

/// Two houses, and what they say, "dialer <hex>" and "listener <hex>", a line for each turn.
class Recording {
 public:
  Recording() { ana.found(); }

  /// Dan dials Ana.
  void connect(bool as_newcomer) { wire = std::make_unique<Wire>(dan, ana, as_newcomer); }
  void connect(House& other) { wire = std::make_unique<Wire>(other, ana); }
  void run() {
    while (int{turn(wire->dialer, wire->listener, "dialer")} + int{turn(wire->listener, wire->dialer, "listener")} >
           0) {
      if (!wants_split || is_split || !wire->dialer.is_past_hello() || !wire->listener.is_past_hello()) continue;
      is_split = true;
      wire->dialer.open_backfill();
      wire->listener.open_backfill();
    }
  }
  void close() {
    wire->dialer.close();
    run();
    wire->expect_no_fault();
    wire.reset();
  }
  void join() {
    dan.invitation = ana.invite(1);
    connect(true);
    run();
  }
  /// What was said so far does not belong to what is recorded.
  void forget() { lines.clear(); }

  FakeClock clock;
  House ana{1, 1, &clock};
  House dan{2, 1, &clock};
  std::unique_ptr<Wire> wire;
  std::vector<std::string> lines;
  bool wants_split = false;
  bool is_split = false;

 private:
  bool turn(Session& from, Session& to, std::string_view name) {
    Bytes said, window;
    while (from.has_output()) from.take_output(said, 1 << 16);
    while (from.has_backfill()) from.take_backfill(window, 1 << 16);
    if (!said.empty()) lines.push_back(std::string(name) + " " + to_hex(said));
    if (!window.empty()) lines.push_back(std::string(name) + "/backfill " + to_hex(window));
    to.receive(said);
    EXPECT_EQ(to.receive_backfill(window), window.size());
    return !said.empty() || !window.empty();
  }
};

void expect_recorded(const std::string& name, const std::string& about, const std::vector<std::string>& lines) {
  const std::string path = std::string(KITH_VECTORS_DIR) + "/sync/" + name + ".txt";
  if (std::getenv("KITH_RECORD") != nullptr) {
    std::string text = "# A session of /kith/sync/1 (docs/protocol.md): " + about + "\n" + kOrigin + "\n";
    for (const std::string& line : lines) text += line + "\n";
    kith::testing::write_file(path, text);
  }
  const std::vector<std::string> recorded = kith::testing::lines_of_file(path);
  ASSERT_EQ(lines.size(), recorded.size()) << name;
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i], recorded[i]) << name << ", turn " << i;
}

class SessionVector : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
};

TEST_F(SessionVector, a_newcomer_joins) {
  Recording it;
  it.ana.post("Lost: a grey cat");
  it.ana.post("Found: a grey cat");
  it.join();
  it.dan.post("It is mine, thank you!");
  it.run();
  it.close();
  expect_equal(it.ana, it.dan);
  EXPECT_EQ(it.dan.post_count(), 3u);
  expect_recorded("join", "a newcomer joins, receives two posts and writes a third, then closes.", it.lines);
}

TEST_F(SessionVector, a_large_window_goes_in_pieces_or_over_a_stream_of_its_own) {
  for (const bool is_split : {false, true}) {
    Recording it;
    Bytes picture(kPieceBytesMax);
    it.ana.random.fill(picture);
    it.ana.post(to_hex(picture));
    it.wants_split = is_split;
    it.join();
    it.close();
    expect_equal(it.ana, it.dan);
    EXPECT_EQ(it.dan.post_count(), 1u);
    expect_recorded(is_split ? "streams" : "pieces",
                    is_split ? "a newcomer receives a large post over a stream for backfill."
                             : "a newcomer receives a large post in pieces.",
                    it.lines);
  }
}

TEST_F(SessionVector, members_who_hold_the_same_say_little) {
  Recording it;
  it.join();
  it.close();
  it.forget();
  it.connect(false);
  it.run();
  it.close();
  expect_recorded("same", "two members hold the same, find so by their digests, and close.", it.lines);
}

TEST_F(SessionVector, members_go_on_where_they_were) {
  Recording it;
  it.join();
  it.close();
  it.ana.post("While Dan was away");
  it.dan.post("While Ana was away");
  it.forget();
  it.connect(false);
  it.run();
  it.ana.post("At once");
  it.run();
  it.close();
  expect_equal(it.ana, it.dan);
  EXPECT_EQ(it.dan.post_count(), 3u);
  expect_recorded("resume", "two members compare by cursor, catch up both ways, then one post goes live.", it.lines);
}

TEST_F(SessionVector, a_house_keeps_a_members_personal_space_and_words_bring_it_back) {
  Recording it;
  it.join();
  it.close();
  it.ana.is_keeping = true;
  it.dan.is_offering = true;
  it.dan.found_personal();
  it.dan.note("The spare key hangs behind the third shutter");
  it.forget();
  it.connect(false);
  it.run();
  it.dan.note("It has rusted");
  it.run();
  const space::Space* kept = it.ana.kept(it.dan.personal->id());
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(must(it.ana.kept(kept->id())->log().digest()), must(it.dan.personal->log().digest()));
  it.close();
  expect_recorded("keep", "a member's personal space is offered, kept blind, and what is written then goes live.",
                  it.lines);

  it.forget();
  House again(3, 1, &it.clock);
  again.host = it.dan.host;
  again.restore_personal(it.dan.root);
  it.connect(again);
  it.run();
  ASSERT_NE(again.personal, nullptr);
  EXPECT_EQ(House::count(*again.personal), 2u);
  it.close();
  expect_recorded("restore", "words alone bring a personal space back from the house that keeps it.", it.lines);
}

TEST_F(SessionVector, an_invitation_that_was_withdrawn_is_refused) {
  Recording it;
  it.dan.invitation = it.ana.invite(1);
  must(it.ana.own->revoke_invite(crypto::derive_invite_key(it.dan.invitation->secret).public_key()));
  it.connect(true);
  it.run();
  ASSERT_NE(it.wire->dialer.refusal(), nullptr);
  it.wire->expect_no_fault();
  expect_recorded("refused", "a newcomer's invitation was withdrawn.", it.lines);
}

TEST_F(SessionVector, a_stranger_learns_nothing) {
  Recording it;
  it.dan.invitation = it.ana.invite(1);
  it.dan.invitation->secret[0] ^= 1;
  it.connect(true);
  it.run();
  EXPECT_FALSE(it.wire->listener.is_past_hello());
  it.wire->expect_no_fault();
  expect_recorded("stranger", "the dialer wants what the listener does not know: the answer is random.", it.lines);
}

}  // namespace
}  // namespace kith::sync::testing
