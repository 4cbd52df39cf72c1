// SPDX-License-Identifier: Apache-2.0
#include "kith/typescript.h"

#include <map>

namespace kith {
namespace {

/// "{}" is every object in TypeScript; one without members is meant.
std::string printed(std::string_view type) {
  return type == "{}" ? "Record<string, never>" : std::string(type);
}

}  // namespace

Result<std::string> typescript(std::span<const OperationTable* const> tables) {
  std::map<std::string_view, std::string_view> types;
  std::string names;
  std::string operations;
  for (const OperationTable* table : tables) {
    for (const NamedType& type : table->types) {
      const auto [known, is_new] = types.emplace(type.name, type.type);
      if (is_new) {
        names += "export type " + std::string(type.name) + " = " + printed(type.type) + ";\n";
      } else if (known->second != type.type) {
        return Error(ErrorCode::kUsage, "The type " + std::string(type.name) + " is declared in two ways.",
                     "Give one of them another name.");
      }
    }
    for (const Operation& operation : table->operations) {
      operations += "  '" + std::string(operation.name) + "': {args: " + printed(operation.arguments) +
                    "; result: " + printed(operation.result) + "};\n";
    }
  }
  return "// Printed from the tables of operations by kith_types; do not edit.\n" + names +
         "export interface Operations {\n" + operations + "}\n";
}

}  // namespace kith
