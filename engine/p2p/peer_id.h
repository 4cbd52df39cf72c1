// SPDX-License-Identifier: Apache-2.0
// PeerId: who a peer is, the multihash of its public key. Kith talks to Ed25519 peers only (38 bytes, "12D3KooW…"), and
// can read, keep and write the ids of all others.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "kith/bytes.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::p2p {

/// libp2p's PublicKey message with an Ed25519 key, in its one accepted form.
inline constexpr std::size_t kPublicKeyBytes = 36;
Bytes encode_public_key(const HostKey& key);
/// Only exactly those 36 bytes: not another order, not another type.
std::optional<HostKey> decode_public_key(ByteView bytes);

class PeerId {
 public:
  static PeerId of(const HostKey& key);
  /// A whole multihash.
  static Result<PeerId> decode(ByteView multihash);
  /// Base58btc, or a CIDv1 with the codec libp2p-key.
  static Result<PeerId> parse(std::string_view text);

  ByteView bytes() const { return multihash_; }
  /// Base58btc.
  std::string text() const;
  /// The key itself, if it is an Ed25519 key.
  std::optional<HostKey> host_key() const;
  friend bool operator==(const PeerId&, const PeerId&) = default;
  friend auto operator<=>(const PeerId& a, const PeerId& b) { return a.multihash_ <=> b.multihash_; }

 private:
  explicit PeerId(Bytes multihash) : multihash_(std::move(multihash)) {}
  Bytes multihash_;
};

}  // namespace kith::p2p
