// SPDX-License-Identifier: Apache-2.0
// A sync::Session on libp2p streams (docs/protocol.md, section 1): one of the protocol /kith/sync/1, and beside it,
// once the hello is over, one of /kith/backfill/1, if the other side speaks it. What comes goes to the session, and the
// session is asked for bytes when there is room for them.
//
//   SessionStream stream(session);
//   connection.open_stream({std::string(kSyncProtocol)}, stream.make_handler());    // or returned by Protocol::accept
//   stream.make_backfill_handler();                                                 // returned by Protocol::accept
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
inline constexpr std::string_view kBackfillProtocol = "/kith/backfill/1";
/// Streams of each that one connection may have open for others at a time.
inline constexpr std::size_t kSyncInboundMax = 1;

class SessionStream {
 public:
  /// `session` outlives this; the connection need not.
  explicit SessionStream(Session& session) : session_(session) {}
  /// Resets the streams if they are still open.
  ~SessionStream();
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  /// Once.
  std::unique_ptr<p2p::StreamHandler> make_handler();
  /// For a stream of backfill that the other side opens. Null: it has no right to one (before the hello is over, a
  /// second one, or not it began the session).
  std::unique_ptr<p2p::StreamHandler> make_backfill_handler();
  /// Sends what the session has to say; when it is closed, the end of the streams after that.
  void pump();
  /// The protocol is agreed on, and the stream is there.
  bool is_open() const { return stream_ != nullptr; }
  /// Backfill has a stream of its own.
  bool has_backfill_stream() const { return backfill_ != nullptr; }
  /// The other side says no more: what the session still expects will not come.
  bool is_over() const { return is_over_; }
  /// How the stream ended, once it has.
  const std::optional<p2p::StreamEnd>& end() const { return end_; }

 private:
  class Part;
  class Main;
  class Backfill;

  void open_backfill();
  std::unique_ptr<p2p::StreamHandler> add_backfill();
  void backfill_lost();

  Session& session_;
  Part* main_part_ = nullptr;
  Part* backfill_part_ = nullptr;
  p2p::Stream* stream_ = nullptr;
  p2p::Stream* backfill_ = nullptr;
  bool was_backfill_tried_ = false;
  bool is_over_ = false;
  std::optional<p2p::StreamEnd> end_;
};

}  // namespace kith::sync
