// SPDX-License-Identifier: Apache-2.0
// identify as it goes over streams: who opens /ipfs/id reads, who opens /ipfs/id/push writes.
#pragma once

#include <functional>

#include "p2p/identify.h"
#include "p2p/stream.h"

namespace kith::p2p {

inline constexpr std::uint64_t kIdentifyMsMax = 5'000;

/// Writes one message and half-closes.
class IdentifyWriter final : public StreamHandler {
 public:
  explicit IdentifyWriter(Bytes message) : message_(std::move(message)) {}
  void opened(Stream& stream) override;
  std::size_t received(Stream&, ByteView bytes) override { return bytes.size(); }

 private:
  Bytes message_;
};

/// Reads messages to the end of the stream, and hands on what they say together.
class IdentifyStreamReader final : public StreamHandler {
 public:
  explicit IdentifyStreamReader(std::function<void(const IdentifyMessage&)> done) : done_(std::move(done)) {}
  void opened(Stream& stream) override;
  std::size_t received(Stream& stream, ByteView bytes) override;
  void ended(Stream& stream) override;

 private:
  IdentifyReader reader_;
  std::function<void(const IdentifyMessage&)> done_;
};

}  // namespace kith::p2p
