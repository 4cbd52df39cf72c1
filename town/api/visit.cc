// SPDX-License-Identifier: Apache-2.0
#include "town/api/visit.h"

#include <algorithm>

#include "town/marks/marks.h"
#include "town/people/queries.h"
#include "town/row.h"

namespace kith::town {
namespace {

std::string_view name_of_sending(Sending state) {
  switch (state) {
    case Sending::kResting: return "resting";
    case Sending::kHere: return "here";
    case Sending::kLeft: return "left";
    case Sending::kKept: return "kept";
  }
  return "kept";
}

Json people_json(const std::vector<PersonId>& people) {
  return json_list(people, [](const PersonId& person) { return Json(person.hex()); });
}

Json texts_json(const std::vector<std::string>& texts) {
  return json_list(texts, [](const std::string& text) { return Json(text); });
}

Json reaction_json(const marks::Reaction& reaction) {
  return Json::object({{"kind", reaction.kind},
                       {"count", reaction.count},
                       {"mine", reaction.is_mine},
                       {"people", people_json(reaction.people)}});
}

}  // namespace

Json photo_json(const photos::Photo& photo) {
  return Json::object({{"id", photo.id},
                       {"format", photo.format},
                       {"width", photo.width},
                       {"height", photo.height},
                       {"bytes", photo.bytes},
                       {"here", photo.is_here},
                       {"alt", photo.alt}});
}

// -- arguments

std::vector<std::string> Visit::texts(std::string_view name) const {
  std::vector<std::string> out;
  for (const Json& item : arguments_.at(name).items()) out.push_back(item.text().value_or(""));
  return out;
}

std::optional<std::vector<std::string>> Visit::optional_texts(std::string_view name) const {
  return has(name) ? std::optional(texts(name)) : std::nullopt;
}

std::size_t Visit::limit(std::size_t otherwise) const {
  const std::int64_t asked = integer("limit").value_or(0);
  return asked > 0 ? static_cast<std::size_t>(asked) : otherwise;
}

Result<std::uint64_t> Visit::rest(std::uint64_t otherwise) const {
  if (!has("rest_ms")) return otherwise;
  const std::int64_t rest = integer("rest_ms").value_or(-1);
  if (rest >= 0 && static_cast<std::uint64_t>(rest) <= kRestMsMax) return static_cast<std::uint64_t>(rest);
  return Error(ErrorCode::kUsage, "\"rest_ms\" must be a whole number from 0 to " + std::to_string(kRestMsMax) + ".",
               "Change it or leave it out.");
}

Result<PersonId> Visit::person(std::string_view name) const {
  const auto bytes = from_hex(text(name));
  const auto person = bytes ? PersonId::from(*bytes) : std::nullopt;
  if (person) return *person;
  return Error(ErrorCode::kUsage, "\"" + std::string(name) + "\" is no person: 64 hexadecimal digits were expected.",
               "`kith people --json` lists them.");
}

// -- what is known

Result<void> Visit::load_names() {
  names_ = KITH_TRY(people::names(space()));
  return {};
}

Result<void> Visit::load_reading() {
  reading_ = KITH_TRY(reading::reading(personal()));
  return {};
}

Result<void> Visit::load_pins() {
  const auto by = founder();
  if (by) pinned_ = KITH_TRY(marks::pinned(space(), *by));
  return {};
}

bool Visit::is_pinned(const std::string& thread) const {
  return std::find(pinned_.begin(), pinned_.end(), thread) != pinned_.end();
}

Json Visit::name_of(const PersonId& person) const {
  const auto found = names_.find(person);
  return found == names_.end() ? Json() : Json(found->second);
}

std::optional<PersonId> Visit::founder() {
  for (const Member& member : place_.members()) {
    if (member.is_founder) return member.person;
  }
  return std::nullopt;
}

Json Visit::audience() {
  return Json::object({{"kind", "space"}, {"people", static_cast<std::uint64_t>(place_.members().size())}});
}

Result<std::string> Visit::read_upto(const std::string& thread) {
  if (!joined_id_) {
    const Rows own =
        KITH_TRY(space().query("SELECT min(kith_stamp) FROM kith_profiles WHERE kith_writer = ?", {blob(me())}));
    joined_id_ = first_id_at(ms_of(own.rows[0][0]));
  }
  const auto found = reading_.upto.find(thread);
  return found == reading_.upto.end() ? *joined_id_ : std::max(found->second, *joined_id_);
}

// -- answers

Result<void> Visit::set_sending(Json& out, const PersonId& writer, const DeviceId& device, Stamp latest) {
  std::optional<SendingState> sending;
  if (writer == me()) sending = KITH_TRY(place_.sending(device, latest));
  // What came from outside is kept somewhere else as well.
  out.set("state", name_of_sending(sending ? sending->state : Sending::kKept));
  if (!sending) return {};
  if (sending->state == Sending::kResting) {
    out.set("pos", sending->pos.value);
    out.set("rests_until_ms", sending->rests_until_ms);
  }
  if (sending->state == Sending::kKept) out.set("kept_in", sending->kept_in);
  return {};
}

Result<Json> Visit::photo_list(const std::string& target, const PersonId& author) {
  return json_list(KITH_TRY(photos::photos_of(space(), target, author)), photo_json);
}

Result<Json> Visit::post(const forum::Post& post) {
  Json out = Json::object({{"id", post.id}, {"thread", post.thread}, {"parent", post.parent}, {"title", post.title}});
  out.set("body", post.body);
  out.set("lang", post.lang);
  out.set("category", post.category);
  out.set("tags", texts_json(KITH_TRY(marks::tags_of(space(), post.id, post.writer))));
  out.set("person", post.writer.hex());
  out.set("name", name_of(post.writer));
  out.set("written_ms", post.written_ms);
  out.set("changed_ms", post.changed_ms);
  out.set("mine", post.writer == me());
  out.set("reactions", json_list(KITH_TRY(marks::reactions_of(space(), post.id)), reaction_json));
  out.set("photos", KITH_TRY(photo_list(post.id, post.writer)));
  out.set("mentions", people_json(KITH_TRY(marks::mentions_of(space(), post.id, post.writer))));
  KITH_TRY(set_sending(out, post.writer, post.device, post.latest));
  return out;
}

Result<Json> Visit::card(const forum::ThreadSummary& thread) {
  const reading::Mode mode = reading_.mode(thread.id);
  const bool has_last = !thread.last_person.is_zero();
  Json out = Json::object({{"id", thread.id}});
  out.set("post", thread.post ? KITH_TRY(post(*thread.post)) : Json());
  out.set("replies", thread.replies);
  out.set("last_ms", thread.last_ms);
  out.set("last_person", has_last ? Json(thread.last_person.hex()) : Json());
  out.set("last_name", has_last ? name_of(thread.last_person) : Json());
  out.set("unread", KITH_TRY(forum::unread(space(), thread.id, KITH_TRY(read_upto(thread.id)))));
  out.set("muted", mode == reading::Mode::kMute || (thread.post && reading_.muted.contains(thread.post->writer)));
  out.set("followed", mode == reading::Mode::kFollow);
  out.set("pinned", is_pinned(thread.id));
  return out;
}

Json Visit::request(const market::Request& request) {
  Json promise;
  if (request.promise) {
    promise = Json::object({{"when_ms", request.promise->when_ms},
                            {"place", request.promise->place},
                            {"written_ms", request.promise->written_ms}});
  }
  return Json::object({{"id", request.id},
                       {"listing", request.listing},
                       {"person", request.person.hex()},
                       {"name", name_of(request.person)},
                       {"text", request.text},
                       {"written_ms", request.written_ms},
                       {"arrived_ms", request.arrived_ms},
                       {"order", request.order},
                       {"late", request.is_late},
                       {"state", market::name_of(request.state)},
                       {"promise", promise},
                       {"mine", request.person == me()}});
}

Result<Json> Visit::listing(const market::Listing& listing, const std::vector<market::Request>& requests) {
  const auto mine = market::request_of(requests, me());
  Json out = Json::object({{"id", listing.id}, {"kind", market::name_of(listing.kind)}, {"title", listing.title}});
  out.set("text", listing.text);
  out.set("price", listing.price);
  out.set("tags", texts_json(KITH_TRY(marks::tags_of(space(), listing.id, listing.person))));
  out.set("photos", KITH_TRY(photo_list(listing.id, listing.person)));
  out.set("person", listing.person.hex());
  out.set("name", name_of(listing.person));
  out.set("mine", listing.person == me());
  out.set("written_ms", listing.written_ms);
  out.set("changed_ms", listing.changed_ms);
  out.set("expires_ms", listing.expires_ms);
  out.set("state", market::name_of(listing.state));
  out.set("requests", listing.requests);
  out.set("my_request", mine ? request(*mine) : Json());
  out.set("promised_to", listing.promised_to ? Json(listing.promised_to->hex()) : Json());
  out.set("promised_name", listing.promised_to ? name_of(*listing.promised_to) : Json());
  const Freshness fresh = place_.freshness();
  // As old as the last outside news; its own last word is newer if nothing was ever heard.
  const std::uint64_t said = listing.changed_ms.value_or(listing.written_ms);
  out.set("as_of_ms", fresh.in_touch ? space().now_ms() : std::max(said, fresh.last_heard_ms.value_or(0)));
  Json sent;
  KITH_TRY(set_sending(sent, listing.person, listing.device, listing.latest));
  out.set("sending", sent.at("state"));
  return out;
}

Json Visit::written(const forum::Written& written, std::uint64_t rest_ms) {
  return Json::object({{"id", written.id}, {"pos", written.receipt.pos.value}, {"rests_ms", rest_ms}});
}

Result<Json> Visit::written_post(const forum::Written& written, std::uint64_t rest_ms) {
  KITH_TRY(load_names());
  const Json shown = KITH_TRY(post(KITH_TRY(forum::post(space(), written.id))));
  Json out = Json::object({});
  for (const auto& [name, value] : shown.members()) {
    if (name != "pos") out.set(name, value);
  }
  out.set("pos", written.receipt.pos.value);
  out.set("rests_ms", rest_ms);
  return out;
}

}  // namespace kith::town
