// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 for this machine and on a Unix socket, with bounds on everything that a client can make it hold. To other
// machines it shows no page: from there only a request for a WebSocket is heard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/admission.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/tcp.h"

namespace kith::net {

/// Bounds of one server.
struct HttpLimits {
  std::uint32_t header_bytes_max = 16 << 10;
  std::uint64_t body_bytes_max = 1 << 20;
  std::size_t connections_max = 256;
  /// Of other machines; they do not count above.
  std::size_t remote_connections_max = 128;
  /// How long a connection may be quiet between two requests.
  std::uint64_t idle_ms_max = 30'000;
  /// How long a request may take to come in once it has begun, and an answer to go out: whoever drips bytes is cut off.
  std::uint64_t request_ms_max = 10'000;
  std::uint64_t answer_ms_max = 30'000;
};

class HttpServer {
 public:
  HttpServer(Loop& loop, HttpHandler handler, const HttpLimits& limits = {});
  ~HttpServer();
  /// A connection that was accepted elsewhere. `pass` is held for as long as it may become a WebSocket.
  void adopt(Socket socket, const Endpoint& remote, std::shared_ptr<Admission::Pass> pass);
  /// Called with a request for a WebSocket and its socket. Without it such requests are like others.
  using OnUpgrade = std::function<void(Socket socket, const HttpRequest& request, const Endpoint& remote,
                                       std::shared_ptr<Admission::Pass> pass)>;
  void set_on_upgrade(OnUpgrade on_upgrade);
  /// Requests that come this way are `is_local`.
  Result<void> listen_local(const std::string& path);
  std::size_t connections() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net
