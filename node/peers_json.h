// SPDX-License-Identifier: Apache-2.0
// GET /api/peers (docs/rest.md): the other houses for an operator's eyes: who, over what way, how far behind, and why
// it does not move.
#pragma once

#include "kith/json.h"
#include "replica/link.h"

namespace kith::node {

class Node;
struct FaultRecord;
using replica::Link;

Result<Json> peers_json(Node& node);
/// How far a session is and what it has carried; nothing if there is none yet.
void set_progress(Json& out, const Link& link);
Json fault_json(const FaultRecord& fault);

}  // namespace kith::node
