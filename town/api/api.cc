// SPDX-License-Identifier: Apache-2.0
#include "town/api/api.h"

#include <iterator>

#include "town/api/operations.h"
#include "town/api/types.h"

namespace kith::town {

const OperationTable& operations() {
  static const OperationTable table = [] {
    OperationTable out;
    out.types.assign(std::begin(kTypes), std::end(kTypes));
    for (const auto part : {forum_operations(), market_operations(), people_operations(), personal_operations()})
      out.operations.insert(out.operations.end(), part.begin(), part.end());
    return out;
  }();
  return table;
}

}  // namespace kith::town
