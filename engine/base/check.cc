// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace kith {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "kith: internal error at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace kith
