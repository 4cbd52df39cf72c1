// SPDX-License-Identifier: Apache-2.0
// For tests: what a set of entries means, by maps and sorts and without SQL, fast paths or cleverness. What the store
// must agree with.
#pragma once

#include <set>
#include <string>

#include "store/schema.h"
#include "store/testing/replica.h"

namespace kith::store::testing {

/// Every row, living, dead and waiting, and every conflict, as sorted lines of text. `without`: entries that do not
/// count.
std::string model_of(const Schema& schema, const Entries& entries, const std::set<EntryKey>& without = {});
/// The same as the store's tables have it.
std::string tables_of(Replica& replica);

}  // namespace kith::store::testing
