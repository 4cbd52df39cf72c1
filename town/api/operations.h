// SPDX-License-Identifier: Apache-2.0
// The table's parts, one for each context.
#pragma once

#include <span>

#include "kith/operation.h"

namespace kith::town {

std::span<const Operation> forum_operations();
std::span<const Operation> market_operations();
std::span<const Operation> people_operations();
std::span<const Operation> personal_operations();

}  // namespace kith::town
