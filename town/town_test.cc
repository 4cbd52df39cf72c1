// SPDX-License-Identifier: Apache-2.0
// The forum, names and notes over a real store with two people.
#include "town/town.h"

#include <gtest/gtest.h>

#include "town/forum/commands.h"
#include "town/forum/queries.h"
#include "town/notes/commands.h"
#include "town/notes/queries.h"
#include "town/people/commands.h"
#include "town/people/houses.h"
#include "town/people/queries.h"
#include "town/places/places.h"
#include "town/testing/street.h"

namespace kith::town {
namespace {

using store::testing::Directory;
using testing::TestDatabase;

class Town : public ::testing::Test {
 protected:
  Directory directory_;
  TestDatabase database_{directory_, "street", schema(), local_tables()};
};

std::vector<std::string> ids_of(const forum::FeedPage& page) {
  std::vector<std::string> out;
  for (const auto& thread : page.threads) out.push_back(thread.id);
  return out;
}

TEST_F(Town, a_post_is_trimmed_and_carries_who_and_when) {
  const auto written = forum::write_post(database_, {.body = "  Lost:\r\na grey cat \n"}, 0);
  ASSERT_TRUE(written.ok()) << written.error().message();
  const auto post = forum::post(database_, written->id);
  ASSERT_TRUE(post.ok());
  EXPECT_EQ(post->body, "Lost:\na grey cat");
  EXPECT_EQ(post->writer, database_.person());
  EXPECT_FALSE(post->thread);
  EXPECT_FALSE(post->changed_ms);
  EXPECT_EQ(post->written_ms, written->receipt.stamp.ms());
}

TEST_F(Town, replies_name_their_thread_and_what_they_answer) {
  const std::string root = forum::write_post(database_, {.body = "root"}, 0)->id;
  const std::string first = forum::write_reply(database_, root, {.body = "first"}, 0)->id;
  const std::string second = forum::write_reply(database_, first, {.body = "second"}, 0)->id;
  const auto thread = forum::thread(database_, second, std::nullopt, 10);
  ASSERT_TRUE(thread.ok());
  EXPECT_EQ(thread->id, root);
  ASSERT_EQ(thread->replies.size(), 2u);
  EXPECT_EQ(thread->replies[0].parent, std::nullopt);
  EXPECT_EQ(thread->replies[1].parent, first);
  EXPECT_EQ(thread->replies[1].thread, root);
}

TEST_F(Town, the_feed_goes_by_latest_words_page_by_page_without_repeats) {
  std::vector<std::string> roots;
  for (int i = 0; i < 9; ++i)
    roots.push_back(forum::write_post(database_, {.body = "no. " + std::to_string(i)}, 0)->id);
  ASSERT_TRUE(forum::write_reply(database_, roots[2], {.body = "up again"}, 0).ok());
  std::vector<std::string> seen;
  std::optional<std::string> before;
  do {
    const auto page = forum::feed(database_, before, 4);
    ASSERT_TRUE(page.ok()) << page.error().message();
    for (const std::string& id : ids_of(*page)) seen.push_back(id);
    before = page->next;
  } while (before);
  const std::vector<std::string> expected{roots[2], roots[8], roots[7], roots[6], roots[5],
                                          roots[4], roots[3], roots[1], roots[0]};
  EXPECT_EQ(seen, expected);
}

TEST_F(Town, an_id_from_the_future_does_not_pin_a_thread_to_the_top) {
  const std::string now = forum::write_post(database_, {.body = "now"}, 0)->id;
  ASSERT_TRUE(database_
                  .write("post written", {},
                         [](Writer& writer) {
                           return writer.exec(
                               "INSERT INTO posts(id, body) VALUES ('ffffffff-0000-7000-8000-000000000000', 'pinned')");
                         })
                  .ok());
  EXPECT_EQ(ids_of(*forum::feed(database_, std::nullopt, 10)), std::vector{now});
}

TEST_F(Town, a_withdrawn_post_leaves_its_replies) {
  const std::string root = forum::write_post(database_, {.body = "root"}, 0)->id;
  const std::string reply = forum::write_reply(database_, root, {.body = "reply"}, 0)->id;
  ASSERT_TRUE(forum::withdraw_post(database_, root).ok());
  const auto thread = forum::thread(database_, root, std::nullopt, 10);
  ASSERT_TRUE(thread.ok());
  EXPECT_FALSE(thread->post);
  EXPECT_EQ(thread->replies.at(0).id, reply);
  EXPECT_EQ(forum::post(database_, root).error().code(), ErrorCode::kNotFound);
  const auto page = forum::feed(database_, std::nullopt, 10);
  EXPECT_FALSE(page->threads.at(0).post);
}

TEST_F(Town, only_the_author_edits_and_withdraws) {
  const std::string id = forum::write_post(database_, {.body = "mine"}, 0)->id;
  database_.become(2);
  EXPECT_EQ(forum::edit_post(database_, id, {.body = "yours"}).error().code(), ErrorCode::kRefused);
  EXPECT_EQ(forum::withdraw_post(database_, id).error().code(), ErrorCode::kRefused);
  database_.become(1);
  ASSERT_TRUE(forum::edit_post(database_, id, {.body = "mine, changed"}).ok());
  EXPECT_EQ(forum::post(database_, id)->body, "mine, changed");
  EXPECT_TRUE(forum::post(database_, id)->changed_ms);
}

TEST_F(Town, texts_are_checked_before_anything_is_written) {
  const std::string root = forum::write_post(database_, {.body = "root"}, 0)->id;
  const std::string long_text(forum::kBodyBytesMax + 1, 'x');
  EXPECT_EQ(forum::write_post(database_, {.body = " \n"}, 0).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(forum::write_post(database_, {.body = long_text}, 0).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(forum::write_post(database_, {.body = "bell \a"}, 0).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(forum::write_reply(database_, "nothing", {.body = "x"}, 0).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(forum::edit_post(database_, root, {.body = ""}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(people::choose_name(database_, "two\nlines").error().code(), ErrorCode::kUsage);
  EXPECT_TRUE(forum::write_post(database_, {.body = long_text.substr(1)}, 0).ok());
  EXPECT_EQ(forum::feed(database_, std::nullopt, 10)->threads.size(), 2u);
}

TEST_F(Town, a_name_belongs_to_whoever_wrote_it) {
  ASSERT_TRUE(people::choose_name(database_, "Ana").ok());
  ASSERT_TRUE(people::name_place(database_, "Elm Street").ok());
  database_.become(2);
  ASSERT_TRUE(people::choose_name(database_, "Dan").ok());
  ASSERT_TRUE(people::name_place(database_, "Mallory Street").ok());
  ASSERT_TRUE(people::choose_name(database_, "Daniel").ok());
  const auto names = people::names(database_);
  ASSERT_TRUE(names.ok()) << names.error().message();
  EXPECT_EQ(names->at(TestDatabase::person_of(1)), "Ana");
  EXPECT_EQ(names->at(TestDatabase::person_of(2)), "Daniel");
  EXPECT_EQ(*people::place_name(database_, TestDatabase::person_of(1)), "Elm Street");
}

TEST_F(Town, houses_say_where_they_are_and_others_cannot_speak_for_them) {
  ASSERT_TRUE(people::announce_house(database_, "12D3A", {"/ip4/10.0.0.1/tcp/8440"}).ok());
  ASSERT_TRUE(people::announce_house(database_, "12D3A", {"/ip4/10.0.0.2/tcp/8440", "/dns/elm.example/tcp/443"}).ok());
  EXPECT_EQ(
      people::announce_house(database_, "12D3A", {"/ip4/10.0.0.2/tcp/8440", "/dns/elm.example/tcp/443"})->pos.value, 0);
  database_.become(2);
  ASSERT_TRUE(people::announce_house(database_, "12D3A", {"/ip4/6.6.6.6/tcp/1"}).ok());
  const std::vector<std::string> expected{"/ip4/6.6.6.6/tcp/1", "/ip4/10.0.0.2/tcp/8440", "/dns/elm.example/tcp/443"};
  EXPECT_EQ(*people::house_addresses(database_), expected);
  EXPECT_EQ(people::announce_house(database_, "12D3B", {"not an address"}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(people::announce_house(database_, "12D3B", std::vector<std::string>(9, "/a")).error().code(),
            ErrorCode::kTooLarge);
  ASSERT_TRUE(database_
                  .write("house announced", {},
                         [](Writer& writer) {
                           return writer.exec(
                               "INSERT INTO houses(id, addresses) VALUES ('odd', '[1, \"x y\", \"/ok\"]')");
                         })
                  .ok());
  EXPECT_EQ(people::house_addresses(database_)->front(), "/ok");
}

TEST_F(Town, notes_live_in_a_schema_of_their_own) {
  TestDatabase personal(directory_, "personal", personal_schema(), personal_local_tables());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(notes::write_note(personal, "note " + std::to_string(i)).ok());
  const auto page = notes::notes(personal, std::nullopt, 2);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->notes.at(0).body, "note 2");
  const auto rest = notes::notes(personal, page->next, 2);
  ASSERT_EQ(rest->notes.size(), 1u);
  EXPECT_EQ(rest->notes[0].body, "note 0");
  EXPECT_FALSE(rest->next);
}

TEST_F(Town, the_personal_space_names_the_places_that_its_owner_belongs_to) {
  TestDatabase personal(directory_, "personal", personal_schema(), personal_local_tables());
  Lineage elm, oak;
  elm.data.fill(1);
  oak.data.fill(2);
  const std::vector<std::string> old_house{"/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.2/tcp/1"};
  ASSERT_TRUE(places::note(personal, {elm, old_house, "Elm Street"}).ok());
  ASSERT_TRUE(places::note(personal, {oak, {}}).ok());
  // As long as one way still leads there, nothing is written.
  ASSERT_TRUE(places::note(personal, {elm, {"/ip4/10.0.0.2/tcp/1", "/ip4/10.0.0.3/tcp/1"}}).ok());
  auto noted = places::noted(personal);
  ASSERT_TRUE(noted.ok() && noted->size() == 2u);
  EXPECT_EQ(noted->at(0).lineage, oak);
  EXPECT_EQ(noted->at(1).addresses, old_house);
  EXPECT_EQ(noted->at(1).name, "Elm Street");
  EXPECT_EQ(noted->at(0).name, "") << "nobody has said it yet";
  ASSERT_TRUE(places::note(personal, {oak, {}, "Oak\u202e Street"}).ok());
  EXPECT_EQ(places::noted(personal)->at(0).name, "Oak Street");
  ASSERT_TRUE(places::note(personal, {elm, std::vector<std::string>(20, "/ip4/10.0.0.9/tcp/1")}).ok());
  noted = places::noted(personal);
  ASSERT_EQ(noted->size(), 2u);
  EXPECT_EQ(noted->at(0).lineage, elm);
  EXPECT_EQ(noted->at(0).addresses.size(), places::kAddressesMax);
  ASSERT_TRUE(personal
                  .write("place noted", {},
                         [](Writer& writer) {
                           return writer.exec("INSERT INTO places(lineage, addresses) VALUES ('odd', '[1]')");
                         })
                  .ok());
  EXPECT_EQ(places::noted(personal)->size(), 2u) << "what is no lineage is passed over";
}

TEST_F(Town, the_personal_space_says_which_logs_are_one_device) {
  TestDatabase personal(directory_, "personal", personal_schema(), personal_local_tables());
  OwnDevice phone;
  phone.personal.data.fill(1);
  phone.lineage.data.fill(2);
  phone.device.data.fill(3);
  ASSERT_TRUE(places::note_device(personal, phone).ok());
  OwnDevice liar = phone;
  liar.device.data.fill(4);
  ASSERT_TRUE(places::note_device(personal, liar).ok()) << "what stands there stays";
  const auto devices = places::devices(personal);
  ASSERT_TRUE(devices.ok() && devices->size() == 1u);
  EXPECT_EQ(devices->at(0).personal, phone.personal);
  EXPECT_EQ(devices->at(0).lineage, phone.lineage);
  EXPECT_EQ(devices->at(0).device, phone.device);
}

}  // namespace
}  // namespace kith::town
