// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 on 127.0.0.1 and on a Unix socket, with bounds on everything that a client can make it hold.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/loop.h"

namespace kith::net {

/// Bounds of one server.
struct HttpLimits {
  std::uint32_t header_bytes_max = 16 << 10;
  std::uint64_t body_bytes_max = 1 << 20;
  std::size_t connections_max = 256;
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
  /// Port 0 takes a free one. Returns the port. kPortInUse.
  Result<std::uint16_t> listen_loopback(std::uint16_t port);
  /// Requests that come this way are `is_local`.
  Result<void> listen_local(const std::string& path);
  std::size_t connections() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net
