// SPDX-License-Identifier: Apache-2.0
// The encrypted channel. The first byte says what the input is: what a stranger says in place of a handshake (to either
// side), frames of a stranger in an open channel, or the plaintext of an honest frame that is cut, and altered or not.
// The second byte is the size of the pieces.
#include "p2p/noise_channel.h"

#include "base/testing/fakes.h"
#include "fuzz/fuzz.h"

namespace kith::fuzz {

namespace {

using p2p::Fault;
using p2p::NoiseChannel;
using p2p::Role;

struct Identities {
  Identities() { CHECK(crypto::start().ok()); }
  testing::SeededRandom random{1};
  p2p::NoiseIdentity dialer{crypto::SigningKey::from_seed(filled<crypto::Key>(1)), random};
  p2p::NoiseIdentity listener{crypto::SigningKey::from_seed(filled<crypto::Key>(2)), random};
};

struct Pair {
  explicit Pair(const Identities& identities)
      : dialer(identities.dialer, {.role = Role::kDialer}, random, from_dialer),
        listener(identities.listener, {.role = Role::kListener}, random, from_listener) {}
  void open() {
    for (int turn = 0; turn < 2; ++turn) {
      hand(from_dialer, listener, from_listener);
      hand(from_listener, dialer, from_dialer);
    }
    CHECK(dialer.is_open() && listener.is_open());
  }
  static void hand(Bytes& from, NoiseChannel& to, Bytes& answer) {
    ByteView in = from;
    if (!in.empty()) CHECK(to.handshake(in, answer) == Fault::kNone);
    from.clear();
  }
  testing::SeededRandom random{2};
  Bytes from_dialer, from_listener;
  NoiseChannel dialer, listener;
};

template <typename Take>
void in_pieces(ByteView input, std::size_t piece, Take&& take) {
  for (ByteView rest = input; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
    if (!take(rest.first(std::min(piece, rest.size())))) return;
  }
}

void stranger_shakes_hands(NoiseChannel& channel, ByteView input, std::size_t piece) {
  in_pieces(input, piece, [&](ByteView in) {
    Bytes out;
    const Fault fault = channel.handshake(in, out);
    CHECK(!channel.is_open());  // nobody guesses a tag
    CHECK(channel.buffered() <= NoiseChannel::kHandshakeMessageBytesMax + 2);
    CHECK(out.size() <= NoiseChannel::kHandshakeMessageBytesMax);
    return fault == Fault::kNone;
  });
}

/// Plaintext that came out, until something was wrong.
Bytes read_all(NoiseChannel& channel, ByteView input, std::size_t piece, Fault& fault) {
  Bytes plain;
  in_pieces(input, piece, [&](ByteView in) {
    bool has_frame = true;
    while (fault == Fault::kNone && !in.empty()) fault = channel.open(in, plain, has_frame);
    CHECK(channel.buffered() <= NoiseChannel::kFrameBytesMax + 2);
    return fault == Fault::kNone;
  });
  return plain;
}

}  // namespace

void run(ByteView input) {
  static const Identities identities;
  if (input.size() < 2) return;
  const std::size_t piece = input[1] + std::size_t{1};
  const ByteView body = input.subspan(2);
  Pair pair(identities);
  if (input[0] % 5 == 0) return stranger_shakes_hands(pair.listener, body, piece);
  if (input[0] % 5 == 1) return stranger_shakes_hands(pair.dialer, body, piece);
  pair.open();
  Fault fault = Fault::kNone;
  if (input[0] % 5 == 2) {
    CHECK(read_all(pair.listener, body, piece, fault).empty());
    return;
  }
  Bytes sealed;
  pair.dialer.seal(body.first(std::min(body.size(), NoiseChannel::kPlainBytesMax)), sealed);
  const bool is_altered = input[0] % 5 == 3;
  if (is_altered) sealed[2 + input[0] % (sealed.size() - 2)] ^= static_cast<std::uint8_t>(1 + input[1] % 255);
  const Bytes plain = read_all(pair.listener, sealed, piece, fault);
  CHECK(fault == (is_altered ? Fault::kBadFrame : Fault::kNone));
  CHECK(is_altered ? plain.empty() : equal(plain, body.first(plain.size())));
}

}  // namespace kith::fuzz
