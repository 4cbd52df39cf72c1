// SPDX-License-Identifier: Apache-2.0
// The encrypted channel: Noise messages with their lengths, from bytes cut anywhere. First the handshake and the checks
// of who the other side is; then frames of plaintext both ways.
#pragma once

#include <memory>
#include <optional>

#include "base/environment.h"
#include "kith/bytes.h"
#include "p2p/fault.h"
#include "p2p/noise_handshake.h"
#include "p2p/noise_payload.h"
#include "p2p/peer_id.h"

namespace kith::p2p {

class NoiseChannel {
 public:
  static constexpr std::size_t kFrameBytesMax = 65'535;
  static constexpr std::size_t kPlainBytesMax = kFrameBytesMax - crypto::kNoiseTagBytes;
  static constexpr std::size_t kOverheadBytes = 2 + crypto::kNoiseTagBytes;  // that a frame adds to its plaintext
  static constexpr std::size_t kHandshakeMessageBytesMax = 4096;

  struct Options {
    Role role = Role::kDialer;
    /// Dialer: whom we mean to reach.
    std::optional<PeerId> expected = std::nullopt;
    /// Name our muxer in the handshake. Off: it is negotiated afterwards.
    bool early_muxer = true;
    Bytes prologue = {};
  };

  /// `identity` outlives the channel. A dialer's first message is appended to `out`.
  NoiseChannel(const NoiseIdentity& identity, Options options, Random& random, Bytes& out);

  /// Before is_open(): takes handshake messages from the front of `in`, appends answers to `out`. Stops behind the last
  /// one.
  Fault handshake(ByteView& in, Bytes& out);
  bool is_open() const { return sending_.has_value(); }

  // Once open:
  const HostKey& peer() const { return peer_.identity; }
  /// Was yamux agreed on in the handshake?
  bool has_early_muxer() const { return has_early_muxer_; }
  /// Takes from the front of `in`. `has_frame`: a whole frame was there, and its plaintext was appended to `plain` (it
  /// may be empty).
  Fault open(ByteView& in, Bytes& plain, bool& has_frame);
  /// Appends one frame; `plain` has at most kPlainBytesMax bytes.
  void seal(ByteView plain, Bytes& out);
  bool is_exhausted() const { return sending_->is_exhausted(); }
  /// Of a frame that is not whole yet.
  std::size_t buffered() const { return partial_.size(); }

 private:
  /// A whole message with its length taken off, or nothing yet. It lies in `in` or in partial_.
  bool take_message(ByteView& in, std::size_t body_max, ByteView& message, Fault& fault);
  void drop_taken();
  Fault write_next(Bytes& out);
  Fault check_peer(ByteView payload);
  Fault choose_muxer();

  const NoiseIdentity& identity_;
  Options options_;
  std::unique_ptr<NoiseHandshake> handshake_;
  NoisePayload peer_;
  bool has_early_muxer_ = false;
  Bytes partial_;
  std::optional<NoiseCipher> sending_;
  std::optional<NoiseCipher> receiving_;
};

}  // namespace kith::p2p
