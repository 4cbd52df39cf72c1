// SPDX-License-Identifier: Apache-2.0
// Shape: holds a JSON value against a TypeScript type expression, so that what is printed for the page is what every
// call is judged by. Known are string, number, boolean, null, unknown (anything), literals ('open', 3), names of a
// table, objects ("{id: Id; limit?: number}"), arrays ("Post[]") and unions ("Post | null").
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kith/json.h"
#include "kith/operation.h"

namespace kith {

/// kUsage names the first member that does not fit ("limit" must be number); `what` begins the sentence where the value
/// itself does not. kInternal: the expression is none of these. A member that may be absent may not be null.
Result<void> check_shape(const Json& value, std::string_view type, std::span<const NamedType> names,
                         std::string_view what);

/// The members of an object as they stand in a URL or on a command line, made into values by what the type says of
/// each: "20" is a number where a number is meant. A list is one member given several times. kUsage: not known, or no
/// number.
Result<Json> read_members(std::span<const std::pair<std::string, std::string>> members, std::string_view type,
                          std::span<const NamedType> names);

}  // namespace kith
