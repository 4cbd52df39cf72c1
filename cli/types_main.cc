// SPDX-License-Identifier: Apache-2.0
// kith_types: prints the TypeScript types of every operation that the page may call, on standard output: the app's,
// those of every installation, and the beginnings of a browser. web/ui takes them as src/api.gen.ts.
#include <cstdio>

#include "kith/typescript.h"
#include "replica/house_operations.h"
#include "replica/replica.h"
#include "town/api/api.h"

int main() {
  const kith::OperationTable* const tables[] = {&kith::town::operations(), &kith::replica::house_operations(),
                                                &kith::replica::operations_of_replica()};
  const auto text = kith::typescript(tables);
  if (!text.ok()) {
    std::fprintf(stderr, "%s\n", text.error().message().c_str());
    return 1;
  }
  std::fputs(text->c_str(), stdout);
  return 0;
}
