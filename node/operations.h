// SPDX-License-Identifier: Apache-2.0
// Tables of operations as REST: each at its method and path, arguments from path, query and JSON body; and every one at
// POST /api/call/{name}.
#pragma once

#include <optional>

#include "kith/operation.h"
#include "net/http.h"

namespace kith::node {

/// nullopt: no path of this table. kUsage where only the path fits. 201 where a new thing
/// was made: the answer has an "id" that the call did not name.
std::optional<net::HttpResponse> answer_operation(const OperationTable& table, kith::Place& place,
                                                  const net::HttpRequest& request);

}  // namespace kith::node
