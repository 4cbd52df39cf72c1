// SPDX-License-Identifier: Apache-2.0
// Operations of the forum, of search and of photos.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "kith/base64.h"
#include "town/api/operations.h"
#include "town/api/visit.h"
#include "town/marks/marks.h"
#include "town/search/search.h"

namespace kith::town {
namespace {

constexpr std::size_t kNamesMax = 200;  // categories or tags in one answer

Result<void> load(Visit& visit) {
  KITH_TRY(visit.load_names());
  KITH_TRY(visit.load_pins());
  return visit.load_reading();
}

Result<Json> cards(Visit& visit, const forum::FeedPage& page) {
  Json threads =
      KITH_TRY(json_results(page.threads, [&](const forum::ThreadSummary& thread) { return visit.card(thread); }));
  return Json::object({{"threads", std::move(threads)}, {"next", page.next}});
}

Result<Json> feed(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(load(visit));
  forum::FeedFilter filter{visit.optional_text("category"), visit.optional_text("tag"), std::nullopt};
  if (visit.has("person")) filter.person = KITH_TRY(visit.person("person"));
  return cards(visit, KITH_TRY(forum::feed(visit.space(), visit.optional_text("before"), visit.limit(kPage), filter)));
}

Result<Json> pinned(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(load(visit));
  forum::FeedPage page;
  const auto founder = visit.founder();
  if (!founder) return cards(visit, page);
  for (const std::string& id : KITH_TRY(marks::pinned(visit.space(), *founder))) {
    auto thread = forum::thread_summary(visit.space(), id);
    if (thread.ok()) page.threads.push_back(std::move(*thread));
  }
  return cards(visit, page);
}

Result<Json> thread(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(load(visit));
  const auto found =
      KITH_TRY(forum::thread(visit.space(), visit.text("id"), visit.optional_text("after"), visit.limit(kRepliesPage)));
  Json out = Json::object({{"id", found.id}});
  out.set("post", found.post ? KITH_TRY(visit.post(*found.post)) : Json());
  out.set("replies", KITH_TRY(json_results(found.replies, [&](const forum::Post& post) { return visit.post(post); })));
  out.set("next", found.next);
  out.set("missing", found.missing);
  out.set("audience", visit.audience());
  const reading::Mode mode = visit.reading().mode(found.id);
  out.set("followed", mode == reading::Mode::kFollow);
  out.set("muted", mode == reading::Mode::kMute);
  out.set("pinned", visit.is_pinned(found.id));
  return out;
}

Result<Json> history(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto post = KITH_TRY(forum::post(visit.space(), visit.text("id")));
  const auto versions = KITH_TRY(forum::history(visit.space(), post));
  return Json::object({{"versions", json_list(versions, [](const forum::Version& version) {
                          return Json::object({{"title", version.title},
                                               {"body", version.body},
                                               {"category", version.category},
                                               {"at_ms", version.at_ms},
                                               {"person", version.person.hex()}});
                        })}});
}

Result<Json> categories(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(visit.load_reading());
  std::map<std::string, std::set<std::string>> unread;
  for (const forum::NewPost& post : KITH_TRY(forum::newer(visit.space(), KITH_TRY(visit.read_upto(""))))) {
    if (post.id > KITH_TRY(visit.read_upto(post.thread))) unread[post.category].insert(post.thread);
  }
  const auto found = KITH_TRY(forum::categories(visit.space(), kNamesMax));
  return Json::object({{"categories", json_list(found, [&](const forum::CategoryCount& one) {
                          const auto threads = static_cast<std::uint64_t>(unread[one.name].size());
                          return Json::object({{"name", one.name}, {"posts", one.threads}, {"unread", threads}});
                        })}});
}

Result<Json> tags(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto found = KITH_TRY(marks::tag_counts(visit.space(), kNamesMax));
  return Json::object({{"tags", json_list(found, [](const marks::TagCount& one) {
                          return Json::object({{"name", one.tag}, {"posts", one.posts}});
                        })}});
}

Result<Json> write(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest());
  const forum::PostText post{visit.text("title"), visit.text("body"),  visit.text("category"),
                             visit.text("lang"),  visit.texts("tags"), visit.texts("photos")};
  return visit.written_post(KITH_TRY(forum::write_post(visit.space(), post, rest)), rest);
}

Result<Json> reply(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest());
  const forum::PostText post{"", visit.text("body"), "", visit.text("lang"), {}, visit.texts("photos")};
  return visit.written_post(KITH_TRY(forum::write_reply(visit.space(), visit.text("to"), post, rest)), rest);
}

Result<Json> edit(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest());
  const forum::PostEdit changes{visit.optional_text("title"), visit.optional_text("body"),
                                visit.optional_text("category"), visit.optional_texts("tags")};
  return visit.written_post(KITH_TRY(forum::edit_post(visit.space(), visit.text("id"), changes, rest)), rest);
}

Result<Json> withdraw(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest(0));
  const auto written = KITH_TRY(forum::withdraw_post(visit.space(), visit.text("id"), rest));
  return Json::object(
      {{"id", written.id}, {"withdrawn", true}, {"pos", written.receipt.pos.value}, {"rests_ms", rest}});
}

Result<Json> react(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto post = KITH_TRY(forum::post(visit.space(), visit.text("id")));
  KITH_TRY(marks::react(visit.space(), post.id, visit.text("kind"), visit.flag("on")));
  return Json::object({});
}

Result<Json> pin(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  if (visit.founder() != visit.me()) {
    return Error(ErrorCode::kRefused, "Only who founded this place can pin a post.", "Ask them.");
  }
  const auto post = KITH_TRY(forum::post(visit.space(), visit.text("id")));
  KITH_TRY(marks::pin(visit.space(), post.thread.value_or(post.id), visit.flag("on")));
  return Json::object({});
}

Result<Json> read(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(reading::read(visit.personal(), visit.text("thread"), visit.text("upto")));
  return Json::object({});
}

Result<Json> follow(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::string mode = visit.text("mode");
  KITH_TRY(reading::follow(visit.personal(), visit.text("thread"),
                           mode == "follow" ? reading::Mode::kFollow
                           : mode == "mute" ? reading::Mode::kMute
                                            : reading::Mode::kNone));
  return Json::object({});
}

// -- search

Json hit_json(Visit& visit, const search::Hit& hit) {
  return Json::object({{"kind", search::name_of(hit.kind)},
                       {"id", hit.kind == search::Kind::kPerson ? Json(hit.person.hex()) : Json(hit.id)},
                       {"thread", hit.thread},
                       {"title", hit.title},
                       {"snippet", hit.snippet},
                       {"person", hit.person.hex()},
                       {"name", visit.name_of(hit.person)},
                       {"at_ms", hit.at_ms}});
}

Result<Json> search_all(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  search::Hits found;
  std::vector<search::Kind> kinds;
  for (const std::string& name : visit.texts("kinds")) {
    if (const auto kind = search::kind_of(name)) kinds.push_back(*kind);
  }
  const auto wants = [&](search::Kind kind) {
    return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  const bool only_notes = kinds.size() == 1 && wants(search::Kind::kNote);
  if (place.has_space() && !only_notes) {
    KITH_TRY(visit.load_names());
    found = KITH_TRY(search::find(visit.space(), visit.text("text"), kinds, visit.limit(kPage)));
  }
  if (wants(search::Kind::kNote)) {
    auto notes = KITH_TRY(search::find_notes(visit.personal(), visit.text("text"), visit.limit(kPage)));
    found.searched += notes.searched;
    found.hits.insert(found.hits.end(), notes.hits.begin(), notes.hits.end());
  }
  return Json::object({{"hits", json_list(found.hits, [&](const search::Hit& hit) { return hit_json(visit, hit); })},
                       {"searched", found.searched}});
}

// -- photos

Result<Json> add_photo(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto bytes = from_base64(visit.text("data"));
  if (!bytes) return Error(ErrorCode::kMalformed, "\"data\" is not base64.", "Send the picture's bytes in base64.");
  const std::uint64_t rest = KITH_TRY(visit.rest());
  const photos::NewPhoto photo{visit.text("id"), visit.integer("width").value_or(0),
                               visit.integer("height").value_or(0), visit.text("alt"), *bytes};
  return photo_json(KITH_TRY(photos::add(visit.space(), photo, rest)));
}

Result<Json> get_photo(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto photo = KITH_TRY(photos::photo(visit.space(), visit.text("id")));
  return Json::object(
      {{"format", photo.format}, {"data", to_base64(KITH_TRY(photos::bytes_of(visit.space(), photo.id)))}});
}

const std::array kOperations = {
    Operation{"forum.feed", false, Needs::kSpace, "GET", "/api/posts",
              "{before?: string; limit?: number; category?: string; tag?: string; person?: Person}",
              "{threads: ThreadCard[]; next: string | null}", feed},
    Operation{"forum.pinned", false, Needs::kSpace, "GET", "/api/pins", "{}",
              "{threads: ThreadCard[]; next: string | null}", pinned},
    Operation{"forum.thread", false, Needs::kSpace, "GET", "/api/posts/{id}",
              "{id: Id; after?: string; limit?: number}",
              "{id: Id; post: Post | null; replies: Post[]; next: string | null; missing: number; audience: Audience; "
              "followed: boolean; muted: boolean; pinned: boolean}",
              thread},
    Operation{"forum.history", false, Needs::kSpace, "GET", "/api/posts/{id}/history", "{id: Id}",
              "{versions: Version[]}", history},
    Operation{"forum.categories", false, Needs::kSpace, "GET", "/api/categories", "{}",
              "{categories: {name: string; posts: number; unread: number}[]}", categories},
    Operation{"forum.tags", false, Needs::kSpace, "GET", "/api/tags", "{}", "{tags: {name: string; posts: number}[]}",
              tags},
    Operation{"forum.write", true, Needs::kSpace, "POST", "/api/posts",
              "{title?: string; body: string; category?: string; tags?: string[]; photos?: Id[]; lang?: string; "
              "rest_ms?: number}",
              "WrittenPost", write},
    Operation{"forum.reply", true, Needs::kSpace, "POST", "/api/posts/{to}/replies",
              "{to: Id; body: string; photos?: Id[]; lang?: string; rest_ms?: number}", "WrittenPost", reply},
    Operation{"forum.edit", true, Needs::kSpace, "PATCH", "/api/posts/{id}",
              "{id: Id; title?: string; body?: string; category?: string; tags?: string[]; rest_ms?: number}",
              "WrittenPost", edit},
    Operation{"forum.withdraw", true, Needs::kSpace, "DELETE", "/api/posts/{id}", "{id: Id; rest_ms?: number}",
              "{id: Id; withdrawn: boolean; pos: number; rests_ms: number}", withdraw},
    Operation{"forum.react", true, Needs::kSpace, "POST", "/api/posts/{id}/reactions",
              "{id: Id; kind: string; on: boolean}", "{}", react},
    Operation{"forum.pin", true, Needs::kSpace, "POST", "/api/posts/{id}/pin", "{id: Id; on: boolean}", "{}", pin},
    Operation{"forum.read", true, Needs::kPersonal, "POST", "/api/threads/{thread}/read", "{thread: Id; upto: Id}",
              "{}", read},
    Operation{"forum.follow", true, Needs::kPersonal, "POST", "/api/threads/{thread}/follow",
              "{thread: Id; mode: 'follow' | 'mute' | 'none'}", "{}", follow},
    Operation{"search.all", false, Needs::kPersonal, "GET", "/api/search",
              "{text: string; limit?: number; kinds?: HitKind[]}", "{hits: Hit[]; searched: number}", search_all},
    Operation{"photos.add", true, Needs::kSpace, "POST", "/api/photos",
              "{id?: Id; data: string; width: number; height: number; alt?: string; rest_ms?: number}", "PhotoRef",
              add_photo},
    Operation{"photos.get", false, Needs::kSpace, "GET", "/api/photos/{id}", "{id: Id}",
              "{format: 'image/jpeg' | 'image/webp'; data: string}", get_photo},
};

}  // namespace

std::span<const Operation> forum_operations() {
  return kOperations;
}

}  // namespace kith::town
