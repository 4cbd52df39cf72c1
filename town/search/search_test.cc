// SPDX-License-Identifier: Apache-2.0
#include "town/search/search.h"

#include <gtest/gtest.h>

#include "town/forum/commands.h"
#include "town/market/commands.h"
#include "town/notes/commands.h"
#include "town/people/commands.h"
#include "town/search/snippet.h"
#include "town/testing/street.h"

namespace kith::town::search {
namespace {

using store::testing::Directory;
using testing::TestDatabase;

class Search : public ::testing::Test {
 protected:
  std::string post(const std::string& title, const std::string& body) {
    return forum::write_post(street_, {.title = title, .body = body}, 0)->id;
  }
  std::vector<std::string> found(const std::string& text, const std::vector<Kind>& kinds = {}) {
    const auto hits = find(street_, text, kinds, 50);
    EXPECT_TRUE(hits.ok()) << text << ": " << (hits.ok() ? "" : hits.error().message());
    std::vector<std::string> out;
    if (!hits.ok()) return out;
    for (const Hit& hit : hits->hits) out.push_back(hit.kind == Kind::kPerson ? hit.title : hit.id);
    return out;
  }
  using Ids = std::vector<std::string>;

  Directory directory_;
  TestDatabase street_{directory_, "street", schema(), local_tables()};
};

TEST_F(Search, finds_beginnings_of_words_without_case_and_accents) {
  const std::string cat = post("Lost cat", "A grey cat with a white paw, near the Fähre.");
  const std::string street = post("", "Die Straße wird gesperrt, naïve Café-Gäste!");
  EXPECT_EQ(found("ca"), (Ids{street, cat}));
  EXPECT_EQ(found("CAT"), Ids{cat});
  EXPECT_EQ(found("fahr"), Ids{cat});
  EXPECT_EQ(found("gaste"), Ids{street});
  EXPECT_EQ(found("strasse"), Ids{street});
  EXPECT_EQ(found("Straß"), Ids{street});
  EXPECT_EQ(found("paw grey"), Ids{cat});
  EXPECT_EQ(found("paw dog"), Ids{});
  EXPECT_EQ(found("aw"), Ids{});
}

TEST_F(Search, follows_edits_withdrawals_and_the_kinds_that_are_asked_for) {
  const std::string id = post("", "bicycle pump");
  const std::string pump = market::offer(street_, {.title = "Pump", .text = "for a bicycle"}, 0)->id;
  ASSERT_TRUE(people::change_profile(street_, {.name = "Ana", .about = "Pumps and pans", .street = "Elm 3"}).ok());
  EXPECT_EQ(found("pump"), (Ids{"Ana", pump, id}));
  EXPECT_EQ(found("pump", {Kind::kListing}), Ids{pump});
  EXPECT_EQ(found("elm", {Kind::kPerson}), Ids{"Ana"});
  ASSERT_TRUE(forum::edit_post(street_, id, {.body = "a hand cart"}).ok());
  EXPECT_EQ(found("pump", {Kind::kPost}), Ids{});
  EXPECT_EQ(found("cart"), Ids{id});
  ASSERT_TRUE(forum::withdraw_post(street_, id).ok());
  EXPECT_EQ(found("cart"), Ids{});
}

TEST_F(Search, what_means_something_to_the_index_is_only_text_here) {
  const std::string id = post("", "x AND y, say \"NEAR(\" or body:secret");
  for (const char* typed : {"\"", "*", "(", "NEAR(", "title:x", "x*", "-x", "AND", "x OR", "^x", "\\",
                            "'; DROP TABLE posts;", "\xf0\x9f\x98\x80", "\xff\xfe", "a\nb", "{x y}"})
    EXPECT_TRUE(find(street_, typed, {}, 10).ok()) << typed;
  EXPECT_EQ(found("body:secret"), Ids{id});
  EXPECT_EQ(found("  "), Ids{});
  EXPECT_EQ(find(street_, std::string(kTextBytesMax + 1, 'x'), {}, 10).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(find(street_, "x", {}, 10)->searched, 1u);
}

TEST_F(Search, a_merge_is_found_as_well) {
  TestDatabase other(directory_, "other", schema(), local_tables(), 1);
  std::mt19937 dice(1);
  const std::string id = post("", "A hedgehog lives in the churchyard");
  other.take_from(street_, dice);
  const auto hits = find(other, "hedge", {}, 10);
  ASSERT_EQ(hits->hits.size(), 1u);
  EXPECT_EQ(hits->hits[0].id, id);
}

// History comes newest first, what is said now comes last.
TEST_F(Search, the_newest_of_many_are_found_in_whatever_order_they_came) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kLookedAtMax + 100; ++i) ids.push_back(street_.new_id());
  const std::string newest = street_.new_id();
  const auto written = street_.write("post written", {}, [&](Writer& writer) -> Result<void> {
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
      KITH_TRY(writer.exec("INSERT INTO posts(id, body) VALUES (?, 'about bread')", {*id}));
    }
    return writer.exec("INSERT INTO posts(id, body) VALUES (?, 'about bread again')", {newest});
  });
  ASSERT_TRUE(written.ok());
  const auto hits = find(street_, "bread", {}, 3);
  ASSERT_EQ(hits->hits.size(), 3u);
  EXPECT_EQ(hits->hits[0].id, newest);
  EXPECT_EQ(hits->hits[0].snippet, "about \1bread\2 again");
  EXPECT_EQ(hits->hits[1].id, ids.back());
  EXPECT_EQ(hits->hits[1].snippet, "about \1bread\2");
  EXPECT_EQ(hits->hits[2].id, ids[ids.size() - 2]);
}

TEST_F(Search, notes_are_found_by_their_writer_alone) {
  TestDatabase own(directory_, "own", personal_schema(), personal_local_tables());
  ASSERT_TRUE(notes::write_note(own, "The spare key is under the third pot").ok());
  const auto hits = find_notes(own, "spare", 10);
  ASSERT_EQ(hits->hits.size(), 1u);
  EXPECT_EQ(hits->hits[0].snippet, "The \1spare\2 key is under the third pot");
  EXPECT_EQ(found("spare"), Ids{});
}

TEST(Snippet, shows_the_first_hit_and_marks_all) {
  EXPECT_EQ(snippet("Öl and oil", words_of("ol")), "\1Öl\2 and oil");
  const std::string text = std::string(300, 'a') + " tail of the cat " + std::string(300, 'b');
  const std::string shown = snippet(text, words_of("cat"));
  EXPECT_NE(shown.find("\1cat\2"), std::string::npos);
  EXPECT_LE(shown.size(), 2 * kSnippetBytes);
  EXPECT_EQ(snippet("nothing of the sort", words_of("cat")), "nothing of the sort");
  EXPECT_EQ(snippet("", words_of("cat")), "");
  EXPECT_EQ(words_of("a b c d e f g h i j").size(), kWordsMax);
}

}  // namespace
}  // namespace kith::town::search
