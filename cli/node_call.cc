// SPDX-License-Identifier: Apache-2.0
#include "cli/node_call.h"

#include <unistd.h>

#include "net/http_client.h"
#include "node/problem.h"

namespace kith::cli {

Result<NodeCall> NodeCall::open(const node::Setup& setup) {
  NodeCall out(setup.home);
  for (std::uint64_t waited = 0;; waited += kStartCheckMs) {
    auto node = node::Node::open(setup);
    if (node.ok()) {
      out.node_ = std::move(*node);
      return out;
    }
    if (node.error().code() != ErrorCode::kLocked) return std::move(node).error();
    const auto socket = net::connect_unix(out.file(node::kControlSocket));
    if (socket.ok()) {
      ::close(*socket);
      return out;
    }
    if (waited >= kStartMsMax) return std::move(node).error();
    ::usleep(kStartCheckMs * 1000);
  }
}

Result<Json> NodeCall::get(const std::string& path, const std::string& query) {
  net::HttpRequest request;
  request.method = "GET";
  request.path = path;
  request.query = query;
  return call(std::move(request), kCallMsMax);
}

Result<Json> NodeCall::send(const std::string& method, const std::string& path, const Json& body,
                            std::uint64_t ms_max) {
  net::HttpRequest request;
  request.method = method;
  request.path = path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body.dump();
  return call(std::move(request), ms_max);
}

Result<Json> NodeCall::call(net::HttpRequest request, std::uint64_t ms_max) {
  net::HttpResponse response;
  if (node_) {
    response = node_->handle_now(std::move(request));
  } else {
    request.path = net::percent_encode_path(request.path);
    response = KITH_TRY(net::http_call(file(node::kControlSocket), request, ms_max));
  }
  if (response.status >= 400) return node::problem_error(response);
  return Json::parse(response.body);
}

}  // namespace kith::cli
