// SPDX-License-Identifier: Apache-2.0
#include "town/search/snippet.h"

#include <algorithm>

#include "town/search/search.h"
#include "town/text.h"

namespace kith::town::search {
namespace {

constexpr std::size_t kBefore = 40;  // bytes of context before the first hit
constexpr std::string_view kEllipsis = "…";

/// As the index's tokenizer parts words, nearly: what is no letter or digit of ASCII parts them, and so do blanks and
/// punctuation beyond it.
bool is_word(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c < 0x2c00) && !(c >= 0x3000 && c < 0x3040) &&
         !(c >= 0xfe00 && c < 0xfe10) && c < 0x1f000;
}

struct Word {
  std::size_t begin;
  std::size_t end;
  std::string folded;
};

std::vector<Word> split(std::string_view text) {
  std::vector<Word> out;
  bool is_inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_character(text, at);
    if (!is_word(c)) {
      is_inside = false;
      continue;
    }
    if (!is_inside) out.push_back({begin, at, {}});
    is_inside = true;
    out.back().end = at;
    out.back().folded += folded(c);
  }
  return out;
}

bool is_hit(const Word& word, const std::vector<Wanted>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const Wanted& one) { return word.folded.starts_with(one.folded); });
}

}  // namespace

std::vector<Wanted> words_of(std::string_view typed) {
  std::vector<Wanted> out;
  for (Word& word : split(typed)) {
    if (out.size() == kWordsMax) break;
    out.push_back({std::string(typed.substr(word.begin, word.end - word.begin)), std::move(word.folded)});
  }
  return out;
}

std::string snippet(std::string_view text, const std::vector<Wanted>& wanted) {
  const std::vector<Word> words = split(text);
  const auto first = std::find_if(words.begin(), words.end(), [&](const Word& word) { return is_hit(word, wanted); });
  std::size_t begin = 0;
  if (first != words.end() && first->begin > kBefore) {
    const auto from =
        std::find_if(words.begin(), first, [&](const Word& word) { return word.begin + kBefore >= first->begin; });
    begin = from->begin;
  }
  std::string out(begin > 0 ? kEllipsis : "");
  std::size_t at = begin;
  for (const Word& word : words) {
    if (word.begin < begin) continue;
    if (word.end > begin + kSnippetBytes) return out + std::string(kEllipsis);
    out += text.substr(at, word.begin - at);
    const std::string_view bytes = text.substr(word.begin, word.end - word.begin);
    if (is_hit(word, wanted)) {
      out += kHitBegin;
      out += bytes;
      out += kHitEnd;
    } else {
      out += bytes;
    }
    at = word.end;
  }
  return out + shown_text(text.substr(at), kSnippetBytes);
}

}  // namespace kith::town::search
