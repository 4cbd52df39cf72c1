// SPDX-License-Identifier: Apache-2.0
// yamux: many streams over one ordered channel, each with its own window. Bytes in by receive(), cut anywhere; frames
// out by produce(), made when there is room for them and not before, so that nothing piles up here for a peer that does
// not read.
//
// Control frames go before data, streams take turns with at most 16 KiB each. A body is handed on as it comes; what its
// reader does not take is kept, within the window, and the window is given back when half of it has been taken. A
// window that keeps being given back while nothing waits for its reader grows: with a fixed one, a stream carries a
// window a round trip and no more.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kith/bytes.h"
#include "p2p/byte_queue.h"
#include "p2p/fault.h"
#include "p2p/noise_handshake.h"
#include "p2p/yamux_frame.h"

namespace kith::p2p {

struct YamuxLimits {
  /// What each direction of each stream starts with, by the protocol. Smaller only where both sides are tests.
  std::uint32_t window_bytes = 256 << 10;
  std::size_t inbound_streams_max = 64;
  std::size_t outbound_streams_max = 256;  // rust and go refuse more that are not acknowledged
};

/// How a stream ended.
enum class StreamEnd : std::uint8_t {
  kFinished,     // both sides said everything
  kResetByPeer,  // or refused there after it was opened
  kResetHere,
  kRefused,  // the other side speaks none of the protocols
  kTimeout,
  kConnection,  // the connection is gone
};

class Yamux;
class YamuxStream;

/// What is done with a stream. Belongs to it. May call anything of the stream at any time, also from inside these
/// calls.
class YamuxUser {
 public:
  virtual ~YamuxUser() = default;
  /// Bytes from the other side, all that were not taken yet. Returns how many are taken, from the front; the rest is
  /// offered again when more comes, or after resume().
  virtual std::size_t data(ByteView bytes) = 0;
  /// The other side says no more, and everything was taken.
  virtual void end() = 0;
  /// Appends up to `bytes_max` bytes to send; nothing means that there is nothing until want_pull().
  virtual void pull(Bytes& out, std::size_t bytes_max) = 0;
  /// Last call.
  virtual void closed(StreamEnd end) = 0;
};

class YamuxStream {
 public:
  static constexpr std::size_t kOutboxBytesMax = 64 << 10;

  std::uint32_t id() const { return id_; }
  bool is_outbound() const { return is_outbound_; }
  /// Queues bytes, which go before what is pulled. False, and nothing queued: too much is queued already.
  [[nodiscard]] bool write(ByteView bytes);
  std::size_t unsent() const { return outbox_.size(); }
  void want_pull();
  /// No more from us once everything is sent.
  void finish();
  /// Gone at once, both ways.
  void reset(StreamEnd reason = StreamEnd::kResetHere);
  /// The user takes bytes again.
  void resume();
  /// Taken by nobody yet.
  std::size_t unread() const { return inbox_.size(); }
  bool is_gone() const { return is_gone_; }
  YamuxUser& user() const { return *user_; }

 private:
  friend class Yamux;
  YamuxStream(Yamux& yamux, std::uint32_t id, bool is_outbound, std::uint32_t window)
      : yamux_(yamux),
        id_(id),
        is_outbound_(is_outbound),
        send_window_(window),
        window_(window),
        receive_window_(window) {}
  bool has_data_to_send() const { return send_window_ > 0 && (!outbox_.empty() || wants_pull_); }
  bool has_fin_to_send() const { return finishing_ && !fin_sent_ && outbox_.empty() && !wants_pull_; }
  bool is_ready() const { return !is_gone_ && (has_data_to_send() || has_fin_to_send()); }

  Yamux& yamux_;
  std::unique_ptr<YamuxUser> user_;
  const std::uint32_t id_;
  const bool is_outbound_;
  std::uint64_t send_window_;
  std::uint32_t window_;          // what may lie between the other side and our reader
  std::uint32_t receive_window_;  // what the other side may still send
  std::uint32_t taken_ = 0;       // by the reader, and not granted again yet
  std::uint32_t grants_ = 0;      // since the window grew
  ByteQueue inbox_;
  ByteQueue outbox_;
  StreamEnd end_ = StreamEnd::kFinished;
  bool syn_pending_ = false;
  bool ack_pending_ = false;
  bool grant_pending_ = false;
  bool wants_pull_ = false;
  bool finishing_ = false;
  bool fin_sent_ = false;
  bool fin_seen_ = false;
  bool end_told_ = false;
  bool is_offering_ = false;
  bool is_gone_ = false;
  bool in_control_ = false;  // listed in Yamux::control_streams_
  bool in_ready_ = false;    // listed in Yamux::ready_streams_
};

struct YamuxCounters {
  std::uint64_t frames_in = 0, frames_out = 0;
  std::uint64_t data_in = 0, data_out = 0;
  std::uint64_t frames_dropped = 0;   // for streams that are gone, or never were
  std::uint64_t streams_refused = 0;  // beyond the limits
  std::uint64_t streams_in = 0, streams_out = 0;
  std::uint64_t resets_in = 0, resets_out = 0;
};

class Yamux {
 public:
  static constexpr std::size_t kDataBytesMax = 16 << 10;     // of one frame of ours
  static constexpr std::size_t kControlBytesMax = 64 << 10;  // answers waiting for a peer that does not read
  static constexpr std::uint64_t kSendWindowMax = 0xffff'ffff;
  // In times of what a stream starts with: how large a window becomes, and by how much all windows of a connection
  // together grow.
  static constexpr std::uint32_t kWindowMax = 4;
  static constexpr std::uint32_t kGrowthMax = 12;
  static constexpr std::uint32_t kGrantsBeforeGrowth = 4;  // the window doubles after so many

  class Acceptor {
   public:
    virtual ~Acceptor() = default;
    /// The other side opens a stream. Null: it is reset.
    virtual std::unique_ptr<YamuxUser> accept(YamuxStream& stream) = 0;
  };

  Yamux(Role role, const YamuxLimits& limits, Acceptor& acceptor);
  ~Yamux();

  /// After anything but kNone nothing more is taken; produce() then gives the go away.
  Fault receive(ByteView in);
  /// Appends whole frames, together at most `bytes_max` bytes (nothing below kProduceBytesMin).
  void produce(Bytes& out, std::size_t bytes_max);
  static constexpr std::size_t kProduceBytesMin = 2 * kYamuxHeaderBytes + 1;
  bool has_output() const {
    const bool has_streams = !control_streams_.empty() || !ready_streams_.empty();
    return !control_.empty() || (fault_ == Fault::kNone && has_streams);
  }

  /// Null: going away, or too many streams.
  YamuxStream* open();
  /// Right after open(), before anything else.
  void set_user(YamuxStream& stream, std::unique_ptr<YamuxUser> user) { stream.user_ = std::move(user); }
  /// At most one at a time is on its way.
  void ping();
  bool is_ping_open() const { return ping_open_; }
  /// Says that no more streams will be opened; other codes than kGoAwayNormal end everything there.
  void go_away(std::uint32_t code = kGoAwayNormal);
  bool is_going_away() const { return go_away_sent_ || go_away_seen_; }
  /// Ends all streams. Nothing but control frames that wait already goes out after that.
  void close_streams(StreamEnd end);
  /// Lets go of streams that ended; later, if a user is being called.
  void sweep();

  std::size_t stream_count() const { return streams_.size(); }
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (auto& [id, stream] : streams_) visit(*stream);
  }
  const YamuxCounters& counters() const { return counters_; }

 private:
  friend class YamuxStream;
  void handle(const YamuxHeader& header);
  void handle_ping(const YamuxHeader& header);
  void handle_go_away(const YamuxHeader& header);
  void handle_stream(const YamuxHeader& header);
  YamuxStream* handle_syn(const YamuxHeader& header);
  void handle_window(YamuxStream& stream, const YamuxHeader& header);
  void handle_data(YamuxStream& stream, const YamuxHeader& header);
  void body_done();
  std::size_t call_data(YamuxStream& stream, ByteView bytes);
  void deliver(ByteView chunk);
  void offer(YamuxStream& stream);
  void taken(YamuxStream& stream, std::size_t bytes);
  void grow(YamuxStream& stream);
  void saw_fin(YamuxStream& stream);
  void gone(YamuxStream& stream, StreamEnd end);
  void gone_if_finished(YamuxStream& stream);
  void fail(Fault fault);
  void queue_control(const YamuxHeader& header);
  void schedule_control(YamuxStream& stream);
  void schedule_ready(YamuxStream& stream);
  void produce_control(Bytes& out, std::size_t end);
  void produce_stream_control(Bytes& out, std::size_t end);
  void produce_data(Bytes& out, std::size_t end);
  bool produce_frame(YamuxStream& stream, Bytes& out, std::size_t body_max);
  void send_header(Bytes& out, const YamuxHeader& header);
  YamuxStream* find(std::uint32_t id);
  std::size_t count(bool outbound) const { return outbound ? outbound_ : streams_.size() - outbound_; }

  const Role role_;
  const YamuxLimits limits_;
  Acceptor& acceptor_;
  std::unordered_map<std::uint32_t, std::unique_ptr<YamuxStream>> streams_;
  std::size_t outbound_ = 0;
  std::uint64_t growth_ = 0;  // by how much the windows of all streams are larger than they were
  std::uint64_t next_id_;
  Fault fault_ = Fault::kNone;

  // Reading: a header that is not whole yet, or what is left of a body.
  Bytes header_;
  std::uint32_t body_left_ = 0;
  std::uint32_t body_stream_ = 0;  // 0: nobody's, to be dropped
  bool body_ends_stream_ = false;

  // Writing.
  ByteQueue control_;
  std::deque<std::uint32_t> control_streams_;  // may hold ids that are gone
  std::deque<std::uint32_t> ready_streams_;    // the same
  std::vector<std::uint32_t> gone_streams_;
  bool ping_open_ = false;
  std::uint32_t ping_value_ = 0;
  bool go_away_sent_ = false;
  bool go_away_seen_ = false;
  bool is_calling_ = false;  // a user, who must not be destroyed meanwhile
  YamuxCounters counters_;
};

}  // namespace kith::p2p
