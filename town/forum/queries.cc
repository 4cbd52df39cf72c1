// SPDX-License-Identifier: Apache-2.0
#include "town/forum/queries.h"

#include <algorithm>
#include <cstdio>

#include "town/row.h"
#include "town/text.h"

namespace kith::town::forum {
namespace {

constexpr std::uint64_t kEarlyMsMax = 600'000;  // the engine merges nothing that is further ahead

constexpr std::string_view kSelectPost =
    "SELECT id, thread, parent, body, kith_writer, kith_device, kith_stamp, kith_changed FROM kith_posts";

std::string select_post(std::string_view where) {
  return std::string(kSelectPost).append(where);
}

Post to_post(const Row& row) {
  Post out;
  out.id = text(row[0]);
  out.thread = optional_text(row[1]);
  out.parent = optional_text(row[2]);
  out.body = optional_text(row[3]);
  out.writer = id_of<PersonId>(row[4]);
  out.device = id_of<DeviceId>(row[5]);
  out.written_ms = ms_of(row[6]);
  if (!is_null(row[7])) out.changed_ms = ms_of(row[7]);
  return out;
}

Result<std::optional<Post>> find_post(Database& database, std::string_view id) {
  const Rows found = KITH_TRY(database.query(select_post(" WHERE id = ?"), {std::string(id)}));
  if (found.rows.empty()) return std::optional<Post>();
  return std::optional(to_post(found.rows[0]));
}

Error not_here(std::string_view id) {
  return {ErrorCode::kNotFound, "There is no post \"" + std::string(id.substr(0, 64)) + "\" here.",
          "It may have been withdrawn, or not have arrived yet; `kith feed` lists what is here."};
}

/// The smallest UUIDv7 of a moment: every earlier id sorts below it.
std::string first_id_at(std::uint64_t ms) {
  char out[16];
  std::snprintf(out, sizeof out, "%08llx-%04llx", static_cast<unsigned long long>(ms >> 16 & 0xffffffff),
                static_cast<unsigned long long>(ms & 0xffff));
  return out;
}

Result<ThreadSummary> summary(Database& database, const std::string& id, const std::string& last) {
  ThreadSummary out;
  out.id = id;
  out.post = KITH_TRY(find_post(database, id));
  const Rows count = KITH_TRY(database.query("SELECT count(*) FROM posts WHERE thread = ?", {id}));
  out.replies = static_cast<std::uint64_t>(integer(count.rows[0][0]));
  const Rows time = KITH_TRY(database.query("SELECT kith_stamp FROM kith_posts WHERE id = ?", {last}));
  if (!time.rows.empty()) out.last_ms = ms_of(time.rows[0][0]);
  return out;
}

std::int64_t bounded(std::size_t limit) {
  return static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, kPageMax));
}

}  // namespace

Result<FeedPage> feed(Database& database, const std::optional<std::string>& before, std::size_t limit) {
  const std::string due = first_id_at(database.now_ms() + kEarlyMsMax);
  const std::string below = before ? std::min(*before, due) : due;
  // A thread stands where its latest post that is due stands; walking down the key index, each such post is found by
  // one probe.
  const Rows last =
      KITH_TRY(database.query("SELECT coalesce(p.thread, p.id), p.id FROM posts p WHERE p.id < ?1 AND NOT EXISTS ("
                              "SELECT 1 FROM posts q WHERE q.thread = coalesce(p.thread, p.id) AND q.id > p.id AND "
                              "q.id < ?2) ORDER BY p.id DESC LIMIT ?3",
                              {below, due, bounded(limit) + 1}));
  FeedPage page;
  for (const Row& row : last.rows) {
    if (page.threads.size() == static_cast<std::size_t>(bounded(limit))) break;
    page.threads.push_back(KITH_TRY(summary(database, text(row[0]), text(row[1]))));
    page.next = text(row[1]);
  }
  if (last.rows.size() == page.threads.size()) page.next.reset();
  return page;
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
  return out;
}

Result<Post> post(Database& database, std::string_view id) {
  auto found = KITH_TRY(find_post(database, id));
  if (!found) return not_here(id);
  return std::move(*found);
}

}  // namespace kith::town::forum
