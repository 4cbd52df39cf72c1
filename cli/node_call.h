// SPDX-License-Identifier: Apache-2.0
// One way to ask a data directory: over the control socket of the node that runs on it, or by opening it here where
// none runs.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kith/json.h"
#include "node/node.h"

namespace kith::cli {

class NodeCall {
 public:
  static constexpr std::uint64_t kCallMsMax = 60'000;
  static constexpr std::uint64_t kSyncMsMax = 3'600'000;
  /// A node that is just starting has the lock before its socket.
  static constexpr std::uint64_t kStartMsMax = 3'000;
  static constexpr std::uint64_t kStartCheckMs = 50;

  static Result<NodeCall> open(const node::Setup& setup);

  /// The JSON answer, or the error that the node answered with.
  Result<Json> get(const std::string& path, const std::string& query = {});
  Result<Json> send(const std::string& method, const std::string& path, const Json& body,
                    std::uint64_t ms_max = kCallMsMax);
  /// The node if it was opened here; null if another process runs it.
  node::Node* local() { return node_.get(); }
  std::string file(std::string_view name) const { return home_ + "/" + std::string(name); }

 private:
  explicit NodeCall(std::string home) : home_(std::move(home)) {}
  Result<Json> call(net::HttpRequest request, std::uint64_t ms_max);
  std::string home_;
  std::unique_ptr<node::Node> node_;
};

}  // namespace kith::cli
