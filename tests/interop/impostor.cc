// SPDX-License-Identifier: Apache-2.0
#include "impostor.h"

#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "p2p/testing/impostor.h"

namespace kith::interop {

namespace {

crypto::Key key_of(std::uint8_t fill) {
  crypto::Key key;
  key.data.fill(fill);
  return key;
}

Reception shake_hands(int fd, p2p::testing::Impostor& impostor) {
  while (!impostor.is_believed()) {
    const Bytes said = impostor.take_output();
    CHECK(send(fd, said.data(), said.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(said.size()));
    Bytes heard(4096);
    const ssize_t n = recv(fd, heard.data(), heard.size(), 0);
    if (n <= 0) return Reception::kRefused;
    impostor.receive(ByteView(heard).first(static_cast<std::size_t>(n)));
  }
  return Reception::kBelieved;  // js pings as soon as it believes
}

}  // namespace

Reception dial_as_impostor(const std::string& address, bool is_honest) {
  SystemRandom random;
  const auto host = crypto::SigningKey::from_seed(key_of(0x33));
  const p2p::NoiseIdentity shown(host, random);
  const crypto::Key own_static = is_honest ? shown.static_secret() : key_of(0x44);
  p2p::testing::Impostor impostor(p2p::Role::kDialer, shown, own_static, random);
  const int fd = connect_tcp(p2p::Multiaddr::parse(address).value());
  const Reception reception = shake_hands(fd, impostor);
  close(fd);
  return reception;
}

}  // namespace kith::interop
