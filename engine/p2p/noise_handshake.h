// SPDX-License-Identifier: Apache-2.0
// Noise_XX_25519_ChaChaPoly_SHA256 (noiseprotocol.org, revision 34): three messages after which both sides know each
// other's static key and share two cipher keys. Only the cryptography; framing and payload are in noise_channel.h and
// noise_payload.h.
#pragma once

#include <optional>

#include "crypto/hash.h"
#include "crypto/noise_primitives.h"
#include "kith/bytes.h"
#include "kith/ids.h"

namespace kith::p2p {

enum class Role : std::uint8_t { kDialer, kListener };

/// One direction of the transport: a key and a counter from 0.
class NoiseCipher {
 public:
  /// Beyond this the connection ends: js stops there too, and rekeying does not exist in libp2p.
  static constexpr std::uint64_t kMessagesMax = 0xffff'ffff;

  explicit NoiseCipher(const crypto::Key& key) : key_(key) {}
  NoiseCipher(const NoiseCipher&) = default;
  NoiseCipher& operator=(const NoiseCipher&) = default;
  ~NoiseCipher() { crypto::wipe(key_.data); }
  void seal(ByteView associated, ByteView plain, Bytes& out) {
    crypto::noise_seal(key_, counter_++, associated, plain, out);
  }
  bool open(ByteView associated, ByteView sealed, Bytes& out) {
    return crypto::noise_open(key_, counter_++, associated, sealed, out);
  }
  bool is_exhausted() const { return counter_ >= kMessagesMax; }
  const crypto::Key& key() const { return key_; }

 private:
  crypto::Key key_;
  std::uint64_t counter_ = 0;
};

class NoiseHandshake {
 public:
  static constexpr std::size_t kMessage1Bytes = 32;
  static constexpr std::size_t kMessage2BytesMin = 32 + 48 + 16;
  static constexpr std::size_t kMessage3BytesMin = 48 + 16;

  /// `ephemeral`: 32 fresh random bytes. `prologue`: what both sides know already; empty but in webrtc-direct.
  NoiseHandshake(Role role, const crypto::Key& static_secret, const BoxPublic& static_public,
                 const crypto::Key& ephemeral, ByteView prologue);
  ~NoiseHandshake();
  NoiseHandshake(const NoiseHandshake&) = delete;
  NoiseHandshake& operator=(const NoiseHandshake&) = delete;

  /// Is it our turn to write? Messages 1 and 3 are the dialer's.
  bool is_our_turn() const { return !is_done() && (messages_ % 2 == 0) == (role_ == Role::kDialer); }
  bool is_done() const { return messages_ == 3; }
  /// The next message, when it is our turn. Message 1 carries no payload. False: the other side's key is of low order.
  bool write(ByteView payload, Bytes& message);
  /// The other side's next message; the payload goes to `payload`. False: malformed, or it does not open. Do not go on
  /// then.
  bool read(ByteView message, Bytes& payload);

  /// After message 2 (dialer) or 3 (listener).
  const BoxPublic& remote_static() const { return remote_static_; }
  /// After message 3.
  NoiseCipher sending() const { return split(role_ == Role::kDialer ? 0 : 1); }
  NoiseCipher receiving() const { return split(role_ == Role::kDialer ? 1 : 0); }
  const crypto::Sha256& hash() const { return hash_; }
  const crypto::Sha256& chaining_key() const { return chaining_key_; }

 private:
  void mix_hash(ByteView data);
  void mix_key(const crypto::Key& agreed);
  bool mix_agreement(const crypto::Key& secret, const BoxPublic& other);
  void seal(ByteView plain, Bytes& out);
  bool open(ByteView sealed, Bytes& plain);
  bool open_static(ByteView sealed);
  bool read_2(ByteReader& in, Bytes& payload);
  bool read_3(ByteReader& in, Bytes& payload);
  bool write_2(ByteView payload, Bytes& message);
  bool write_3(ByteView payload, Bytes& message);
  NoiseCipher split(int which) const;

  Role role_;
  crypto::Key static_secret_;
  BoxPublic static_public_;
  crypto::Key ephemeral_secret_;
  BoxPublic ephemeral_public_;
  BoxPublic remote_ephemeral_;
  BoxPublic remote_static_;
  crypto::Sha256 hash_;
  crypto::Sha256 chaining_key_;
  std::optional<NoiseCipher> cipher_;
  int messages_ = 0;
};

}  // namespace kith::p2p
