// SPDX-License-Identifier: Apache-2.0
#include "net/peer_connection.h"

#include <utility>

namespace kith::net {

PeerConnection::PeerConnection(const Context& context, std::unique_ptr<Channel> channel, p2p::ConnectionOptions options,
                               Events events)
    : context_(context),
      channel_(std::move(channel)),
      connection_(context.host, std::move(options), context.clock, context.random),
      events_(std::move(events)),
      timer_(context.loop) {
  channel_->start({[this](ByteView bytes) { receive(bytes); }, [this] { drained(); },
                   [this](const std::string& reason) { closed(reason); }});
  pump();
}

PeerConnection::~PeerConnection() = default;

void PeerConnection::receive(ByteView bytes) {
  is_busy_ = true;
  connection_.receive(bytes);
  is_busy_ = false;
  if (connection_.step() < p2p::Step::kClosing) reached_ = connection_.step();
  after_input();
}

void PeerConnection::after_input() {
  // First, so that what is opened there goes out with what is said already.
  if (!was_open_ && connection_.is_open()) {
    was_open_ = true;
    if (events_.on_open) events_.on_open();
  }
  pump();
}

void PeerConnection::drained() {
  is_sending_ = false;
  pump();
}

void PeerConnection::pump() {
  if (is_busy_) return;
  is_busy_ = true;
  const std::uint64_t next = connection_.tick();
  send();
  is_busy_ = false;
  tell_activity();
  if (connection_.is_closed()) {
    if (!std::exchange(is_closing_, true)) channel_->close();
    return;
  }
  wake_at(next);
}

void PeerConnection::tell_activity() {
  if (is_telling_ || !events_.on_activity) return;
  // What is done there may come back here; it is looked at when it comes back the next time.
  is_telling_ = true;
  events_.on_activity();
  is_telling_ = false;
}

void PeerConnection::send() {
  if (is_sending_ || is_closing_) return;
  Bytes out;
  connection_.take_output(out, kOutputBytes);
  if (out.empty()) return;
  is_sending_ = true;
  channel_->write(std::move(out));
}

void PeerConnection::wake_at(std::uint64_t at_ms) {
  // One that comes too early costs a look at the clock; starting it anew for every packet costs more.
  if (at_ms >= woken_at_ms_) return;
  woken_at_ms_ = at_ms;
  const std::uint64_t now = context_.clock.steady_ms();
  timer_.start(at_ms > now ? at_ms - now : 1, [this] {
    woken_at_ms_ = ~std::uint64_t{0};
    pump();
  });
}

void PeerConnection::close() {
  connection_.close();
  pump();
}

void PeerConnection::abort() {
  connection_.abort();
  pump();
}

void PeerConnection::closed(const std::string& reason) {
  timer_.cancel();
  is_busy_ = true;
  is_closing_ = true;
  connection_.abort();
  is_busy_ = false;
  tell_activity();
  const auto on_end = std::move(events_.on_end);
  events_ = {};
  if (on_end) on_end(connection_.fault(), reason);
}

}  // namespace kith::net
