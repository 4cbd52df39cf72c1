// SPDX-License-Identifier: Apache-2.0
// The types of operations for the page: what every call is judged by (kith/shape.h), printed.
#pragma once

#include <span>
#include <string>

#include "kith/operation.h"

namespace kith {

/// A TypeScript module: each named type, and `Operations`, which maps a name to {args, result}. Types that several
/// tables declare alike are printed once; kUsage if they differ.
Result<std::string> typescript(std::span<const OperationTable* const> tables);

}  // namespace kith
