// SPDX-License-Identifier: Apache-2.0
// Value: one SQL value as SQLite knows it, and Rows: the answer to a query.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kith/bytes.h"

namespace kith {

/// NULL, INTEGER, REAL, TEXT (UTF-8) or BLOB.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;

inline bool is_null(const Value& v) {
  return v.index() == 0;
}

/// A whole answer in memory. Use it for bounded answers; stream with store::Statement otherwise.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
};

}  // namespace kith
