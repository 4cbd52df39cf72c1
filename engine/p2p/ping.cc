// SPDX-License-Identifier: Apache-2.0
#include "p2p/ping.h"

#include <algorithm>

#include "base/check.h"

namespace kith::p2p {

std::size_t Echo::received(Stream& stream, ByteView bytes) {
  const std::size_t take = std::min(bytes.size(), stream.room());
  if (take > 0) CHECK(stream.write(bytes.first(take)));
  if (take < bytes.size()) stream.want_pull();  // comes back here when there is room again
  return take;
}

void Echo::pull(Stream& stream, Bytes&, std::size_t) {
  stream.resume();
}

Pinger::Pinger(Random& random, std::function<void(std::optional<std::uint64_t>)> done) : done_(std::move(done)) {
  random.fill(request_);
}

void Pinger::opened(Stream& stream) {
  sent_ms_ = stream.now_ms();
  stream.set_deadline(sent_ms_ + kPingMsMax);
  CHECK(stream.write(request_));
}

std::size_t Pinger::received(Stream& stream, ByteView bytes) {
  const ByteView expected = ByteView(request_).subspan(matched_);
  if (bytes.size() > expected.size() || !std::equal(bytes.begin(), bytes.end(), expected.begin())) {
    stream.reset();
    return bytes.size();
  }
  matched_ += bytes.size();
  if (matched_ == request_.size()) {
    round_trip_ms_ = stream.now_ms() - sent_ms_;
    stream.finish();
  }
  return bytes.size();
}

void Pinger::closed(StreamEnd) {
  done_(round_trip_ms_);
}

}  // namespace kith::p2p
