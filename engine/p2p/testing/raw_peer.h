// SPDX-License-Identifier: Apache-2.0
// An authentic peer of whom the test writes every byte above Noise itself: what yamux and the protocols on streams do
// with it.
#pragma once

#include <utility>

#include "base/check.h"
#include "p2p/connection.h"
#include "p2p/noise_channel.h"
#include "p2p/yamux_frame.h"

namespace kith::p2p::testing {

class RawPeer {
 public:
  /// `role` is this side's. Names its muxer in the handshake.
  RawPeer(Role role, const NoiseIdentity& identity, Random& random)
      : role_(role), identity_(identity), random_(random) {}

  /// Goes through the whole upgrade; the victim is open then.
  void upgrade(Connection& victim) {
    Bytes out;
    append_multistream(out, kMultistreamHeader);
    append_multistream(out, "/noise");
    const std::size_t greeting = out.size();  // both sides say the same
    if (role_ == Role::kDialer) make_channel(out);
    victim.receive(std::exchange(out, {}));
    Bytes heard = take(victim);
    CHECK(heard.size() >= greeting);
    heard.erase(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(greeting));
    if (role_ == Role::kListener) make_channel(out);
    for (int turn = 0; turn < 2; ++turn) {
      ByteView in = heard;
      CHECK(channel_->handshake(in, out) == Fault::kNone);
      append(sealed_, in);
      victim.receive(std::exchange(out, {}));
      if (channel_->is_open()) break;
      heard = take(victim);
    }
    CHECK(channel_->is_open() && victim.is_open());
  }
  /// In one Noise frame.
  void say(Connection& victim, ByteView plain) {
    Bytes frame;
    channel_->seal(plain, frame);
    victim.receive(frame);
  }
  void say(Connection& victim, const YamuxHeader& header, ByteView body = {}) {
    Bytes plain;
    append_yamux(plain, header);
    append(plain, body);
    say(victim, plain);
  }
  /// Everything that the victim says, opened.
  Bytes hear(Connection& victim) {
    append(sealed_, take(victim));
    Bytes plain;
    ByteView in = sealed_;
    bool has_frame = true;
    while (!in.empty() && has_frame) CHECK(channel_->open(in, plain, has_frame) == Fault::kNone);
    sealed_.clear();
    return plain;
  }

 private:
  void make_channel(Bytes& out) {
    channel_ = std::make_unique<NoiseChannel>(identity_, NoiseChannel::Options{.role = role_}, random_, out);
  }
  static Bytes take(Connection& victim) {
    constexpr int kTurnsMax = 1'000;
    Bytes out;
    for (int turn = 0; victim.has_output() && turn < kTurnsMax; ++turn) victim.take_output(out, 64 << 10);
    return out;
  }

  Role role_;
  const NoiseIdentity& identity_;
  Random& random_;
  std::unique_ptr<NoiseChannel> channel_;
  Bytes sealed_;  // of the victim, and not opened yet
};

}  // namespace kith::p2p::testing
