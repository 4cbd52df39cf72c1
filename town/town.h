// SPDX-License-Identifier: Apache-2.0
// The town as an app of the engine: its two schemas. Commands and queries are in the contexts' folders.
#pragma once

#include <string>

namespace kith::town {

/// Of a neighbourhood's space: the forum, then the people. The order numbers the tables, so it is part of the schema.
std::string schema();
/// Of the personal space: notes.
std::string personal_schema();

}  // namespace kith::town
