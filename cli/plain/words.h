// SPDX-License-Identifier: Apache-2.0
// What the page says, in English and German. The voice: a considerate neighbour, short and concrete.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kith::cli {

enum class Language { kEnglish, kGerman };

/// By Accept-Language; English where neither is asked for.
Language language_of(std::string_view accept_language);

struct PageWords {
  const char* code;  // of the language
  const char* skip;
  const char* you_are;  // followed by the name
  const char* unnamed;  // a neighbour whose name is not here yet
  const char* post_title;
  const char* post_label;
  const char* post_button;  // followed by the number of neighbours
  const char* post_hint;
  const char* reply_label;
  const char* reply_button;
  const char* replies_one;
  const char* replies_many;  // preceded by the number
  const char* open_thread;
  const char* edited;
  const char* gone;  // a post that was withdrawn, or is not here
  const char* erased;
  const char* older;
  const char* newer;
  const char* back;
  const char* nothing_yet;
  const char* caught_up;
  const char* take_back;
  const char* resting;
  const char* in_touch;
  const char* never_heard;
  const char* quiet_for;  // followed by an age
  const char* only_here_one;
  const char* only_here_many;  // preceded by the number
  const char* not_done;
};

const PageWords& page_words(Language language);
/// "All 43 neighbours will be able to read this. Nobody else."
std::string audience(Language language, std::size_t neighbours);
/// "just now", "5 min ago", "3 h ago", or a date.
std::string age(Language language, std::uint64_t then_ms, std::uint64_t now_ms);
/// The same as a span: "3 h".
std::string span(Language language, std::uint64_t ms);

}  // namespace kith::cli
