// SPDX-License-Identifier: Apache-2.0
// Everything that can be asked of the town, as one table: REST, the command line, the calls of the page and the
// TypeScript types of its answers all come from it (kith/operation.h).
#pragma once

#include "kith/operation.h"

namespace kith::town {

const OperationTable& operations();

}  // namespace kith::town
