// SPDX-License-Identifier: Apache-2.0
// What the shell is told: one number for each kind of trouble (docs/cli.md has the table).
#pragma once

#include "kith/result.h"

namespace kith::cli {

int exit_code(ErrorCode code);

}  // namespace kith::cli
