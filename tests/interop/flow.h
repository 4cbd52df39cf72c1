// SPDX-License-Identifier: Apache-2.0
// A hundred megabytes through one stream: who sends them, and who reads them late.
#pragma once

#include <algorithm>
#include <memory>

#include "p2p/connection.h"

namespace kith::interop {

// Byte i of the long streams is this, so that nothing can be lost, doubled or moved unnoticed.
inline constexpr std::uint64_t kPeriod = 251;
inline constexpr std::uint64_t kLong = 100'000'000;

/// What went through a long stream; outlives its handler.
struct Flow {
  std::uint64_t bytes = 0;
  std::uint64_t right = 0;
  std::uint64_t allowance = 0;  // that may still be read; a slow reader is given it by and by
  std::size_t unread_max = 0;
  p2p::Stream* stream = nullptr;
  Bytes answer;
  bool is_over = false;
};

/// Sends `total` bytes as fast as they are taken, and then reads an answer.
class LongSource final : public p2p::StreamHandler {
 public:
  LongSource(std::shared_ptr<Flow> flow, std::uint64_t total) : flow_(std::move(flow)), total_(total) {}
  void opened(p2p::Stream& stream) override { stream.want_pull(), stream.finish(); }
  std::size_t received(p2p::Stream&, ByteView bytes) override { return append(flow_->answer, bytes), bytes.size(); }
  void pull(p2p::Stream&, Bytes& out, std::size_t bytes_max) override {
    const std::uint64_t end = std::min<std::uint64_t>(total_, flow_->bytes + bytes_max);
    for (; flow_->bytes < end; ++flow_->bytes) out.push_back(static_cast<std::uint8_t>(flow_->bytes % kPeriod));
  }
  void closed(p2p::StreamEnd) override { flow_->is_over = true; }

 private:
  std::shared_ptr<Flow> flow_;
  std::uint64_t total_;
};

/// Reads no more than it is allowed to, and counts what is as it should be.
class SlowSink final : public p2p::StreamHandler {
 public:
  explicit SlowSink(std::shared_ptr<Flow> flow) : flow_(std::move(flow)) {}
  void opened(p2p::Stream& stream) override { flow_->stream = &stream, stream.finish(); }
  std::size_t received(p2p::Stream& stream, ByteView bytes) override {
    flow_->unread_max = std::max(flow_->unread_max, stream.unread());
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), flow_->allowance));
    flow_->allowance -= take;
    for (const std::uint8_t byte : bytes.first(take)) flow_->right += byte == flow_->bytes++ % kPeriod ? 1 : 0;
    return take;
  }
  void closed(p2p::StreamEnd) override { flow_->is_over = true, flow_->stream = nullptr; }

 private:
  std::shared_ptr<Flow> flow_;
};

}  // namespace kith::interop
