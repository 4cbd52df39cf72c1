// SPDX-License-Identifier: Apache-2.0
// The commands of `kith`.
#pragma once

#include "cli/arguments.h"
#include "kith/result.h"

namespace kith::cli {

/// Does what the line says; prints the answer. The error is for the caller to print.
Result<void> run_command(const Arguments& arguments);

}  // namespace kith::cli
