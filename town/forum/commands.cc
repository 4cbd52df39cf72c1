// SPDX-License-Identifier: Apache-2.0
#include "town/forum/commands.h"

#include "town/forum/events.h"
#include "town/forum/queries.h"
#include "town/text.h"

namespace kith::town::forum {
namespace {

constexpr TextRule kBody{"A post", kBodyBytesMax, true};

Result<Post> own_post(Database& database, std::string_view id, std::string_view act) {
  Post found = KITH_TRY(post(database, id));
  if (found.writer != database.person()) {
    return Error(ErrorCode::kRefused, "Only its author can " + std::string(act) + " a post.", "Write a reply instead.");
  }
  return found;
}

Value or_null(const std::optional<std::string>& text) {
  return text ? Value(*text) : Value();
}

}  // namespace

Result<Written> write_post(Database& database, std::string_view body, std::uint64_t rest_ms) {
  const std::string clean = KITH_TRY(clean_text(kBody, body));
  Written written{database.new_id(), {}};
  written.receipt = KITH_TRY(database.write(kPostWritten, {.rest_ms = rest_ms}, [&](Writer& writer) {
    return writer.exec("INSERT INTO posts(id, body) VALUES (?, ?)", {written.id, clean});
  }));
  return written;
}

Result<Written> write_reply(Database& database, std::string_view to, std::string_view body, std::uint64_t rest_ms) {
  const std::string clean = KITH_TRY(clean_text(kBody, body));
  const Post answered = KITH_TRY(post(database, to));
  const std::string thread = answered.thread.value_or(answered.id);
  const std::optional<std::string> parent = answered.thread ? std::optional(answered.id) : std::nullopt;
  Written written{database.new_id(), {}};
  written.receipt = KITH_TRY(database.write(kReplyWritten, {.rest_ms = rest_ms}, [&](Writer& writer) {
    return writer.exec("INSERT INTO posts(id, thread, parent, body) VALUES (?, ?, ?, ?)",
                       {written.id, thread, or_null(parent), clean});
  }));
  return written;
}

Result<Written> edit_post(Database& database, std::string_view id, std::string_view body) {
  const std::string clean = KITH_TRY(clean_text(kBody, body));
  const Post before = KITH_TRY(own_post(database, id, "edit"));
  Written written{before.id, {}};
  written.receipt = KITH_TRY(database.write(kPostEdited, {}, [&](Writer& writer) {
    return writer.exec("UPDATE posts SET body = ? WHERE id = ?", {clean, before.id});
  }));
  return written;
}

Result<Written> withdraw_post(Database& database, std::string_view id) {
  const Post before = KITH_TRY(own_post(database, id, "delete"));
  Written written{before.id, {}};
  written.receipt = KITH_TRY(database.write(
      kPostWithdrawn, {}, [&](Writer& writer) { return writer.exec("DELETE FROM posts WHERE id = ?", {before.id}); }));
  return written;
}

}  // namespace kith::town::forum
