// SPDX-License-Identifier: Apache-2.0
// Tables: where an app puts what its person takes along, as plain tables that any program opens (replica.export).
//
//   KITH_TRY(tables.add("posts", KITH_TRY(database.query("SELECT id, body FROM posts"))));
#pragma once

#include <string_view>

#include "kith/result.h"
#include "kith/value.h"

namespace kith {

class Tables {
 public:
  virtual ~Tables() = default;
  /// The first call of a name makes the table with these columns, the first of which is its key; each call adds rows.
  virtual Result<void> add(std::string_view table, const Rows& rows) = 0;
};

}  // namespace kith
