// SPDX-License-Identifier: Apache-2.0
// /ipfs/ping/1.0.0: the opener writes 32 random bytes, the other side echoes whatever comes. js-libp2p cuts connections
// on which nothing answers; our own sign of life is yamux's ping, this one serves `kith dial` and other programs.
#pragma once

#include <functional>

#include "base/environment.h"
#include "p2p/stream.h"

namespace kith::p2p {

inline constexpr std::string_view kPingProtocol = "/ipfs/ping/1.0.0";
inline constexpr std::size_t kPingBytes = 32;
inline constexpr std::uint64_t kPingMsMax = 10'000;

/// Sends back what comes, as it comes; takes no more than it has room for.
class Echo final : public StreamHandler {
 public:
  std::size_t received(Stream& stream, ByteView bytes) override;
  void ended(Stream& stream) override { stream.finish(); }
  void pull(Stream& stream, Bytes& out, std::size_t bytes_max) override;
};

/// One ping, then the end of the stream.
class Pinger final : public StreamHandler {
 public:
  /// `done` is called once: with the round trip, or with nothing if there was no right answer.
  Pinger(Random& random, std::function<void(std::optional<std::uint64_t> round_trip_ms)> done);
  void opened(Stream& stream) override;
  std::size_t received(Stream& stream, ByteView bytes) override;
  void closed(StreamEnd end) override;

 private:
  std::array<std::uint8_t, kPingBytes> request_{};
  std::size_t matched_ = 0;
  std::uint64_t sent_ms_ = 0;
  std::optional<std::uint64_t> round_trip_ms_;
  std::function<void(std::optional<std::uint64_t>)> done_;
};

}  // namespace kith::p2p
