// SPDX-License-Identifier: Apache-2.0
#include "town/forum/queries.h"

#include <algorithm>

#include "town/forum/commands.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::forum {
namespace {

constexpr std::int64_t kUnreadMax = 100;
constexpr std::size_t kLangBytesMax = 8;

constexpr std::string_view kSelectPost =
    "SELECT id, thread, parent, body, kith_writer, kith_device, kith_stamp, kith_changed, title, category, lang "
    "FROM kith_posts";

std::string select_post(std::string_view where) {
  return std::string(kSelectPost).append(where);
}

std::optional<std::string> line(const Value& value, std::size_t bytes_max) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::nullopt : std::optional(shown_line(*text, bytes_max));
}

Post to_post(const Row& row) {
  Post out;
  out.id = text(row[0]);
  out.thread = optional_text(row[1]);
  out.parent = optional_text(row[2]);
  if (const auto body = optional_text(row[3])) out.body = shown_text(*body, kShownBodyBytesMax);
  out.writer = id_of<PersonId>(row[4]);
  out.device = id_of<DeviceId>(row[5]);
  out.written_ms = ms_of(row[6]);
  out.changed_ms = optional_ms(row[7]);
  out.title = line(row[8], kTitleBytesMax);
  out.category = line(row[9], kCategoryBytesMax);
  out.lang = line(row[10], kLangBytesMax);
  out.latest = latest_of(row[6], row[7]);
  return out;
}

Result<std::optional<Post>> find_post(Database& database, std::string_view id) {
  const Rows found = KITH_TRY(database.query(select_post(" WHERE id = ?"), {std::string(id)}));
  if (found.rows.empty()) return std::optional<Post>();
  return std::optional(to_post(found.rows[0]));
}

Error not_here(std::string_view id) {
  return {ErrorCode::kNotFound, "There is no post \"" + shown_line(id, 64) + "\" here.",
          "It may have been withdrawn, or not have arrived yet; `kith feed` lists what is here."};
}

Result<ThreadSummary> summary(Database& database, const std::string& id, const std::string& last) {
  ThreadSummary out;
  out.id = id;
  out.last = last;
  out.post = KITH_TRY(find_post(database, id));
  const Rows count = KITH_TRY(database.query("SELECT count(*) FROM posts WHERE thread = ?", {id}));
  out.replies = static_cast<std::uint64_t>(integer(count.rows[0][0]));
  const Rows latest = KITH_TRY(database.query("SELECT kith_stamp, kith_writer FROM kith_posts WHERE id = ?", {last}));
  if (latest.rows.empty()) return out;
  out.last_ms = ms_of(latest.rows[0][0]);
  out.last_person = id_of<PersonId>(latest.rows[0][1]);
  return out;
}

std::int64_t bounded(std::size_t limit) {
  return static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, kPageMax));
}

/// Thread and its latest post, the latest first. ?1 below which id, ?2 the first id that is not due, ?3 how many.
// A thread stands where its latest post that is due stands; walking down the key index, each such post is found by one
// probe.
constexpr std::string_view kAllThreads =
    "SELECT coalesce(p.thread, p.id), p.id FROM posts p WHERE p.id < ?1 AND NOT EXISTS (SELECT 1 FROM posts q WHERE "
    "q.thread = coalesce(p.thread, p.id) AND q.id > p.id AND q.id < ?2) ORDER BY p.id DESC LIMIT ?3";

/// Where few threads are wanted, these are looked up, and of each its latest post; ?4 is what `which` asks for.
std::string chosen_threads(std::string_view which) {
  return "SELECT id, last FROM (SELECT r.id AS id, coalesce((SELECT max(q.id) FROM posts q WHERE q.thread = r.id AND "
         "q.id < ?2), r.id) AS last FROM " +
         std::string(which) + ") WHERE last < ?1 AND id < ?2 ORDER BY last DESC LIMIT ?3";
}

Result<Rows> threads(Database& database, const FeedFilter& filter, const std::string& below, const std::string& due,
                     std::int64_t count) {
  if (filter.category) {
    return database.query(chosen_threads("posts r WHERE r.category = ?4 AND r.thread IS NULL"),
                          {below, due, count, *filter.category});
  }
  if (filter.tag) {
    return database.query(
        chosen_threads("posts r WHERE r.thread IS NULL AND r.id IN (SELECT target FROM tags WHERE tag = ?4)"),
        {below, due, count, *filter.tag});
  }
  if (filter.person) {
    return database.query(chosen_threads("kith_posts r WHERE r.thread IS NULL AND r.kith_writer = ?4"),
                          {below, due, count, blob(*filter.person)});
  }
  return database.query(kAllThreads, {below, due, count});
}

}  // namespace

Result<FeedPage> feed(Database& database, const std::optional<std::string>& before, std::size_t limit,
                      const FeedFilter& filter) {
  const std::string due = first_id_at(database.now_ms() + kEarlyMsMax);
  const std::string below = before ? std::min(*before, due) : due;
  const Rows last = KITH_TRY(threads(database, filter, below, due, bounded(limit) + 1));
  FeedPage page;
  for (const Row& row : last.rows) {
    if (page.threads.size() == static_cast<std::size_t>(bounded(limit))) break;
    page.threads.push_back(KITH_TRY(summary(database, text(row[0]), text(row[1]))));
    page.next = text(row[1]);
  }
  if (last.rows.size() == page.threads.size()) page.next.reset();
  return page;
}

Result<ThreadSummary> thread_summary(Database& database, const std::string& id) {
  const Rows last = KITH_TRY(database.query("SELECT max(id) FROM posts WHERE thread = ? AND id < ?",
                                            {id, first_id_at(database.now_ms() + kEarlyMsMax)}));
  const auto newest = optional_text(last.rows[0][0]);
  ThreadSummary out = KITH_TRY(summary(database, id, newest.value_or(id)));
  if (!out.post && !newest) return not_here(id);
  return out;
}

Result<Thread> thread(Database& database, std::string_view id, const std::optional<std::string>& after,
                      std::size_t limit) {
  Thread out;
  out.id = std::string(id);
  out.post = KITH_TRY(find_post(database, id));
  if (out.post && out.post->thread) {
    out.id = *out.post->thread;
    out.post = KITH_TRY(find_post(database, out.id));
  }
  const Rows replies = KITH_TRY(database.query(select_post(" WHERE thread = ? AND id > ? ORDER BY id LIMIT ?"),
                                               {out.id, after.value_or(""), bounded(limit) + 1}));
  for (const Row& row : replies.rows) {
    if (out.replies.size() == static_cast<std::size_t>(bounded(limit))) {
      out.next = out.replies.back().id;
      break;
    }
    out.replies.push_back(to_post(row));
  }
  if (!out.post && out.replies.empty() && !after) return not_here(id);
  const Rows missing = KITH_TRY(database.query(
      "SELECT count(DISTINCT parent) FROM posts p WHERE thread = ? AND parent IS NOT NULL AND NOT EXISTS (SELECT 1 "
      "FROM posts q WHERE q.id = p.parent)",
      {out.id}));
  out.missing = static_cast<std::uint64_t>(integer(missing.rows[0][0])) + (out.post ? 0 : 1);
  return out;
}

Result<Post> post(Database& database, std::string_view id) {
  auto found = KITH_TRY(find_post(database, id));
  if (!found) return not_here(id);
  return std::move(*found);
}

Result<std::vector<Version>> history(Database& database, const Post& post) {
  std::vector<Version> out;
  Version now;
  for (const RowVersion& write : KITH_TRY(database.versions("posts", post.id))) {
    for (const auto& [column, value] : write.cells) {
      if (column == "title") now.title = line(value, kTitleBytesMax);
      if (column == "category") now.category = line(value, kCategoryBytesMax);
      if (column != "body") continue;
      const auto body = optional_text(value);
      now.body = body ? std::optional(shown_text(*body, kShownBodyBytesMax)) : std::nullopt;
    }
    now.at_ms = write.stamp.ms();
    now.person = write.person;
    out.push_back(now);
  }
  return out;
}

Result<std::uint64_t> unread(Database& database, const std::string& thread, const std::string& upto) {
  const std::string due = first_id_at(database.now_ms() + kEarlyMsMax);
  std::int64_t count = 0;
  for (const char* which : {"thread = ?1", "id = ?1"}) {
    const Rows found =
        KITH_TRY(database.query("SELECT count(*) FROM (SELECT 1 FROM kith_posts WHERE " + std::string(which) +
                                    " AND id > ?2 AND id < ?3 AND kith_writer <> ?4 LIMIT ?5)",
                                {thread, upto, due, blob(database.person()), kUnreadMax}));
    count += integer(found.rows[0][0]);
  }
  return static_cast<std::uint64_t>(std::min(count, kUnreadMax));
}

Result<std::vector<NewPost>> newer(Database& database, const std::string& after) {
  constexpr std::uint64_t kMonthMs = 30ull * 86'400'000;
  const std::uint64_t now = database.now_ms();
  const std::string month = first_id_at(now - std::min(now, kMonthMs));
  const Rows found = KITH_TRY(database.query(
      "SELECT p.id, r.id, r.category FROM kith_posts p JOIN posts r ON r.id = coalesce(p.thread, p.id) WHERE p.id > ? "
      "AND p.id < ? AND p.kith_writer <> ? AND r.category IS NOT NULL",
      {std::max(after, month), first_id_at(now + kEarlyMsMax), blob(database.person())}));
  std::vector<NewPost> out;
  for (const Row& row : found.rows)
    out.push_back({text(row[0]), text(row[1]), shown_line(text(row[2]), kCategoryBytesMax)});
  return out;
}

Result<std::vector<CategoryCount>> categories(Database& database, std::size_t limit) {
  const Rows found =
      KITH_TRY(database.query("SELECT category, count(*) AS n FROM posts INDEXED BY posts_by_category WHERE category "
                              "IS NOT NULL AND thread IS NULL GROUP BY category ORDER "
                              "BY n DESC, category LIMIT ?",
                              {static_cast<std::int64_t>(limit)}));
  std::vector<CategoryCount> out;
  for (const Row& row : found.rows)
    out.push_back({shown_line(text(row[0]), kCategoryBytesMax), static_cast<std::uint64_t>(integer(row[1]))});
  return out;
}

}  // namespace kith::town::forum
