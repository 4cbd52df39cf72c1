// SPDX-License-Identifier: Apache-2.0
// Search as you type over all that is here: posts, listings and what people say of themselves; notes in the personal
// space. The index is a local table of each replica (kith/local_table.h): no part of the log, made anew at will.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"
#include "kith/local_table.h"

namespace kith::town::search {

inline constexpr std::size_t kTextBytesMax = 200;  // of what is looked for
inline constexpr std::size_t kWordsMax = 8;
inline constexpr std::size_t kHitsMax = 50;
/// Of so many matches the newest are shown, half of them what came first, half what came last: history comes newest
/// first, what is said now comes last. What matches more often is not told apart by one more second of looking.
inline constexpr std::size_t kLookedAtMax = 2'000;
/// Around a hit in a snippet.
inline constexpr char kHitBegin = '\1';
inline constexpr char kHitEnd = '\2';

enum class Kind : std::uint8_t { kPost, kListing, kPerson, kNote };
std::string_view name_of(Kind kind);
std::optional<Kind> kind_of(std::string_view name);

struct Hit {
  Kind kind = Kind::kPost;
  std::string id;                     // of a person: zero length
  std::optional<std::string> thread;  // of a reply
  std::string title;                  // of a reply its thread's
  std::string snippet;                // with kHitBegin and kHitEnd around what matched
  PersonId person;
  std::uint64_t at_ms = 0;
};

struct Hits {
  std::vector<Hit> hits;
  std::uint64_t searched = 0;  // rows in the index
};

/// What is typed as the index is asked for it; empty if it holds no word. kTooLarge.
Result<std::string> match_of(std::string_view text);
/// Every word must be found, each as the beginning of a word; case and accents do not count. Newest first. No words:
/// no hits. `kinds` empty: all of them. kTooLarge.
Result<Hits> find(Database& database, std::string_view text, const std::vector<Kind>& kinds, std::size_t limit);
/// The same in notes.
Result<Hits> find_notes(Database& personal, std::string_view text, std::size_t limit);

/// The index of a neighbourhood, and that of the personal space.
LocalTable index();
LocalTable note_index();

}  // namespace kith::town::search
