// SPDX-License-Identifier: Apache-2.0
#include "kith/operation.h"

#include <algorithm>

#include "kith/shape.h"

namespace kith {

const Operation* OperationTable::find(std::string_view name) const {
  const auto found = std::find_if(operations.begin(), operations.end(),
                                  [&](const Operation& operation) { return operation.name == name; });
  return found == operations.end() ? nullptr : &*found;
}

Result<Json> call(const OperationTable& table, const Operation& operation, Place& place, const Json& arguments) {
  const auto checked = check_shape(arguments, operation.arguments, table.types, "The call");
  if (!checked.ok()) {
    return Error(checked.error().code(), checked.error().cause(),
                 std::string(operation.name) + " takes " + std::string(operation.arguments) + ".");
  }
  if (operation.needs == Needs::kSpace && !place.has_space()) {
    return Error(ErrorCode::kNotMember, "You belong to no neighbourhood here yet.",
                 "Open an invitation, or found a neighbourhood.");
  }
  return operation.run(place, arguments);
}

Result<Json> call(const OperationTable& table, Place& place, std::string_view name, const Json& arguments) {
  if (const Operation* operation = table.find(name)) return call(table, *operation, place, arguments);
  return Error(ErrorCode::kNotFound, "There is no operation \"" + std::string(name.substr(0, 60)) + "\".",
               "See docs/rest.md.");
}

}  // namespace kith
