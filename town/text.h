// SPDX-License-Identifier: Apache-2.0
// What people type: trimmed, bounded, without control characters. And what came from elsewhere, which no command of
// ours has checked: made fit to be shown.
#pragma once

#include <string>
#include <string_view>

#include "kith/result.h"

namespace kith::town {

struct TextRule {
  std::string_view what;  // "A post", as a sentence begins
  std::size_t bytes_max;
  bool has_lines;  // may it contain line breaks
};

/// Without white space at both ends and with line breaks as \n. kUsage if nothing is left, or it holds control
/// characters (in one line also those that turn the direction of text, which could make a name read as another);
/// kTooLarge.
Result<std::string> clean_text(const TextRule& rule, std::string_view text);
/// The same, and nothing is left of what is empty: for fields that may be left out.
Result<std::string> clean_optional(const TextRule& rule, std::string_view text);

/// Of a text on one line that somebody else wrote: at most so many bytes, cut between characters, without control
/// characters and without what turns the direction of text.
std::string shown_line(std::string_view text, std::size_t bytes_max);
/// The same for text with line breaks.
std::string shown_text(std::string_view text, std::size_t bytes_max);

/// One character of UTF-8 text at `at`, which moves behind it. Bytes that are no UTF-8 come as U+FFFD, one by one.
char32_t next_character(std::string_view text, std::size_t& at);
/// A letter in lower case and without accents, as search and look-alikes see it; "ae" for one that is written as two.
std::string folded(char32_t character);
void append_utf8(std::string& to, char32_t character);

}  // namespace kith::town
