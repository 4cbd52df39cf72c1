// SPDX-License-Identifier: Apache-2.0
#include "town/people/look_alike.h"

#include <algorithm>
#include <array>

#include "town/text.h"

namespace kith::town::people {
namespace {

struct Alike {
  char32_t from;
  const char* to;
};

// Sorted by code point, besides what `folded` knows.
constexpr std::array kAlike = {
    Alike{'0', "o"},   Alike{'1', "l"},   Alike{'5', "s"},   Alike{'8', "b"},   Alike{'i', "l"},    Alike{'|', "l"},
    Alike{0x192, "f"}, Alike{0x1c3, "l"}, Alike{0x1ce, "a"}, Alike{0x1d0, "l"}, Alike{0x1d2, "o"},  Alike{0x1d4, "u"},
    Alike{0x218, "s"}, Alike{0x219, "s"}, Alike{0x21a, "t"}, Alike{0x21b, "t"}, Alike{0x237, "j"},  Alike{0x251, "a"},
    Alike{0x261, "g"}, Alike{0x26a, "l"}, Alike{0x391, "a"}, Alike{0x392, "b"}, Alike{0x395, "e"},  Alike{0x396, "z"},
    Alike{0x397, "h"}, Alike{0x399, "l"}, Alike{0x39a, "k"}, Alike{0x39c, "m"}, Alike{0x39d, "n"},  Alike{0x39f, "o"},
    Alike{0x3a1, "p"}, Alike{0x3a4, "t"}, Alike{0x3a5, "y"}, Alike{0x3a7, "x"}, Alike{0x3b1, "a"},  Alike{0x3b9, "l"},
    Alike{0x3ba, "k"}, Alike{0x3bd, "v"}, Alike{0x3bf, "o"}, Alike{0x3c1, "p"}, Alike{0x3c5, "u"},  Alike{0x405, "s"},
    Alike{0x406, "l"}, Alike{0x408, "j"}, Alike{0x410, "a"}, Alike{0x412, "b"}, Alike{0x415, "e"},  Alike{0x417, "3"},
    Alike{0x41a, "k"}, Alike{0x41c, "m"}, Alike{0x41d, "h"}, Alike{0x41e, "o"}, Alike{0x420, "p"},  Alike{0x421, "c"},
    Alike{0x422, "t"}, Alike{0x423, "y"}, Alike{0x425, "x"}, Alike{0x430, "a"}, Alike{0x432, "b"},  Alike{0x433, "r"},
    Alike{0x435, "e"}, Alike{0x437, "3"}, Alike{0x43a, "k"}, Alike{0x43c, "m"}, Alike{0x43d, "h"},  Alike{0x43e, "o"},
    Alike{0x43f, "n"}, Alike{0x440, "p"}, Alike{0x441, "c"}, Alike{0x442, "t"}, Alike{0x443, "y"},  Alike{0x445, "x"},
    Alike{0x44a, "b"}, Alike{0x44c, "b"}, Alike{0x451, "e"}, Alike{0x455, "s"}, Alike{0x456, "l"},  Alike{0x457, "l"},
    Alike{0x458, "j"}, Alike{0x501, "d"}, Alike{0x51b, "q"}, Alike{0x51d, "w"}, Alike{0x1e9e, "ss"}};
static_assert(std::is_sorted(kAlike.begin(), kAlike.end(),
                             [](const Alike& a, const Alike& b) { return a.from < b.from; }));

bool is_mark(char32_t c) {
  return (c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) || c == 0xad || c == 0x2060 ||
         (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

bool is_separator(char32_t c) {
  return c == ' ' || c == '.' || c == '-' || c == '_' || c == '\'' || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) ||
         (c >= 0x2010 && c <= 0x2019) || c == 0x202f || c == 0x3000;
}

/// Fullwidth and mathematical letters are drawn as the plain ones.
char32_t plain(char32_t c) {
  if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0;
  if (c >= 0x1d400 && c < 0x1d6a4) {
    const char32_t place = (c - 0x1d400) % 52;
    c = place < 26 ? 'a' + place : 'a' + place - 26;
  }
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

void add(std::string& out, char32_t c) {
  c = plain(c);
  const auto found =
      std::lower_bound(kAlike.begin(), kAlike.end(), c, [](const Alike& a, char32_t b) { return a.from < b; });
  if (found != kAlike.end() && found->from == c) {
    out += found->to;
  } else {
    for (const char letter : folded(c)) out += letter == 'i' ? 'l' : letter;
  }
}

}  // namespace

std::string skeleton(std::string_view name) {
  std::string letters;
  for (std::size_t at = 0; at < name.size();) {
    const char32_t c = next_character(name, at);
    if (!is_mark(c) && !is_separator(c)) add(letters, c);
  }
  // Pairs that are read as one letter in most faces.
  std::string out;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const std::string_view rest = std::string_view(letters).substr(i);
    if (rest.starts_with("rn") || rest.starts_with("nn")) {
      out += 'm';
      ++i;
    } else if (rest.starts_with("vv")) {
      out += 'w';
      ++i;
    } else {
      out += letters[i];
    }
  }
  return out;
}

}  // namespace kith::town::people
