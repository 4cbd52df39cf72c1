// SPDX-License-Identifier: Apache-2.0
#include "store/tokens.h"

#include <algorithm>
#include <array>

namespace kith::store {
namespace {

// The longest first: the first that fits is taken.
constexpr std::array<std::string_view, 10> kLongSymbols = {"->>", "->", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_word_part(char c) {
  return is_word_start(c) || is_digit(c) || c == '$';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// 12, 1.5, .5, 2e-3, 0x1f: what every version of SQLite takes for a number.
bool is_number(std::string_view text) {
  const auto skip_digits = [&text] {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end > 0;
  };
  if (text.starts_with("0x") || text.starts_with("0X")) {
    return text.size() > 2 && std::all_of(text.begin() + 2, text.end(), is_hex_digit);
  }
  bool has_digits = skip_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    has_digits = skip_digits() || has_digits;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    has_digits = has_digits && skip_digits();
  }
  return has_digits && text.empty();
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view sql) : sql_(sql) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    for (;;) {
      KITH_TRY(skip_blank());
      tokens.push_back(KITH_TRY(next()));
      if (tokens.back().kind == Token::Kind::kEnd) return tokens;
    }
  }

 private:
  char at(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  Error error(std::string_view what) const {
    return {ErrorCode::kBadSchema, "Line " + std::to_string(line_) + " of the schema: " + std::string(what) + ".",
            "Close it, or take it out."};
  }

  Token take(Token::Kind kind, std::size_t length) {
    Token token{kind, std::string(sql_.substr(at_, length)), std::string(sql_.substr(at_, length)), line_};
    line_ += static_cast<std::size_t>(std::count(token.text.begin(), token.text.end(), '\n'));
    at_ += length;
    return token;
  }

  Result<void> skip_blank() {
    for (;;) {
      if (is_space(at(0))) {
        take(Token::Kind::kSymbol, 1);
      } else if (at(0) == '-' && at(1) == '-') {
        take(Token::Kind::kSymbol, std::min(sql_.find('\n', at_), sql_.size()) - at_);
      } else if (at(0) == '/' && at(1) == '*') {
        const std::size_t end = sql_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return error("a comment is not closed");
        take(Token::Kind::kSymbol, end + 2 - at_);
      } else {
        return {};
      }
    }
  }

  Result<Token> next() {
    if (at_ >= sql_.size()) return Token{Token::Kind::kEnd, "", "", line_};
    const char c = at(0);
    if (c == '"' || c == '`' || c == '[') return quoted(Token::Kind::kQuotedName, c == '[' ? ']' : c);
    if (c == '\'') return quoted(Token::Kind::kString, c);
    if ((c == 'x' || c == 'X') && at(1) == '\'') return blob();
    if (is_word_start(c)) return take(Token::Kind::kWord, run_of(is_word_part));
    if (is_digit(c) || (c == '.' && is_digit(at(1)))) return number();
    for (const std::string_view symbol : kLongSymbols) {
      if (sql_.substr(at_).starts_with(symbol)) return take(Token::Kind::kSymbol, symbol.size());
    }
    if (std::string_view("(),;.+-*/%<>=|&~?:@").find(c) == std::string_view::npos) {
      return error(std::string("the character '") + c + "' means nothing here");
    }
    return take(Token::Kind::kSymbol, 1);
  }

  template <typename Predicate>
  std::size_t run_of(Predicate is_part) const {
    std::size_t n = 0;
    while (at_ + n < sql_.size() && is_part(sql_[at_ + n])) ++n;
    return n;
  }

  std::size_t number_length() const {
    std::size_t n = 0;
    while (is_word_part(at(n)) || at(n) == '.' ||
           ((at(n) == '+' || at(n) == '-') && (at(n - 1) == 'e' || at(n - 1) == 'E')))
      ++n;
    return n;
  }

  Result<Token> number() {
    const std::size_t length = number_length();
    if (!is_number(sql_.substr(at_, length))) return error("a number is not written as one");
    return take(Token::Kind::kNumber, length);
  }

  Result<Token> quoted(Token::Kind kind, char close) {
    std::string content;
    std::size_t n = 1;
    for (;; ++n) {
      if (at_ + n >= sql_.size()) return error("a quote is not closed");
      if (at(n) == close) {
        if (close == ']' || at(n + 1) != close) break;
        ++n;  // a doubled quote is one of the text
      }
      content += at(n);
    }
    Token token = take(kind, n + 1);
    token.content = std::move(content);
    return token;
  }

  Result<Token> blob() {
    const std::size_t end = sql_.find('\'', at_ + 2);
    if (end == std::string_view::npos) return error("a quote is not closed");
    const std::string_view digits = sql_.substr(at_ + 2, end - at_ - 2);
    if (digits.size() % 2 != 0 || !std::all_of(digits.begin(), digits.end(), is_hex_digit)) {
      return error("a blob is written as x'…' with two hexadecimal digits for each byte");
    }
    return take(Token::Kind::kBlob, end + 1 - at_);
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::string to_upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

bool Token::is_word(std::string_view upper) const {
  return kind == Kind::kWord && to_upper(text) == upper;
}

Result<std::vector<Token>> tokenize(std::string_view sql) {
  return Tokenizer(sql).run();
}

}  // namespace kith::store
