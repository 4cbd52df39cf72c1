// SPDX-License-Identifier: Apache-2.0
// One port for all: whoever connects is told apart by its first bytes. multistream-select (0x13) is libp2p over TCP, a
// TLS greeting (0x16) HTTPS, anything else HTTP; either may become a WebSocket.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "net/admission.h"
#include "net/http_server.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "net/visitor.h"

namespace kith::net {

class FrontDoor {
 public:
  /// For the first byte; after that each protocol has its own limits.
  static constexpr std::uint64_t kFirstByteMsMax = 10'000;
  using OnVisitor = std::function<void(Visitor)>;

  /// `pages` answers HTTP; it outlives this. Its WebSockets come here.
  FrontDoor(Loop& loop, Admission& admission, HttpServer& pages, OnVisitor on_visitor);
  ~FrontDoor();
  /// Whoever greets with TLS from now on gets this certificate; without one such connections are closed.
  void set_tls(std::shared_ptr<TlsIdentity> identity);
  /// May be called several times. Returns where it listens (port 0: a free one).
  Result<Endpoint> listen(const Endpoint& at);
  std::vector<Endpoint> endpoints() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
  std::vector<std::unique_ptr<TcpListener>> listeners_;
};

}  // namespace kith::net
