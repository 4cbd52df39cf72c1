// SPDX-License-Identifier: Apache-2.0
// One seed: every world once.
#pragma once

#include <optional>
#include <string>

#include "sim/run.h"

namespace kith::sim {

struct SeedResult {
  std::optional<std::string> failure;
  Report report;
  std::uint64_t trace_digest = 0;
};

/// The same options give the same result, on every machine.
SeedResult run_seed(const RunOptions& options);

}  // namespace kith::sim
