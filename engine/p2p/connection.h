// SPDX-License-Identifier: Apache-2.0
// Connection: one libp2p connection over anything that carries bytes in order (TCP, the payload of WebSocket messages,
// a pipe in a test): multistream-select, Noise, multistream-select or not, yamux, and a protocol on each stream. No
// socket, thread or clock of its own: bytes in, bytes out.
//
//   Connection connection(host, {.role = Role::kDialer, .expected = peer}, clock, random);
//   connection.receive(bytes);                        // whatever the socket gave
//   while (connection.has_output()) { connection.take_output(out, 64 << 10); … send … }
//   next = connection.tick();                         // after each of these, and when `next` has come
//   if (connection.is_open()) connection.open_stream({"/kith/sync/1"}, std::move(handler));
//
// After each call the owner looks at is_closed(): what output is left then may still be sent, then the socket is closed
// (js-libp2p leaves it open after errors). Everything the other side can make us keep is bounded: 8 KiB before it has
// proven who it is, 64 streams with a window each after that.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "p2p/fault.h"
#include "p2p/identify.h"
#include "p2p/multistream.h"
#include "p2p/noise_channel.h"
#include "p2p/stream.h"
#include "p2p/yamux.h"

namespace kith::p2p {

class Connection;

/// A protocol that others may open streams for.
struct Protocol {
  std::string name;
  /// Streams of it that one connection may have open at a time.
  std::size_t inbound_max = 1;
  /// Null: not with this peer (it hears `na`).
  std::function<std::unique_ptr<StreamHandler>(Connection&)> accept;
};

/// What all connections of a process share. Outlives them.
struct Host {
  const NoiseIdentity& identity;
  std::string agent_version;
  std::vector<Protocol> protocols;  // besides identify and ping
  std::vector<Multiaddr> listen_addresses;
};

/// Whom identify tells what: strangers hear of no address on a LAN.
enum class Audience : std::uint8_t { kStranger, kMember };

struct ConnectionOptions {
  Role role = Role::kDialer;
  /// Dialer: whom we mean to reach. Somebody else is refused before we say who we are.
  std::optional<PeerId> expected = std::nullopt;
  bool early_muxer = true;
  bool identify = true;  // ask, as soon as it is open
  Audience audience = Audience::kStranger;
  /// Where the bytes come from, for identify: the other side learns how it is seen.
  std::optional<Multiaddr> remote_address = std::nullopt;
  YamuxLimits limits = {};
};

/// How far it has come; the steps that `kith dial` names.
enum class Step : std::uint8_t { kSecurity, kHandshake, kMuxer, kOpen, kClosing, kClosed };
std::string_view step_name(Step step);

struct ConnectionCounters {
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::uint64_t protocols_refused = 0;   // proposals answered with `na`
  std::uint64_t streams_over_limit = 0;  // of one protocol, or without any
  std::uint64_t streams_timed_out = 0;
  std::uint64_t identify_refused = 0;  // messages about somebody else
};

class Connection final : private Yamux::Acceptor, private Stream::Owner {
 public:
  static constexpr std::uint64_t kUpgradeMsMax = 10'000;
  static constexpr std::size_t kUpgradeBytesMax = 8192;  // from somebody of whom we know nothing
  static constexpr std::size_t kUnnegotiatedStreamsMax = 16;
  static constexpr std::size_t kBuiltinInboundMax = 2;  // of identify, push and ping each
  static constexpr std::uint64_t kFirstPingMs = 1'000;
  static constexpr std::uint64_t kPingIntervalMs = 30'000;
  static constexpr std::uint64_t kPongMsMax = 10'000;      // during which nothing at all was heard
  static constexpr std::uint64_t kPongLateMsMax = 60'000;  // whatever else was heard
  static constexpr std::uint64_t kCloseMsMax = 10'000;     // for streams to finish

  Connection(const Host& host, ConnectionOptions options, Clock& clock, Random& random);
  ~Connection() override;

  /// Bytes as they come, cut anywhere. Ignored when closed.
  void receive(ByteView bytes);
  /// Appends up to `bytes_max` bytes to send.
  void take_output(Bytes& out, std::size_t bytes_max);
  /// May be true although nothing comes: handlers are asked only in take_output.
  bool has_output() const;
  /// Deadlines and signs of life. Returns when to call again (steady ms) at the latest.
  std::uint64_t tick();
  /// Polite end: no new streams, those that are open may finish for a while.
  void close();
  /// End now.
  void abort();

  Step step() const { return step_; }
  bool is_open() const { return step_ == Step::kOpen; }
  bool is_closed() const { return step_ == Step::kClosed; }
  /// Why it was dropped; kNone after an orderly end.
  Fault fault() const { return fault_; }

  // From kOpen on:
  const HostKey& peer() const { return noise_->peer(); }
  bool is_dialer() const { return options_.role == Role::kDialer; }
  /// What the peer says of itself; its revision is 0 until it has.
  const PeerInfo& peer_info() const { return peer_info_; }
  std::optional<std::uint64_t> round_trip_ms() const { return round_trip_ms_; }

  /// Opens a stream and proposes one protocol after another (exactly one, if not waiting). The handler's closed() is
  /// called in any case but an error here. The stream lives until then.
  Result<Stream*> open_stream(std::vector<std::string> protocols, std::unique_ptr<StreamHandler> handler,
                              Greeting greeting = Greeting::kWait) override;
  /// One ping on a stream of its own (ping.h).
  Result<void> ping(std::function<void(std::optional<std::uint64_t> round_trip_ms)> done);
  void set_audience(Audience audience) { options_.audience = audience; }
  /// Tells the peer anew what identify told it: protocols, addresses or the audience have changed.
  Result<void> push_identify();

  const ConnectionCounters& counters() const { return counters_; }
  /// Null before kOpen.
  const YamuxCounters* stream_counters() const { return yamux_ ? &yamux_->counters() : nullptr; }
  std::size_t stream_count() const { return yamux_ ? yamux_->stream_count() : 0; }
  /// Bytes kept for output that is made already; never more than a frame and an answer.
  std::size_t pending() const { return pending_.size(); }

 private:
  // Yamux::Acceptor, Stream::Owner
  std::unique_ptr<YamuxUser> accept(YamuxStream& stream) override;
  std::unique_ptr<StreamHandler> handle(Stream& stream, std::string_view protocol) override;
  std::uint64_t now_ms() override { return clock_.steady_ms(); }

  Fault upgrade(ByteView& in);
  Fault negotiate_security(ByteView& in);
  Fault secured();
  Fault receive_frame(ByteView& in);
  Fault negotiate_muxer(ByteView& in);
  void opened();
  void begin_closing(std::uint64_t now);
  void end(Fault fault);
  void note_pong(bool was_open);
  std::uint64_t tick_streams(std::uint64_t now);
  std::uint64_t tick_ping(std::uint64_t now);
  void produce_frame(Bytes& out, std::size_t plain_max);
  std::unique_ptr<StreamHandler> make_builtin(std::string_view protocol);
  std::size_t inbound_streams_of(std::string_view protocol);
  Bytes own_identify_message() const;
  void identified(const IdentifyMessage& message);

  const Host& host_;
  ConnectionOptions options_;
  Clock& clock_;
  Random& random_;
  Step step_ = Step::kSecurity;
  Fault fault_ = Fault::kNone;

  // Of the negotiation that is going on: one of them, or none.
  std::unique_ptr<MultistreamDialer> dialer_;
  std::unique_ptr<MultistreamListener> listener_;
  std::unique_ptr<NoiseChannel> noise_;  // from kHandshake on
  std::unique_ptr<Yamux> yamux_;         // from kOpen on

  ByteQueue pending_;  // made and not taken yet
  std::size_t upgrade_bytes_ = 0;
  std::uint64_t started_ms_;
  std::uint64_t heard_ms_;
  std::uint64_t next_ping_ms_ = 0;
  std::uint64_t ping_sent_ms_ = 0;
  std::uint64_t close_by_ms_ = 0;
  std::optional<std::uint64_t> round_trip_ms_;
  PeerInfo peer_info_;
  ConnectionCounters counters_;
};

}  // namespace kith::p2p
