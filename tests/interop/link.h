// SPDX-License-Identifier: Apache-2.0
// A p2p::Connection on a TCP socket, driven by poll: just enough of a network for this test, since engine/ has none.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "js_peer.h"
#include "p2p/connection.h"

namespace kith::interop {

class SystemClock final : public Clock {
 public:
  std::uint64_t wall_ms() override;
  std::uint64_t steady_ms() override;
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// A blocking socket, connected to /ip4/…/tcp/….
int connect_tcp(const p2p::Multiaddr& address);

/// One connection and its socket.
class Link {
 public:
  Link(int fd, const p2p::Host& host, p2p::ConnectionOptions options);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  p2p::Connection& connection() { return *connection_; }
  /// The other side has closed the socket.
  bool is_gone() const { return is_gone_; }
  bool wants_write() const { return !unsent_.empty() || connection_->has_output(); }
  int fd() const { return fd_; }
  void tick();
  void readable();
  void writable();

 private:
  int fd_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<p2p::Connection> connection_;
  Bytes unsent_;
  bool is_gone_ = false;
};

/// Our side: one identity, a listening socket, links.
class Node {
 public:
  explicit Node(bool early_muxer);
  ~Node();
  std::string address() const;
  p2p::PeerId id() const { return p2p::PeerId::of(identity_.host_key()); }
  p2p::Host& host() { return host_; }
  /// Connects a socket to /ip4/…/tcp/…; `expected` instead of whom the address names, if given.
  Link& dial(const std::string& address, std::optional<p2p::PeerId> expected = std::nullopt);
  /// Links that others dialed.
  std::vector<std::unique_ptr<Link>>& accepted() { return accepted_; }
  /// Carries bytes until it is done. False: not done within the limit.
  bool run_until(const std::function<bool()>& is_done, Child* js = nullptr);
  /// Says something to the js side, and carries bytes until it answers.
  Json ask(Child& js, const std::string& command);

 private:
  void step();
  void accept();
  SystemRandom random_;
  crypto::SigningKey key_;
  p2p::NoiseIdentity identity_;
  p2p::Host host_;
  bool early_muxer_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Link>> dialed_;
  std::vector<std::unique_ptr<Link>> accepted_;
  int js_fd_ = -1;
};

}  // namespace kith::interop
