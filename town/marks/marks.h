// SPDX-License-Identifier: Apache-2.0
// What hangs on a post or a listing: tags, mentions, reactions, pins. Names of events are those of schema.sql.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"

namespace kith::town::marks {

inline constexpr std::size_t kTagBytesMax = 40;
inline constexpr std::size_t kTagsMax = 8;             // of one post or listing
inline constexpr std::size_t kMentionsMax = 32;        // of one post
inline constexpr std::size_t kReactionBytesMax = 24;   // the name of a kind
inline constexpr std::size_t kReactionKindsMax = 12;   // shown of one post
inline constexpr std::size_t kReactionPeopleMax = 64;  // named of one kind

inline constexpr std::string_view kReactionGiven = "reaction given";
inline constexpr std::string_view kReactionTakenBack = "reaction taken back";
inline constexpr std::string_view kPostPinned = "post pinned";
inline constexpr std::string_view kPostUnpinned = "post unpinned";

struct Reaction {
  std::string kind;
  std::uint64_t count = 0;  // of people
  bool is_mine = false;
  std::vector<PersonId> people;  // the first of them
};

/// Tags as they are stored: lower case, no "#" before them, each once. kUsage, kTooLarge (one too long, or too many).
Result<std::vector<std::string>> clean_tags(const std::vector<std::string>& tags);

/// Inside a command's transaction: makes these the target's tags, writing only what differs.
Result<void> put_tags(Database& database, Writer& writer, const std::string& target,
                      const std::vector<std::string>& tags);
/// Likewise the people that it mentions.
Result<void> put_mentions(Database& database, Writer& writer, const std::string& target,
                          const std::vector<PersonId>& people);

/// Gives one's own reaction or takes it back; what is so already stays. The target is checked by who calls. kUsage if
/// the kind is no single word.
Result<WriteReceipt> react(Database& database, const std::string& target, std::string_view kind, bool is_on);
/// Counts only where the founder calls it.
Result<WriteReceipt> pin(Database& database, const std::string& target, bool is_on);

// -- queries. `author`: of the target; what others claim of it does not count.
Result<std::vector<std::string>> tags_of(Database& database, const std::string& target, const PersonId& author);
Result<std::vector<PersonId>> mentions_of(Database& database, const std::string& target, const PersonId& author);
/// The most frequent kind first.
Result<std::vector<Reaction>> reactions_of(Database& database, const std::string& target);
/// The founder's pins, the latest first.
Result<std::vector<std::string>> pinned(Database& database, const PersonId& founder);

struct TagCount {
  std::string tag;
  std::uint64_t posts = 0;
};
/// Of living posts and listings, the most used first.
Result<std::vector<TagCount>> tag_counts(Database& database, std::size_t limit);

}  // namespace kith::town::marks
