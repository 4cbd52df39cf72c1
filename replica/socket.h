// SPDX-License-Identifier: Apache-2.0
// What carries the bytes of a connection that we dial, handed in: a browser's WebSocket, a pipe in a test.
#pragma once

#include <memory>
#include <string>

#include "kith/bytes.h"
#include "kith/result.h"
#include "p2p/multiaddr.h"

namespace kith::replica {

/// Closes when it goes.
class Socket {
 public:
  virtual ~Socket() = default;
  virtual void send(ByteView bytes) = 0;
  /// Bytes that were handed over and have not left.
  virtual std::size_t unsent() const = 0;
};

/// Hears of a socket. Never called from within Dialer::dial or Socket::send; not after closed(), or once the socket is
/// gone.
class SocketUser {
 public:
  virtual ~SocketUser() = default;
  virtual void opened() = 0;
  virtual void received(ByteView bytes) = 0;
  virtual void closed() = 0;
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Can this address be dialed from here at all? (A page that came over https may open no plain WebSocket.)
  virtual bool can_dial(const p2p::Multiaddr& address) const = 0;
  virtual Result<std::unique_ptr<Socket>> dial(const p2p::Multiaddr& address, SocketUser& user) = 0;
};

/// The URL of a WebSocket: /ip4/192.168.1.20/tcp/8440/ws is ws://192.168.1.20:8440/. kUsage: it leads to no WebSocket.
Result<std::string> web_socket_url(const p2p::Multiaddr& address);

}  // namespace kith::replica
