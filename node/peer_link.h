// SPDX-License-Identifier: Apache-2.0
// A link over libp2p: a stream of /kith/sync/1 on a connection whose other end Noise has proved. What the session has
// to say is made when the connection has room for it, so that nothing piles up and live entries go before windows.
#pragma once

#include "net/peer_connection.h"
#include "node/link.h"

namespace kith::node {

inline constexpr std::string_view kSyncProtocol = "/kith/sync/1";

class PeerLink final : public Link {
 public:
  /// For the other side to end the stream after we did.
  static constexpr std::uint64_t kGoodbyeMsMax = 5'000;

  PeerLink(const Context& context, sync::Role role, std::string path, std::optional<space::Invitation> invitation,
           OnEnd on_end);
  ~PeerLink() override;

  /// Called if it is closed while there is no stream: whoever dials stops that, and ends the link.
  void set_on_abandon(std::function<void()> on_abandon) { on_abandon_ = std::move(on_abandon); }
  /// What to put on the stream, once. `peer` outlives the stream.
  std::unique_ptr<p2p::StreamHandler> attach(net::PeerConnection& peer);
  /// It could not be reached. Ends the link.
  void could_not_dial(Error error, std::string fault);
  /// The address in use.
  void found(std::string path) { set_path(std::move(path)); }
  /// Null before attach() and after the end of the stream.
  const net::PeerConnection* connection() const { return peer_; }

 private:
  class Handler;
  void opened(p2p::Stream& stream);
  void stream_closed(p2p::StreamEnd how);
  void send() override;
  void hang_up() override;
  std::size_t unsent() const override;
  std::uint64_t tick_carrier(std::uint64_t now) override;

  std::function<void()> on_abandon_;
  net::PeerConnection* peer_ = nullptr;
  Handler* handler_ = nullptr;     // belongs to the stream
  p2p::Stream* stream_ = nullptr;  // from opened() to stream_closed()
};

}  // namespace kith::node
