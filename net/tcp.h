// SPDX-License-Identifier: Apache-2.0
// TCP: sockets that listen and sockets that connect. What comes of either is a descriptor, which make_channel or a
// WebSocket takes over.
#pragma once

#include <functional>
#include <memory>

#include "kith/result.h"
#include "net/channel.h"
#include "net/endpoint.h"

namespace kith::net {

/// A connected socket of whoever holds it: closed with it unless released.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  int fd() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

/// The two ends of a connected socket.
Endpoint local_endpoint(int fd);
Endpoint remote_endpoint(int fd);
std::unique_ptr<Channel> make_channel(Loop& loop, Socket socket);

class TcpListener {
 public:
  using OnAccept = std::function<void(Socket socket, const Endpoint& remote)>;
  /// Port 0 takes a free one. kPortInUse, kUsage (an address that this machine does not have), kPermission.
  static Result<std::unique_ptr<TcpListener>> open(Loop& loop, const Endpoint& at, OnAccept on_accept);
  ~TcpListener();
  /// Where it listens.
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  struct Impl;
  TcpListener(std::shared_ptr<Impl> impl, Endpoint endpoint);
  std::shared_ptr<Impl> impl_;
  Endpoint endpoint_;
};

/// One attempt to connect. Ends with the object: nobody is called any more.
class TcpConnect {
 public:
  using Done = std::function<void(Result<Socket>)>;
  /// kUnreachable with the system's reason. No limit of time but the system's: the caller has one.
  TcpConnect(Loop& loop, const Endpoint& to, Done done);
  ~TcpConnect();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Looks a name up, on a thread of its own where the system blocks. Ends with the object.
class Resolve {
 public:
  enum class Family { kAny, kIp4, kIp6 };
  static constexpr std::size_t kAddressesMax = 8;
  using Done = std::function<void(Result<std::vector<Endpoint>>)>;
  /// At least one address, or kUnreachable.
  Resolve(Loop& loop, const std::string& name, std::uint16_t port, Family family, Done done);
  ~Resolve();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net
