// SPDX-License-Identifier: Apache-2.0
#include "cli/plain/words.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace kith::cli {
namespace {

constexpr PageWords kEnglishWords{
    .code = "en",
    .skip = "To the notices",
    .you_are = "You are",
    .unnamed = "A neighbour",
    .post_title = "Tell the neighbours",
    .post_label = "Your notice",
    .post_button = "Post to the neighbours",
    .post_hint = "It stays here for ten seconds, so that you can take it back.",
    .reply_label = "Your reply",
    .reply_button = "Reply",
    .replies_one = "1 reply",
    .replies_many = "replies",
    .open_thread = "Read and reply",
    .edited = "edited",
    .gone = "This notice was withdrawn, or is not here yet.",
    .erased = "The text was erased.",
    .older = "Older notices",
    .newer = "More replies",
    .back = "Back to all notices",
    .nothing_yet = "Nothing hangs here yet. The first notice could be yours.",
    .caught_up = "You're caught up. That is everything that is here.",
    .take_back = "Take back",
    .resting = "Your latest words are still only here.",
    .in_touch = "In touch with the other houses.",
    .never_heard = "Nothing from outside yet.",
    .quiet_for = "Nothing from outside for",
    .only_here_one = "1 thing of yours is only here so far.",
    .only_here_many = "things of yours are only here so far.",
    .not_done = "That was not done",
};

constexpr PageWords kGermanWords{
    .code = "de",
    .skip = "Zu den Aushängen",
    .you_are = "Du bist",
    .unnamed = "Jemand aus der Nachbarschaft",
    .post_title = "Sag es den Nachbarn",
    .post_label = "Dein Aushang",
    .post_button = "Für die Nachbarn aushängen",
    .post_hint = "Er bleibt zehn Sekunden hier, damit du ihn zurücknehmen kannst.",
    .reply_label = "Deine Antwort",
    .reply_button = "Antworten",
    .replies_one = "1 Antwort",
    .replies_many = "Antworten",
    .open_thread = "Lesen und antworten",
    .edited = "geändert",
    .gone = "Dieser Aushang wurde zurückgezogen oder ist noch nicht hier.",
    .erased = "Der Text wurde gelöscht.",
    .older = "Ältere Aushänge",
    .newer = "Weitere Antworten",
    .back = "Zurück zu allen Aushängen",
    .nothing_yet = "Hier hängt noch nichts. Der erste Aushang könnte deiner sein.",
    .caught_up = "Das ist alles, was hier ist.",
    .take_back = "Zurücknehmen",
    .resting = "Deine letzten Worte sind noch nur hier.",
    .in_touch = "In Verbindung mit den anderen Häusern.",
    .never_heard = "Noch nichts von außen.",
    .quiet_for = "Nichts von außen seit",
    .only_here_one = "1 Sache von dir ist bisher nur hier.",
    .only_here_many = "Sachen von dir sind bisher nur hier.",
    .not_done = "Das ging nicht",
};

constexpr std::uint64_t kMinuteMs = 60'000;
constexpr std::uint64_t kHourMs = 60 * kMinuteMs;
constexpr std::uint64_t kDayMs = 24 * kHourMs;

/// The weight that the header gives a language; negative if it is not named.
double weight_of(std::string_view header, std::string_view language) {
  while (!header.empty()) {
    std::string_view item = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), item.size() + 1));
    while (item.starts_with(' ')) item.remove_prefix(1);
    const bool is_it =
        item.starts_with(language) && (item.size() == 2 || item[2] == '-' || item[2] == ';' || item[2] == ' ');
    if (!is_it) continue;
    const auto quality = item.find("q=");
    return quality == std::string_view::npos ? 1.0 : std::atof(std::string(item.substr(quality + 2)).c_str());
  }
  return -1;
}

}  // namespace

Language language_of(std::string_view accept_language) {
  return weight_of(accept_language, "de") > weight_of(accept_language, "en") ? Language::kGerman : Language::kEnglish;
}

const PageWords& page_words(Language language) {
  return language == Language::kGerman ? kGermanWords : kEnglishWords;
}

std::string audience(Language language, std::size_t neighbours) {
  const std::string count = std::to_string(neighbours);
  if (language == Language::kGerman) {
    return neighbours == 1 ? "Bisher liest hier nur du."
                           : "Alle " + count + " Nachbarn können das lesen. Sonst niemand.";
  }
  return neighbours == 1 ? "Only you read here so far."
                         : "All " + count + " neighbours will be able to read this. Nobody else.";
}

std::string span(Language language, std::uint64_t ms) {
  // Non-breaking spaces between number and unit.
  if (ms < kHourMs) return std::to_string(std::max<std::uint64_t>(ms / kMinuteMs, 1)) + "\u00a0min";
  if (ms < kDayMs) return std::to_string(ms / kHourMs) + "\u00a0h";
  const std::uint64_t days = ms / kDayMs;
  if (language == Language::kGerman) return std::to_string(days) + (days == 1 ? "\u00a0Tag" : "\u00a0Tagen");
  return std::to_string(days) + (days == 1 ? "\u00a0day" : "\u00a0days");
}

std::string age(Language language, std::uint64_t then_ms, std::uint64_t now_ms) {
  const std::uint64_t ms = now_ms > then_ms ? now_ms - then_ms : 0;
  if (ms < kMinuteMs) return language == Language::kGerman ? "gerade eben" : "just now";
  if (ms < kDayMs) return language == Language::kGerman ? "vor " + span(language, ms) : span(language, ms) + " ago";
  const std::time_t seconds = static_cast<std::time_t>(then_ms / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, language == Language::kGerman ? "%d.%m.%Y" : "%Y-%m-%d", &parts);
  return text;
}

}  // namespace kith::cli
