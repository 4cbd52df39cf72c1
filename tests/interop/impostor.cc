// SPDX-License-Identifier: Apache-2.0
#include "impostor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "link.h"
#include "p2p/multistream.h"
#include "p2p/noise_handshake.h"
#include "p2p/noise_payload.h"

namespace kith::interop {

namespace {

void say(int fd, ByteView bytes) {
  CHECK(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

/// Nothing: the other side has closed the connection.
std::optional<Bytes> hear(int fd, std::size_t size) {
  Bytes out(size);
  for (std::size_t have = 0; have < size;) {
    const ssize_t n = recv(fd, out.data() + have, size - have, 0);
    if (n <= 0) return std::nullopt;
    have += static_cast<std::size_t>(n);
  }
  return out;
}

void say_message(int fd, ByteView message) {
  Bytes framed;
  ByteWriter writer(framed);
  writer.u16(static_cast<std::uint16_t>(message.size()));
  writer.bytes(message);
  say(fd, framed);
}

std::optional<Bytes> hear_message(int fd) {
  const auto length = hear(fd, 2);
  return length ? hear(fd, ByteReader(*length).u16()) : std::nullopt;
}

crypto::SigningKey key_of(std::uint8_t fill) {
  crypto::Key seed;
  seed.data.fill(fill);
  return crypto::SigningKey::from_seed(seed);
}

Reception shake_hands(int fd, const p2p::NoiseIdentity& shown, const p2p::NoiseIdentity& used, Random& random) {
  Bytes greeting;
  p2p::append_multistream(greeting, p2p::kMultistreamHeader);
  p2p::append_multistream(greeting, "/noise");
  say(fd, greeting);
  CHECK(hear(fd, greeting.size()) == greeting);
  crypto::Key ephemeral;
  random.fill(ephemeral.data);
  p2p::NoiseHandshake handshake(p2p::Role::kDialer, used.static_secret(), used.static_public(), ephemeral, {});
  Bytes message, payload;
  CHECK(handshake.write({}, message));
  say_message(fd, message);
  const auto answer = hear_message(fd);
  CHECK(answer && handshake.read(*answer, payload));
  message.clear();
  CHECK(handshake.write(p2p::encode_noise_payload(shown, true), message));
  say_message(fd, message);
  // Whoever is believed gets frames (js pings at once); whoever is not gets the end of the connection.
  return hear_message(fd) ? Reception::kBelieved : Reception::kRefused;
}

}  // namespace

Reception dial_as_impostor(const std::string& address, bool is_honest) {
  SystemRandom random;
  const p2p::NoiseIdentity own(key_of(0x33), random);
  const p2p::NoiseIdentity other(key_of(0x33), random);  // the same person's, with another static key
  const int fd = connect_tcp(p2p::Multiaddr::parse(address).value());
  const Reception reception = shake_hands(fd, is_honest ? own : other, own, random);
  close(fd);
  return reception;
}

}  // namespace kith::interop
