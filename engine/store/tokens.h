// SPDX-License-Identifier: Apache-2.0
// SQL cut into tokens, as SQLite cuts it: what the schema's parser reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kith/result.h"

namespace kith::store {

struct Token {
  enum class Kind : std::uint8_t { kWord, kQuotedName, kString, kNumber, kBlob, kSymbol, kEnd } kind = Kind::kEnd;
  std::string text;     // as written, quotes included
  std::string content;  // a name or string without its quotes; else as written
  std::size_t line = 1;

  bool is_symbol(char c) const { return kind == Kind::kSymbol && text.size() == 1 && text[0] == c; }
  bool is_word(std::string_view upper) const;
  bool is_name() const { return kind == Kind::kWord || kind == Kind::kQuotedName; }
};

/// The last token is kEnd. kBadSchema, with the line: an open quote or comment, a character that SQL does not know.
Result<std::vector<Token>> tokenize(std::string_view sql);

std::string to_upper(std::string_view text);

}  // namespace kith::store
