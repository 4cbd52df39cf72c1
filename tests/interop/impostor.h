// SPDX-License-Identifier: Apache-2.0
// Somebody who shows an identity that signed another static key than the one in the handshake: what our own Connection
// never does, and js must refuse.
#pragma once

#include <string>

namespace kith::interop {

/// How far js-libp2p lets such a dialer come.
enum class Reception { kRefused, kBelieved };

/// Dials /ip4/127.0.0.1/tcp/… and goes through the handshake, waiting for each answer. With `is_honest` the signature
/// is good: whether js then goes on shows that nothing else was wrong.
Reception dial_as_impostor(const std::string& address, bool is_honest);

}  // namespace kith::interop
