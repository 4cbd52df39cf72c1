// SPDX-License-Identifier: Apache-2.0
#include "node/peer_link.h"

namespace kith::node {

/// Stays with the stream, which may end before or after the link.
class PeerLink::Handler final : public p2p::StreamHandler {
 public:
  explicit Handler(PeerLink& link) : link_(&link) {}
  void let_go() { link_ = nullptr; }

  void opened(p2p::Stream& stream) override {
    if (link_ == nullptr) return stream.reset();
    link_->opened(stream);
  }
  std::size_t received(p2p::Stream&, ByteView bytes) override {
    if (link_ != nullptr) link_->receive(bytes);
    return bytes.size();
  }
  void ended(p2p::Stream& stream) override { stream.finish(); }
  void pull(p2p::Stream&, Bytes& out, std::size_t bytes_max) override {
    if (link_ != nullptr) link_->take_output(out, bytes_max);
  }
  void closed(p2p::StreamEnd how) override {
    if (link_ != nullptr) link_->stream_closed(how);
  }

 private:
  PeerLink* link_;
};

PeerLink::PeerLink(const Context& context, sync::Role role, std::string path,
                   std::optional<space::Invitation> invitation, OnEnd on_end)
    : Link(context, role, std::move(path), std::move(invitation), std::move(on_end)) {}

PeerLink::~PeerLink() {
  if (handler_ != nullptr) handler_->let_go();
}

std::unique_ptr<p2p::StreamHandler> PeerLink::attach(net::PeerConnection& peer) {
  peer_ = &peer;
  auto handler = std::make_unique<Handler>(*this);
  handler_ = handler.get();
  return handler;
}

void PeerLink::could_not_dial(Error error, std::string fault) {
  if (!fault.empty()) blame(std::move(fault), error.message());
  fail(std::move(error));
  end({});
}

void PeerLink::opened(p2p::Stream& stream) {
  stream_ = &stream;
  begin_session(peer_->connection().peer());
  pump();
}

void PeerLink::send() {
  if (stream_ == nullptr) return;
  stream_->want_pull();
  peer_->pump();
}

void PeerLink::hang_up() {
  if (stream_ == nullptr) {
    if (on_abandon_) on_abandon_();
    return;
  }
  stream_->set_deadline(context().clock.steady_ms() + kGoodbyeMsMax);
  stream_->finish();
  peer_->pump();
}

std::size_t PeerLink::unsent() const {
  return stream_ == nullptr ? 0 : stream_->unsent();
}

std::uint64_t PeerLink::tick_carrier(std::uint64_t now) {
  // Dialing and negotiating have limits of their own.
  return now + p2p::Stream::kNegotiationMsMax;
}

void PeerLink::stream_closed(p2p::StreamEnd how) {
  handler_ = nullptr;
  stream_ = nullptr;
  const p2p::Fault fault = peer_->connection().fault();
  if (how == p2p::StreamEnd::kRefused) {
    fail(Error(ErrorCode::kPeerRefused,
               "What answers at " + path() + " speaks libp2p, but not Kith's " + std::string(kSyncProtocol) + ".",
               "Check the address; another program may listen there, or another version of Kith."));
  }
  if (how == p2p::StreamEnd::kConnection && fault != p2p::Fault::kNone) {
    blame(std::string(p2p::fault_name(fault)), p2p::fault_error(fault).message());
  }
  end(how == p2p::StreamEnd::kTimeout ? "It did not end the conversation in time." : "");
}

}  // namespace kith::node
