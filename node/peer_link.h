// SPDX-License-Identifier: Apache-2.0
// A link over libp2p: a stream of /kith/sync/1, and one for backfill, on a connection whose other end Noise has proved.
// What the session has to say is made when the connection has room for it, so that nothing piles up.
#pragma once

#include "net/peer_connection.h"
#include "replica/link.h"
#include "sync/session_stream.h"

namespace kith::node {

using replica::Link;
using replica::LinkEnd;

class PeerLink final : public Link {
 public:
  /// For the other side to end the stream after we did.
  static constexpr std::uint64_t kGoodbyeMsMax = 5'000;

  using Link::Link;
  ~PeerLink() override;

  /// Called if it is closed while there is no stream: whoever dials stops that, and ends the link.
  void set_on_abandon(std::function<void()> on_abandon) { on_abandon_ = std::move(on_abandon); }
  /// What to put on a stream of this open connection, once. The connection outlives the stream.
  std::unique_ptr<p2p::StreamHandler> attach(net::PeerConnection& peer);
  /// The same for the stream of backfill that the other side opens. Null: it has no right to one.
  std::unique_ptr<p2p::StreamHandler> attach_backfill() { return stream_ ? stream_->make_backfill_handler() : nullptr; }
  /// Something may have happened on the connection.
  void look();
  /// It could not be reached. Ends the link.
  void could_not_dial(Error error, std::string fault);
  /// The address in use.
  void found(std::string path) { set_path(std::move(path)); }

 private:
  void stream_ended(p2p::StreamEnd how);
  void send() override;
  void hang_up() override;
  std::size_t unsent() const override { return 0; }
  std::uint64_t tick_carrier(std::uint64_t now) override;

  std::function<void()> on_abandon_;
  net::PeerConnection* peer_ = nullptr;
  std::optional<sync::SessionStream> stream_;
  std::uint64_t goodbye_by_ms_ = ~std::uint64_t{0};
  bool is_over_ = false;
};

}  // namespace kith::node
