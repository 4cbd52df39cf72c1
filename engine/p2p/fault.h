// SPDX-License-Identifier: Apache-2.0
// Why a connection was dropped. Each reason is counted by whoever owns the connections, and named to the person who
// dialed.
#pragma once

#include <cstdint>
#include <string_view>

#include "kith/result.h"

namespace kith::p2p {

enum class Fault : std::uint8_t {
  kNone,
  kNegotiation,      // what came is not multistream-select
  kNoSecurity,       // the other side does not speak /noise
  kHandshake,        // a Noise handshake message that is malformed or does not open
  kBadSignature,     // the static key is not signed by the identity that is claimed
  kWrongPeer,        // somebody else than whom we dialed
  kOwnId,            // ourselves
  kNoMuxer,          // no muxer in common
  kBadFrame,         // a transport frame that is too short or does not open
  kMuxer,            // a frame that yamux forbids
  kWindowExceeded,   // more data than we granted, or a window grown past all bounds
  kFlood,            // more to answer than we keep for a peer that does not read
  kUpgradeTooLarge,  // too many bytes before we know who it is
  kUpgradeTimeout,   // connection, handshake and muxer took too long
  kSilent,           // nothing comes back any more
  kPeerGoAway,       // the other side ended the connection because of an error
  kExhausted,        // counters of the cipher are used up
};
inline constexpr std::size_t kFaultCount = static_cast<std::size_t>(Fault::kExhausted) + 1;

/// "wrong_peer", … for counters and JSON.
std::string_view fault_name(Fault fault);
/// Cause and remedy in sentences. Not for kNone.
Error fault_error(Fault fault);

}  // namespace kith::p2p
