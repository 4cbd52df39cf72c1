// SPDX-License-Identifier: Apache-2.0
// Signed peer records: a peer's addresses in an envelope signed by its own key, so that others can pass them on.
#pragma once

#include <optional>
#include <vector>

#include "crypto/sign.h"
#include "kith/bytes.h"
#include "kith/ids.h"
#include "p2p/multiaddr.h"

namespace kith::p2p {

inline constexpr std::size_t kRecordAddressesMax = 64;

struct PeerRecord {
  std::uint64_t seq = 0;  // js counts milliseconds; a record with a higher one replaces the others
  std::vector<Multiaddr> addresses;
};

Bytes encode_signed_record(const PeerRecord& record, const crypto::SigningKey& host);
/// Nothing: malformed, of another peer than `peer`, or not signed by it. Addresses that cannot be read are skipped.
std::optional<PeerRecord> decode_signed_record(ByteView envelope, const HostKey& peer);

}  // namespace kith::p2p
