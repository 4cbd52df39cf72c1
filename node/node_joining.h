// SPDX-License-Identifier: Apache-2.0
// The state of a join that is under way.
#pragma once

#include <optional>

#include "node/node.h"
#include "sync/session.h"

namespace kith::node {

struct Node::Joining {
  JoinRequest& request;
  std::optional<sync::Restoring> restoring{};
  bool is_member = false;  // on the disk
  bool is_personal_back = false;
  space::SpaceKeys personal_keys{};  // once it is
  std::optional<Error> failure{};    // why the space could not be joined
  std::uint64_t progress_ms = 0;     // when to show it again
};

}  // namespace kith::node
