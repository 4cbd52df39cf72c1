// SPDX-License-Identifier: Apache-2.0
#include "sync/session_stream.h"

#include "base/check.h"

namespace kith::sync {

/// Belongs to the stream, and may outlive what it works for.
class SessionStream::Handler final : public p2p::StreamHandler {
 public:
  explicit Handler(SessionStream& owner) : owner_(&owner) {}
  ~Handler() override {
    if (owner_ == nullptr) return;
    owner_->handler_ = nullptr;
    owner_->stream_ = nullptr;
    owner_->is_over_ = true;
  }
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  void detach() { owner_ = nullptr; }

  void opened(p2p::Stream& stream) override {
    if (owner_ == nullptr) return stream.reset();
    owner_->stream_ = &stream;
    owner_->pump();
  }
  std::size_t received(p2p::Stream&, ByteView bytes) override {
    if (owner_ != nullptr) {
      owner_->session_.receive(bytes);
      owner_->pump();
    }
    return bytes.size();
  }
  void ended(p2p::Stream& stream) override {
    if (owner_ != nullptr) owner_->is_over_ = true;
    stream.finish();
  }
  void pull(p2p::Stream& stream, Bytes& out, std::size_t bytes_max) override {
    if (owner_ == nullptr) return;
    owner_->session_.take_output(out, bytes_max);
    if (owner_->session_.is_closed() && !owner_->session_.has_output()) stream.finish();
  }
  void closed(p2p::StreamEnd end) override {
    if (owner_ != nullptr) owner_->end_ = end;
  }

 private:
  SessionStream* owner_;
};

SessionStream::~SessionStream() {
  if (handler_ != nullptr) handler_->detach();
  if (stream_ != nullptr) stream_->reset();
}

std::unique_ptr<p2p::StreamHandler> SessionStream::make_handler() {
  CHECK(handler_ == nullptr && !is_over_);
  auto handler = std::make_unique<Handler>(*this);
  handler_ = handler.get();
  return handler;
}

void SessionStream::pump() {
  if (stream_ == nullptr) return;
  if (session_.has_output()) {
    stream_->want_pull();
  } else if (session_.is_closed()) {
    stream_->finish();
  }
}

}  // namespace kith::sync
