// SPDX-License-Identifier: Apache-2.0
// A sync::Session on a libp2p stream of the protocol /kith/sync/1 (docs/protocol.md, section 1): what comes on the
// stream goes to the session, and the session is asked for bytes when there is room for them.
//
//   SessionStream stream(session);
//   connection.open_stream({std::string(kSyncProtocol)}, stream.make_handler());    // or returned by Protocol::accept
//   session.notify(space); stream.pump();                                           // after anything done to the
//   session
//
// The owner looks at is_over() and Session::is_closed() after each of these and after Connection::receive.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "p2p/stream.h"
#include "sync/session.h"

namespace kith::sync {

inline constexpr std::string_view kSyncProtocol = "/kith/sync/1";
/// Sessions that one connection may have open for others at a time.
inline constexpr std::size_t kSyncInboundMax = 1;

class SessionStream {
 public:
  /// `session` outlives this; the connection need not.
  explicit SessionStream(Session& session) : session_(session) {}
  /// Resets the stream if it is still open.
  ~SessionStream();
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  /// Once.
  std::unique_ptr<p2p::StreamHandler> make_handler();
  /// Sends what the session has to say; when it is closed, the end of the stream after that.
  void pump();
  /// The protocol is agreed on, and the stream is there.
  bool is_open() const { return stream_ != nullptr; }
  /// The other side says no more: what the session still expects will not come.
  bool is_over() const { return is_over_; }
  /// How the stream ended, once it has.
  const std::optional<p2p::StreamEnd>& end() const { return end_; }

 private:
  class Handler;

  Session& session_;
  Handler* handler_ = nullptr;
  p2p::Stream* stream_ = nullptr;
  bool is_over_ = false;
  std::optional<p2p::StreamEnd> end_;
};

}  // namespace kith::sync
