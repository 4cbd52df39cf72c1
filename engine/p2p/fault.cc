// SPDX-License-Identifier: Apache-2.0
#include "p2p/fault.h"

#include "base/check.h"

namespace kith::p2p {

namespace {

struct Entry {
  std::string_view name;
  ErrorCode code;
  std::string_view cause;
  std::string_view remedy;
};

constexpr std::string_view kOtherProgram = "Another program seems to listen at that address; check the port.";
constexpr std::string_view kTheirs = "The other side's program is at fault; it can be dialed again.";
constexpr std::string_view kWay = "Check the network, and that the other side is running; then dial again.";

constexpr Entry kEntries[kFaultCount] = {
    {"none", ErrorCode::kInternal, "", ""},
    {"negotiation", ErrorCode::kPeerProtocol, "What answers there does not speak libp2p.", kOtherProgram},
    {"no_security", ErrorCode::kPeerProtocol,
     "The other side does not offer Noise, the only encryption that Kith speaks.",
     "If it is a libp2p program, switch Noise on there."},
    {"handshake", ErrorCode::kPeerProtocol,
     "The encryption could not be agreed on: a message of the handshake is damaged.",
     "Dial again; if it stays, something between the two changes the bytes."},
    {"bad_signature", ErrorCode::kBadSignature, "The other side could not prove who it is.",
     "Do not trust this address: somebody may stand in between."},
    {"wrong_peer", ErrorCode::kBadKey, "Another peer answers at that address than the one that was dialed.",
     "Ask for a fresh address or invitation; the old address now belongs to somebody else."},
    {"own_id", ErrorCode::kUsage, "The address leads back to this device.", "Dial the address of another device."},
    {"no_muxer", ErrorCode::kPeerProtocol,
     "The two sides have no stream multiplexer in common (Kith speaks /yamux/1.0.0).",
     "If it is another libp2p program, switch yamux on there."},
    {"bad_frame", ErrorCode::kPeerProtocol, "An encrypted frame was damaged on the way.", kWay},
    {"muxer", ErrorCode::kPeerProtocol, "The other side broke the rules of the multiplexer.", kTheirs},
    {"window_exceeded", ErrorCode::kPeerProtocol, "The other side sent more than it was allowed to.", kTheirs},
    {"flood", ErrorCode::kTooLarge, "The other side asks without end and does not read the answers.", kTheirs},
    {"upgrade_too_large", ErrorCode::kTooLarge, "Too much was sent before the handshake was over.", kOtherProgram},
    {"upgrade_timeout", ErrorCode::kTimeout, "The handshake was not done in time.", kWay},
    {"silent", ErrorCode::kTimeout, "The other side has gone silent.", kWay},
    {"peer_go_away", ErrorCode::kPeerProtocol, "The other side ended the connection because of an error.",
     "Dial again; if it stays, look into the other side's log."},
    {"exhausted", ErrorCode::kClosed, "The connection has carried as much as one key may encrypt.", "Dial again."},
};

}  // namespace

std::string_view fault_name(Fault fault) {
  return kEntries[static_cast<std::size_t>(fault)].name;
}

Error fault_error(Fault fault) {
  CHECK(fault != Fault::kNone);
  const Entry& entry = kEntries[static_cast<std::size_t>(fault)];
  return Error(entry.code, std::string(entry.cause), std::string(entry.remedy));
}

}  // namespace kith::p2p
