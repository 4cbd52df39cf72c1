// SPDX-License-Identifier: Apache-2.0
// What can be read of the forum, page by page. Cursors are ids of posts: stable, and the same on every replica.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"

namespace kith::town::forum {

inline constexpr std::size_t kPageMax = 200;

struct Post {
  std::string id;
  std::optional<std::string> thread;  // none: it opens one
  std::optional<std::string> parent;  // the reply that it answers; none: the opening post
  std::optional<std::string> body;    // none: erased
  PersonId writer;
  DeviceId device;
  std::uint64_t written_ms = 0;
  std::optional<std::uint64_t> changed_ms;
};

struct ThreadSummary {
  std::string id;            // of the opening post
  std::optional<Post> post;  // none: withdrawn, or not here yet
  std::uint64_t replies = 0;
  std::uint64_t last_ms = 0;  // of the newest post in it
};

struct FeedPage {
  std::vector<ThreadSummary> threads;
  std::optional<std::string> next;  // hand it in as `before` for older threads
};

/// Threads by their latest post, newest first. Ids from the future (beyond what the engine merges early) wait until
/// they are due, so that nobody can pin a thread to the top.
Result<FeedPage> feed(Database& database, const std::optional<std::string>& before, std::size_t limit);

struct Thread {
  std::string id;
  std::optional<Post> post;
  std::vector<Post> replies;        // oldest first
  std::optional<std::string> next;  // hand it in as `after` for newer replies
};

/// `id`: of the opening post or of any reply in it. kNotFound if neither it nor a reply to it is here.
Result<Thread> thread(Database& database, std::string_view id, const std::optional<std::string>& after,
                      std::size_t limit);

/// kNotFound says that it may have been withdrawn or not arrived yet.
Result<Post> post(Database& database, std::string_view id);

}  // namespace kith::town::forum
