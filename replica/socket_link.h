// SPDX-License-Identifier: Apache-2.0
// A link that we dial over a Socket: libp2p on it, and a stream of /kith/sync/1 on that. A cut connection is noticed
// by a ping every two seconds: the page says within five that it is alone.
#pragma once

#include <optional>

#include "p2p/connection.h"
#include "replica/link.h"
#include "replica/socket.h"
#include "sync/session_stream.h"

namespace kith::replica {

class SocketLink final : public Link, private SocketUser {
 public:
  static constexpr std::uint64_t kConnectMsMax = 4'000;  // for the socket to open
  static constexpr std::uint64_t kPingMs = 2'000;
  static constexpr std::uint64_t kSilenceMsMax = 2'500;  // after a ping
  static constexpr std::uint64_t kLookMs = 250;          // how often that is looked at
  static constexpr std::uint64_t kGoodbyeMsMax = 5'000;  // for the other side to end the stream after we did
  static constexpr std::uint64_t kUnsentLookMs = 5;      // how soon to look whether a full socket has room
  static constexpr std::size_t kUnsentBytesMax = 256 << 10;

  SocketLink(const Context& context, const p2p::Host& host, p2p::Multiaddr address,
             std::optional<space::Invitation> invitation, OnEnd on_end);
  ~SocketLink() override;

  /// Once.
  Result<void> dial(Dialer& dialer);
  /// Is the other side still there? Asks at once.
  void probe() { next_ping_ms_ = 0; }
  const p2p::Multiaddr& address() const { return address_; }
  /// Null until the socket is open.
  const p2p::Connection* connection() const { return connection_ ? &*connection_ : nullptr; }

 private:
  // SocketUser
  void opened() override;
  void received(ByteView bytes) override;
  void closed() override;

  void advance();
  void begin_stream();
  void write_out();
  void finish(const std::string& reason);
  void stream_ended(p2p::StreamEnd how);
  void ping(std::uint64_t now);

  // Link
  void send() override;
  void hang_up() override;
  std::size_t unsent() const override { return socket_ ? socket_->unsent() : 0; }
  std::uint64_t tick_carrier(std::uint64_t now) override;

  const p2p::Host& host_;
  p2p::Multiaddr address_;
  std::unique_ptr<Socket> socket_;
  std::optional<p2p::Connection> connection_;
  std::optional<sync::SessionStream> stream_;  // gone before its connection and its session
  std::uint64_t connect_by_ms_;
  std::uint64_t goodbye_by_ms_ = ~std::uint64_t{0};
  std::uint64_t next_ping_ms_ = 0;
  std::uint64_t pinged_ms_ = 0;
  std::uint64_t looked_ms_ = 0;
  bool is_awaiting_ = false;  // nothing was heard since the ping
  bool is_over_ = false;
};

}  // namespace kith::replica
