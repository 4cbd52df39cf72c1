// SPDX-License-Identifier: Apache-2.0
#include "sim/impostors.h"

namespace kith::sim {

void Impostors::answer(StreamId stream, Place at, const p2p::NoiseIdentity& shown) {
  add(stream, at, p2p::Role::kListener, shown);
}

void Impostors::dial(Place from, Place to, const p2p::NoiseIdentity& shown) {
  if (const auto stream = network_.dial(from, to)) add(*stream, from, p2p::Role::kDialer, shown);
}

void Impostors::add(StreamId stream, Place at, p2p::Role role, const p2p::NoiseIdentity& shown) {
  crypto::Key own_static;
  random_.fill(own_static.data);
  auto& impostor =
      impostors_.try_emplace({stream, at}, role, shown, own_static, static_cast<Random&>(random_)).first->second;
  forged_.insert(stream);
  network_.send(stream, at, impostor.take_output());
}

bool Impostors::received(StreamId stream, Place at, ByteView bytes) {
  const auto found = impostors_.find({stream, at});
  if (found == impostors_.end()) return false;
  found->second.receive(bytes);
  if (found->second.is_believed()) run_.fail("an impostor was believed");
  network_.send(stream, at, found->second.take_output());
  return true;
}

bool Impostors::closed(StreamId stream, Place at) {
  return impostors_.erase({stream, at}) > 0;
}

}  // namespace kith::sim
