// SPDX-License-Identifier: Apache-2.0
// Somebody who has seen another peer's Noise payload and shows it under a static key of his own: what our Connection
// never does, and everybody must refuse, since the signature is over another static key.
#pragma once

#include <utility>

#include "base/check.h"
#include "base/environment.h"
#include "crypto/cipher.h"
#include "p2p/multistream.h"
#include "p2p/noise_handshake.h"
#include "p2p/noise_payload.h"

namespace kith::p2p::testing {

class Impostor {
 public:
  /// `shown` is whose payload it shows. `own_static`: the secret of whom it really is; that of `shown` itself makes it
  /// honest.
  Impostor(Role role, const NoiseIdentity& shown, const crypto::Key& own_static, Random& random)
      : payload_(encode_noise_payload(shown, true)),
        handshake_(role, own_static, crypto::box_public(own_static), ephemeral(random), {}) {
    append_multistream(to_hear_, kMultistreamHeader);
    append_multistream(to_hear_, "/noise");
    output_ = to_hear_;  // both sides say the same there
    if (role == Role::kDialer) say_next();
  }

  void receive(ByteView bytes) {
    append(seen_, bytes);
    if (!take_greeting()) return;
    while (seen_.size() >= 2) {
      const std::size_t size = ByteReader(seen_).u16();
      if (seen_.size() < 2 + size) return;
      const Bytes message(seen_.begin() + 2, seen_.begin() + 2 + static_cast<std::ptrdiff_t>(size));
      seen_.erase(seen_.begin(), seen_.begin() + 2 + static_cast<std::ptrdiff_t>(size));
      hear(message);
    }
  }
  Bytes take_output() { return std::exchange(output_, {}); }
  /// The other side went on as if it were true: a listener hears message 3, a dialer anything after its own.
  bool is_believed() const { return is_believed_; }

 private:
  static crypto::Key ephemeral(Random& random) {
    crypto::Key key;
    random.fill(key.data);
    return key;
  }
  bool take_greeting() {
    const std::size_t size = std::min(to_hear_.size(), seen_.size());
    CHECK(equal(ByteView(seen_).first(size), ByteView(to_hear_).first(size)));
    to_hear_.erase(to_hear_.begin(), to_hear_.begin() + static_cast<std::ptrdiff_t>(size));
    seen_.erase(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(size));
    return to_hear_.empty();
  }
  void hear(ByteView message) {
    if (handshake_.is_done()) {
      is_believed_ = true;
      return;
    }
    Bytes payload;
    CHECK(handshake_.read(message, payload));
    if (handshake_.is_done()) {
      is_believed_ = true;
    } else {
      say_next();
    }
  }
  void say_next() {
    Bytes message;
    CHECK(handshake_.write(payload_, message));
    ByteWriter writer(output_);
    writer.u16(static_cast<std::uint16_t>(message.size()));
    writer.bytes(message);
  }

  const Bytes payload_;
  NoiseHandshake handshake_;
  Bytes to_hear_;
  Bytes seen_;
  Bytes output_;
  bool is_believed_ = false;
};

}  // namespace kith::p2p::testing
