// SPDX-License-Identifier: Apache-2.0
// Operation: one thing that can be asked of an app or of an installation, by name, with JSON in and out. Each room that
// has some exports one table; REST, the command line, the calls of the page and its TypeScript types all come from it.
// `arguments` and `result` are TypeScript type expressions, e.g. "{id: Id; limit?: number}" and "ThreadCard[] | null",
// over the table's own named types: they are printed for the page and held against every call (kith/shape.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/json.h"
#include "kith/place.h"

namespace kith {

/// Which spaces have to be there for it.
enum class Needs : std::uint8_t { kNothing, kPersonal, kSpace };

struct Operation {
  using Run = std::function<Result<Json>(Place& place, const Json& arguments)>;

  std::string_view name;  // "forum.feed"
  bool is_command;        // it writes: answered once what it wrote is on the medium
  Needs needs;
  std::string_view method;     // of REST: "GET", "POST", "PATCH", "DELETE"
  std::string_view path;       // of REST: "/api/posts/{id}"; other arguments travel as query parameters or JSON body
  std::string_view arguments;  // "{before?: string; limit?: number}"; "{}" for none
  std::string_view result;     // "{threads: ThreadCard[]; next: string | null}"
  Run run;
};

struct NamedType {
  std::string_view name;  // "Post"
  std::string_view type;  // "{id: Id; thread: Id | null; …}"
};

struct OperationTable {
  std::vector<NamedType> types;
  std::vector<Operation> operations;

  /// Null: there is none of that name.
  const Operation* find(std::string_view name) const;
};

/// Runs one: the arguments fit its type, and the spaces that it needs are there. kUsage names what does not fit,
/// kNotFound an operation that is not there, kNotMember a neighbourhood that is not there yet.
Result<Json> call(const OperationTable& table, const Operation& operation, Place& place, const Json& arguments);
Result<Json> call(const OperationTable& table, Place& place, std::string_view name, const Json& arguments);

}  // namespace kith
