// SPDX-License-Identifier: Apache-2.0
// Values of a row by their place, for queries.
#pragma once

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "kith/ids.h"
#include "kith/value.h"

namespace kith::town {

using Row = std::vector<Value>;

inline std::optional<std::string> optional_text(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}
inline std::string text(const Value& value) {
  return optional_text(value).value_or("");
}
inline std::optional<std::int64_t> optional_integer(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}
inline std::int64_t integer(const Value& value) {
  return optional_integer(value).value_or(0);
}
/// Zero where the value is of another form.
template <typename Id>
Id id_of(const Value& value) {
  const auto* bytes = std::get_if<Bytes>(&value);
  return bytes == nullptr ? Id{} : Id::from(*bytes).value_or(Id{});
}
inline std::uint64_t ms_of(const Value& stamp) {
  return Stamp(static_cast<std::uint64_t>(integer(stamp))).ms();
}
inline std::optional<std::uint64_t> optional_ms(const Value& stamp) {
  return is_null(stamp) ? std::nullopt : std::optional(ms_of(stamp));
}

/// Of the stamps of birth and of the last change the later one.
inline Stamp latest_of(const Value& born, const Value& changed) {
  return Stamp(static_cast<std::uint64_t>(std::max(integer(born), integer(changed))));
}

inline Value or_null(const std::optional<std::string>& text) {
  return text ? Value(*text) : Value();
}
/// What is empty is stored as NULL.
inline Value null_if_empty(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}
inline Value blob(const PersonId& person) {
  return Value(to_bytes(person.view()));
}

/// The smallest UUIDv7 of a moment: every earlier id sorts below it.
inline std::string first_id_at(std::uint64_t ms) {
  char out[16];
  std::snprintf(out, sizeof out, "%08llx-%04llx", static_cast<unsigned long long>(ms >> 16 & 0xffffffff),
                static_cast<unsigned long long>(ms & 0xffff));
  return out;
}
/// The engine merges nothing that is further ahead; an id that is waits until it is due, or it would stand on top of
/// every list for ever.
inline constexpr std::uint64_t kEarlyMsMax = 600'000;

}  // namespace kith::town
