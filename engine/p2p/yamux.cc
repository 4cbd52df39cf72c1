// SPDX-License-Identifier: Apache-2.0
#include "p2p/yamux.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace kith::p2p {

// --- a stream ---

bool YamuxStream::write(ByteView bytes) {
  if (is_gone_) return true;  // nobody will read it
  CHECK(!finishing_);
  if (outbox_.size() + bytes.size() > kOutboxBytesMax) return false;
  outbox_.push(bytes, kOutboxBytesMax);
  yamux_.schedule_ready(*this);
  return true;
}

void YamuxStream::want_pull() {
  if (is_gone_ || fin_sent_) return;
  wants_pull_ = true;
  yamux_.schedule_ready(*this);
}

void YamuxStream::finish() {
  if (is_gone_ || finishing_) return;
  finishing_ = true;
  yamux_.schedule_ready(*this);
}

void YamuxStream::reset(StreamEnd reason) {
  if (is_gone_) return;
  if (!syn_pending_) {  // else the other side never heard of it
    yamux_.queue_control({.type = kYamuxWindow, .flags = kYamuxRst, .stream = id_});
    ++yamux_.counters_.resets_out;
  }
  yamux_.gone(*this, reason);
}

void YamuxStream::resume() {
  if (!is_gone_ && !is_offering_ && !inbox_.empty()) yamux_.offer(*this);
}

// --- the session ---

Yamux::Yamux(Role role, const YamuxLimits& limits, Acceptor& acceptor)
    : role_(role), limits_(limits), acceptor_(acceptor), next_id_(role == Role::kDialer ? 1 : 2) {
  CHECK(limits.window_bytes > 0);
}

Yamux::~Yamux() = default;

YamuxStream* Yamux::find(std::uint32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() || found->second->is_gone_ ? nullptr : found->second.get();
}

YamuxStream* Yamux::open() {
  if (fault_ != Fault::kNone || is_going_away() || count(true) >= limits_.outbound_streams_max) return nullptr;
  if (next_id_ > 0xffff'ffff) return nullptr;
  const auto id = static_cast<std::uint32_t>(next_id_);
  next_id_ += 2;
  auto& stream = streams_[id];
  stream.reset(new YamuxStream(*this, id, true, limits_.window_bytes));
  ++outbound_;
  ++counters_.streams_out;
  stream->syn_pending_ = true;
  schedule_control(*stream);
  return stream.get();
}

void Yamux::ping() {
  if (ping_open_ || fault_ != Fault::kNone) return;
  ping_open_ = true;
  queue_control({.type = kYamuxPing, .flags = kYamuxSyn, .length = ping_value_});
}

void Yamux::go_away(std::uint32_t code) {
  if (go_away_sent_ && code == kGoAwayNormal) return;
  go_away_sent_ = true;
  queue_control({.type = kYamuxGoAway, .length = code});
}

void Yamux::fail(Fault fault) {
  if (fault_ != Fault::kNone) return;
  fault_ = fault;
  go_away_sent_ = true;
  append_yamux(control_.back(), {.type = kYamuxGoAway, .length = kGoAwayProtocol});
}

void Yamux::queue_control(const YamuxHeader& header) {
  if (control_.size() + kYamuxHeaderBytes > kControlBytesMax) {
    fail(Fault::kFlood);
    return;
  }
  std::array<std::uint8_t, kYamuxHeaderBytes> bytes;
  encode_yamux(header, bytes);
  control_.push(bytes, kControlBytesMax);
}

void Yamux::schedule_control(YamuxStream& stream) {
  if (stream.in_control_) return;
  stream.in_control_ = true;
  control_streams_.push_back(stream.id_);
}

void Yamux::schedule_ready(YamuxStream& stream) {
  if (stream.in_ready_ || !stream.is_ready()) return;
  stream.in_ready_ = true;
  ready_streams_.push_back(stream.id_);
}

void Yamux::gone(YamuxStream& stream, StreamEnd end) {
  if (stream.is_gone_) return;
  stream.is_gone_ = true;
  stream.end_ = end;
  gone_streams_.push_back(stream.id_);
}

void Yamux::gone_if_finished(YamuxStream& stream) {
  if (stream.fin_sent_ && stream.end_told_) gone(stream, StreamEnd::kFinished);
}

void Yamux::sweep() {
  if (gone_streams_.empty() || is_calling_) return;
  is_calling_ = true;
  while (!gone_streams_.empty()) {
    const std::uint32_t id = gone_streams_.back();
    gone_streams_.pop_back();
    const auto node = streams_.extract(id);
    if (!node) continue;  // reset while it was being refused
    YamuxStream& stream = *node.mapped();
    if (stream.is_outbound_) --outbound_;
    growth_ -= stream.window_ - limits_.window_bytes;
    if (stream.user_) stream.user_->closed(stream.end_);
  }
  is_calling_ = false;
  // Ids of streams that came and went while nothing was sent.
  const auto is_stale = [this](std::uint32_t id) { return !streams_.contains(id); };
  const std::size_t listed_max = 2 * streams_.size() + 64;
  if (control_streams_.size() > listed_max) std::erase_if(control_streams_, is_stale);
  if (ready_streams_.size() > listed_max) std::erase_if(ready_streams_, is_stale);
}

void Yamux::close_streams(StreamEnd end) {
  for (auto& [id, stream] : streams_) gone(*stream, end);
  control_streams_.clear();
  ready_streams_.clear();
  sweep();
}

// --- reading ---

Fault Yamux::receive(ByteView in) {
  sweep();
  while (!in.empty() && fault_ == Fault::kNone) {
    if (body_left_ > 0) {
      const ByteView chunk = in.first(std::min<std::size_t>(in.size(), body_left_));
      in = in.subspan(chunk.size());
      body_left_ -= static_cast<std::uint32_t>(chunk.size());
      deliver(chunk);
      if (body_left_ == 0) body_done();
    } else if (header_.empty() && in.size() >= kYamuxHeaderBytes) {
      const YamuxHeader header = decode_yamux(in);
      in = in.subspan(kYamuxHeaderBytes);
      handle(header);
    } else {
      header_.push_back(in[0]);
      in = in.subspan(1);
      if (header_.size() < kYamuxHeaderBytes) continue;
      const YamuxHeader header = decode_yamux(header_);
      header_.clear();
      handle(header);
    }
    sweep();
  }
  return fault_;
}

void Yamux::handle(const YamuxHeader& header) {
  ++counters_.frames_in;
  const bool has_own_stream = header.type == kYamuxData || header.type == kYamuxWindow;
  if (header.version != 0 || header.type > kYamuxGoAway || has_own_stream != (header.stream != 0)) {
    return fail(Fault::kMuxer);
  }
  if (header.type == kYamuxPing) return handle_ping(header);
  if (header.type == kYamuxGoAway) return handle_go_away(header);
  handle_stream(header);
}

void Yamux::handle_ping(const YamuxHeader& header) {
  const bool is_request = (header.flags & kYamuxSyn) != 0;
  const bool is_answer = (header.flags & kYamuxAck) != 0;
  if (is_request == is_answer) return fail(Fault::kMuxer);
  if (is_request) {
    queue_control({.type = kYamuxPing, .flags = kYamuxAck, .length = header.length});
  } else if (ping_open_ && header.length == ping_value_) {
    ping_open_ = false;
    ++ping_value_;
  } else {
    ++counters_.frames_dropped;  // an answer that nobody asked for harms nobody
  }
}

void Yamux::handle_go_away(const YamuxHeader& header) {
  go_away_seen_ = true;
  if (header.length == kGoAwayNormal) return;
  fault_ = Fault::kPeerGoAway;
}

void Yamux::handle_stream(const YamuxHeader& header) {
  YamuxStream* stream = find(header.stream);
  if ((header.flags & kYamuxSyn) != 0 && (header.flags & kYamuxRst) == 0) {
    const bool is_theirs = (header.stream % 2 == 1) == (role_ == Role::kListener);
    if (!is_theirs || stream != nullptr) return fail(Fault::kMuxer);
    stream = handle_syn(header);
  }
  if (stream != nullptr && (header.flags & kYamuxRst) != 0) {
    ++counters_.resets_in;
    gone(*stream, StreamEnd::kResetByPeer);
    stream = nullptr;
  } else if (stream == nullptr) {
    ++counters_.frames_dropped;
  }
  if (header.type == kYamuxWindow) {
    if (stream != nullptr) handle_window(*stream, header);
    return;
  }
  body_left_ = header.length;
  body_stream_ = 0;
  if (stream != nullptr) handle_data(*stream, header);
}

YamuxStream* Yamux::handle_syn(const YamuxHeader& header) {
  const auto refuse = [&] {
    ++counters_.streams_refused;
    queue_control({.type = kYamuxWindow, .flags = kYamuxRst, .stream = header.stream});
  };
  if (is_going_away() || count(false) >= limits_.inbound_streams_max) {
    refuse();
    return nullptr;
  }
  std::unique_ptr<YamuxStream> stream(new YamuxStream(*this, header.stream, false, limits_.window_bytes));
  stream->user_ = acceptor_.accept(*stream);
  if (stream->user_ == nullptr) {
    refuse();
    return nullptr;
  }
  ++counters_.streams_in;
  stream->ack_pending_ = true;
  schedule_control(*stream);
  return (streams_[header.stream] = std::move(stream)).get();
}

void Yamux::handle_window(YamuxStream& stream, const YamuxHeader& header) {
  stream.send_window_ += header.length;
  if (stream.send_window_ > kSendWindowMax) return fail(Fault::kWindowExceeded);
  schedule_ready(stream);
  if ((header.flags & kYamuxFin) != 0) saw_fin(stream);
}

void Yamux::handle_data(YamuxStream& stream, const YamuxHeader& header) {
  if (stream.fin_seen_) {
    ++counters_.frames_dropped;
    return;
  }
  if (header.length > stream.receive_window_) return fail(Fault::kWindowExceeded);
  stream.receive_window_ -= header.length;
  body_stream_ = header.stream;
  body_ends_stream_ = (header.flags & kYamuxFin) != 0;
  if (header.length == 0) body_done();
}

void Yamux::body_done() {
  YamuxStream* stream = body_ends_stream_ && body_stream_ != 0 ? find(body_stream_) : nullptr;
  body_stream_ = 0;
  body_ends_stream_ = false;
  if (stream != nullptr) saw_fin(*stream);
}

std::size_t Yamux::call_data(YamuxStream& stream, ByteView bytes) {
  const bool was_calling = std::exchange(is_calling_, true);
  stream.is_offering_ = true;
  const std::size_t took = stream.user_->data(bytes);
  stream.is_offering_ = false;
  is_calling_ = was_calling;
  CHECK(took <= bytes.size());
  return took;
}

void Yamux::deliver(ByteView chunk) {
  YamuxStream* stream = body_stream_ == 0 ? nullptr : find(body_stream_);
  if (stream == nullptr) return;
  counters_.data_in += chunk.size();
  if (!stream->inbox_.empty()) {
    stream->inbox_.push(chunk, stream->window_);
    return offer(*stream);
  }
  const std::size_t took = call_data(*stream, chunk);
  if (stream->is_gone_) return;
  if (took < chunk.size()) stream->inbox_.push(chunk.subspan(took), stream->window_);
  taken(*stream, took);
}

void Yamux::offer(YamuxStream& stream) {
  const std::size_t took = call_data(stream, stream.inbox_.view());
  if (stream.is_gone_) return;
  stream.inbox_.pop(took);
  taken(stream, took);
  if (stream.fin_seen_) saw_fin(stream);
}

void Yamux::taken(YamuxStream& stream, std::size_t bytes) {
  stream.taken_ += static_cast<std::uint32_t>(bytes);
  if (stream.fin_seen_ || stream.taken_ < std::max(1u, stream.window_ / 2)) return;
  if (!stream.grant_pending_) grow(stream);
  stream.grant_pending_ = true;
  schedule_control(stream);
}

void Yamux::grow(YamuxStream& stream) {
  // A reader that leaves something lying is not waiting for more.
  if (!stream.inbox_.empty() || ++stream.grants_ < kGrantsBeforeGrowth) return;
  const std::uint64_t of_stream = std::uint64_t{kWindowMax} * limits_.window_bytes - stream.window_;
  const std::uint64_t of_all = std::uint64_t{kGrowthMax} * limits_.window_bytes - growth_;
  const auto more = static_cast<std::uint32_t>(std::min({std::uint64_t{stream.window_}, of_stream, of_all}));
  stream.grants_ = 0;
  stream.window_ += more;
  stream.taken_ += more;  // the next grant carries it
  growth_ += more;
}

void Yamux::saw_fin(YamuxStream& stream) {
  stream.fin_seen_ = true;
  if (stream.end_told_ || !stream.inbox_.empty()) return;
  stream.end_told_ = true;
  const bool was_calling = std::exchange(is_calling_, true);
  stream.user_->end();
  is_calling_ = was_calling;
  gone_if_finished(stream);
}

// --- writing ---

void Yamux::send_header(Bytes& out, const YamuxHeader& header) {
  append_yamux(out, header);
  ++counters_.frames_out;
}

void Yamux::produce(Bytes& out, std::size_t bytes_max) {
  const std::size_t end = out.size() + bytes_max;
  produce_control(out, end);
  if (fault_ != Fault::kNone) return;
  produce_stream_control(out, end);
  if (control_.empty() && control_streams_.empty()) produce_data(out, end);
  sweep();
}

void Yamux::produce_control(Bytes& out, std::size_t end) {
  const std::size_t room = (end - out.size()) / kYamuxHeaderBytes * kYamuxHeaderBytes;
  const ByteView frames = control_.view().first(std::min(room, control_.size()));
  append(out, frames);
  counters_.frames_out += frames.size() / kYamuxHeaderBytes;
  control_.pop(frames.size());
}

void Yamux::produce_stream_control(Bytes& out, std::size_t end) {
  while (!control_streams_.empty() && end - out.size() >= kYamuxHeaderBytes) {
    YamuxStream* stream = find(control_streams_.front());
    control_streams_.pop_front();
    if (stream == nullptr) continue;
    stream->in_control_ = false;
    const bool has_data = stream->in_ready_ && stream->has_data_to_send();
    // A stream opens right before its first bytes: many opened at once must not all lie there without a protocol.
    if (stream->syn_pending_ && has_data) continue;
    YamuxHeader header{.type = kYamuxWindow, .stream = stream->id_};
    if (stream->syn_pending_) header.flags |= kYamuxSyn;
    if (stream->grant_pending_) header.length = std::exchange(stream->taken_, 0);
    // An acknowledgement rides on data where there is some.
    const bool can_wait = header.flags == 0 && header.length == 0 && has_data;
    if (stream->ack_pending_ && !can_wait) {
      header.flags |= kYamuxAck;
      stream->ack_pending_ = false;
    }
    stream->receive_window_ += header.length;
    stream->syn_pending_ = stream->grant_pending_ = false;
    if (header.flags != 0 || header.length != 0) send_header(out, header);
  }
}

void Yamux::produce_data(Bytes& out, std::size_t end) {
  while (!ready_streams_.empty() && end - out.size() >= kProduceBytesMin) {
    YamuxStream* stream = find(ready_streams_.front());
    ready_streams_.pop_front();
    if (stream == nullptr) continue;
    stream->in_ready_ = false;
    if (stream->has_data_to_send()) {
      if (std::exchange(stream->syn_pending_, false)) {
        send_header(out, {.type = kYamuxWindow, .flags = kYamuxSyn, .stream = stream->id_});
      }
      const std::uint64_t room = end - out.size() - kYamuxHeaderBytes;
      const auto body_max = std::min<std::uint64_t>({room, kDataBytesMax, stream->send_window_});
      if (!produce_frame(*stream, out, static_cast<std::size_t>(body_max))) continue;
    } else if (stream->has_fin_to_send()) {
      stream->fin_sent_ = true;
      const auto flags = static_cast<std::uint16_t>(kYamuxFin | (stream->ack_pending_ ? kYamuxAck : 0));
      stream->ack_pending_ = false;
      send_header(out, {.type = kYamuxWindow, .flags = flags, .stream = stream->id_});
      gone_if_finished(*stream);
    }
    schedule_ready(*stream);
  }
}

/// False: the stream is gone.
bool Yamux::produce_frame(YamuxStream& stream, Bytes& out, std::size_t body_max) {
  const std::size_t at = out.size();
  out.resize(at + kYamuxHeaderBytes);
  const ByteView queued = stream.outbox_.view().first(std::min(stream.outbox_.size(), body_max));
  append(out, queued);
  std::size_t length = queued.size();
  stream.outbox_.pop(length);
  if (length < body_max && stream.wants_pull_) {
    const std::size_t before = out.size();
    stream.wants_pull_ = false;
    const bool was_calling = std::exchange(is_calling_, true);
    stream.user_->pull(out, body_max - length);
    is_calling_ = was_calling;
    const std::size_t pulled = out.size() - before;
    CHECK(pulled <= body_max - length);
    // Who gave something is asked again; who asks again and gives nothing would keep us here for ever.
    stream.wants_pull_ = pulled > 0 || (stream.wants_pull_ && !stream.outbox_.empty());
    length += pulled;
  }
  if (stream.is_gone_ || length == 0) {
    out.resize(at);
    if (!stream.is_gone_ && stream.ack_pending_) schedule_control(stream);
    return !stream.is_gone_;
  }
  const std::uint16_t flags = stream.ack_pending_ ? kYamuxAck : 0;
  stream.ack_pending_ = false;
  stream.send_window_ -= length;
  counters_.data_out += length;
  ++counters_.frames_out;
  encode_yamux({.type = kYamuxData, .flags = flags, .stream = stream.id_, .length = static_cast<std::uint32_t>(length)},
               std::span<std::uint8_t, kYamuxHeaderBytes>(out.data() + at, kYamuxHeaderBytes));
  return true;
}

}  // namespace kith::p2p
