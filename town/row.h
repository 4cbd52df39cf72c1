// SPDX-License-Identifier: Apache-2.0
// Values of a row by their place, for queries.
#pragma once

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
inline std::int64_t integer(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
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

}  // namespace kith::town
