// SPDX-License-Identifier: Apache-2.0
// Operations about people and the place.
#include <algorithm>
#include <array>

#include "town/api/operations.h"
#include "town/api/visit.h"
#include "town/people/commands.h"
#include "town/people/door.h"
#include "town/people/look_alike.h"
#include "town/people/queries.h"

namespace kith::town {
namespace {

/// Everything about all members, read once for a call.
struct Street {
  std::vector<Member> members;
  std::map<PersonId, people::Profile> profiles;
  std::optional<std::map<PersonId, std::uint64_t>> posts;  // if they are wanted: every post is looked at
  std::map<PersonId, std::string> skeletons;
  reading::Reading reading;
  PersonId me;
};

Result<Street> street(Visit& visit, bool with_posts) {
  Street out;
  out.members = visit.place().members();
  out.profiles = KITH_TRY(people::profiles(visit.space()));
  if (with_posts) out.posts = KITH_TRY(people::post_counts(visit.space()));
  out.reading = KITH_TRY(reading::reading(visit.personal()));
  out.me = visit.me();
  for (const auto& [person, profile] : out.profiles) {
    if (!profile.name.empty()) out.skeletons[person] = people::skeleton(profile.name);
  }
  return out;
}

/// Others whose name looks the same; who are no members count as well, since their posts stay.
Json alike(const Street& street, const PersonId& person) {
  Json::Array out;
  const auto own = street.skeletons.find(person);
  if (own == street.skeletons.end()) return Json(std::move(out));
  for (const auto& [other, skeleton] : street.skeletons) {
    if (other != person && skeleton == own->second) out.emplace_back(other.hex());
  }
  return Json(std::move(out));
}

Json member_json(const Street& street, const Member& member) {
  const auto found = street.profiles.find(member.person);
  const people::Profile profile = found == street.profiles.end() ? people::Profile() : found->second;
  Json out = Json::object({{"person", member.person.hex()}});
  out.set("name", profile.name.empty() ? Json() : Json(profile.name));
  out.set("door", people::door(member.person));
  out.set("about", profile.about);
  out.set("street", profile.street);
  out.set("devices", static_cast<std::uint64_t>(member.devices.size()));
  out.set("founder", member.is_founder);
  out.set("me", member.person == street.me);
  out.set("joined_ms", profile.joined_ms == 0 ? Json() : Json(profile.joined_ms));
  out.set("posts", Json());
  if (street.posts) {
    const auto posts = street.posts->find(member.person);
    out.set("posts", posts == street.posts->end() ? 0 : posts->second);
  }
  out.set("alike", alike(street, member.person));
  out.set("muted", street.reading.muted.contains(member.person));
  return out;
}

Result<Json> list(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const Street all = KITH_TRY(street(visit, visit.flag("posts")));
  return Json::object(
      {{"members", json_list(all.members, [&](const Member& member) { return member_json(all, member); })}});
}

Result<Json> person(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const PersonId wanted = KITH_TRY(visit.person("person"));
  KITH_TRY(visit.load_names());
  KITH_TRY(visit.load_reading());
  KITH_TRY(visit.load_pins());
  const Street all = KITH_TRY(street(visit, true));
  const auto found = std::find_if(all.members.begin(), all.members.end(),
                                  [&](const Member& member) { return member.person == wanted; });
  if (found == all.members.end()) {
    return Error(ErrorCode::kNotFound, "There is no such neighbour here.",
                 "They may not have joined, or the news has not arrived yet.");
  }
  const auto threads =
      KITH_TRY(forum::feed(visit.space(), std::nullopt, kPage, {.category = {}, .tag = {}, .person = wanted}));
  const auto listings = KITH_TRY(market::list(visit.space(), std::nullopt, kPage,
                                              {.kind = {}, .state = {}, .person = wanted, .tag = {}, .match = {}}));
  Json out = Json::object({{"member", member_json(all, *found)}});
  out.set("threads", KITH_TRY(json_results(threads.threads,
                                           [&](const forum::ThreadSummary& thread) { return visit.card(thread); })));
  out.set("listings", KITH_TRY(json_results(listings.listings, [&](const market::Listing& listing) -> Result<Json> {
            return visit.listing(listing, KITH_TRY(market::requests(visit.space(), listing)));
          })));
  return out;
}

Result<Json> rename(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(people::change_profile(
      visit.space(), {visit.optional_text("name"), visit.optional_text("about"), visit.optional_text("street")}));
  return Json::object({});
}

Result<Json> mute(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const PersonId wanted = KITH_TRY(visit.person("person"));
  if (place.has_space() && wanted == visit.me())
    return Error(ErrorCode::kUsage, "That is you.", "Choose somebody else.");
  KITH_TRY(reading::mute(visit.personal(), wanted, visit.flag("on")));
  return Json::object({});
}

Result<Json> about(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const auto founder = visit.founder();
  const auto text = founder ? KITH_TRY(people::place(visit.space(), *founder)) : people::PlaceText();
  KITH_TRY(visit.load_names());
  const Rows posts = KITH_TRY(visit.space().query("SELECT count(*) FROM posts"));
  Json out = Json::object({{"name", text.name}, {"enamel", text.enamel}});
  out.set("rules", json_list(text.rules, [](const std::string& rule) { return Json(rule); }));
  out.set("founded_ms", text.founded_ms == 0 ? Json() : Json(text.founded_ms));
  out.set("founder", founder ? Json(founder->hex()) : Json());
  // Who looks after the place: until others are certified, who founded it.
  Json::Array nodes;
  if (founder) nodes.push_back(Json::object({{"name", visit.name_of(*founder)}, {"person", founder->hex()}}));
  out.set("nodes", Json(std::move(nodes)));
  out.set("members", static_cast<std::uint64_t>(place.members().size()));
  out.set("posts", Json(std::get<std::int64_t>(posts.rows[0][0])));
  return out;
}

Result<Json> describe(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  if (visit.founder() != visit.me())
    return Error(ErrorCode::kRefused, "Only who founded this place can describe it.", "Ask them.");
  people::PlaceEdit changes{visit.optional_text("name"), std::nullopt, visit.optional_texts("rules")};
  if (visit.has("enamel")) changes.enamel = visit.integer("enamel").value_or(0);
  KITH_TRY(people::describe_place(visit.space(), changes));
  return Json::object({});
}

const std::array kOperations = {
    Operation{"people.list", false, Needs::kSpace, "GET", "/api/members", "{posts?: boolean}", "{members: Member[]}",
              list},
    Operation{"people.person", false, Needs::kSpace, "GET", "/api/members/{person}", "{person: Person}",
              "{member: Member; threads: ThreadCard[]; listings: Listing[]}", person},
    Operation{"people.rename", true, Needs::kSpace, "PATCH", "/api/profile",
              "{name?: string; about?: string; street?: string}", "{}", rename},
    Operation{"people.mute", true, Needs::kPersonal, "POST", "/api/members/{person}/mute",
              "{person: Person; on: boolean}", "{}", mute},
    Operation{
        "place.about", false, Needs::kSpace, "GET", "/api/place", "{}",
        "{name: string; enamel: 1 | 2 | 3 | 4 | 5; rules: string[]; founded_ms: Ms | null; founder: Person | null; "
        "nodes: {name: string | null; person: Person}[]; members: number; posts: number}",
        about},
    Operation{"place.describe", true, Needs::kSpace, "PATCH", "/api/place",
              "{name?: string; enamel?: number; rules?: string[]}", "{}", describe},
};

}  // namespace

std::span<const Operation> people_operations() {
  return kOperations;
}

}  // namespace kith::town
