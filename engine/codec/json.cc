// SPDX-License-Identifier: Apache-2.0
#include "kith/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "codec/text_codes.h"

namespace kith {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t v) { out += static_cast<char>(v); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

void write_text(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void write_real(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  // The fewest digits that read back as the same number. Not std::to_chars: its tables are a tenth of the core of a
  // browser.
  constexpr int kDigitsMax = 17;
  char text[32];
  for (int digits = 15; digits <= kDigitsMax; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  out += text;
}

}  // namespace

/// One pass over a text whose UTF-8 has been checked. The first fault ends it.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}

  std::optional<Json> read_all() {
    Json out;
    if (!read(out, 0)) return std::nullopt;
    skip_space();
    if (!rest_.empty()) fault_ = "something follows the value";
    return fault_ == nullptr ? std::optional(std::move(out)) : std::nullopt;
  }
  const char* fault() const { return fault_; }

 private:
  bool fail(const char* fault) {
    fault_ = fault;
    return false;
  }
  void skip_space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n' || rest_[0] == '\r'))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view text, Json value, Json& out) {
    if (!rest_.starts_with(text)) return fail("a word that is not true, false or null");
    rest_.remove_prefix(text.size());
    out = std::move(value);
    return true;
  }

  bool read(Json& out, std::size_t depth) {
    skip_space();
    if (rest_.empty()) return fail("it ends too early");
    switch (rest_[0]) {
      case '{': return read_object(out, depth + 1);
      case '[': return read_array(out, depth + 1);
      case '"': {
        std::string text;
        if (!read_text(text)) return false;
        out = Json(std::move(text));
        return true;
      }
      case 't': return word("true", true, out);
      case 'f': return word("false", false, out);
      case 'n': return word("null", Json(), out);
      default: return read_number(out);
    }
  }

  bool read_array(Json& out, std::size_t depth) {
    if (depth > Json::kDepthMax) return fail("it is nested too deep");
    rest_.remove_prefix(1);
    Json::Array items;
    if (!take(']')) {
      do {
        if (!read(items.emplace_back(), depth)) return false;
      } while (take(','));
      if (!take(']')) return fail("a list without its end");
    }
    out = Json(std::move(items));
    return true;
  }

  bool read_object(Json& out, std::size_t depth) {
    if (depth > Json::kDepthMax) return fail("it is nested too deep");
    rest_.remove_prefix(1);
    Json::Object members;
    if (!take('}')) {
      do {
        if (!read_member(members.emplace_back(), depth)) return false;
      } while (take(','));
      if (!take('}')) return fail("an object without its end");
    }
    if (has_twins(members)) return fail("a name stands twice in one object");
    out.value_ = std::move(members);
    return true;
  }

  bool read_member(Json::Member& out, std::size_t depth) {
    skip_space();
    if (rest_.empty() || rest_[0] != '"') return fail("a name is missing");
    if (!read_text(out.first)) return false;
    if (!take(':')) return fail("a colon is missing");
    return read(out.second, depth);
  }

  static bool has_twins(const Json::Object& members) {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const Json::Member& member : members) names.push_back(member.first);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }

  bool read_text(std::string& out) {
    rest_.remove_prefix(1);
    while (true) {
      std::size_t plain = 0;
      while (plain < rest_.size() && rest_[plain] != '"' && rest_[plain] != '\\' &&
             static_cast<unsigned char>(rest_[plain]) >= 0x20)
        ++plain;
      out.append(rest_.substr(0, plain));
      rest_.remove_prefix(plain);
      if (rest_.empty()) return fail("a text without its end");
      const char stop = rest_[0];
      rest_.remove_prefix(1);
      if (stop == '"') return true;
      if (stop != '\\') return fail("a control character in a text");
      if (!read_escape(out)) return false;
    }
  }

  bool read_escape(std::string& out) {
    if (rest_.empty()) return fail("a text without its end");
    const char kind = rest_[0];
    rest_.remove_prefix(1);
    switch (kind) {
      case '"':
      case '\\':
      case '/': out += kind; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'u': return read_code(out);
      default: return fail("an escape that does not exist");
    }
  }

  /// A character beyond the first 65,536 is a pair of surrogates; half a pair is no character.
  bool read_code(std::string& out) {
    std::uint32_t code = 0;
    if (!read_hex(code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      std::uint32_t low = 0;
      if (!rest_.starts_with("\\u")) return fail("half a surrogate pair");
      rest_.remove_prefix(2);
      if (!read_hex(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      return fail("half a surrogate pair");
    }
    append_utf8(out, code);
    return true;
  }

  bool read_hex(std::uint32_t& out) {
    if (rest_.size() < 4) return fail("an escape of less than four digits");
    const auto end = std::from_chars(rest_.data(), rest_.data() + 4, out, 16);
    if (end.ptr != rest_.data() + 4) return fail("an escape of less than four digits");
    rest_.remove_prefix(4);
    return true;
  }

  std::size_t digits_at(std::size_t at) const {
    std::size_t end = at;
    while (end < rest_.size() && is_digit(rest_[end])) ++end;
    return end - at;
  }
  char at(std::size_t i) const { return i < rest_.size() ? rest_[i] : '\0'; }

  /// The length of the number here; 0: none. `is_whole`: no fraction and no exponent.
  std::size_t number_length(bool& is_whole) const {
    std::size_t end = at(0) == '-' ? 1 : 0;
    const std::size_t whole = digits_at(end);
    if (whole == 0 || (at(end) == '0' && whole > 1)) return 0;
    end += whole;
    is_whole = true;
    if (at(end) == '.') {
      is_whole = false;
      const std::size_t fraction = digits_at(end + 1);
      if (fraction == 0) return 0;
      end += 1 + fraction;
    }
    if (at(end) == 'e' || at(end) == 'E') {
      is_whole = false;
      end += at(end + 1) == '+' || at(end + 1) == '-' ? 2 : 1;
      const std::size_t exponent = digits_at(end);
      if (exponent == 0) return 0;
      end += exponent;
    }
    return end;
  }

  bool read_number(Json& out) {
    bool is_whole = false;
    const std::size_t length = number_length(is_whole);
    if (length == 0) return fail("a character that begins no value");
    const std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    std::int64_t integer = 0;
    if (is_whole && std::from_chars(text.data(), text.data() + length, integer).ec == std::errc()) {
      out = Json(integer);
      return true;
    }
    // from_chars would be the better one, but the standard library of WebAssembly has none for reals.
    const double real = std::strtod(text.c_str(), nullptr);
    if (!std::isfinite(real)) return fail("a number that is too large");
    out = Json(real);
    return true;
  }

  std::string_view rest_;
  const char* fault_ = nullptr;
};

Result<Json> Json::parse(std::string_view text) {
  JsonReader reader(text);
  auto out = codec::is_utf8(text) ? reader.read_all() : std::nullopt;
  if (out) return std::move(*out);
  const std::string fault = reader.fault() == nullptr ? "it is not UTF-8" : reader.fault();
  return Error(ErrorCode::kMalformed, "This is not valid JSON: " + fault + ".", "Send a JSON object in UTF-8.");
}

std::string Json::dump() const {
  std::string out;
  write(out);
  return out;
}

void Json::write(std::string& out) const {
  if (is_null()) {
    out += "null";
  } else if (const auto* flag = std::get_if<bool>(&value_)) {
    out += *flag ? "true" : "false";
  } else if (const auto* whole = std::get_if<std::int64_t>(&value_)) {
    out += std::to_string(*whole);
  } else if (const auto* real = std::get_if<double>(&value_)) {
    write_real(out, *real);
  } else if (const auto* text = std::get_if<std::string>(&value_)) {
    write_text(out, *text);
  } else if (const auto* items = std::get_if<Array>(&value_)) {
    out += '[';
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) out += ',';
      (*items)[i].write(out);
    }
    out += ']';
  } else if (const auto* members = std::get_if<Object>(&value_)) {
    out += '{';
    for (std::size_t i = 0; i < members->size(); ++i) {
      if (i > 0) out += ',';
      write_text(out, (*members)[i].first);
      out += ':';
      (*members)[i].second.write(out);
    }
    out += '}';
  }
}

void Json::set(std::string name, Json value) {
  if (!is_object()) value_ = Object();
  auto& members = std::get<Object>(value_);
  const auto known =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.first == name; });
  if (known != members.end()) {
    known->second = std::move(value);
  } else {
    members.emplace_back(std::move(name), std::move(value));
  }
}

const Json& Json::at(std::string_view name) const {
  static const Json kNull;
  for (const Member& member : members()) {
    if (member.first == name) return member.second;
  }
  return kNull;
}

std::optional<double> Json::number() const {
  if (const auto whole = integer()) return static_cast<double>(*whole);
  return get<double>();
}

const Json::Array& Json::items() const {
  static const Array kNone;
  const auto* items = std::get_if<Array>(&value_);
  return items == nullptr ? kNone : *items;
}

const Json::Object& Json::members() const {
  static const Object kNone;
  const auto* members = std::get_if<Object>(&value_);
  return members == nullptr ? kNone : *members;
}

}  // namespace kith
