// SPDX-License-Identifier: Apache-2.0
#include "sync/session_stream.h"

#include "base/check.h"

namespace kith::sync {

/// Belongs to its stream, and may outlive what it works for.
class SessionStream::Part : public p2p::StreamHandler {
 public:
  explicit Part(SessionStream& owner) : owner_(&owner) {}
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  void detach() { owner_ = nullptr; }

 protected:
  SessionStream* owner_;
};

class SessionStream::Main final : public Part {
 public:
  using Part::Part;
  ~Main() override {
    if (owner_ == nullptr) return;
    owner_->main_part_ = nullptr;
    owner_->stream_ = nullptr;
    owner_->is_over_ = true;
  }

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
  void pull(p2p::Stream&, Bytes& out, std::size_t bytes_max) override {
    if (owner_ == nullptr) return;
    owner_->session_.take_output(out, bytes_max);
    owner_->pump();
  }
  void closed(p2p::StreamEnd end) override {
    if (owner_ != nullptr) owner_->end_ = end;
  }
};

class SessionStream::Backfill final : public Part {
 public:
  using Part::Part;
  ~Backfill() override {
    if (owner_ == nullptr) return;
    owner_->backfill_part_ = nullptr;
    owner_->backfill_ = nullptr;
  }

  void opened(p2p::Stream& stream) override {
    if (owner_ == nullptr || owner_->session_.is_closed()) return stream.reset();
    owner_->backfill_ = &stream;
    owner_->session_.open_backfill();
    owner_->pump();
  }
  std::size_t received(p2p::Stream&, ByteView bytes) override {
    if (owner_ == nullptr) return bytes.size();
    const std::size_t taken = owner_->session_.receive_backfill(bytes);
    owner_->pump();
    return taken;
  }
  void pull(p2p::Stream&, Bytes& out, std::size_t bytes_max) override {
    if (owner_ == nullptr) return;
    owner_->session_.take_backfill(out, bytes_max);
    owner_->pump();
  }
  void closed(p2p::StreamEnd) override {
    if (owner_ != nullptr) owner_->backfill_lost();
  }
};

SessionStream::~SessionStream() {
  for (Part* part : {main_part_, backfill_part_}) {
    if (part != nullptr) part->detach();
  }
  for (p2p::Stream* stream : {stream_, backfill_}) {
    if (stream != nullptr) stream->reset();
  }
}

std::unique_ptr<p2p::StreamHandler> SessionStream::make_handler() {
  CHECK(main_part_ == nullptr && !is_over_);
  auto main = std::make_unique<Main>(*this);
  main_part_ = main.get();
  return main;
}

std::unique_ptr<p2p::StreamHandler> SessionStream::make_backfill_handler() {
  const bool is_ours = stream_ == nullptr || stream_->is_outbound();
  if (is_ours || was_backfill_tried_ || session_.is_closed() || !session_.is_past_hello()) return nullptr;
  return add_backfill();
}

std::unique_ptr<p2p::StreamHandler> SessionStream::add_backfill() {
  was_backfill_tried_ = true;
  auto backfill = std::make_unique<Backfill>(*this);
  backfill_part_ = backfill.get();
  return backfill;
}

/// Whoever began the session, as soon as somebody is proved to be there.
void SessionStream::open_backfill() {
  if (was_backfill_tried_ || !stream_->is_outbound() || session_.is_closed() || !session_.is_past_hello()) return;
  // Without it the session goes on over the first stream alone.
  static_cast<void>(stream_->open_sibling(kBackfillProtocol, add_backfill()));
}

/// Windows may be gone with it: that is the end of a session which has not ended by itself.
void SessionStream::backfill_lost() {
  if (backfill_ != nullptr && stream_ != nullptr && !session_.is_closed()) stream_->reset();
}

void SessionStream::pump() {
  if (stream_ == nullptr) return;
  if (session_.has_output()) {
    stream_->want_pull();
  } else if (session_.is_closed()) {
    stream_->finish();
    // Not before the session's last word is on its way.
    if (backfill_ != nullptr) backfill_->finish();
  }
  // After what proves who we are.
  open_backfill();
  if (backfill_ == nullptr) return;
  if (session_.has_backfill()) backfill_->want_pull();
  if (session_.reads_backfill() && backfill_->unread() > 0) backfill_->resume();
}

}  // namespace kith::sync
