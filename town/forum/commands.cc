// SPDX-License-Identifier: Apache-2.0
#include "town/forum/commands.h"

#include <algorithm>

#include "town/forum/events.h"
#include "town/forum/queries.h"
#include "town/marks/marks.h"
#include "town/people/queries.h"
#include "town/photos/photos.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::forum {
namespace {

constexpr TextRule kTitle{"A title", kTitleBytesMax, false};
constexpr TextRule kBody{"A post", kBodyBytesMax, true};
constexpr TextRule kCategory{"A category", kCategoryBytesMax, false};

Result<Post> own_post(Database& database, std::string_view id, std::string_view act) {
  Post found = KITH_TRY(post(database, id));
  if (found.writer != database.person()) {
    return Error(ErrorCode::kRefused, "Only its author can " + std::string(act) + " a post.", "Write a reply instead.");
  }
  return found;
}

/// A BCP 47 language of two or three letters, as far as the app needs it.
Result<std::string> clean_lang(std::string_view lang) {
  const bool is_lang =
      lang.empty() || ((lang.size() == 2 || lang.size() == 3) &&
                       std::all_of(lang.begin(), lang.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
  if (is_lang) return std::string(lang);
  return Error(ErrorCode::kUsage, "A language is two or three small letters.",
               "Say \"en\" or \"de\", or leave it out.");
}

Result<PostText> clean(Database& database, const PostText& post) {
  PostText out;
  out.title = KITH_TRY(clean_optional(kTitle, post.title));
  out.body = KITH_TRY(clean_text(kBody, post.body));
  out.category = KITH_TRY(clean_optional(kCategory, post.category));
  out.lang = KITH_TRY(clean_lang(post.lang));
  out.tags = KITH_TRY(marks::clean_tags(post.tags));
  KITH_TRY(photos::check_own(database, post.photos));
  out.photos = post.photos;
  return out;
}

/// "@Ana Lopez" mentions whoever bears that whole name; a longer name goes before a shorter one.
Result<std::vector<PersonId>> mentioned(Database& database, std::string_view body) {
  std::vector<PersonId> out;
  if (body.find('@') == std::string_view::npos) return out;
  const auto names = KITH_TRY(people::names(database));
  for (std::size_t at = body.find('@'); at != std::string_view::npos; at = body.find('@', at + 1)) {
    const std::string_view rest = body.substr(at + 1);
    std::size_t longest = 0;
    for (const auto& [person, name] : names) {
      if (rest.starts_with(name)) longest = std::max(longest, name.size());
    }
    for (const auto& [person, name] : names) {
      const bool is_meant = name.size() == longest && longest > 0 && rest.starts_with(name);
      if (is_meant && std::find(out.begin(), out.end(), person) == out.end()) out.push_back(person);
    }
  }
  return out;
}

/// What hangs on a post, in the post's own transaction.
Result<void> hang(Database& database, Writer& writer, const std::string& id, const PostText& post) {
  const std::vector<PersonId> people = KITH_TRY(mentioned(database, post.body));
  if (!people.empty()) KITH_TRY(marks::put_mentions(database, writer, id, people));
  if (!post.tags.empty()) KITH_TRY(marks::put_tags(database, writer, id, post.tags));
  return photos::attach(database, writer, id, post.photos);
}

}  // namespace

Result<Written> write_post(Database& database, const PostText& post, std::uint64_t rest_ms) {
  const PostText text = KITH_TRY(clean(database, post));
  Written written{database.new_id(), {}};
  written.receipt = KITH_TRY(database.write(kPostWritten, {.rest_ms = rest_ms}, [&](Writer& writer) -> Result<void> {
    KITH_TRY(writer.exec(
        "INSERT INTO posts(id, body, title, category, lang) VALUES (?, ?, ?, ?, ?)",
        {written.id, text.body, null_if_empty(text.title), null_if_empty(text.category), null_if_empty(text.lang)}));
    return hang(database, writer, written.id, text);
  }));
  return written;
}

Result<Written> write_reply(Database& database, std::string_view to, const PostText& reply, std::uint64_t rest_ms) {
  const PostText text = KITH_TRY(
      clean(database,
            {.title = {}, .body = reply.body, .category = {}, .lang = reply.lang, .tags = {}, .photos = reply.photos}));
  const Post answered = KITH_TRY(post(database, to));
  const std::string thread = answered.thread.value_or(answered.id);
  const std::optional<std::string> parent = answered.thread ? std::optional(answered.id) : std::nullopt;
  Written written{database.new_id(), {}};
  written.receipt = KITH_TRY(database.write(kReplyWritten, {.rest_ms = rest_ms}, [&](Writer& writer) -> Result<void> {
    KITH_TRY(writer.exec("INSERT INTO posts(id, thread, parent, body, lang) VALUES (?, ?, ?, ?, ?)",
                         {written.id, thread, or_null(parent), text.body, null_if_empty(text.lang)}));
    return hang(database, writer, written.id, text);
  }));
  return written;
}

Result<Written> edit_post(Database& database, std::string_view id, const PostEdit& edit, std::uint64_t rest_ms) {
  const Post before = KITH_TRY(own_post(database, id, "edit"));
  if (before.thread && (edit.title || edit.category || edit.tags)) {
    return Error(ErrorCode::kUsage, "A reply has no title, category or tags of its own.", "Change its text alone.");
  }
  std::vector<std::pair<const char*, Value>> cells;
  if (edit.title)
    cells.emplace_back("UPDATE posts SET title = ? WHERE id = ?",
                       null_if_empty(KITH_TRY(clean_optional(kTitle, *edit.title))));
  if (edit.body) cells.emplace_back("UPDATE posts SET body = ? WHERE id = ?", KITH_TRY(clean_text(kBody, *edit.body)));
  if (edit.category)
    cells.emplace_back("UPDATE posts SET category = ? WHERE id = ?",
                       null_if_empty(KITH_TRY(clean_optional(kCategory, *edit.category))));
  const auto tags = KITH_TRY(marks::clean_tags(edit.tags.value_or(std::vector<std::string>())));
  Written written{before.id, {}};
  written.receipt = KITH_TRY(database.write(kPostEdited, {.rest_ms = rest_ms}, [&](Writer& writer) -> Result<void> {
    for (const auto& [sql, value] : cells) KITH_TRY(writer.exec(sql, {value, before.id}));
    if (edit.tags) KITH_TRY(marks::put_tags(database, writer, before.id, tags));
    if (!edit.body) return {};
    return marks::put_mentions(database, writer, before.id, KITH_TRY(mentioned(database, *edit.body)));
  }));
  return written;
}

Result<Written> withdraw_post(Database& database, std::string_view id, std::uint64_t rest_ms) {
  const Post before = KITH_TRY(own_post(database, id, "delete"));
  Written written{before.id, {}};
  written.receipt = KITH_TRY(database.write(kPostWithdrawn, {.rest_ms = rest_ms}, [&](Writer& writer) {
    return writer.exec("DELETE FROM posts WHERE id = ?", {before.id});
  }));
  return written;
}

}  // namespace kith::town::forum
