// SPDX-License-Identifier: Apache-2.0
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kith::fuzz::run({data, size});
  return 0;
}
