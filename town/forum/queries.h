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
inline constexpr std::size_t kShownBodyBytesMax = 64'000;  // of what others wrote without our commands

struct Post {
  std::string id;
  std::optional<std::string> thread;    // none: it opens one
  std::optional<std::string> parent;    // the reply that it answers; none: the opening post
  std::optional<std::string> body;      // none: erased
  std::optional<std::string> title;     // of a post that opens a thread
  std::optional<std::string> category;  // likewise
  std::optional<std::string> lang;
  PersonId writer;
  DeviceId device;
  Stamp latest;  // of its birth, or of the last change
  std::uint64_t written_ms = 0;
  std::optional<std::uint64_t> changed_ms;
};

struct ThreadSummary {
  std::string id;            // of the opening post
  std::optional<Post> post;  // none: withdrawn, or not here yet
  std::uint64_t replies = 0;
  std::string last;           // id of the newest post in it
  std::uint64_t last_ms = 0;  // when that was written
  PersonId last_person;       // zero: not here
};

struct FeedPage {
  std::vector<ThreadSummary> threads;
  std::optional<std::string> next;  // hand it in as `before` for older threads
};

/// At most one of them counts, in this order; none: every thread.
struct FeedFilter {
  std::optional<std::string> category = {};
  std::optional<std::string> tag = {};
  std::optional<PersonId> person = {};  // who opened it
};

/// Threads by their latest post, newest first. Ids from the future (beyond what the engine merges early) wait until
/// they are due, so that nobody can pin a thread to the top.
Result<FeedPage> feed(Database& database, const std::optional<std::string>& before, std::size_t limit,
                      const FeedFilter& filter = {});
/// One of them, as the feed shows it. kNotFound if nothing of it is here.
Result<ThreadSummary> thread_summary(Database& database, const std::string& id);

struct Thread {
  std::string id;
  std::optional<Post> post;
  std::vector<Post> replies;        // oldest first
  std::optional<std::string> next;  // hand it in as `after` for newer replies
  std::uint64_t missing = 0;        // posts that replies here answer and that are not here: not yet, or withdrawn
};

/// `id`: of the opening post or of any reply in it. kNotFound if neither it nor a reply to it is here.
Result<Thread> thread(Database& database, std::string_view id, const std::optional<std::string>& after,
                      std::size_t limit);

/// kNotFound says that it may have been withdrawn or not arrived yet.
Result<Post> post(Database& database, std::string_view id);

/// A post as it was.
struct Version {
  std::optional<std::string> title;
  std::optional<std::string> body;  // none: erased
  std::optional<std::string> category;
  std::uint64_t at_ms = 0;
  PersonId person;
};
/// What the author has written into it, oldest first: the last one is what the post says now.
Result<std::vector<Version>> history(Database& database, const Post& post);

/// How many posts of a thread, the opening one included, are newer than `upto` and by others; counted to 100.
Result<std::uint64_t> unread(Database& database, const std::string& thread, const std::string& upto);

/// A post by somebody else, in a thread with a category.
struct NewPost {
  std::string id;
  std::string thread;
  std::string category;
};
/// Those newer than the id `after` and no older than 30 days.
Result<std::vector<NewPost>> newer(Database& database, const std::string& after);

struct CategoryCount {
  std::string name;
  std::uint64_t threads = 0;
};
/// The most used first.
Result<std::vector<CategoryCount>> categories(Database& database, std::size_t limit);

}  // namespace kith::town::forum
