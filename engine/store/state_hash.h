// SPDX-License-Identifier: Apache-2.0
// The hash of the state that replicas must agree on: rows, births, stamps, life and conflicts, in an order of their
// own, by devices instead of local names and without anything of the journal.
#pragma once

#include <string>
#include <unordered_set>

#include "store/projection.h"

namespace kith::store {

/// `masked`: rows (by row_name) that count with nothing but their key.
Result<Bytes> state_hash(Db& db, const Schema& schema, Projection& projection, Authors& authors,
                         const std::unordered_set<std::string>& masked);

}  // namespace kith::store
