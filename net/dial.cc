// SPDX-License-Identifier: Apache-2.0
#include "net/dial.h"

#include <algorithm>

#include "base/check.h"
#include "net/web_socket.h"

namespace kith::net {

std::string_view dial_step_name(DialStep step) {
  switch (step) {
    case DialStep::kAddress: return "address";
    case DialStep::kResolve: return "resolve";
    case DialStep::kConnect: return "connect";
    case DialStep::kTls: return "tls";
    case DialStep::kWebSocket: return "websocket";
    case DialStep::kSecurity: return "multistream";
    case DialStep::kHandshake: return "noise";
    case DialStep::kMuxer: return "yamux";
    case DialStep::kOpen: return "open";
  }
  return {};
}

namespace {

DialStep step_of(p2p::Step step) {
  switch (step) {
    case p2p::Step::kSecurity: return DialStep::kSecurity;
    case p2p::Step::kHandshake: return DialStep::kHandshake;
    case p2p::Step::kMuxer: return DialStep::kMuxer;
    case p2p::Step::kOpen:
    case p2p::Step::kClosing:
    case p2p::Step::kClosed: break;
  }
  return DialStep::kOpen;
}

/// A fault names its step better than where we were when the bytes came: several steps may lie in one packet.
DialStep step_of(p2p::Fault fault, p2p::Step reached) {
  switch (fault) {
    case p2p::Fault::kNoSecurity: return DialStep::kSecurity;
    case p2p::Fault::kHandshake:
    case p2p::Fault::kBadSignature:
    case p2p::Fault::kWrongPeer:
    case p2p::Fault::kOwnId: return DialStep::kHandshake;
    case p2p::Fault::kNoMuxer: return DialStep::kMuxer;
    default: return step_of(reached);
  }
}

Error hung_up(const std::string& host, DialStep step, const std::string& reason) {
  return {ErrorCode::kUnreachable,
          "What answers at " + host + " hung up at the step " + std::string(dial_step_name(step)) +
              (reason.empty() ? "." : ": " + reason + "."),
          "Something else may listen there, or it has too many connections: check address and port, or try later."};
}

}  // namespace

/// One address.
class Attempt {
 public:
  struct Events {
    std::function<void(DialStep)> on_step;
    std::function<void(std::unique_ptr<PeerConnection>)> on_open;
    std::function<void(DialStep, p2p::Fault, Error)> on_failure;
  };

  Attempt(const PeerConnection::Context& context, p2p::Multiaddr address, std::optional<p2p::PeerId> expected)
      : context_(context), address_(std::move(address)), expected_(std::move(expected)), deadline_(context.loop) {}

  const p2p::Multiaddr& address() const { return address_; }
  const Endpoint& local() const { return local_; }
  void set_events(Events events) { events_ = std::move(events); }

  void start() {
    deadline_.start(PeerDial::kChannelMsMax, [this] {
      fail(Error(ErrorCode::kTimeout, "There was no answer from " + address_.text() + " in time.",
                 "Check that the other house is switched on, and that no firewall or router is between."));
    });
    auto target = dial_target(address_);
    if (!target.ok()) return fail(std::move(target).error());
    target_ = std::move(*target);
    if (!expected_) expected_ = target_.peer;
    if (target_.endpoint) {
      candidates_ = {*target_.endpoint};
      return connect_next();
    }
    step_ = DialStep::kResolve;
    resolve_ = std::make_unique<Resolve>(context_.loop, target_.host, target_.port, target_.family,
                                         [this](Result<std::vector<Endpoint>> found) {
                                           if (!found.ok()) return fail(std::move(found).error());
                                           done(DialStep::kResolve);
                                           candidates_ = std::move(*found);
                                           connect_next();
                                         });
  }

 private:
  void done(DialStep step) {
    if (events_.on_step) events_.on_step(step);
  }

  /// Later: it may be called from inside the constructor of whoever started this.
  void fail(Error error, p2p::Fault fault = p2p::Fault::kNone) {
    deadline_.start(0, [this, error = std::move(error), fault] {
      if (const auto on_failure = events_.on_failure) on_failure(step_, fault, error);
    });
  }

  void connect_next() {
    step_ = DialStep::kConnect;
    const Endpoint to = candidates_.front();
    candidates_.erase(candidates_.begin());
    connect_ = std::make_unique<TcpConnect>(context_.loop, to, [this](Result<Socket> socket) {
      if (socket.ok()) return connected(std::move(*socket));
      if (candidates_.empty()) return fail(std::move(socket).error());
      connect_next();
    });
  }

  void connected(Socket socket) {
    local_ = local_endpoint(socket.fd());
    done(DialStep::kConnect);
    if (!target_.is_web_socket) return open(make_channel(context_.loop, std::move(socket)));
    step_ = target_.is_tls ? DialStep::kTls : DialStep::kWebSocket;
    web_socket_ = std::make_unique<WebSocketConnect>(
        context_.loop, std::move(socket),
        WebSocketTarget{target_.host + ":" + std::to_string(target_.port), target_.path, target_.is_tls,
                        target_.server_name},
        [this] {
          done(DialStep::kTls);
          step_ = DialStep::kWebSocket;
        },
        [this](Result<std::unique_ptr<Channel>> channel) {
          if (!channel.ok()) return fail(std::move(channel).error());
          done(DialStep::kWebSocket);
          open(std::move(*channel));
        });
  }

  void open(std::unique_ptr<Channel> channel) {
    deadline_.cancel();
    step_ = DialStep::kSecurity;
    p2p::ConnectionOptions options{.role = p2p::Role::kDialer, .expected = expected_};
    options.remote_address = address_.without_peer();
    connection_ = std::make_unique<PeerConnection>(
        context_, std::move(channel), std::move(options),
        PeerConnection::Events{[this] { opened(); },
                               [this](p2p::Fault fault, const std::string& reason) { ended(fault, reason); }});
  }

  void opened() {
    for (const DialStep step : {DialStep::kSecurity, DialStep::kHandshake, DialStep::kMuxer}) done(step);
    // It is calling us: it is handed over when it has returned.
    deadline_.start(0, [this] {
      connection_->set_events({});
      if (const auto on_open = events_.on_open) on_open(std::move(connection_));
    });
  }

  void ended(p2p::Fault fault, const std::string& reason) {
    step_ = step_of(fault, connection_->reached());
    for (const DialStep step : {DialStep::kSecurity, DialStep::kHandshake}) {
      if (step < step_) done(step);
    }
    fail(fault == p2p::Fault::kNone ? hung_up(target_.host, step_, reason) : p2p::fault_error(fault), fault);
  }

  PeerConnection::Context context_;
  p2p::Multiaddr address_;
  std::optional<p2p::PeerId> expected_;
  Events events_;
  Timer deadline_;
  DialStep step_ = DialStep::kAddress;
  DialTarget target_;
  Endpoint local_;
  std::vector<Endpoint> candidates_;
  std::unique_ptr<Resolve> resolve_;
  std::unique_ptr<TcpConnect> connect_;
  std::unique_ptr<WebSocketConnect> web_socket_;
  std::unique_ptr<PeerConnection> connection_;
};

struct PeerDial::Impl : std::enable_shared_from_this<Impl> {
  Impl(const PeerConnection::Context& with, std::vector<p2p::Multiaddr> to, std::optional<p2p::PeerId> who,
       PeerDial::Events call)
      : context(with), waiting(std::move(to)), expected(std::move(who)), events(std::move(call)), timer(with.loop) {
    if (waiting.size() > kAddressesMax) waiting.erase(waiting.begin() + kAddressesMax, waiting.end());
    std::reverse(waiting.begin(), waiting.end());
  }

  /// The next address, and the time until the one after it.
  void start_next() {
    if (waiting.empty()) return;
    auto attempt = std::make_unique<Attempt>(context, std::move(waiting.back()), expected);
    waiting.pop_back();
    Attempt* started = attempt.get();
    started->set_events(
        {[this, started](DialStep step) {
           if (events.on_step) events.on_step(started->address(), step);
         },
         [this, started](std::unique_ptr<PeerConnection> connection) { opened(*started, std::move(connection)); },
         [this, started](DialStep step, p2p::Fault fault, Error error) {
           failed(*started, step, fault, std::move(error));
         }});
    attempts.push_back(std::move(attempt));
    started->start();
    timer.start(kHeadStartMs, [this] { start_next(); });
  }

  void opened(Attempt& attempt, std::unique_ptr<PeerConnection> connection) {
    auto peer = std::make_unique<DialedPeer>(DialedPeer{std::move(connection), attempt.address(), attempt.local()});
    finish(std::move(peer));
  }

  void failed(Attempt& attempt, DialStep step, p2p::Fault fault, Error error) {
    failures.push_back({attempt.address(), step, fault, std::move(error)});
    const auto at =
        std::find_if(attempts.begin(), attempts.end(), [&](const auto& one) { return one.get() == &attempt; });
    let_go(std::move(*at));
    attempts.erase(at);
    if (!waiting.empty()) return start_next();
    if (attempts.empty()) finish(nullptr);
  }

  /// It may be calling us, so it goes with the loop's next turn; what it still has to say is nobody's any more.
  void let_go(std::unique_ptr<Attempt> attempt) {
    attempt->set_events({});
    context.loop.post([gone = std::shared_ptr<Attempt>(std::move(attempt))] {});
  }

  void finish(std::unique_ptr<DialedPeer> peer) {
    const auto self = shared_from_this();  // `done` may let go of us
    timer.cancel();
    for (auto& attempt : attempts) let_go(std::move(attempt));
    attempts.clear();
    waiting.clear();
    const auto done = std::move(events.done);
    events = {};
    if (done) done(std::move(peer), std::move(failures));
  }

  PeerConnection::Context context;
  std::vector<p2p::Multiaddr> waiting;  // the best last
  std::optional<p2p::PeerId> expected;
  PeerDial::Events events;
  std::vector<std::unique_ptr<Attempt>> attempts;
  std::vector<DialFailure> failures;
  Timer timer;
};

PeerDial::PeerDial(const PeerConnection::Context& context, std::vector<p2p::Multiaddr> addresses,
                   std::optional<p2p::PeerId> expected, Events events)
    : impl_(std::make_shared<Impl>(context, std::move(addresses), std::move(expected), std::move(events))) {
  CHECK(!impl_->waiting.empty());
  impl_->start_next();
}

PeerDial::~PeerDial() {
  impl_->events = {};
  impl_->finish(nullptr);
}

}  // namespace kith::net
