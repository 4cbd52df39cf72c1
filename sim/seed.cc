// SPDX-License-Identifier: Apache-2.0
#include "sim/seed.h"

#include "sim/house_world.h"
#include "sim/store_world.h"

namespace kith::sim {

SeedResult run_seed(const RunOptions& options) {
  Run run(options);
  StoreWorld stores(run);
  stores.play();
  if (!run.has_failed()) {
    HouseWorld houses(run);
    houses.play();
  }
  return {run.failure(), run.report(), run.trace_digest()};
}

}  // namespace kith::sim
