// SPDX-License-Identifier: Apache-2.0
#include "cli/plain/plain_pages.h"

#include "cli/plain/page.h"
#include "node/problem.h"
#include "style_text.h"
#include "town/forum/commands.h"
#include "town/forum/queries.h"

namespace kith::cli {
namespace {

using net::HttpRequest;
using net::HttpResponse;
namespace forum = town::forum;

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// -- requests, one by one

/// One request at its place.
class Visit {
 public:
  Visit(App& app, node::Place& place, const HttpRequest& request) : app_(app), place_(place), request_(request) {}

  // -- the page

  HttpResponse feed_html() {
    const auto before = request_.parameter("before");
    const auto page = forum::feed(place_.space(), before, PlainPages::kPage);
    return page.ok() ? html(200, feed_page(frame(), *page, !before)) : error_html(page.error());
  }

  HttpResponse thread_html(const std::string& id) {
    const auto found = forum::thread(place_.space(), id, request_.parameter("after"), PlainPages::kRepliesPage);
    return found.ok() ? html(200, thread_page(frame(), *found)) : error_html(found.error());
  }

  HttpResponse post_form() {
    const auto written = forum::write_post(place_.space(), {.body = form_body()});
    return written.ok() ? go_to("/plain") : error_html(written.error());
  }

  HttpResponse reply_form(const std::string& to) {
    const auto written = forum::write_reply(place_.space(), to, {.body = form_body()});
    return written.ok() ? go_to("/plain/threads/" + net::percent_encode(to)) : error_html(written.error());
  }

  HttpResponse undo_form() {
    const auto resting = place_.resting();
    if (!resting.ok()) return error_html(resting.error());
    if (resting->empty()) return go_to("/plain");
    const auto taken = place_.space().take_back(resting->front().pos);
    return taken.ok() ? go_to("/plain") : error_html(taken.error());
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

  App& app_;
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

/// "/api/posts/<id>/replies" with prefix "/api/posts/" and suffix "/replies" gives the id, if it is one part of a path.
std::optional<std::string> part(std::string_view path, std::string_view prefix, std::string_view suffix) {
  if (!path.starts_with(prefix) || !path.ends_with(suffix) || path.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  const std::string_view middle = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  return middle.find('/') == std::string_view::npos ? std::optional(std::string(middle)) : std::nullopt;
}

std::optional<HttpResponse> page_get(Visit& visit, const std::string& path) {
  if (path == "/plain") return visit.feed_html();
  if (path == "/plain/style.css") return style();
  if (const auto id = part(path, "/plain/threads/", "")) return visit.thread_html(*id);
  return std::nullopt;
}

std::optional<HttpResponse> page_post(Visit& visit, const std::string& path) {
  if (path == "/plain/posts") return visit.post_form();
  if (path == "/plain/undo") return visit.undo_form();
  if (const auto id = part(path, "/plain/threads/", "/replies")) return visit.reply_form(*id);
  return std::nullopt;
}

}  // namespace

std::optional<HttpResponse> PlainPages::handle(node::Place& place, const HttpRequest& request) {
  Visit visit(app_, place, request);
  if (request.method == "GET" || request.method == "HEAD") return page_get(visit, request.path);
  return request.method == "POST" ? page_post(visit, request.path) : std::nullopt;
}

}  // namespace kith::cli
