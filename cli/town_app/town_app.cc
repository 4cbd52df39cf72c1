// SPDX-License-Identifier: Apache-2.0
#include "cli/town_app/town_app.h"

#include "cli/town_app/page.h"
#include "node/problem.h"
#include "style_text.h"
#include "town/forum/commands.h"
#include "town/forum/queries.h"
#include "town/notes/commands.h"
#include "town/notes/queries.h"
#include "town/people/commands.h"
#include "town/people/queries.h"
#include "town/town.h"

namespace kith::cli {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using Names = std::map<PersonId, std::string>;
namespace forum = town::forum;
namespace people = town::people;
namespace notes = town::notes;

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// -- JSON

Json post_json(const forum::Post& post, const Names& names, const PersonId& me) {
  const auto name = names.find(post.writer);
  Json out = Json::object({{"id", post.id}, {"thread", post.thread}, {"parent", post.parent}, {"body", post.body}});
  out.set("person", post.writer.hex());
  out.set("name", name == names.end() ? Json() : Json(name->second));
  out.set("written_ms", post.written_ms);
  out.set("changed_ms", post.changed_ms);
  out.set("mine", post.writer == me);
  return out;
}

Json optional_post(const std::optional<forum::Post>& post, const Names& names, const PersonId& me) {
  return post ? post_json(*post, names, me) : Json();
}

Result<Json> body_of(const HttpRequest& request) {
  Json body = KITH_TRY(Json::parse(request.body));
  if (!body.is_object() || !body.at("body").text()) {
    return Error(ErrorCode::kUsage, "The request needs a text \"body\".", "Send {\"body\": \"…\"}.");
  }
  return body;
}

Result<std::uint64_t> rest_of(const Json& body) {
  if (body.at("rest_ms").is_null()) return forum::kRestMs;
  const std::int64_t rest = body.at("rest_ms").integer().value_or(-1);
  if (rest >= 0 && rest <= TownApp::kRestMsMax) return static_cast<std::uint64_t>(rest);
  return Error(ErrorCode::kUsage, "\"rest_ms\" must be a number from 0 to " + std::to_string(TownApp::kRestMsMax) + ".",
               "Change it or leave it out.");
}

std::size_t limit_of(const HttpRequest& request, std::size_t otherwise) {
  const auto text = request.parameter("limit");
  if (!text || text->empty() || text->size() > 6 || text->find_first_not_of("0123456789") != std::string::npos)
    return otherwise;
  return static_cast<std::size_t>(std::stoul(*text));
}

Result<Json> written_json(node::Place& place, const Names& names, const Result<forum::Written>& written,
                          std::uint64_t rest_ms) {
  if (!written.ok()) return written.error();
  const auto post = KITH_TRY(forum::post(place.space(), written->id));
  Json out = post_json(post, names, place.space().person());
  out.set("pos", written->receipt.pos.value);
  out.set("rests_ms", rest_ms);
  return out;
}

// -- requests, one by one

/// One request at its place.
class Visit {
 public:
  Visit(TownApp& app, node::Place& place, const HttpRequest& request) : app_(app), place_(place), request_(request) {}

  Result<Json> feed() {
    const auto names = KITH_TRY(app_.names(place_));
    const auto page =
        KITH_TRY(forum::feed(place_.space(), request_.parameter("before"), limit_of(request_, TownApp::kPage)));
    Json::Array threads;
    for (const auto& thread : page.threads) {
      threads.push_back(Json::object({{"id", thread.id},
                                      {"post", optional_post(thread.post, names, me())},
                                      {"replies", thread.replies},
                                      {"last_ms", thread.last_ms}}));
    }
    return Json::object({{"threads", std::move(threads)}, {"next", page.next}});
  }

  Result<Json> thread(const std::string& id) {
    const auto names = KITH_TRY(app_.names(place_));
    const auto found = KITH_TRY(
        forum::thread(place_.space(), id, request_.parameter("after"), limit_of(request_, TownApp::kRepliesPage)));
    Json::Array replies;
    for (const auto& reply : found.replies) replies.push_back(post_json(reply, names, me()));
    return Json::object({{"id", found.id},
                         {"post", optional_post(found.post, names, me())},
                         {"replies", std::move(replies)},
                         {"next", found.next}});
  }

  Result<Json> write_post() {
    const Json body = KITH_TRY(body_of(request_));
    const std::uint64_t rest = KITH_TRY(rest_of(body));
    const auto names = KITH_TRY(app_.names(place_));
    return written_json(place_, names, forum::write_post(place_.space(), *body.at("body").text(), rest), rest);
  }

  Result<Json> write_reply(const std::string& to) {
    const Json body = KITH_TRY(body_of(request_));
    const std::uint64_t rest = KITH_TRY(rest_of(body));
    const auto names = KITH_TRY(app_.names(place_));
    return written_json(place_, names, forum::write_reply(place_.space(), to, *body.at("body").text(), rest), rest);
  }

  Result<Json> edit(const std::string& id) {
    const Json body = KITH_TRY(body_of(request_));
    const auto names = KITH_TRY(app_.names(place_));
    return written_json(place_, names, forum::edit_post(place_.space(), id, *body.at("body").text()), 0);
  }

  Result<Json> withdraw(const std::string& id) {
    const auto written = KITH_TRY(forum::withdraw_post(place_.space(), id));
    return Json::object({{"id", written.id}, {"withdrawn", true}, {"pos", written.receipt.pos.value}});
  }

  Result<Json> members() {
    const auto names = KITH_TRY(app_.names(place_));
    Json::Array out;
    for (const Member& member : place_.members()) {
      const auto name = names.find(member.person);
      out.push_back(Json::object({{"person", member.person.hex()},
                                  {"name", name == names.end() ? Json() : Json(name->second)},
                                  {"devices", static_cast<std::uint64_t>(member.devices.size())},
                                  {"founder", member.is_founder},
                                  {"me", member.person == me()}}));
    }
    return Json::object({{"members", std::move(out)}});
  }

  Result<Json> notes() {
    const auto page =
        KITH_TRY(notes::notes(place_.personal(), request_.parameter("before"), limit_of(request_, TownApp::kPage)));
    Json::Array out;
    for (const auto& note : page.notes) {
      out.push_back(Json::object({{"id", note.id}, {"body", note.body}, {"written_ms", note.written_ms}}));
    }
    return Json::object({{"notes", std::move(out)}, {"next", page.next}});
  }

  Result<Json> write_note() {
    const Json body = KITH_TRY(body_of(request_));
    return Json::object({{"id", KITH_TRY(notes::write_note(place_.personal(), *body.at("body").text()))}});
  }

  // -- the page

  HttpResponse feed_html() {
    const auto before = request_.parameter("before");
    const auto page = forum::feed(place_.space(), before, TownApp::kPage);
    return page.ok() ? html(200, feed_page(frame(), *page, !before)) : error_html(page.error());
  }

  HttpResponse thread_html(const std::string& id) {
    const auto found = forum::thread(place_.space(), id, request_.parameter("after"), TownApp::kRepliesPage);
    return found.ok() ? html(200, thread_page(frame(), *found)) : error_html(found.error());
  }

  HttpResponse post_form() {
    const auto written = forum::write_post(place_.space(), form_body());
    return written.ok() ? go_to("/") : error_html(written.error());
  }

  HttpResponse reply_form(const std::string& to) {
    const auto written = forum::write_reply(place_.space(), to, form_body());
    return written.ok() ? go_to("/threads/" + net::percent_encode(to)) : error_html(written.error());
  }

  HttpResponse undo_form() {
    const auto resting = place_.resting();
    if (!resting.ok()) return error_html(resting.error());
    if (resting->empty()) return go_to("/");
    const auto taken = place_.space().take_back(resting->front().pos);
    return taken.ok() ? go_to("/") : error_html(taken.error());
  }

 private:
  PersonId me() const { return place_.space().person(); }

  std::string form_body() const {
    for (auto& [name, value] : net::parse_fields(request_.body)) {
      if (name == "body") return value;
    }
    return {};
  }

  Frame frame() {
    Frame out;
    out.language = language_of(request_.header("Accept-Language"));
    auto name = app_.place_name(place_);
    if (name.ok()) out.place = std::move(*name);
    auto names = app_.names(place_);
    if (names.ok()) out.names = std::move(*names);
    out.me = me();
    out.neighbours = place_.members().size();
    out.freshness = place_.freshness();
    const auto resting = place_.resting();
    out.has_resting = resting.ok() && !resting->empty();
    out.now_ms = place_.space().now_ms();
    out.csrf = place_.guard().token();
    return out;
  }

  HttpResponse html(int status, std::string markup) const {
    HttpResponse out;
    out.status = status;
    out.content_type = "text/html; charset=utf-8";
    out.body = std::move(markup);
    out.headers = {{"Content-Security-Policy", std::string(kPolicy)},
                   {"X-Content-Type-Options", "nosniff"},
                   {"Referrer-Policy", "same-origin"},
                   {"Cache-Control", "no-store"},
                   {"Vary", "Accept-Language"},
                   {"Set-Cookie", place_.guard().cookie(request_)}};
    return out;
  }

  HttpResponse error_html(const Error& error) {
    return html(node::http_status(error.code()), error_page(frame(), error));
  }

  static HttpResponse go_to(const std::string& path) {
    HttpResponse out;
    out.status = 303;
    out.headers = {{"Location", path}};
    return out;
  }

  TownApp& app_;
  node::Place& place_;
  const HttpRequest& request_;
};

HttpResponse style() {
  HttpResponse out;
  out.content_type = "text/css; charset=utf-8";
  out.body = kStyleCss;
  out.headers = {{"Cache-Control", "max-age=3600"}, {"X-Content-Type-Options", "nosniff"}};
  return out;
}

HttpResponse answer(int status, const Result<Json>& result) {
  return result.ok() ? node::json_response(status, *result) : node::problem(result.error());
}

HttpResponse created(const Result<Json>& result) {
  HttpResponse out = answer(201, result);
  if (result.ok() && result->at("thread").is_null() && result->at("id").text()) {
    out.headers.emplace_back("Location", "/api/posts/" + net::percent_encode(*result->at("id").text()));
  }
  return out;
}

/// "/api/posts/<id>/replies" with prefix "/api/posts/" and suffix "/replies" gives the id, if it is one part of a path.
std::optional<std::string> part(std::string_view path, std::string_view prefix, std::string_view suffix) {
  if (!path.starts_with(prefix) || !path.ends_with(suffix) || path.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  const std::string_view middle = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  return middle.find('/') == std::string_view::npos ? std::optional(std::string(middle)) : std::nullopt;
}

Error no_method(const HttpRequest& request) {
  return {ErrorCode::kUsage, request.method + " is not possible at " + request.path + ".", "See docs/rest.md."};
}

std::optional<HttpResponse> answer_get(Visit& visit, const std::string& path) {
  if (path == "/") return visit.feed_html();
  if (path == "/style.css") return style();
  if (path == "/api/posts") return answer(200, visit.feed());
  if (path == "/api/members") return answer(200, visit.members());
  if (path == "/api/notes") return answer(200, visit.notes());
  if (const auto id = part(path, "/api/posts/", "")) return answer(200, visit.thread(*id));
  if (const auto id = part(path, "/threads/", "")) return visit.thread_html(*id);
  return std::nullopt;
}

std::optional<HttpResponse> answer_post(Visit& visit, const std::string& path) {
  if (path == "/posts") return visit.post_form();
  if (path == "/undo") return visit.undo_form();
  if (path == "/api/posts") return created(visit.write_post());
  if (path == "/api/notes") return answer(201, visit.write_note());
  if (const auto id = part(path, "/api/posts/", "/replies")) return created(visit.write_reply(*id));
  if (const auto id = part(path, "/threads/", "/replies")) return visit.reply_form(*id);
  return std::nullopt;
}

}  // namespace

std::string TownApp::schema() const {
  return town::schema();
}

std::string TownApp::personal_schema() const {
  return town::personal_schema();
}

Result<void> TownApp::check_names(std::string_view place, std::string_view person) const {
  if (!place.empty()) KITH_TRY(people::check_name(place));
  KITH_TRY(people::check_name(person));
  return {};
}

Result<void> TownApp::founded(node::Place& place, std::string_view name, std::string_view person) {
  KITH_TRY(people::name_place(place.space(), name));
  KITH_TRY(people::choose_name(place.space(), person));
  return {};
}

Result<void> TownApp::joined(node::Place& place, std::string_view person) {
  KITH_TRY(people::choose_name(place.space(), person));
  return {};
}

Result<std::string> TownApp::place_name(node::Place& place) {
  for (const Member& member : place.members()) {
    if (member.is_founder) return people::place_name(place.space(), member.person);
  }
  return std::string();
}

Result<Names> TownApp::names(node::Place& place) {
  return people::names(place.space());
}

std::optional<HttpResponse> TownApp::handle(node::Place& place, const HttpRequest& request) {
  Visit visit(*this, place, request);
  if (request.method == "GET" || request.method == "HEAD") return answer_get(visit, request.path);
  if (request.method == "POST") return answer_post(visit, request.path);
  const auto id = part(request.path, "/api/posts/", "");
  if (!id) return std::nullopt;
  if (request.method == "PATCH") return answer(200, visit.edit(*id));
  if (request.method == "DELETE") return answer(200, visit.withdraw(*id));
  return node::problem(no_method(request));
}

}  // namespace kith::cli
