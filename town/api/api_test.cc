// SPDX-License-Identifier: Apache-2.0
// The table of operations: every call's answer has the type that is printed for the page, and every bad call is told
// what is wrong.
#include "town/api/api.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "kith/base64.h"
#include "kith/shape.h"
#include "town/app.h"
#include "town/photos/tidy.h"
#include "town/testing/street.h"

namespace kith::town {
namespace {

using testing::TestDatabase;
using testing::TestPlace;

Json json(const std::string& text) {
  return Json::parse(text).value();
}

/// The smallest thing that begins like a JPEG.
std::string picture(std::size_t bytes) {
  Bytes out(bytes, 7);
  out[0] = 0xff;
  out[1] = 0xd8;
  out[2] = 0xff;
  return to_base64(out);
}

class Api : public ::testing::Test {
 protected:
  /// The answer, held against its type; fails the test if there is none.
  Json ask(const std::string& name, const std::string& arguments = "{}") {
    called_.insert(name);
    const auto result = call(operations(), place_, name, json(arguments));
    EXPECT_TRUE(result.ok()) << name << " " << arguments << ": " << (result.ok() ? "" : result.error().message());
    if (!result.ok()) return {};
    const auto fits = check_shape(*result, operations().find(name)->result, operations().types, name);
    EXPECT_TRUE(fits.ok()) << name << ": " << (fits.ok() ? "" : fits.error().message()) << "\n" << result->dump();
    return *result;
  }
  std::string id_of(const Json& answer) { return answer.at("id").text().value_or("none"); }
  Error refused(const std::string& name, const std::string& arguments) {
    const auto result = call(operations(), place_, name, json(arguments));
    EXPECT_FALSE(result.ok()) << name << " " << arguments << " gave " << (result.ok() ? result->dump() : "");
    return result.ok() ? Error(ErrorCode::kInternal, "it was not refused") : result.error();
  }
  std::string photo() {
    return id_of(ask("photos.add", R"({"data": ")" + picture(100'000) + R"(", "width": 8, "height": 6})"));
  }
  bool is_here(const std::string& photo) {
    return !place_.street.query("SELECT 1 FROM photos WHERE id = ?", {photo})->rows.empty();
  }
  void become(std::uint8_t number) { place_.street.become(number); }
  void name_all() {
    const char* names[] = {"Ana", "Dan", "Mira"};
    for (std::uint8_t i = 1; i <= 3; ++i) {
      become(i);
      ask("people.rename", std::string("{\"name\": \"") + names[i - 1] + "\"}");
    }
    become(1);
  }

  TestPlace place_;
  std::set<std::string> called_;
};

TEST_F(Api, names_and_paths_are_unique_and_types_can_be_read) {
  std::set<std::string> names;
  std::set<std::string> routes;
  for (const Operation& operation : operations().operations) {
    EXPECT_TRUE(names.emplace(operation.name).second) << operation.name;
    EXPECT_TRUE(routes.insert(std::string(operation.method) + " " + std::string(operation.path)).second)
        << operation.path;
    for (const std::string_view type : {operation.arguments, operation.result}) {
      const auto checked = check_shape(Json(), type, operations().types, "null");
      ASSERT_FALSE(checked.ok()) << type;
      EXPECT_EQ(checked.error().code(), ErrorCode::kUsage) << operation.name << ": " << checked.error().message();
    }
    for (std::size_t at = operation.path.find('{'); at != std::string_view::npos;
         at = operation.path.find('{', at + 1)) {
      const std::string_view part = operation.path.substr(at + 1, operation.path.find('}', at) - at - 1);
      EXPECT_NE(operation.arguments.find(std::string(part) + ": "), std::string_view::npos) << operation.path;
    }
    EXPECT_EQ(operation.is_command, operation.method != "GET") << operation.name;
  }
  for (const NamedType& type : operations().types) {
    const auto checked = check_shape(Json::object({{"no", "such"}}), type.type, operations().types, "it");
    EXPECT_EQ(checked.error().code(), ErrorCode::kUsage) << type.name << ": " << checked.error().message();
  }
}

TEST_F(Api, every_operation_answers_as_its_type_says) {
  name_all();
  ask("place.describe", R"({"name": "Elm Street", "enamel": 3, "rules": ["Be kind.", "Sweep your step."]})");
  const std::string photo = id_of(
      ask("photos.add", R"({"data": ")" + picture(100'000) + R"(", "width": 800, "height": 600, "alt": "a cat"})"));
  const Json post = ask("forum.write", R"({"title": "Lost cat", "body": "Grey. @Dan, seen it?", "category": "Lost",
    "tags": ["#Cat", "grey"], "photos": [")" +
                                           photo + R"("], "lang": "en"})");
  EXPECT_EQ(post.at("tags").items().size(), 2u);
  EXPECT_EQ(post.at("mentions").items().size(), 1u);
  EXPECT_EQ(post.at("photos").items().at(0).at("here").boolean(), true);
  EXPECT_EQ(post.at("rests_ms").integer(), 10'000);
  const std::string thread = id_of(post);
  become(2);
  const std::string reply = id_of(ask("forum.reply", R"({"to": ")" + thread + R"(", "body": "In our shed!"})"));
  ask("forum.react", R"({"id": ")" + thread + R"(", "kind": "thanks", "on": true})");
  become(1);
  ask("forum.edit", R"({"id": ")" + thread + R"(", "body": "Found!", "category": "Found", "tags": ["cat"]})");
  const Json history = ask("forum.history", R"({"id": ")" + thread + R"("})");
  EXPECT_EQ(history.at("versions").items().front().at("body").text(), "Grey. @Dan, seen it?");
  EXPECT_EQ(history.at("versions").items().back().at("body").text(), "Found!");
  const Json card = ask("forum.feed").at("threads").items().at(0);
  EXPECT_EQ(card.at("unread").integer(), 1);
  EXPECT_EQ(card.at("post").at("reactions").items().at(0).at("count").integer(), 1);
  ask("forum.read", R"({"thread": ")" + thread + R"(", "upto": ")" + reply + R"("})");
  ask("forum.follow", R"({"thread": ")" + thread + R"(", "mode": "follow"})");
  ask("forum.pin", R"({"id": ")" + thread + R"(", "on": true})");
  const Json pinned = ask("forum.pinned").at("threads").items().at(0);
  EXPECT_EQ(pinned.at("unread").integer(), 0);
  EXPECT_EQ(pinned.at("followed").boolean(), true);
  EXPECT_EQ(pinned.at("pinned").boolean(), true);
  EXPECT_EQ(ask("forum.thread", R"({"id": ")" + reply + R"("})").at("id").text(), thread);
  EXPECT_EQ(ask("forum.feed", R"({"category": "Found"})").at("threads").items().size(), 1u);
  EXPECT_EQ(ask("forum.feed", R"({"tag": "cat"})").at("threads").items().size(), 1u);
  EXPECT_EQ(ask("forum.feed", R"({"tag": "grey"})").at("threads").items().size(), 0u);
  EXPECT_EQ(ask("forum.categories").at("categories").items().at(0).at("name").text(), "Found");
  EXPECT_EQ(ask("forum.tags").at("tags").items().at(0).at("name").text(), "cat");
  EXPECT_EQ(ask("photos.get", R"({"id": ")" + photo + R"("})").at("data").text(), picture(100'000));

  const std::string ladder = id_of(ask("market.offer", R"({"kind": "lend", "title": "Ladder", "text": "4 m",
    "price": "a cake", "tags": ["tools"], "photos": [")" + photo +
                                                           R"("], "days": 10})"));
  ask("market.edit", R"({"id": ")" + ladder + R"(", "title": "Long ladder", "tags": ["garden"]})");
  become(2);
  const std::string request = id_of(ask("market.ask", R"({"listing": ")" + ladder + R"(", "text": "Sunday?"})"));
  become(1);
  const std::string on_request = R"({"request": ")" + request + R"(")";
  ask("market.promise", on_request + R"(, "when_ms": 1790000500000, "place": "at no. 3"})");
  ask("market.unpromise", on_request + "}");
  ask("market.promise", on_request + "}");
  ask("market.settle", on_request + R"(, "outcome": "done"})");
  const Json item = ask("market.item", R"({"id": ")" + ladder + R"("})");
  EXPECT_EQ(item.at("listing").at("state").text(), "done");
  EXPECT_EQ(item.at("listing").at("promised_name").text(), "Dan");
  const std::string shelf = id_of(ask("market.offer", R"({"kind": "give", "title": "Shelf"})"));
  become(3);
  const std::string unasked = id_of(ask("market.ask", R"({"listing": ")" + shelf + R"("})"));
  ask("market.unask", R"({"request": ")" + unasked + R"("})");
  become(1);
  ask("market.renew", R"({"id": ")" + shelf + R"("})");
  ask("market.withdraw", R"({"id": ")" + shelf + R"("})");
  EXPECT_EQ(ask("market.list", R"({"kind": "lend", "tag": "garden", "state": "any"})").at("listings").items().size(),
            1u);
  EXPECT_EQ(ask("market.list", R"({"text": "long lad", "state": "any"})").at("listings").items().size(), 1u);
  EXPECT_EQ(ask("market.list", R"({"text": "long lad"})").at("listings").items().size(), 0u);  // it is handed over
  EXPECT_EQ(ask("market.list", R"({"text": "bicycle"})").at("listings").items().size(), 0u);
  EXPECT_EQ(ask("market.list", R"({"state": "withdrawn"})").at("listings").items().size(), 1u);

  const std::string dan = TestDatabase::person_of(2).hex();
  ask("people.mute", R"({"person": ")" + dan + R"(", "on": true})");
  const Json members = ask("people.list", R"({"posts": true})").at("members");
  EXPECT_EQ(members.items().at(1).at("muted").boolean(), true);
  EXPECT_EQ(members.items().at(0).at("posts").integer(), 1);
  EXPECT_TRUE(ask("people.list").at("members").items().at(0).at("posts").is_null());
  EXPECT_EQ(
      ask("people.person", R"({"person": ")" + TestDatabase::person_of(1).hex() + R"("})").at("threads").items().size(),
      1u);
  EXPECT_EQ(ask("place.about").at("rules").items().size(), 2u);

  const std::string note = id_of(ask("notes.write", R"({"body": "Buy milk"})"));
  ask("notes.write", R"({"id": ")" + note + R"(", "body": "Buy oat milk"})");
  EXPECT_EQ(ask("notes.list").at("notes").items().at(0).at("body").text(), "Buy oat milk");
  const Json hits = ask("search.all", R"({"text": "lad"})");
  EXPECT_EQ(hits.at("hits").items().at(0).at("id").text(), ladder);
  EXPECT_EQ(ask("search.all", R"({"text": "oat mi", "kinds": ["note"]})").at("hits").items().size(), 1u);
  ask("notes.drop", R"({"id": ")" + note + R"("})");
  const std::string draft =
      id_of(ask("drafts.save", R"({"kind": "reply", "to": ")" + thread + R"(", "fields": {"body": "hm"}})"));
  EXPECT_EQ(id_of(ask("drafts.save", R"({"id": ")" + draft + R"(", "kind": "reply", "fields": {"body": "hmm"}})")),
            draft);
  EXPECT_EQ(ask("forum.drafts").at("drafts").items().at(0).at("fields").at("body").text(), "hmm");
  ask("drafts.drop", R"({"id": ")" + draft + R"("})");
  EXPECT_TRUE(ask("forum.drafts").at("drafts").items().empty());
  ask("forum.withdraw", R"({"id": ")" + thread + R"("})");
  EXPECT_TRUE(ask("forum.feed").at("threads").items().at(0).at("post").is_null());

  for (const Operation& operation : operations().operations)
    EXPECT_TRUE(called_.contains(std::string(operation.name))) << operation.name << " was not tried";
}

TEST_F(Api, what_is_wrong_is_named_with_a_remedy_and_nothing_is_written) {
  name_all();
  const std::string post = id_of(ask("forum.write", R"({"body": "A post"})"));
  const std::string listing = id_of(ask("market.offer", R"({"kind": "give", "title": "Shelf"})"));
  become(2);
  const std::string request = id_of(ask("market.ask", R"({"listing": ")" + listing + R"("})"));
  const std::string post_id = R"("id": ")" + post + R"(")";
  const std::string of_request = R"({"request": ")" + request + R"(")";
  const std::string long_text(9'000, 'x');
  const std::string hidden_turn = "\\u202eevil";
  const std::string small = picture(10);
  struct Case {
    const char* name;
    std::string arguments;
    ErrorCode code;
  };
  const std::vector<Case> cases = {
      {"forum.nothing", "{}", ErrorCode::kNotFound},
      {"forum.write", "{}", ErrorCode::kUsage},
      {"forum.write", R"({"body": 5})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "colour": "red"})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "rest_ms": -1})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "rest_ms": 600001})", ErrorCode::kUsage},
      {"forum.write", R"({"body": " "})", ErrorCode::kUsage},
      {"forum.write", R"({"body": ")" + long_text + R"("})", ErrorCode::kTooLarge},
      {"forum.write", R"({"body": "x", "title": ")" + long_text + R"("})", ErrorCode::kTooLarge},
      {"forum.write", R"({"body": "x", "title": ")" + hidden_turn + R"("})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "category": "two\nlines"})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "lang": "English"})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "tags": ["a,b"]})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "tags": ["#"]})", ErrorCode::kUsage},
      {"forum.write", R"({"body": "x", "tags": ["1","2","3","4","5","6","7","8","9"]})", ErrorCode::kTooLarge},
      {"forum.write", R"({"body": "x", "photos": ["none"]})", ErrorCode::kNotFound},
      {"forum.reply", R"({"to": "none", "body": "x"})", ErrorCode::kNotFound},
      {"forum.edit", "{" + post_id + R"(, "body": "mine now"})", ErrorCode::kRefused},
      {"forum.withdraw", "{" + post_id + "}", ErrorCode::kRefused},
      {"forum.react", "{" + post_id + R"(, "kind": "two words", "on": true})", ErrorCode::kUsage},
      {"forum.react", R"({"id": "none", "kind": "thanks", "on": true})", ErrorCode::kNotFound},
      {"forum.pin", "{" + post_id + R"(, "on": true})", ErrorCode::kRefused},
      {"forum.follow", R"({"thread": "x", "mode": "love"})", ErrorCode::kUsage},
      {"forum.thread", R"({"id": "none"})", ErrorCode::kNotFound},
      {"forum.history", R"({"id": "none"})", ErrorCode::kNotFound},
      {"forum.feed", R"({"person": "Ana"})", ErrorCode::kUsage},
      {"search.all", R"({"text": ")" + long_text + R"("})", ErrorCode::kTooLarge},
      {"search.all", R"({"text": "x", "kinds": ["planet"]})", ErrorCode::kUsage},
      {"photos.add", R"({"data": "%%%%", "width": 1, "height": 1})", ErrorCode::kMalformed},
      {"photos.add", R"({"data": "aGVsbG8=", "width": 1, "height": 1})", ErrorCode::kUsage},
      {"photos.add", R"({"data": ")" + small + R"(", "width": 0, "height": 1})", ErrorCode::kUsage},
      {"photos.add", R"({"data": ")" + picture(600'000) + R"(", "width": 1, "height": 1})", ErrorCode::kTooLarge},
      {"photos.add", R"({"id": "x", "data": ")" + small + R"(", "width": 1, "height": 1})", ErrorCode::kUsage},
      {"photos.get", R"({"id": "none"})", ErrorCode::kNotFound},
      {"market.offer", R"({"kind": "rob", "title": "x"})", ErrorCode::kUsage},
      {"market.offer", R"({"kind": "give", "title": ""})", ErrorCode::kUsage},
      {"market.offer", R"({"kind": "give", "title": "x", "days": 0})", ErrorCode::kUsage},
      {"market.offer", R"({"kind": "give", "title": "x", "days": 1.5})", ErrorCode::kUsage},
      {"market.offer", R"({"kind": "sell", "title": "x", "price": ")" + long_text + R"("})", ErrorCode::kTooLarge},
      {"market.edit", R"({"id": ")" + listing + R"(", "title": "mine now"})", ErrorCode::kRefused},
      {"market.renew", R"({"id": ")" + listing + R"("})", ErrorCode::kRefused},
      {"market.withdraw", R"({"id": ")" + listing + R"("})", ErrorCode::kRefused},
      {"market.ask", R"({"listing": "none"})", ErrorCode::kNotFound},
      {"market.ask", R"({"listing": ")" + listing + R"("})", ErrorCode::kExists},
      {"market.unask", R"({"request": "none"})", ErrorCode::kNotFound},
      {"market.promise", of_request + "}", ErrorCode::kRefused},
      {"market.unpromise", of_request + "}", ErrorCode::kRefused},
      {"market.settle", of_request + R"(, "outcome": "done"})", ErrorCode::kRefused},
      {"market.settle", of_request + R"(, "outcome": "stolen"})", ErrorCode::kUsage},
      {"market.item", R"({"id": "none"})", ErrorCode::kNotFound},
      {"people.person", R"({"person": "0000"})", ErrorCode::kUsage},
      {"people.person", R"({"person": ")" + std::string(64, 'a') + R"("})", ErrorCode::kNotFound},
      {"people.rename", R"({"name": ""})", ErrorCode::kUsage},
      {"people.rename", R"({"about": ")" + long_text + R"("})", ErrorCode::kTooLarge},
      {"people.mute", R"({"person": ")" + TestDatabase::person_of(2).hex() + R"(", "on": true})", ErrorCode::kUsage},
      {"place.describe", R"({"name": "Mine Street"})", ErrorCode::kRefused},
      {"notes.write", R"({"body": ""})", ErrorCode::kUsage},
      {"notes.write", R"({"id": "none", "body": "x"})", ErrorCode::kNotFound},
      {"notes.drop", R"({"id": "none"})", ErrorCode::kNotFound},
      {"drafts.save", R"({"kind": "poem", "fields": {}})", ErrorCode::kUsage},
      {"drafts.save", R"({"kind": "post", "fields": {"body": ")" + std::string(65'000, 'x') + R"("}})",
       ErrorCode::kTooLarge},
  };
  const auto before = place_.street.query("SELECT count(*) FROM kith_journal", std::span<const Value>())->rows;
  for (const Case& one : cases) {
    const Error error = refused(one.name, one.arguments);
    EXPECT_EQ(error.code(), one.code) << one.name << " " << one.arguments.substr(0, 80) << ": " << error.message();
    EXPECT_FALSE(error.remedy().empty()) << one.name << ": " << error.message();
  }
  EXPECT_EQ(place_.street.query("SELECT count(*) FROM kith_journal", std::span<const Value>())->rows, before);
  become(1);
  for (const std::string arguments : {R"({"enamel": 6})", R"({"rules": [""]})", R"({"enamel": 1.5})"})
    EXPECT_EQ(refused("place.describe", arguments).code(), ErrorCode::kUsage) << arguments;
  const std::string past = of_request + R"(, "when_ms": 1000})";
  EXPECT_EQ(refused("market.promise", past).code(), ErrorCode::kUsage);
  EXPECT_EQ(refused("market.ask", R"({"listing": ")" + listing + R"("})").code(), ErrorCode::kRefused);
}

TEST_F(Api, photos_that_a_draft_lets_go_of_go_as_well) {
  const std::string first = photo(), second = photo(), third = photo();
  const auto fields = [](const std::string& ids) { return R"("fields": {"body": "x", "photos": [)" + ids + "]}}"; };
  const std::string all = "\"" + first + "\", \"" + second + "\", \"" + third + "\"";
  const std::string draft = id_of(ask("drafts.save", R"({"kind": "post", )" + fields(all)));
  const std::string other = id_of(ask("drafts.save", R"({"kind": "listing", )" + fields("\"" + third + "\"")));
  ask("drafts.save",
      R"({"id": ")" + draft + R"(", "kind": "post", )" + fields("\"" + second + "\", \"" + third + "\""));
  EXPECT_FALSE(is_here(first)) << "taken out of the draft";
  EXPECT_TRUE(is_here(second));
  ask("forum.write", R"({"body": "x", "photos": [")" + second + R"("]})");
  ask("drafts.drop", R"({"id": ")" + draft + R"("})");
  EXPECT_TRUE(is_here(second)) << "it hangs on the post that was written";
  EXPECT_TRUE(is_here(third)) << "another draft names it";
  const auto journal = [&](const std::string& what) {
    return std::get<std::int64_t>(place_.street.query("SELECT " + what + " FROM kith_journal")->rows[0][0]);
  };
  const std::string resting = photo();
  const Pos rests_at(journal("max(pos)"));
  ask("drafts.save", R"({"id": ")" + other + R"(", "kind": "listing", )" + fields("\"" + resting + "\""));
  EXPECT_FALSE(is_here(third));
  const std::int64_t before = journal("count(*)");
  place_.sent->state = Sending::kResting;
  place_.sent->pos = rests_at;
  ask("drafts.drop", R"({"id": ")" + other + R"("})");
  EXPECT_FALSE(is_here(resting));
  EXPECT_EQ(journal("count(*)"), before - 1) << "what rests leaves nothing behind";
}

TEST_F(Api, photos_that_hang_nowhere_for_a_day_are_taken_away_by_the_device_that_added_them) {
  App app;
  const std::string hung = photo(), left = photo(), drafted = photo();
  const std::string post = id_of(ask("forum.write", R"({"body": "x", "photos": [")" + hung + R"("]})"));
  ask("drafts.save", R"({"kind": "post", "fields": {"photos": [{"id": ")" + drafted + R"("}]}})");
  become(2);
  const std::string others = photo();
  ASSERT_TRUE(place_.street
                  .write("mischief", {},
                         [&](Writer& writer) {
                           return writer.exec("INSERT INTO photo_chunks(id, photo, number) VALUES ('c', ?, 99)",
                                              {left});
                         })
                  .ok());
  become(1);
  ASSERT_TRUE(app.tidy(place_).ok());
  EXPECT_TRUE(is_here(left)) << "it is new";
  place_.street.clock.advance(photos::kLeftOverMs);
  const std::string fresh = photo();
  place_.sent.reset();
  ASSERT_TRUE(app.tidy(place_).ok());
  EXPECT_TRUE(is_here(left)) << "another device of hers added it";
  place_.sent.emplace();
  ASSERT_TRUE(app.tidy(place_).ok());
  EXPECT_FALSE(is_here(left));
  for (const std::string& kept : {hung, drafted, others, fresh}) EXPECT_TRUE(is_here(kept));
  const auto chunks = place_.street.query("SELECT id FROM photo_chunks WHERE photo = ?", {left});
  ASSERT_EQ(chunks->rows.size(), 1u) << "what somebody else wrote is not ours to take away";
  ask("forum.withdraw", R"({"id": ")" + post + R"("})");
  ASSERT_TRUE(app.tidy(place_).ok());
  EXPECT_FALSE(is_here(hung)) << "the post that it hung on is gone";
}

TEST_F(Api, without_a_neighbourhood_notes_and_drafts_work_and_the_rest_says_why_not) {
  place_.has_street = false;
  ask("notes.write", R"({"body": "alone"})");
  EXPECT_EQ(ask("search.all", R"({"text": "alone"})").at("hits").items().size(), 1u);
  EXPECT_EQ(refused("forum.feed", "{}").code(), ErrorCode::kNotMember);
  for (const Operation& operation : operations().operations)
    EXPECT_NE(operation.needs, Needs::kNothing) << operation.name;
}

TEST_F(Api, one_s_own_posts_say_how_far_they_have_come) {
  name_all();
  const std::string post = R"({"id": ")" + id_of(ask("forum.write", R"({"body": "A post"})")) + R"("})";
  const auto state = [&] { return ask("forum.thread", post).at("post").at("state").text(); };
  EXPECT_EQ(state(), "here");
  place_.sent = SendingState{Sending::kResting, Pos(3), 77, 0};
  EXPECT_EQ(state(), "resting");
  EXPECT_EQ(ask("forum.thread", post).at("post").at("pos").integer(), 3);
  place_.sent = SendingState{Sending::kKept, Pos(), 0, 2};
  EXPECT_EQ(ask("forum.thread", post).at("post").at("kept_in").integer(), 2);
  become(2);
  place_.sent = SendingState{Sending::kHere, Pos(), 0, 0};
  EXPECT_EQ(state(), "kept");
}

TEST_F(Api, a_name_that_looks_like_another_is_told_to_both) {
  name_all();
  become(2);
  ask("people.rename", "{\"name\": \"\\u0410n\\u00e1\"}");  // Cyrillic A, accent
  const Json members = ask("people.list").at("members");
  EXPECT_EQ(members.items().at(0).at("alike").items().at(0).text(), TestDatabase::person_of(2).hex());
  EXPECT_EQ(members.items().at(1).at("alike").items().at(0).text(), TestDatabase::person_of(1).hex());
  EXPECT_TRUE(members.items().at(2).at("alike").items().empty());
  EXPECT_NE(members.items().at(0).at("door").text(), members.items().at(1).at("door").text());
  EXPECT_EQ(members.items().at(0).at("door").text()->size(), 16u);
}

/// With 20,000 posts a query that reads a whole table is felt at every key stroke: what pages show all day goes by
/// indexes alone. (What few rows there are of, people say, may be read whole.)
TEST_F(Api, what_is_read_all_day_goes_by_indexes) {
  name_all();
  const std::string post = id_of(ask("forum.write", R"({"body": "x", "category": "Lost", "tags": ["cat"]})"));
  const std::string listing = id_of(ask("market.offer", R"({"kind": "give", "title": "Shelf"})"));
  std::set<std::string> asked;
  place_.street.asked = &asked;
  ask("forum.feed");
  ask("forum.feed", R"({"category": "Lost"})");
  ask("forum.feed", R"({"tag": "cat"})");
  ask("forum.thread", R"({"id": ")" + post + R"("})");
  ask("people.list");
  ask("search.all", R"({"text": "shel"})");
  ask("market.list", R"({"kind": "give", "text": "shelf"})");
  ask("market.item", R"({"id": ")" + listing + R"("})");
  place_.street.asked = nullptr;
  EXPECT_GE(asked.size(), 15u);
  for (const std::string& sql : asked) {
    const bool is_of_few = sql.find("kith_profiles") != std::string::npos ||
                           sql.find("kith_pins") != std::string::npos ||
                           sql.find("count(*) FROM kith_local_search_docsize") != std::string::npos;
    if (is_of_few) continue;
    const auto plan = place_.street.store().db().query("EXPLAIN QUERY PLAN " + sql);
    ASSERT_TRUE(plan.ok()) << sql << ": " << plan.error().message();
    for (const auto& row : plan->rows) {
      const std::string step = std::get<std::string>(row[3]);
      const bool is_small = step.starts_with("SCAN found") ||
                            step.starts_with("SCAN kith_local_search VIRTUAL TABLE") ||
                            step.starts_with("SCAN (subquery") || step.starts_with("SCAN CONSTANT");
      EXPECT_TRUE(!step.starts_with("SCAN ") || is_small) << step << "\nin " << sql;
    }
  }
}

TEST(Base64, gives_back_what_went_in_and_refuses_the_rest) {
  for (std::size_t n = 0; n < 20; ++n) {
    Bytes bytes(n, static_cast<std::uint8_t>(0xf0 + n));
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
  EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(to_base64(as_bytes("fo")), "Zm8=");
  for (const char* bad : {"Z", "Zm9", "Zm9=", "Zm8-", "====", "Zh==Zg==", "Zm 8"})
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace kith::town
