// SPDX-License-Identifier: Apache-2.0
// dial: tests the way to another house step by step, as a stranger with a key of its own for this one call.
#include "net/dial.h"
#include "cli/run.h"
#include "node/address.h"
#include "sync/session_stream.h"

namespace kith::cli {
namespace {

/// Says whether a stream was agreed on.
class Probe final : public p2p::StreamHandler {
 public:
  explicit Probe(std::function<void(bool)> done) : done_(std::move(done)) {}
  void opened(p2p::Stream& stream) override {
    tell(true);
    stream.reset();
  }
  std::size_t received(p2p::Stream&, ByteView bytes) override { return bytes.size(); }
  void closed(p2p::StreamEnd) override { tell(false); }

 private:
  void tell(bool is_spoken) {
    if (const auto done = std::exchange(done_, nullptr)) done(is_spoken);
  }
  std::function<void(bool)> done_;
};

Error no_identify() {
  return {ErrorCode::kTimeout, "The other side did not say what it speaks.", "Try again; it may be busy."};
}

Error no_ping() {
  return {ErrorCode::kTimeout, "The other side did not answer a ping.",
          "Try again; the network may be losing packets."};
}

Error no_kith() {
  return {ErrorCode::kPeerRefused,
          "What answers there speaks libp2p, but not " + std::string(sync::kSyncProtocol) + ".",
          "Check the address; it is another program, or another version of Kith."};
}

/// One dial: what has been done, and when.
class Dialing {
 public:
  static constexpr std::uint64_t kLookMs = 10;
  static constexpr std::uint64_t kStepMsMax = 10'000;

  Dialing(net::Loop& loop, Clock& clock, Random& random, bool is_quiet)
      : loop_(loop),
        clock_(clock),
        key_(fresh_key(random)),
        identity_(key_, random),
        host_{identity_, "kith-dial/0.1", {}, {}},
        context_{loop, clock, random, host_},
        timer_(loop),
        is_quiet_(is_quiet),
        last_ms_(clock.steady_ms()) {}

  /// Runs the loop. The error names the step.
  Result<void> run(const p2p::Multiaddr& address) {
    KITH_TRY(connect(address));
    KITH_TRY(identify());
    KITH_TRY(ping());
    return sync();
  }

  /// Of a dial that went well.
  Json json() const { return Json::object({{"peer", peer_}, {"agent", agent_}, {"steps", steps_}}); }
  const std::string& failed_step() const { return failed_; }

 private:
  static crypto::SigningKey fresh_key(Random& random) {
    crypto::Key seed;
    random.fill(seed.data);
    return crypto::SigningKey::from_seed(seed);
  }

  void done(std::string_view step, const std::string& detail = {}) {
    const std::uint64_t now = clock_.steady_ms();
    const std::uint64_t took = now - std::exchange(last_ms_, now);
    steps_.push_back(Json::object({{"step", step}, {"ms", took}}));
    if (is_quiet_) return;
    std::printf("  %-12s ok  %5llu ms  %s\n", std::string(step).c_str(), static_cast<unsigned long long>(took),
                detail.c_str());
    std::fflush(stdout);
  }

  Error failed(std::string_view step, Error error) {
    failed_ = step;
    if (!is_quiet_) std::printf("  %-12s failed\n", failed_.c_str());
    return error;
  }

  Result<void> connect(const p2p::Multiaddr& address) {
    Result<void> outcome;
    const net::PeerDial dial(context_, {address}, std::nullopt,
                             {[&](std::unique_ptr<net::DialedPeer> peer, std::vector<net::DialFailure> failures) {
                                if (peer == nullptr) {
                                  outcome = failed(net::dial_step_name(failures.front().step),
                                                   std::move(failures.front().error));
                                } else {
                                  connection_ = std::move(peer->connection);
                                }
                                loop_.stop();
                              },
                              [&](const p2p::Multiaddr&, net::DialStep step) { done(net::dial_step_name(step)); }});
    loop_.run();
    if (!outcome.ok()) return outcome;
    connection_->set_events({{}, [this](p2p::Fault fault, const std::string&) {
                               end_ = fault;
                               loop_.stop();
                             }});
    peer_ = p2p::PeerId::of(connection_->connection().peer()).text();
    if (!is_quiet_) std::printf("  %-12s %s\n", "it is", peer_.c_str());
    return {};
  }

  /// Runs the loop until `is_done`; false if that did not come, or the connection ended.
  bool wait(const std::function<bool()>& is_done) {
    const std::uint64_t until = clock_.steady_ms() + kStepMsMax;
    const std::function<void()> look = [&] {
      if (is_done() || clock_.steady_ms() >= until) return loop_.stop();
      timer_.start(kLookMs, look);
    };
    connection_->pump();
    look();
    if (!is_done() && !end_) loop_.run();
    timer_.cancel();
    return is_done();
  }

  Error reason(Error otherwise) const {
    return end_ && *end_ != p2p::Fault::kNone ? p2p::fault_error(*end_) : std::move(otherwise);
  }

  Result<void> identify() {
    const p2p::PeerInfo& info = connection_->connection().peer_info();
    if (!wait([&] { return info.revision > 0; })) return failed("identify", reason(no_identify()));
    agent_ = info.agent_version;
    done("identify", agent_);
    return {};
  }

  Result<void> ping() {
    std::optional<std::uint64_t> round_trip;
    bool is_over = false;
    const auto asked = connection_->connection().ping([&](std::optional<std::uint64_t> ms) {
      round_trip = ms;
      is_over = true;
    });
    if (!asked.ok()) return failed("ping", reason(no_ping()));
    if (!wait([&] { return is_over; }) || !round_trip) return failed("ping", reason(no_ping()));
    done("ping", "round trip " + std::to_string(*round_trip) + " ms");
    return {};
  }

  Result<void> sync() {
    std::optional<bool> is_spoken;
    const auto asked = connection_->connection().open_stream(
        {std::string(sync::kSyncProtocol)}, std::make_unique<Probe>([&](bool spoken) { is_spoken = spoken; }));
    const bool is_answered = asked.ok() && wait([&] { return is_spoken.has_value(); });
    // It must not call into what is gone when we return.
    if (!is_answered || !*is_spoken) {
      connection_->abort();
      return failed(sync::kSyncProtocol, reason(no_kith()));
    }
    done(sync::kSyncProtocol);
    connection_->close();
    return {};
  }

  net::Loop& loop_;
  Clock& clock_;
  crypto::SigningKey key_;
  p2p::NoiseIdentity identity_;
  p2p::Host host_;
  net::PeerConnection::Context context_;
  std::unique_ptr<net::PeerConnection> connection_;
  std::optional<p2p::Fault> end_;
  net::Timer timer_;
  bool is_quiet_;
  std::uint64_t last_ms_;
  Json::Array steps_;
  std::string peer_;
  std::string agent_;
  std::string failed_;
};

}  // namespace

Result<void> Run::dial() {
  const node::Address address = KITH_TRY(node::parse_address(word(0)));
  if (address.is_unix()) {
    return Error(ErrorCode::kUsage, "A house on this machine is not dialed over libp2p.",
                 "Try `kith sync " + word(0) + "`.");
  }
  if (!arguments_.json) std::printf("%s\n", address.text.c_str());
  Dialing dialing(loop_, clock_, random_, arguments_.json);
  const auto outcome = dialing.run(*address.multiaddr);
  if (!outcome.ok()) return Error(outcome.error()).with_context("At the step " + dialing.failed_step());
  if (arguments_.json) {
    print(dialing.json());
  } else {
    std::puts("It can be reached, and it speaks Kith.");
  }
  return {};
}

}  // namespace kith::cli
