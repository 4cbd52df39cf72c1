// SPDX-License-Identifier: Apache-2.0
#include "kith/shape.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace kith {
namespace {

constexpr int kDepthMax = 64;  // of names that stand for names, and of brackets

struct Type {
  enum class Kind : std::uint8_t {
    kString,
    kNumber,
    kBoolean,
    kNull,
    kUnknown,
    kText,     // a literal
    kInteger,  // likewise
    kNamed,
    kArray,   // of parts[0]
    kObject,  // parts[i] is the type of members[i]
    kUnion,
  };
  struct Member {
    std::string_view name;
    bool is_optional = false;
  };

  Kind kind = Kind::kUnknown;
  std::string_view text;  // as written
  std::int64_t integer = 0;
  std::vector<Member> members;
  std::vector<Type> parts;
};

/// Reads a type expression; nullopt wherever it is none.
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : text_(text) {}

  std::optional<Type> read() {
    auto type = read_union(0);
    skip_blank();
    return at_ == text_.size() ? std::move(type) : std::nullopt;
  }

 private:
  void skip_blank() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(std::string_view what) {
    skip_blank();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  std::string_view word() {
    skip_blank();
    const std::size_t begin = at_;
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::string_view since(std::size_t begin) const {
    while (begin < at_ && text_[begin] == ' ') ++begin;
    return text_.substr(begin, at_ - begin);
  }

  std::optional<Type> read_union(int depth) {
    if (depth > kDepthMax) return std::nullopt;
    const std::size_t begin = at_;
    take("|");
    Type out;
    out.kind = Type::Kind::kUnion;
    do {
      auto part = read_array(depth + 1);
      if (!part) return std::nullopt;
      out.parts.push_back(std::move(*part));
    } while (take("|"));
    if (out.parts.size() == 1) return std::move(out.parts[0]);
    out.text = since(begin);
    return out;
  }

  std::optional<Type> read_array(int depth) {
    const std::size_t begin = at_;
    auto type = read_one(depth);
    while (type && take("[]")) {
      Type array;
      array.kind = Type::Kind::kArray;
      array.text = since(begin);
      array.parts.push_back(std::move(*type));
      type = std::move(array);
    }
    return type;
  }

  std::optional<Type> read_one(int depth) {
    if (take("(")) {
      auto type = read_union(depth + 1);
      return take(")") ? std::move(type) : std::nullopt;
    }
    if (take("{")) return read_object(depth);
    if (take("'")) return read_literal();
    const std::string_view name = word();
    if (name.empty()) return std::nullopt;
    Type out;
    out.text = name;
    out.kind = name == "string"    ? Type::Kind::kString
               : name == "number"  ? Type::Kind::kNumber
               : name == "boolean" ? Type::Kind::kBoolean
               : name == "null"    ? Type::Kind::kNull
               : name == "unknown" ? Type::Kind::kUnknown
                                   : Type::Kind::kNamed;
    if (std::from_chars(name.data(), name.data() + name.size(), out.integer).ptr == name.data() + name.size())
      out.kind = Type::Kind::kInteger;
    return out;
  }

  std::optional<Type> read_literal() {
    const std::size_t begin = at_;
    const std::size_t end = text_.find('\'', begin);
    if (end == std::string_view::npos) return std::nullopt;
    at_ = end + 1;
    Type out;
    out.kind = Type::Kind::kText;
    out.text = text_.substr(begin - 1, end - begin + 2);
    return out;
  }

  std::optional<Type> read_object(int depth) {
    const std::size_t begin = at_ - 1;
    Type out;
    out.kind = Type::Kind::kObject;
    while (!take("}")) {
      const std::string_view name = word();
      const bool is_optional = take("?");
      if (name.empty() || !take(":")) return std::nullopt;
      auto type = read_union(depth + 1);
      if (!type) return std::nullopt;
      out.members.push_back({name, is_optional});
      out.parts.push_back(std::move(*type));
      if (!take(";") && !take(",") && !text_.substr(at_).starts_with("}")) return std::nullopt;
    }
    out.text = since(begin);
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Checker {
 public:
  explicit Checker(std::span<const NamedType> names) : names_(names) {}

  Result<void> check(const Json& value, std::string_view expression, const std::string& path, int depth) {
    const auto type = TypeReader(expression).read();
    if (!type || depth > kDepthMax) return unreadable(expression);
    return check(value, *type, path, depth);
  }

  static Error unreadable(std::string_view expression) {
    return {ErrorCode::kInternal, "The type \"" + std::string(expression) + "\" cannot be read."};
  }
  static Error unfit(const std::string& path, std::string_view wanted) {
    return {ErrorCode::kUsage, path + " must be " + std::string(wanted) + "."};
  }
  static Result<void> need(bool is_so, const std::string& path, const Type& type) {
    if (is_so) return {};
    return unfit(path, type.text);
  }
  static std::string inside(const std::string& path, std::string_view member) {
    return path.starts_with('"') ? path.substr(0, path.size() - 1) + "." + std::string(member) + "\""
                                 : "\"" + std::string(member) + "\"";
  }

  /// The text as a value of this type; what fits no other is text.
  Json from_text(const std::string& text, const Type& type, int depth) {
    if (type.kind == Type::Kind::kNamed && depth < kDepthMax) {
      const auto found =
          std::find_if(names_.begin(), names_.end(), [&](const NamedType& one) { return one.name == type.text; });
      const auto named = found == names_.end() ? std::nullopt : TypeReader(found->type).read();
      return named ? from_text(text, *named, depth + 1) : Json(text);
    }
    if (type.kind == Type::Kind::kBoolean && (text == "true" || text == "false")) return text == "true";
    if (type.kind != Type::Kind::kNumber && type.kind != Type::Kind::kInteger) return text;
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end && !text.empty() ? Json(number) : Json(text);
  }

 private:
  Result<void> check(const Json& value, const Type& type, const std::string& path, int depth) {
    switch (type.kind) {
      case Type::Kind::kString: return need(value.text().has_value(), path, type);
      case Type::Kind::kNumber: return need(value.number().has_value(), path, type);
      case Type::Kind::kBoolean: return need(value.boolean().has_value(), path, type);
      case Type::Kind::kNull: return need(value.is_null(), path, type);
      case Type::Kind::kUnknown: return {};
      case Type::Kind::kText:
        return need(value.text() == std::string(type.text.substr(1, type.text.size() - 2)), path, type);
      case Type::Kind::kInteger: return need(value.integer() == type.integer, path, type);
      case Type::Kind::kNamed: return check_named(value, type, path, depth);
      case Type::Kind::kArray: return check_array(value, type, path, depth);
      case Type::Kind::kObject: return check_object(value, type, path, depth);
      case Type::Kind::kUnion: return check_union(value, type, path, depth);
    }
    return unreadable(type.text);
  }

  Result<void> check_named(const Json& value, const Type& type, const std::string& path, int depth) {
    const auto found =
        std::find_if(names_.begin(), names_.end(), [&](const NamedType& one) { return one.name == type.text; });
    if (found == names_.end()) return unreadable(type.text);
    return check(value, found->type, path, depth + 1);
  }

  Result<void> check_array(const Json& value, const Type& type, const std::string& path, int depth) {
    if (!value.is_array()) return unfit(path, type.text);
    for (std::size_t i = 0; i < value.items().size(); ++i)
      KITH_TRY(check(value.items()[i], type.parts[0], inside(path, std::to_string(i)), depth));
    return {};
  }

  Result<void> check_object(const Json& value, const Type& type, const std::string& path, int depth) {
    if (!value.is_object()) return unfit(path, type.text);
    for (const auto& [name, member] : value.members()) {
      const auto known = std::find_if(type.members.begin(), type.members.end(),
                                      [&wanted = name](const Type::Member& one) { return one.name == wanted; });
      if (known == type.members.end())
        return Error(ErrorCode::kUsage, inside(path, name.substr(0, 40)) + " is not known here.");
      const auto place = static_cast<std::size_t>(known - type.members.begin());
      KITH_TRY(check(member, type.parts[place], inside(path, name), depth));
    }
    for (const Type::Member& member : type.members) {
      const bool is_there = std::any_of(value.members().begin(), value.members().end(),
                                        [&](const Json::Member& one) { return one.first == member.name; });
      if (!is_there && !member.is_optional) return Error(ErrorCode::kUsage, inside(path, member.name) + " is missing.");
    }
    return {};
  }

  /// Where one part alone could be meant, its own complaint says more.
  Result<void> check_union(const Json& value, const Type& type, const std::string& path, int depth) {
    Result<void> last = unfit(path, type.text);
    for (const Type& part : type.parts) {
      auto checked = check(value, part, path, depth + 1);
      if (checked.ok() || checked.error().code() == ErrorCode::kInternal) return checked;
      const bool is_meant = (value.is_object() || value.is_array()) && part.kind != Type::Kind::kNull;
      if (is_meant && type.parts.size() == 2 && type.parts[1].kind == Type::Kind::kNull) last = std::move(checked);
    }
    return last;
  }

  std::span<const NamedType> names_;
};

}  // namespace

Result<Json> read_members(std::span<const std::pair<std::string, std::string>> members, std::string_view type,
                          std::span<const NamedType> names) {
  const auto object = TypeReader(type).read();
  if (!object || object->kind != Type::Kind::kObject) return Checker::unreadable(type);
  Checker checker(names);
  std::vector<std::pair<std::string, Json::Array>> lists;
  Json out = Json::object({});
  for (const auto& [name, text] : members) {
    const auto known = std::find_if(object->members.begin(), object->members.end(),
                                    [&wanted = name](const Type::Member& one) { return one.name == wanted; });
    if (known == object->members.end())
      return Error(ErrorCode::kUsage, "\"" + name.substr(0, 40) + "\" is not known here.");
    const Type& of = object->parts[static_cast<std::size_t>(known - object->members.begin())];
    if (of.kind != Type::Kind::kArray) {
      out.set(name, checker.from_text(text, of, 0));
      continue;
    }
    auto list =
        std::find_if(lists.begin(), lists.end(), [&wanted = name](const auto& one) { return one.first == wanted; });
    if (list == lists.end()) list = lists.insert(lists.end(), {name, {}});
    list->second.push_back(checker.from_text(text, of.parts[0], 0));
  }
  for (auto& [name, items] : lists) out.set(name, Json(std::move(items)));
  return out;
}

Result<void> check_shape(const Json& value, std::string_view type, std::span<const NamedType> names,
                         std::string_view what) {
  return Checker(names).check(value, type, std::string(what), 0);
}

}  // namespace kith
