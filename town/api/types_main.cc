// SPDX-License-Identifier: Apache-2.0
// kith_types: prints the TypeScript types of the town's operations on standard output, for web/ui.
#include <cstdio>

#include "kith/typescript.h"
#include "town/api/api.h"

int main() {
  const kith::OperationTable* const tables[] = {&kith::town::operations()};
  const auto text = kith::typescript(tables);
  if (!text.ok()) {
    std::fprintf(stderr, "%s\n", text.error().message().c_str());
    return 1;
  }
  std::fputs(text->c_str(), stdout);
  return 0;
}
