// SPDX-License-Identifier: Apache-2.0
#include "cli/plain/page.h"

#include <ctime>

#include "net/http.h"
#include "node/guard.h"
#include "town/forum/commands.h"

namespace kith::cli {
namespace {

using town::forum::Post;

std::string iso_time(std::uint64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

class Page {
 public:
  explicit Page(const Frame& frame) : frame_(frame), words_(page_words(frame.language)) {}

  void begin(std::string_view title) {
    html_.raw("<!doctype html>\n<html lang=\"").raw(words_.code).raw("\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    html_.text(title).raw("</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html_.raw(
        "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"stylesheet\" "
        "href=\"/plain/style.css\">\n</head>\n<body>\n");
    html_.raw("<a class=\"skip\" href=\"#main\">")
        .raw(words_.skip)
        .raw("</a>\n<header><a class=\"plate\" href=\"/plain\">");
    html_.text(frame_.place.empty() ? "Kith" : frame_.place).raw("</a>");
    html_.raw("<p class=\"meta\">")
        .raw(words_.you_are)
        .raw(" <strong>")
        .text(name_of(frame_.me))
        .raw("</strong></p></header>\n<main id=\"main\">\n");
  }

  std::string end() {
    html_.raw("</main>\n</body>\n</html>\n");
    return html_.str();
  }

  void freshness() {
    const Freshness& fresh = frame_.freshness;
    html_.raw(fresh.only_here > 0 ? "<p class=\"fresh here\" role=\"status\">" : "<p class=\"fresh\" role=\"status\">");
    if (fresh.in_touch) {
      html_.raw(words_.in_touch);
    } else if (fresh.last_heard_ms) {
      const std::uint64_t quiet = frame_.now_ms > *fresh.last_heard_ms ? frame_.now_ms - *fresh.last_heard_ms : 0;
      html_.raw(words_.quiet_for).raw(" ").raw(span(frame_.language, quiet)).raw(".");
    } else {
      html_.raw(words_.never_heard);
    }
    if (fresh.only_here == 1) html_.raw(" ").raw(words_.only_here_one);
    if (fresh.only_here > 1) html_.raw(" ").raw(std::to_string(fresh.only_here)).raw(" ").raw(words_.only_here_many);
    html_.raw("</p>\n");
  }

  void take_back_form() {
    if (!frame_.has_resting) return;
    html_.raw("<form class=\"box\" method=\"post\" action=\"/plain/undo\"><p>").raw(words_.resting).raw("</p>");
    button_with_token(words_.take_back, "");
  }

  void text_form(std::string_view action, const char* label, const char* button, bool is_post) {
    html_.raw("<form class=\"box\" method=\"post\" action=\"")
        .text(action)
        .raw("\"><label for=\"body\">")
        .raw(label)
        .raw("</label>");
    html_.raw("<textarea id=\"body\" name=\"body\" required maxlength=\"")
        .raw(std::to_string(town::forum::kBodyBytesMax));
    html_.raw("\" aria-describedby=\"reach\"></textarea><p class=\"hint\" id=\"reach\">")
        .raw(audience(frame_.language, frame_.neighbours));
    if (is_post) html_.raw(" ").raw(words_.post_hint);
    html_.raw("</p>");
    button_with_token(button, " class=\"go\"");
  }

  void post(const Post& post, std::string_view heading, std::string_view quote) {
    html_.raw("<").raw(heading).raw(">").text(name_of(post.writer)).raw("</").raw(heading).raw(">");
    if (!quote.empty()) html_.raw("<blockquote class=\"quote\" dir=\"auto\">").text(quote).raw("</blockquote>");
    if (post.body) {
      html_.raw("<p class=\"say\" dir=\"auto\">").text(*post.body).raw("</p>");
    } else {
      html_.raw("<p class=\"hint\">").raw(words_.erased).raw("</p>");
    }
    html_.raw("<p class=\"meta\">");
    time(post.written_ms);
    if (post.changed_ms) html_.raw(" · ").raw(words_.edited);
    html_.raw("</p>");
  }

  void gone() { html_.raw("<p class=\"hint\">").raw(words_.gone).raw("</p>"); }

  void time(std::uint64_t ms) {
    html_.raw("<time datetime=\"")
        .raw(iso_time(ms))
        .raw("\">")
        .raw(age(frame_.language, ms, frame_.now_ms))
        .raw("</time>");
  }

  std::string name_of(const PersonId& person) const {
    const auto name = frame_.names.find(person);
    return name == frame_.names.end() ? words_.unnamed : name->second;
  }

  Html& html() { return html_; }
  const PageWords& words() const { return words_; }

 private:
  void button_with_token(const char* text, std::string_view attributes) {
    html_.raw("<input type=\"hidden\" name=\"")
        .raw(node::Guard::kField)
        .raw("\" value=\"")
        .text(frame_.csrf)
        .raw("\"><button")
        .raw(attributes);
    html_.raw(">").raw(text).raw("</button></form>\n");
  }

  const Frame& frame_;
  const PageWords& words_;
  Html html_;
};

void thread_card(Page& page, const town::forum::ThreadSummary& thread) {
  page.html().raw("<li class=\"note\">");
  if (thread.post) {
    page.post(*thread.post, "h2", {});
  } else {
    page.gone();
  }
  page.html()
      .raw("<a class=\"tap\" href=\"/plain/threads/")
      .raw(net::percent_encode(thread.id))
      .raw("\">")
      .raw(page.words().open_thread);
  if (thread.replies == 1) page.html().raw(" · ").raw(page.words().replies_one);
  if (thread.replies > 1)
    page.html().raw(" · ").raw(std::to_string(thread.replies)).raw(" ").raw(page.words().replies_many);
  page.html().raw("</a></li>\n");
}

/// The words that a reply answers, if it answers another reply that is on this page.
std::string_view quoted(const town::forum::Thread& thread, const Post& reply) {
  if (!reply.parent) return {};
  for (const Post& other : thread.replies) {
    if (other.id == *reply.parent && other.body) return *other.body;
  }
  return {};
}

}  // namespace

Html& Html::text(std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out_ += "&amp;"; break;
      case '<': out_ += "&lt;"; break;
      case '>': out_ += "&gt;"; break;
      case '"': out_ += "&quot;"; break;
      case '\'': out_ += "&#39;"; break;
      default: out_ += c;
    }
  }
  return *this;
}

std::string feed_page(const Frame& frame, const town::forum::FeedPage& feed, bool is_first) {
  Page page(frame);
  page.begin(frame.place.empty() ? "Kith" : frame.place);
  page.freshness();
  if (is_first) {
    page.take_back_form();
    page.html().raw("<h1>").raw(page.words().post_title).raw("</h1>\n");
    page.text_form("/plain/posts", page.words().post_label, page.words().post_button, true);
  }
  if (feed.threads.empty()) {
    page.html().raw("<p class=\"box\">").raw(page.words().nothing_yet).raw("</p>\n");
  } else {
    page.html().raw("<ul>\n");
    for (const auto& thread : feed.threads) thread_card(page, thread);
    page.html().raw("</ul>\n");
  }
  if (feed.next) {
    page.html()
        .raw("<p><a class=\"tap\" href=\"/plain?before=")
        .text(*feed.next)
        .raw("\">")
        .raw(page.words().older)
        .raw("</a></p>\n");
  } else if (!feed.threads.empty()) {
    page.html().raw("<p class=\"hint\">").raw(page.words().caught_up).raw("</p>\n");
  }
  return page.end();
}

std::string thread_page(const Frame& frame, const town::forum::Thread& thread) {
  Page page(frame);
  page.begin(frame.place.empty() ? "Kith" : frame.place);
  page.freshness();
  page.take_back_form();
  page.html()
      .raw("<p><a class=\"tap\" href=\"/plain\">")
      .raw(page.words().back)
      .raw("</a></p>\n<article class=\"note\">");
  if (thread.post) {
    page.post(*thread.post, "h1", {});
  } else {
    page.gone();
  }
  page.html().raw("</article>\n<ol>\n");
  for (const Post& reply : thread.replies) {
    page.html().raw("<li class=\"note\" id=\"").text(reply.id).raw("\">");
    page.post(reply, "h2", quoted(thread, reply));
    page.html().raw("</li>\n");
  }
  page.html().raw("</ol>\n");
  if (thread.next) {
    page.html()
        .raw("<p><a class=\"tap\" href=\"/plain/threads/")
        .text(thread.id)
        .raw("?after=")
        .text(*thread.next)
        .raw("\">");
    page.html().raw(page.words().newer).raw("</a></p>\n");
  }
  if (thread.post) {
    page.text_form("/plain/threads/" + net::percent_encode(thread.id) + "/replies", page.words().reply_label,
                   page.words().reply_button, false);
  }
  return page.end();
}

std::string error_page(const Frame& frame, const Error& error) {
  Page page(frame);
  page.begin(page.words().not_done);
  page.html()
      .raw("<h1>")
      .raw(page.words().not_done)
      .raw("</h1>\n<p class=\"box err\" role=\"alert\">")
      .text(error.message())
      .raw("</p>\n");
  page.html().raw("<p><a class=\"tap\" href=\"/plain\">").raw(page.words().back).raw("</a></p>\n");
  return page.end();
}

}  // namespace kith::cli
