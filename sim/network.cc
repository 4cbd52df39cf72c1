// SPDX-License-Identifier: Apache-2.0
#include "sim/network.h"

#include <algorithm>
#include <vector>

namespace kith::sim {
namespace {

constexpr std::uint64_t kLatencyMsMax = 120;
constexpr std::uint64_t kLossDelayMsMax = 4'000;  // until a lost packet has been sent again
constexpr unsigned kLossPercent = 2;
constexpr unsigned kTinyWindowPercent = 15;
constexpr std::size_t kTinyBytes = 300;
constexpr unsigned kPiecesPercent = 25;  // of deliveries that arrive in several pieces
constexpr std::size_t kWindows[] = {64, 1'000, 4'096, 65'536};

}  // namespace

Network::Direction Network::make_direction() {
  Direction direction;
  direction.window = kWindows[dice_.below(std::size(kWindows))];
  direction.latency_ms = dice_.between(1, kLatencyMsMax);
  if (dice_.percent(kTinyWindowPercent)) {
    direction.tiny_bytes_left = kTinyBytes;
    direction.latency_ms = dice_.between(1, 3);
    report_.note(Seen::kWindowOfOneByte);
  }
  return direction;
}

std::optional<StreamId> Network::dial(Place from, Place to) {
  if (absent_.contains(to) || is_blocked(from, to) || is_blocked(to, from)) return std::nullopt;
  const StreamId id = ++last_id_;
  streams_.emplace(id, Stream{{from, to}, {true, true}, {make_direction(), make_direction()}});
  timeline_.after(streams_.at(id).directions[0].latency_ms, [this, id, from, to] {
    const auto found = streams_.find(id);
    if (found == streams_.end() || !found->second.is_open[1]) return;
    listener_->opened(id, to, from);
  });
  return id;
}

std::size_t Network::room(StreamId stream, Place from) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return 0;
  const Direction& direction = found->second.directions[end_at(found->second, from)];
  const std::size_t window = direction.tiny_bytes_left > 0 ? 1 : direction.window;
  return window > direction.bytes ? window - direction.bytes : 0;
}

void Network::send(StreamId stream, Place from, Bytes bytes) {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || bytes.empty()) return;
  const std::size_t sender = end_at(found->second, from);
  if (!found->second.is_open[sender]) return;
  listener_->sent(stream, from, bytes);
  Direction& direction = found->second.directions[sender];
  direction.bytes += bytes.size();
  direction.tiny_bytes_left -= std::min(direction.tiny_bytes_left, bytes.size());
  direction.sent.push_back(std::move(bytes));
  schedule(stream, sender);
}

void Network::close(StreamId stream, Place from) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  const std::size_t end = end_at(found->second, from);
  if (!found->second.is_open[end]) return;
  found->second.is_open[end] = false;
  found->second.directions[end].is_closing = true;
  schedule(stream, end);
}

void Network::vanish(Place place) {
  absent_.insert(place);
  for (auto& [id, stream] : streams_) {
    for (std::size_t end = 0; end < 2; ++end) {
      if (stream.places[end] == place) stream.is_open[end] = false;
    }
  }
}

void Network::appear(Place place) {
  absent_.erase(place);
  for (auto& [id, stream] : streams_) {
    for (std::size_t end = 0; end < 2; ++end) {
      if (stream.places[end] != place || stream.is_open[end] || stream.directions[end].is_closing) continue;
      stream.directions[end].is_closing = true;
      schedule(id, end);
    }
  }
}

void Network::block(Place from, Place to) {
  blocked_.insert({from, to});
}

void Network::heal() {
  blocked_.clear();
  for (auto& [id, stream] : streams_) {
    for (std::size_t sender = 0; sender < 2; ++sender) {
      if (!stream.directions[sender].is_waiting) continue;
      stream.directions[sender].is_waiting = false;
      schedule(id, sender);
    }
  }
}

bool Network::cut_one() {
  std::vector<StreamId> open;
  for (const auto& [id, stream] : streams_) {
    if (stream.is_open[0] && stream.is_open[1]) open.push_back(id);
  }
  if (open.empty()) return false;
  const StreamId id = dice_.pick(open);
  tell_closed(id, 0);
  tell_closed(id, 1);
  streams_.erase(id);
  return true;
}

void Network::schedule(StreamId id, std::size_t sender) {
  Direction& direction = streams_.at(id).directions[sender];
  if (direction.is_scheduled || direction.is_waiting) return;
  if (direction.sent.empty() && !direction.is_closing) return;
  direction.is_scheduled = true;
  std::uint64_t delay = direction.latency_ms;
  if (direction.tiny_bytes_left == 0 && dice_.percent(kLossPercent)) {
    delay += dice_.between(200, kLossDelayMsMax);
    report_.note(Seen::kPacketLost);
  }
  timeline_.after(delay, [this, id, sender] { deliver(id, sender); });
}

void Network::deliver(StreamId id, std::size_t sender) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  Direction& direction = stream.directions[sender];
  direction.is_scheduled = false;
  if (is_blocked(stream.places[sender], stream.places[1 - sender])) {
    direction.is_waiting = true;
    return;
  }
  if (direction.sent.empty()) {
    if (!direction.is_closing) return;
    const bool was_over = !stream.is_open[1 - sender];
    tell_closed(id, 1 - sender);
    if (was_over || !streams_.contains(id)) streams_.erase(id);
    return;
  }
  const Bytes bytes = std::move(direction.sent.front());
  direction.sent.pop_front();
  direction.bytes -= bytes.size();
  schedule(id, sender);
  hand_over(id, 1 - sender, bytes);
  const auto after = streams_.find(id);
  if (after != streams_.end() && after->second.is_open[sender]) {
    listener_->drained(id, after->second.places[sender]);
  }
}

void Network::hand_over(StreamId id, std::size_t receiver, const Bytes& bytes) {
  ByteView left = bytes;
  while (!left.empty()) {
    const auto found = streams_.find(id);
    if (found == streams_.end() || !found->second.is_open[receiver]) return;
    std::size_t n = left.size();
    if (n > 1 && dice_.percent(kPiecesPercent)) n = dice_.between(1, n - 1);
    listener_->received(id, found->second.places[receiver], left.first(n));
    left = left.subspan(n);
  }
}

void Network::tell_closed(StreamId id, std::size_t end) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.is_open[end]) return;
  found->second.is_open[end] = false;
  listener_->closed(id, found->second.places[end]);
}

}  // namespace kith::sim
