// SPDX-License-Identifier: Apache-2.0
#include "p2p/connection.h"

#include <algorithm>

#include "base/check.h"
#include "p2p/identify_protocol.h"
#include "p2p/ping.h"

namespace kith::p2p {

namespace {

constexpr std::string_view kNoiseProtocol = "/noise";
constexpr std::string_view kProtocolVersion = "kith/1";
constexpr std::string_view kBuiltin[] = {kIdentifyProtocol, kIdentifyPushProtocol, kPingProtocol};
constexpr std::uint64_t kNever = ~std::uint64_t{0};
/// Room below which a frame goes through pending_, so that little frames do not cost more in headers than they carry.
constexpr std::size_t kDirectBytesMin = 1024;

Error closed_error() {
  return Error(ErrorCode::kClosed, "The connection is not open, or is about to close.", "Connect again.");
}

}  // namespace

std::string_view step_name(Step step) {
  switch (step) {
    case Step::kSecurity: return "security";
    case Step::kHandshake: return "handshake";
    case Step::kMuxer: return "muxer";
    case Step::kOpen: return "open";
    case Step::kClosing: return "closing";
    case Step::kClosed: return "closed";
  }
  return {};
}

Connection::Connection(const Host& host, ConnectionOptions options, Clock& clock, Random& random)
    : host_(host),
      options_(std::move(options)),
      clock_(clock),
      random_(random),
      started_ms_(clock.steady_ms()),
      heard_ms_(started_ms_) {
  if (is_dialer()) {
    dialer_ = std::make_unique<MultistreamDialer>(std::vector{std::string(kNoiseProtocol)}, pending_.back());
  } else {
    listener_ = std::make_unique<MultistreamListener>();
  }
}

Connection::~Connection() = default;

// --- input ---

void Connection::receive(ByteView in) {
  if (is_closed() || in.empty()) return;
  counters_.bytes_in += in.size();
  heard_ms_ = now_ms();
  while (!in.empty() && !is_closed()) {
    const bool is_upgrading = step_ == Step::kSecurity || step_ == Step::kHandshake;
    const Fault fault = is_upgrading ? upgrade(in) : receive_frame(in);
    if (fault != Fault::kNone) end(fault);
  }
  if (step_ == Step::kOpen && yamux_->is_going_away()) begin_closing(heard_ms_);
}

Fault Connection::upgrade(ByteView& in) {
  const std::size_t before = in.size();
  Fault fault = Fault::kNone;
  if (step_ == Step::kSecurity) {
    fault = negotiate_security(in);
  } else {
    fault = noise_->handshake(in, pending_.back());
    if (fault == Fault::kNone && noise_->is_open()) fault = secured();
  }
  upgrade_bytes_ += before - in.size();
  if (fault == Fault::kNone && upgrade_bytes_ > kUpgradeBytesMax) return Fault::kUpgradeTooLarge;
  return fault;
}

Fault Connection::negotiate_security(ByteView& in) {
  const Negotiation state =
      is_dialer()
          ? dialer_->receive(in, pending_.back())
          : listener_->receive(in, pending_.back(), [](std::string_view name) { return name == kNoiseProtocol; });
  switch (state) {
    case Negotiation::kBusy: return Fault::kNone;
    case Negotiation::kBad: return Fault::kNegotiation;
    case Negotiation::kRefused: return Fault::kNoSecurity;
    case Negotiation::kAgreed: break;
  }
  dialer_.reset();
  listener_.reset();
  step_ = Step::kHandshake;
  noise_ = std::make_unique<NoiseChannel>(
      host_.identity,
      NoiseChannel::Options{
          .role = options_.role, .expected = options_.expected, .early_muxer = options_.early_muxer, .prologue = {}},
      random_, pending_.back());
  return Fault::kNone;
}

Fault Connection::secured() {
  if (noise_->has_early_muxer()) {
    opened();
    return Fault::kNone;
  }
  step_ = Step::kMuxer;
  if (is_dialer()) {
    Bytes greeting;
    dialer_ = std::make_unique<MultistreamDialer>(std::vector{std::string(kYamuxProtocol)}, greeting);
    noise_->seal(greeting, pending_.back());
  } else {
    listener_ = std::make_unique<MultistreamListener>();
  }
  return Fault::kNone;
}

Fault Connection::receive_frame(ByteView& in) {
  Bytes plain;
  bool has_frame = false;
  const Fault fault = noise_->open(in, plain, has_frame);
  if (fault != Fault::kNone || !has_frame) return fault;
  ByteView rest = plain;
  if (step_ == Step::kMuxer) {
    const Fault negotiation = negotiate_muxer(rest);
    if (negotiation != Fault::kNone || step_ == Step::kMuxer) return negotiation;
  }
  const bool was_ping_open = yamux_->is_ping_open();
  const Fault muxer = yamux_->receive(rest);
  note_pong(was_ping_open);
  return muxer;
}

Fault Connection::negotiate_muxer(ByteView& in) {
  Bytes answer;
  const Negotiation state =
      is_dialer() ? dialer_->receive(in, answer)
                  : listener_->receive(in, answer, [](std::string_view name) { return name == kYamuxProtocol; });
  if (!answer.empty()) noise_->seal(answer, pending_.back());
  switch (state) {
    case Negotiation::kBusy: return Fault::kNone;
    case Negotiation::kBad: return Fault::kNegotiation;
    case Negotiation::kRefused: return Fault::kNoMuxer;
    case Negotiation::kAgreed: break;
  }
  dialer_.reset();
  listener_.reset();
  opened();
  return Fault::kNone;
}

void Connection::opened() {
  step_ = Step::kOpen;
  next_ping_ms_ = now_ms() + kFirstPingMs;
  yamux_ = std::make_unique<Yamux>(options_.role, options_.limits, static_cast<Yamux::Acceptor&>(*this));
  if (!options_.identify) return;
  auto reader = std::make_unique<IdentifyStreamReader>([this](const IdentifyMessage& message) { identified(message); });
  // The first stream of a fresh connection: there is room for it.
  CHECK(open_stream({std::string(kIdentifyProtocol)}, std::move(reader)).ok());
}

void Connection::note_pong(bool was_open) {
  if (!was_open || yamux_->is_ping_open()) return;
  round_trip_ms_ = now_ms() - ping_sent_ms_;
  next_ping_ms_ = now_ms() + kPingIntervalMs;
}

// --- output ---

bool Connection::has_output() const {
  return !pending_.empty() || (yamux_ && yamux_->has_output() && !noise_->is_exhausted());
}

void Connection::produce_frame(Bytes& out, std::size_t plain_max) {
  Bytes plain;
  yamux_->produce(plain, std::min(plain_max, NoiseChannel::kPlainBytesMax));
  if (plain.empty()) return;
  noise_->seal(plain, out);
  if (noise_->is_exhausted()) end(Fault::kExhausted);
}

void Connection::take_output(Bytes& out, std::size_t bytes_max) {
  const std::size_t begin = out.size();
  const std::size_t end = begin + bytes_max;
  while (out.size() < end) {
    const std::size_t room = end - out.size();
    const ByteView made = pending_.view().first(std::min(room, pending_.size()));
    if (!made.empty()) {
      append(out, made);
      pending_.pop(made.size());
    } else if (!has_output()) {
      break;
    } else if (room >= kDirectBytesMin) {
      produce_frame(out, room - NoiseChannel::kOverheadBytes);
    } else {
      produce_frame(pending_.back(), kDirectBytesMin);
    }
  }
  counters_.bytes_out += out.size() - begin;
}

// --- streams ---

std::unique_ptr<YamuxUser> Connection::accept(YamuxStream& stream) {
  Stream::Owner& owner = *this;
  if (inbound_streams_of({}) < kUnnegotiatedStreamsMax) return std::make_unique<Stream>(stream, owner);
  ++counters_.streams_over_limit;
  return nullptr;
}

std::size_t Connection::inbound_streams_of(std::string_view protocol) {
  std::size_t count = 0;
  yamux_->for_each([&](YamuxStream& stream) {
    if (stream.is_gone() || stream.is_outbound()) return;
    if (static_cast<Stream&>(stream.user()).protocol() == protocol) ++count;
  });
  return count;
}

std::unique_ptr<StreamHandler> Connection::make_builtin(std::string_view protocol) {
  if (protocol == kIdentifyProtocol) return std::make_unique<IdentifyWriter>(own_identify_message());
  if (protocol == kPingProtocol) return std::make_unique<Echo>();
  return std::make_unique<IdentifyStreamReader>([this](const IdentifyMessage& message) { identified(message); });
}

std::unique_ptr<StreamHandler> Connection::handle(Stream& stream, std::string_view protocol) {
  const bool is_builtin = std::find(std::begin(kBuiltin), std::end(kBuiltin), protocol) != std::end(kBuiltin);
  const auto offered = std::find_if(host_.protocols.begin(), host_.protocols.end(),
                                    [&](const Protocol& candidate) { return candidate.name == protocol; });
  if (!is_builtin && offered == host_.protocols.end()) {
    ++counters_.protocols_refused;
    return nullptr;
  }
  if (inbound_streams_of(protocol) >= (is_builtin ? kBuiltinInboundMax : offered->inbound_max)) {
    ++counters_.streams_over_limit;
    stream.reset();
    return nullptr;
  }
  auto handler = is_builtin ? make_builtin(protocol) : offered->accept(*this);
  if (handler == nullptr) ++counters_.protocols_refused;
  return handler;
}

Result<Stream*> Connection::open_stream(std::vector<std::string> protocols, std::unique_ptr<StreamHandler> handler,
                                        Greeting greeting) {
  if (!is_open()) return closed_error();
  YamuxStream* yamux_stream = yamux_->open();
  if (yamux_stream == nullptr) {
    if (yamux_->is_going_away()) return closed_error();
    return Error(ErrorCode::kTooLarge, "Too many streams are open on this connection.", "Wait until some have ended.");
  }
  Stream::Owner& owner = *this;
  auto stream = std::make_unique<Stream>(*yamux_stream, owner, std::move(protocols), std::move(handler), greeting);
  Stream* out = stream.get();
  yamux_->set_user(*yamux_stream, std::move(stream));
  return out;
}

// --- identify and ping ---

Bytes Connection::own_identify_message() const {
  IdentifyMessage message;
  message.protocol_version = kProtocolVersion;
  message.agent_version = host_.agent_version;
  message.public_key = encode_public_key(host_.identity.host_key());
  message.observed_address = options_.remote_address;
  for (const Multiaddr& address : host_.listen_addresses) {
    if (options_.audience == Audience::kMember || address.is_public()) message.listen_addresses.push_back(address);
  }
  message.protocols.assign(std::begin(kBuiltin), std::end(kBuiltin));
  for (const Protocol& protocol : host_.protocols) message.protocols.push_back(protocol.name);
  return encode_identify(message);
}

void Connection::identified(const IdentifyMessage& message) {
  if (!peer_info_.merge(message, peer())) ++counters_.identify_refused;
}

Result<void> Connection::push_identify() {
  auto writer = std::make_unique<IdentifyWriter>(own_identify_message());
  KITH_TRY(open_stream({std::string(kIdentifyPushProtocol)}, std::move(writer)));
  return {};
}

Result<void> Connection::ping(std::function<void(std::optional<std::uint64_t>)> done) {
  KITH_TRY(open_stream({std::string(kPingProtocol)}, std::make_unique<Pinger>(random_, std::move(done))));
  return {};
}

// --- time and end ---

std::uint64_t Connection::tick() {
  const std::uint64_t now = now_ms();
  if (is_closed()) return kNever;
  if (yamux_ == nullptr) {
    const std::uint64_t upgraded_by = started_ms_ + kUpgradeMsMax;
    if (now < upgraded_by) return upgraded_by;
    end(Fault::kUpgradeTimeout);
    return kNever;
  }
  const std::uint64_t next = std::min(tick_streams(now), tick_ping(now));
  if (is_closed()) return kNever;
  if (step_ != Step::kClosing) return next;
  if (now >= close_by_ms_ || yamux_->stream_count() == 0) end(Fault::kNone);
  return is_closed() ? kNever : std::min(next, close_by_ms_);
}

std::uint64_t Connection::tick_streams(std::uint64_t now) {
  std::uint64_t next = kNever;
  yamux_->for_each([&](YamuxStream& yamux_stream) {
    auto& stream = static_cast<Stream&>(yamux_stream.user());
    if (stream.is_due(now) && !stream.is_gone()) {
      ++counters_.streams_timed_out;
      stream.reset(StreamEnd::kTimeout);
    } else {
      next = std::min(next, stream.next_deadline_ms());
    }
  });
  yamux_->sweep();
  return next;
}

std::uint64_t Connection::tick_ping(std::uint64_t now) {
  if (!yamux_->is_ping_open()) {
    if (now < next_ping_ms_) return next_ping_ms_;
    yamux_->ping();
    ping_sent_ms_ = now;
  }
  const std::uint64_t silent_by =
      std::min(std::max(ping_sent_ms_, heard_ms_) + kPongMsMax, ping_sent_ms_ + kPongLateMsMax);
  if (now < silent_by) return silent_by;
  end(Fault::kSilent);
  return kNever;
}

void Connection::begin_closing(std::uint64_t now) {
  yamux_->go_away();
  step_ = Step::kClosing;
  close_by_ms_ = now + kCloseMsMax;
}

void Connection::close() {
  if (step_ == Step::kOpen) return begin_closing(now_ms());
  if (step_ != Step::kClosing) abort();
}

void Connection::abort() {
  end(Fault::kNone);
}

void Connection::end(Fault fault) {
  if (is_closed()) return;
  fault_ = fault;
  step_ = Step::kClosed;
  if (!yamux_) return;
  if (fault == Fault::kNone) yamux_->go_away();
  if (fault == Fault::kBadFrame) yamux_->go_away(kGoAwayProtocol);
  yamux_->close_streams(StreamEnd::kConnection);
}

}  // namespace kith::p2p
