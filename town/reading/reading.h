// SPDX-License-Identifier: Apache-2.0
// How one person reads: how far in each thread, which threads she follows or mutes, whom she mutes. In the personal
// space: on all her devices, and nobody else learns it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "kith/database.h"

namespace kith::town::reading {

inline constexpr std::string_view kThreadRead = "thread read";
inline constexpr std::string_view kThreadFollowed = "thread followed";
inline constexpr std::string_view kPersonMuted = "person muted";

enum class Mode : std::uint8_t { kNone, kFollow, kMute };

/// Everything at once: a few thousand lines at most, for a page of cards.
struct Reading {
  std::map<std::string, std::string> upto;  // by thread: the newest post that was read
  std::map<std::string, Mode> modes;        // by thread; kNone is left out
  std::set<PersonId> muted;

  Mode mode(const std::string& thread) const;
};
Result<Reading> reading(Database& personal);

/// Never back: an older place than the one that is known changes nothing.
Result<void> read(Database& personal, const std::string& thread, const std::string& upto);
Result<void> follow(Database& personal, const std::string& thread, Mode mode);
Result<void> mute(Database& personal, const PersonId& person, bool is_on);

}  // namespace kith::town::reading
