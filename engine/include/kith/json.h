// SPDX-License-Identifier: Apache-2.0
// JSON values (RFC 8259): what operations take and give (kith/operation.h), over REST, from the command line and across
// the border to the page. Objects keep the order in which their members were set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kith/result.h"

namespace kith {

class Json {
 public:
  static constexpr std::size_t kDepthMax = 16;
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(bool v) : value_(v) {}
  Json(int v) : value_(static_cast<std::int64_t>(v)) {}
  Json(std::int64_t v) : value_(v) {}
  Json(std::uint64_t v) : value_(static_cast<std::int64_t>(v)) {}
  Json(double v) : value_(v) {}
  Json(const char* v) : value_(std::string(v)) {}
  Json(std::string_view v) : value_(std::string(v)) {}
  Json(std::string v) : value_(std::move(v)) {}
  Json(Array v) : value_(std::move(v)) {}
  template <typename T>
  Json(const std::optional<T>& v) {
    if (v) *this = Json(*v);
  }
  static Json object(std::initializer_list<Member> members) {
    Json out;
    out.value_ = Object(members);
    return out;
  }

  /// Strict: UTF-8 is checked, no name stands twice in an object, nested at most kDepthMax deep. Whole numbers beyond
  /// 64 bits become reals. kMalformed.
  static Result<Json> parse(std::string_view text);
  /// On one line. Reals that JSON cannot say (infinite, not a number) are null.
  std::string dump() const;

  bool is_null() const { return value_.index() == 0; }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  /// Sets a member, in the place of one that has this name. Turns what is no object into one.
  void set(std::string name, Json value);
  /// Null if this is no object or has no such member.
  const Json& at(std::string_view name) const;
  std::optional<std::string> text() const { return get<std::string>(); }
  std::optional<std::int64_t> integer() const { return get<std::int64_t>(); }
  /// Of whole numbers and reals.
  std::optional<double> number() const;
  std::optional<bool> boolean() const { return get<bool>(); }
  /// Empty if this is no array.
  const Array& items() const;
  /// Empty if this is no object.
  const Object& members() const;

 private:
  template <typename T>
  std::optional<T> get() const {
    const T* v = std::get_if<T>(&value_);
    return v == nullptr ? std::nullopt : std::optional(*v);
  }
  void write(std::string& out) const;
  friend class JsonReader;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

}  // namespace kith
