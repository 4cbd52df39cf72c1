// SPDX-License-Identifier: Apache-2.0
// The paths that every node has, whatever its app (docs/rest.md): status, log, invites, undo, sync, devices.
#pragma once

#include "net/http.h"

namespace kith::node {

class Node;

/// False: not a path of the node itself. Otherwise `respond` is called, now or later.
bool answer_node_request(Node& node, const net::HttpRequest& request, const net::Respond& respond);

}  // namespace kith::node
