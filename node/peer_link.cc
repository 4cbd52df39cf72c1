// SPDX-License-Identifier: Apache-2.0
#include "node/peer_link.h"

#include <utility>

namespace kith::node {

PeerLink::~PeerLink() {
  // Before the session that it works for.
  stream_.reset();
}

std::unique_ptr<p2p::StreamHandler> PeerLink::attach(net::PeerConnection& peer) {
  peer_ = &peer;
  stream_.emplace(begin_session(peer.connection().peer()));
  return stream_->make_handler();
}

void PeerLink::could_not_dial(Error error, std::string fault) {
  if (!fault.empty()) blame(std::move(fault), error.message());
  fail(std::move(error));
  end({});
}

void PeerLink::look() {
  if (!stream_ || is_over_) return;
  note_welcome();
  if (stream_->end()) return stream_ended(*stream_->end());
  pump();
}

void PeerLink::send() {
  stream_->pump();
  peer_->pump();
}

void PeerLink::hang_up() {
  if (!stream_ || !stream_->is_open()) {
    if (on_abandon_) on_abandon_();
    return;
  }
  goodbye_by_ms_ = context().clock.steady_ms() + kGoodbyeMsMax;
  send();
}

std::uint64_t PeerLink::tick_carrier(std::uint64_t now) {
  if (now >= goodbye_by_ms_ && !is_over_) stream_ended(p2p::StreamEnd::kTimeout);
  return goodbye_by_ms_;
}

void PeerLink::stream_ended(p2p::StreamEnd how) {
  is_over_ = true;
  const p2p::Fault fault = peer_->connection().fault();
  if (how == p2p::StreamEnd::kRefused) {
    fail(Error(ErrorCode::kPeerRefused,
               "What answers at " + path() + " speaks libp2p, but not Kith's " + std::string(sync::kSyncProtocol) + ".",
               "Check the address; another program may listen there, or another version of Kith."));
  }
  if (how == p2p::StreamEnd::kConnection && fault != p2p::Fault::kNone) {
    blame(std::string(p2p::fault_name(fault)), p2p::fault_error(fault).message());
  }
  end(how == p2p::StreamEnd::kTimeout ? "It did not end the conversation in time." : "");
}

}  // namespace kith::node
