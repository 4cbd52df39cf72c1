// SPDX-License-Identifier: Apache-2.0
#include "p2p/stream.h"

#include <algorithm>

#include "base/check.h"

namespace kith::p2p {

Stream::Stream(YamuxStream& yamux, Owner& owner)
    : yamux_(yamux),
      owner_(owner),
      listener_(std::make_unique<MultistreamListener>()),
      negotiated_by_ms_(owner.now_ms() + kNegotiationMsMax) {}

Stream::Stream(YamuxStream& yamux, Owner& owner, std::vector<std::string> protocols,
               std::unique_ptr<StreamHandler> handler, Greeting greeting)
    : yamux_(yamux),
      owner_(owner),
      handler_(std::move(handler)),
      greeting_(greeting),
      negotiated_by_ms_(owner.now_ms() + kNegotiationMsMax) {
  CHECK(greeting == Greeting::kWait || protocols.size() == 1);
  Bytes out;
  dialer_ = std::make_unique<MultistreamDialer>(std::move(protocols), out);
  CHECK(yamux_.write(out));
  if (greeting_ == Greeting::kAtOnce) handler_->opened(*this);
}

bool Stream::write(ByteView bytes) {
  CHECK(may_write());
  return yamux_.write(bytes);
}

std::uint64_t Stream::next_deadline_ms() const {
  constexpr std::uint64_t kNever = ~std::uint64_t{0};
  const std::uint64_t negotiation = is_negotiated() ? kNever : negotiated_by_ms_;
  return std::min(negotiation, deadline_ms_ == 0 ? kNever : deadline_ms_);
}

Result<void> Stream::open_sibling(std::string_view protocol, std::unique_ptr<StreamHandler> handler) {
  KITH_TRY(owner_.open_stream({std::string(protocol)}, std::move(handler), Greeting::kWait));
  return {};
}

void Stream::finish() {
  // A half-close before the echo has come makes js-libp2p lose the end of the stream.
  wants_finish_ = true;
  if (is_negotiated()) yamux_.finish();
}

void Stream::negotiate(ByteView& in) {
  Bytes out;
  Negotiation state;
  if (dialer_) {
    state = dialer_->receive(in, out);
  } else {
    state = listener_->receive(in, out, [this](std::string_view name) {
      if (!is_gone()) handler_ = owner_.handle(*this, name);
      return handler_ != nullptr;
    });
  }
  if (is_gone()) return;
  const bool is_lost = state == Negotiation::kBad || state == Negotiation::kRefused;
  if (is_lost || !yamux_.write(out)) return reset(StreamEnd::kRefused);
  if (state == Negotiation::kAgreed) agreed(dialer_ ? dialer_->agreed() : listener_->agreed());
}

void Stream::agreed(std::string protocol) {
  protocol_ = std::move(protocol);
  listener_.reset();
  dialer_.reset();
  if (greeting_ == Greeting::kWait) handler_->opened(*this);
  if (wants_pull_) yamux_.want_pull();
  if (wants_finish_) yamux_.finish();
}

std::size_t Stream::data(ByteView bytes) {
  ByteView in = bytes;
  if (!is_negotiated()) negotiate(in);
  if (is_gone() || !is_negotiated()) return bytes.size();
  const std::size_t negotiated = bytes.size() - in.size();
  return negotiated + (in.empty() ? 0 : handler_->received(*this, in));
}

void Stream::end() {
  if (!is_negotiated()) return reset(StreamEnd::kRefused);
  handler_->ended(*this);
}

void Stream::pull(Bytes& out, std::size_t bytes_max) {
  if (may_write()) return handler_->pull(*this, out, bytes_max);
  wants_pull_ = true;
}

void Stream::closed(StreamEnd end) {
  if (handler_) handler_->closed(end);
}

}  // namespace kith::p2p
