// SPDX-License-Identifier: Apache-2.0
// PeerConnection: a p2p::Connection on a channel (a TCP socket, a WebSocket). Feeds it what comes, sends what it has to
// say as fast as the channel takes it and no faster, and wakes it when a deadline has come. Quiet, it holds no buffers.
//
//   PeerConnection peer({loop, clock, random, host}, make_channel(loop, std::move(socket)),
//                       {.role = p2p::Role::kDialer}, {.on_open = …, .on_end = …});
//   peer.connection().open_stream(…);
//   peer.pump();                               // after anything was done to it from outside
//
// Bounds: one chunk of output on its way at a time; the rest is made when the channel has taken it. Input is read
// always, or two sides that both write would stand still; what it can make us keep is bounded in p2p::Connection.
#pragma once

#include <functional>
#include <memory>

#include "net/channel.h"
#include "p2p/connection.h"

namespace kith::net {

class PeerConnection {
 public:
  static constexpr std::size_t kOutputBytes = 128 << 10;

  /// Outlives all connections.
  struct Context {
    Loop& loop;
    Clock& clock;
    Random& random;
    const p2p::Host& host;
  };
  /// All from the loop, none from inside a call to this object.
  struct Events {
    /// The other side is known, streams may be opened.
    std::function<void()> on_open;
    /// Once: the channel is closed and nothing more comes. `reason` is a sentence; empty after an orderly end. The
    /// object may be destroyed in it.
    std::function<void(p2p::Fault fault, const std::string& reason)> on_end;
    /// Something came, or went: whoever has streams on it may look at them.
    std::function<void()> on_activity{};
  };

  PeerConnection(const Context& context, std::unique_ptr<Channel> channel, p2p::ConnectionOptions options,
                 Events events);
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  p2p::Connection& connection() { return connection_; }
  const p2p::Connection& connection() const { return connection_; }
  /// The last step that it was at before it began to close.
  p2p::Step reached() const { return reached_; }
  /// Replaces them: who takes the connection over.
  void set_events(Events events) { events_ = std::move(events); }
  /// Sends what there is to send.
  void pump();
  /// In order: streams may finish first.
  void close();
  /// Now. on_end follows.
  void abort();

 private:
  void receive(ByteView bytes);
  void drained();
  void closed(const std::string& reason);
  void after_input();
  void send();
  void tell_activity();
  void wake_at(std::uint64_t at_ms);

  Context context_;
  std::unique_ptr<Channel> channel_;
  p2p::Connection connection_;
  Events events_;
  Timer timer_;
  std::uint64_t woken_at_ms_ = ~std::uint64_t{0};
  bool is_busy_ = false;  // inside the connection: what it calls may call pump
  bool is_telling_ = false;
  bool is_sending_ = false;  // the channel has a chunk
  bool was_open_ = false;
  p2p::Step reached_ = p2p::Step::kSecurity;
  bool is_closing_ = false;
};

}  // namespace kith::net
