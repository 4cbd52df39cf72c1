// SPDX-License-Identifier: Apache-2.0
// Two connections joined by pipes that cut where the test wants, and handlers that note what happened.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/testing/fakes.h"
#include "p2p/connection.h"
#include "p2p/ping.h"

namespace kith::p2p::testing {

inline crypto::SigningKey host_key_of(std::uint8_t seed) {
  crypto::Key key;
  key.data.fill(seed);
  return crypto::SigningKey::from_seed(key);
}

/// What happened on a stream; outlives its handler.
struct StreamLog {
  Stream* stream = nullptr;
  Bytes received;
  bool opened = false;
  bool ended = false;
  std::optional<StreamEnd> closed;
  std::size_t unread_max = 0;
};

/// Notes everything; sends `to_send`, by pulling, and then finishes if told so; takes `appetite` bytes a time.
class Noting final : public StreamHandler {
 public:
  explicit Noting(std::shared_ptr<StreamLog> log, Bytes to_send = {}, bool finish = false)
      : log_(std::move(log)), to_send_(std::move(to_send)), finish_(finish) {}
  void opened(Stream& stream) override {
    log_->opened = true;
    log_->stream = &stream;
    if (!to_send_.empty()) stream.want_pull();
    if (finish_) stream.finish();
  }
  std::size_t received(Stream& stream, ByteView bytes) override {
    const std::size_t take = std::min(bytes.size(), appetite);
    append(log_->received, bytes.first(take));
    log_->unread_max = std::max(log_->unread_max, stream.unread());
    return take;
  }
  void ended(Stream&) override { log_->ended = true; }
  void pull(Stream&, Bytes& out, std::size_t bytes_max) override {
    const std::size_t take = std::min(bytes_max, to_send_.size() - sent_);
    append(out, ByteView(to_send_).subspan(sent_, take));
    sent_ += take;
  }
  void closed(StreamEnd end) override {
    log_->closed = end;
    log_->stream = nullptr;
  }
  std::size_t appetite = ~std::size_t{0};

 private:
  std::shared_ptr<StreamLog> log_;
  Bytes to_send_;
  std::size_t sent_ = 0;
  bool finish_;
};

/// A process with an identity.
struct TestPeer {
  TestPeer(std::uint8_t seed, Random& random)
      : key(host_key_of(seed)), identity(key, random), host{identity, "kith-test/1", {}, {}} {}
  PeerId id() const { return PeerId::of(identity.host_key()); }
  void offer(std::string name, std::function<std::unique_ptr<StreamHandler>()> make, std::size_t inbound_max = 1000) {
    host.protocols.push_back({std::move(name), inbound_max, [make](Connection&) { return make(); }});
  }
  void offer_echo(std::string name) {
    offer(std::move(name), [] { return std::make_unique<Echo>(); });
  }
  crypto::SigningKey key;
  NoiseIdentity identity;
  Host host;
};

struct Pair {
  /// How many bytes of those that are there are delivered at once.
  using Cut = std::function<std::size_t(std::size_t available)>;

  Pair() : random(1), alice(1, random), bob(2, random) {}
  void connect(ConnectionOptions dialing = {}, ConnectionOptions listening = {}) {
    dialing.role = Role::kDialer;
    listening.role = Role::kListener;
    dialer.emplace(alice.host, std::move(dialing), clock, random);
    listener.emplace(bob.host, std::move(listening), clock, random);
  }
  /// Carries bytes both ways until nothing moves any more, or `rounds_max` rounds.
  void run(std::size_t rounds_max = ~std::size_t{0}) {
    for (std::size_t round = 0; round < rounds_max; ++round) {
      const bool to_listener = carry(*dialer, *listener, dialer_pipe);
      const bool to_dialer = carry(*listener, *dialer, listener_pipe);
      if (!to_listener && !to_dialer) return;
    }
  }
  bool carry(Connection& from, Connection& to, Bytes& pipe) {
    if (from.has_output() && pipe.size() < pipe_bytes_max) from.take_output(pipe, take_bytes);
    if (pipe.empty()) return from.has_output();
    const std::size_t size = std::min(cut(pipe.size()), pipe.size());
    const Bytes chunk(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(size));
    pipe.erase(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(size));
    bytes_carried += size;
    to.receive(chunk);
    return true;
  }
  void tick() {
    dialer->tick();
    listener->tick();
  }

  kith::testing::FakeClock clock;
  kith::testing::SeededRandom random;
  TestPeer alice, bob;
  std::optional<Connection> dialer, listener;
  Bytes dialer_pipe, listener_pipe;  // on their way from there
  Cut cut = [](std::size_t available) { return available; };
  std::size_t take_bytes = 64 << 10;
  std::size_t pipe_bytes_max = 256 << 10;
  std::size_t bytes_carried = 0;
};

}  // namespace kith::p2p::testing
