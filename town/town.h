// SPDX-License-Identifier: Apache-2.0
// The town as an app of the engine: its two schemas. Commands and queries are in the contexts' folders.
#pragma once

#include <string>
#include <vector>

#include "kith/local_table.h"

namespace kith::town {

/// Of a neighbourhood's space. The order of the contexts numbers tables and events, so it is part of the schema: what
/// is new goes behind what is there (docs/schema.md).
std::string schema();
/// Of the personal space: notes, drafts, and how its person reads.
std::string personal_schema();

/// The indexes of search, for the store to keep beside the tables.
std::vector<LocalTable> local_tables();
std::vector<LocalTable> personal_local_tables();

}  // namespace kith::town
