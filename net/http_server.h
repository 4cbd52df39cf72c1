// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1, plain and under TLS, and on a Unix socket, with bounds on everything that a client can make it hold.
// Requests for a WebSocket become one; what other machines ask for is marked as theirs (HttpRequest::is_remote), may
// have no body, and its connection goes when there are too many on the doorstep.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/admission.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "net/visitor.h"

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
  /// A connection that was accepted elsewhere; with an `identity` it begins with TLS. Other machines hold their `pass`
  /// for as long as they are connected, this one until it has asked for a page.
  void adopt(Socket socket, const Endpoint& remote, std::shared_ptr<Admission::Pass> pass,
             TlsIdentity* identity = nullptr);
  /// Called with every WebSocket that was asked for. Without it such requests are like others.
  using OnWebSocket = std::function<void(Visitor)>;
  void set_on_web_socket(OnWebSocket on_web_socket);
  /// Requests that come this way are `is_local`.
  Result<void> listen_local(const std::string& path);
  std::size_t connections() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net
