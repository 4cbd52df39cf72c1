// SPDX-License-Identifier: Apache-2.0
// The place of a text where what was looked for stands, with marks around it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kith::town::search {

inline constexpr std::size_t kSnippetBytes = 160;

/// One word of what somebody types: as it is for the index, which folds by itself, and folded for the snippet.
struct Wanted {
  std::string typed;
  std::string folded;
};
/// At most kWordsMax.
std::vector<Wanted> words_of(std::string_view typed);
/// Some kSnippetBytes of `text` around the first word that begins with one of `words`, each such word between kHitBegin
/// and kHitEnd; the beginning if there is none.
std::string snippet(std::string_view text, const std::vector<Wanted>& words);

}  // namespace kith::town::search
