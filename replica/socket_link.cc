// SPDX-License-Identifier: Apache-2.0
#include "replica/socket_link.h"

#include <algorithm>
#include <utility>

namespace kith::replica {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

Error not_reached(const std::string& path) {
  return {ErrorCode::kUnreachable, "Nobody answers at " + path + ".", "It is tried again by itself."};
}

}  // namespace

SocketLink::SocketLink(const Context& context, const p2p::Host& host, p2p::Multiaddr address,
                       std::optional<space::Invitation> invitation, OnEnd on_end)
    : Link(context, sync::Role::kDialer, address.text(), std::move(invitation), std::move(on_end)),
      host_(host),
      address_(std::move(address)),
      connect_by_ms_(context.clock.steady_ms() + kConnectMsMax) {}

SocketLink::~SocketLink() {
  is_over_ = true;
  stream_.reset();
}

Result<void> SocketLink::dial(Dialer& dialer) {
  socket_ = KITH_TRY(dialer.dial(address_, *this));
  return {};
}

void SocketLink::opened() {
  if (is_over_) return;
  connect_by_ms_ = ~std::uint64_t{0};
  connection_.emplace(host_, p2p::ConnectionOptions{.role = p2p::Role::kDialer, .expected = address_.peer()},
                      context().clock, context().random);
  write_out();
}

void SocketLink::received(ByteView bytes) {
  if (is_over_ || !connection_) return;
  is_awaiting_ = false;
  connection_->receive(bytes);
  advance();
}

void SocketLink::closed() {
  if (is_over_) return;
  if (!connection_) fail(not_reached(path()));
  finish(connection_ && connection_->is_open() ? "The connection was cut." : "");
}

/// Something may have happened on the connection.
void SocketLink::advance() {
  if (is_over_ || !connection_) return;
  if (!stream_ && connection_->is_open()) begin_stream();
  if (stream_) {
    note_welcome();
    if (is_welcome()) connection_->set_audience(p2p::Audience::kMember);
    if (stream_->end()) return stream_ended(*stream_->end());
    pump();
  }
  if (!is_over_) write_out();
  if (!is_over_ && connection_->is_closed()) finish("");
}

void SocketLink::begin_stream() {
  stream_.emplace(begin_session(connection_->peer()));
  // The first stream but identify of a fresh connection: there is room for it.
  if (!connection_->open_stream({std::string(sync::kSyncProtocol)}, stream_->make_handler()).ok()) finish("");
}

void SocketLink::write_out() {
  Bytes piece;
  while (!is_over_ && socket_->unsent() < kUnsentBytesMax && connection_->has_output()) {
    piece.clear();
    connection_->take_output(piece, kPieceBytes);
    if (piece.empty()) return;
    socket_->send(piece);
  }
}

void SocketLink::finish(const std::string& reason) {
  if (std::exchange(is_over_, true)) return;
  const p2p::Fault fault = connection_ ? connection_->fault() : p2p::Fault::kNone;
  if (fault != p2p::Fault::kNone) blame(std::string(p2p::fault_name(fault)), p2p::fault_error(fault).message());
  socket_.reset();
  end(reason);
}

void SocketLink::stream_ended(p2p::StreamEnd how) {
  if (how == p2p::StreamEnd::kRefused) {
    fail(Error(ErrorCode::kPeerRefused,
               "What answers at " + path() + " speaks libp2p, but not Kith's " + std::string(sync::kSyncProtocol) + ".",
               "Another version of Kith may run there."));
  }
  write_out();
  finish("");
}

void SocketLink::send() {
  stream_->pump();
  write_out();
}

void SocketLink::hang_up() {
  if (!stream_ || !stream_->is_open()) return finish("");
  goodbye_by_ms_ = context().clock.steady_ms() + kGoodbyeMsMax;
  send();
}

void SocketLink::ping(std::uint64_t now) {
  if (now < next_ping_ms_ || !connection_->is_open()) return;
  next_ping_ms_ = now + kPingMs;
  pinged_ms_ = now;
  is_awaiting_ = true;
  // Refused: there are too many streams, so something else will be heard, or not.
  static_cast<void>(connection_->ping([](std::optional<std::uint64_t>) {}));
}

std::uint64_t SocketLink::tick_carrier(std::uint64_t now) {
  if (is_over_) return ~std::uint64_t{0};
  if (!connection_) {
    if (now >= connect_by_ms_) closed();
    return connect_by_ms_;
  }
  if (now >= goodbye_by_ms_) finish("It did not end the conversation in time.");
  // Whoever did not look for a while (a browser lets a hidden page sleep) has not heard what came meanwhile either.
  if (now - looked_ms_ > kLookMs * 4) pinged_ms_ = now;
  looked_ms_ = now;
  if (!is_over_ && is_awaiting_ && now - pinged_ms_ >= kSilenceMsMax) finish("The other side fell silent.");
  if (is_over_) return ~std::uint64_t{0};
  if (!is_awaiting_) ping(now);
  const std::uint64_t connection_next = connection_->tick();
  advance();
  if (is_over_) return ~std::uint64_t{0};
  const std::uint64_t room = socket_->unsent() >= kUnsentBytesMax ? now + kUnsentLookMs : ~std::uint64_t{0};
  return std::min({connection_next, goodbye_by_ms_, now + kLookMs, room});
}

}  // namespace kith::replica
