// SPDX-License-Identifier: Apache-2.0
// Two libp2p peers of one process, connected over loopback TCP.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <random>

#include "net/peer_connection.h"
#include "net/tcp.h"

namespace kith::net::testing {

class SteadyClock final : public Clock {
 public:
  std::uint64_t wall_ms() override { return steady_ms(); }
  std::uint64_t steady_ms() override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }
};

class DeviceRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(device_());
  }

 private:
  std::random_device device_;
};

inline crypto::SigningKey key_of(std::uint8_t fill) {
  crypto::Key seed;
  seed.data.fill(fill);
  return crypto::SigningKey::from_seed(seed);
}

/// One side: an identity and what it offers.
struct Party {
  Party(std::uint8_t fill, Random& random)
      : key(key_of(fill)), identity(key, random), host{identity, "test/1", {}, {}} {}
  crypto::SigningKey key;
  p2p::NoiseIdentity identity;
  p2p::Host host;
};

class TwoPeers {
 public:
  /// For anything that must happen; generous, because the machine may be busy.
  static constexpr std::uint64_t kWaitMs = 60'000;

  TwoPeers() : dialing_(1, random_), listening_(2, random_) {}

  HostKey dialer_host() const { return dialing_.identity.host_key(); }
  HostKey listener_host() const { return listening_.identity.host_key(); }
  PeerConnection& dialer() { return *dialer_; }
  PeerConnection& listener() { return *listener_; }
  bool is_dialer_ended() const { return dialer_fault_.has_value(); }
  bool is_listener_ended() const { return listener_fault_.has_value(); }
  p2p::Fault dialer_fault() const { return dialer_fault_.value_or(p2p::Fault::kNone); }
  p2p::Fault listener_fault() const { return listener_fault_.value_or(p2p::Fault::kNone); }

  /// At the listener, for streams that the dialer opens.
  void offer(const std::string& name, std::function<std::unique_ptr<p2p::StreamHandler>()> make) {
    listening_.host.protocols.push_back({name, 8, [make](p2p::Connection&) { return make(); }});
  }

  /// True once both sides are open; false if one ended before.
  bool connect(std::optional<p2p::PeerId> expected = std::nullopt) {
    bool is_dialer_open = false, is_listener_open = false;
    auto tcp = TcpListener::open(loop_, {Bytes{127, 0, 0, 1}, 0, 0}, [&](Socket socket, const Endpoint&) {
      listener_ = std::make_unique<PeerConnection>(
          PeerConnection::Context{loop_, clock_, random_, listening_.host}, make_channel(loop_, std::move(socket)),
          p2p::ConnectionOptions{.role = p2p::Role::kListener},
          PeerConnection::Events{[&] { is_listener_open = true; },
                                 [&](p2p::Fault fault, const std::string&) { listener_fault_ = fault; }});
    });
    if (!tcp.ok()) return false;
    const TcpConnect connecting(loop_, (*tcp)->endpoint(), [&](Result<Socket> socket) {
      if (!socket.ok()) return;
      dialer_ = std::make_unique<PeerConnection>(
          PeerConnection::Context{loop_, clock_, random_, dialing_.host},
          make_channel(loop_, std::move(socket).value()),
          p2p::ConnectionOptions{.role = p2p::Role::kDialer, .expected = std::move(expected)},
          PeerConnection::Events{[&] { is_dialer_open = true; },
                                 [&](p2p::Fault fault, const std::string&) { dialer_fault_ = fault; }});
    });
    run_until([&] { return (is_dialer_open && is_listener_open) || is_dialer_ended(); });
    if (!is_dialer_open || !is_listener_open) return false;
    const auto forget = [](std::optional<p2p::Fault>& to) {
      return PeerConnection::Events{{}, [&to](p2p::Fault fault, const std::string&) { to = fault; }};
    };
    dialer_->set_events(forget(dialer_fault_));
    listener_->set_events(forget(listener_fault_));
    return true;
  }

  bool run_until(const std::function<bool()>& is_done) {
    bool is_late = false;
    Timer limit(loop_);
    limit.start(kWaitMs, [&] {
      is_late = true;
      loop_.stop();
    });
    loop_.set_after_batch([&] {
      if (is_done()) loop_.stop();
    });
    loop_.run();
    loop_.set_after_batch({});
    return !is_late;
  }

 private:
  Loop loop_;
  SteadyClock clock_;
  DeviceRandom random_;
  Party dialing_;
  Party listening_;
  std::unique_ptr<PeerConnection> dialer_;
  std::unique_ptr<PeerConnection> listener_;
  std::optional<p2p::Fault> dialer_fault_;
  std::optional<p2p::Fault> listener_fault_;
};

}  // namespace kith::net::testing
