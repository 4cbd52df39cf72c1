// SPDX-License-Identifier: Apache-2.0
// A row as it was: every write to it that counts, out of the changesets in the journal.
#pragma once

#include <string_view>
#include <vector>

#include "kith/database.h"
#include "store/authors.h"
#include "store/history.h"
#include "store/projection.h"

namespace kith::store {

/// Oldest first; empty if no such row lives. Writes that the table's rule refuses are left out; what cannot be read
/// here (erased, no key) is there with NULL cells and says so.
Result<std::vector<RowVersion>> row_versions(Db& db, Projection& projection, History& history, Authors& authors,
                                             const Table& table, const Value& key);

}  // namespace kith::store
