// SPDX-License-Identifier: Apache-2.0
// identify: what peers tell each other about themselves (/ipfs/id/1.0.0, /ipfs/id/push/1.0.0). Claims, all of it: only
// the key is proven, by Noise. Addresses are hints to dial, never private ones got from strangers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kith/bytes.h"
#include "kith/ids.h"
#include "p2p/multiaddr.h"

namespace kith::p2p {

inline constexpr std::string_view kIdentifyProtocol = "/ipfs/id/1.0.0";
inline constexpr std::string_view kIdentifyPushProtocol = "/ipfs/id/push/1.0.0";
inline constexpr std::size_t kIdentifyWriteBytesMax = 4096;  // rust reads no more
inline constexpr std::size_t kIdentifyReadBytesMax = 8192;   // of all messages of one stream together
inline constexpr int kIdentifyMessagesMax = 10;              // go cuts large answers
inline constexpr std::size_t kIdentifyListMax = 128;         // protocols, and addresses

/// One message, or several put together. What is absent was not said.
struct IdentifyMessage {
  std::optional<std::string> protocol_version;
  std::optional<std::string> agent_version;
  std::optional<Bytes> public_key;  // encoded, as it came
  std::vector<Multiaddr> listen_addresses;
  std::optional<Multiaddr> observed_address;
  std::vector<std::string> protocols;
  std::optional<Bytes> signed_record;
};

/// In the order of fields that js writes. Addresses that do not fit into `bytes_max` are left out.
Bytes encode_identify(const IdentifyMessage& message, std::size_t bytes_max = kIdentifyWriteBytesMax);
/// Addresses that cannot be read are skipped. Nothing: no protobuf, or too long a list.
std::optional<IdentifyMessage> decode_identify(ByteView bytes);

/// Collects the length-prefixed messages of one stream. Protobuf merges by putting one behind the other.
class IdentifyReader {
 public:
  /// False: more, or larger, than is read.
  bool receive(ByteView bytes);
  /// At the end of the stream. Nothing: cut, or malformed.
  std::optional<IdentifyMessage> finish() const;

 private:
  Bytes seen_;
};

/// What is known of a peer, from identify and pushes.
struct PeerInfo {
  std::string protocol_version;
  std::string agent_version;
  std::vector<std::string> protocols;
  std::vector<Multiaddr> addresses;
  /// At which address the peer sees us. On TCP the port is that of this connection.
  std::optional<Multiaddr> observed;
  std::uint64_t record_seq = 0;
  /// Counts the messages taken in; 0: nothing is known yet.
  std::uint64_t revision = 0;

  bool speaks(std::string_view protocol) const;
  /// Takes in what a message says. False, and nothing changed: it is about another key than `peer`.
  bool merge(const IdentifyMessage& message, const HostKey& peer);
};

}  // namespace kith::p2p
