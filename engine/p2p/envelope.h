// SPDX-License-Identifier: Apache-2.0
// Signed envelopes (libp2p RFC 0002): bytes that a host key has signed for one purpose, the domain. The domain is
// length-prefixed, so that nothing signed for one counts for another.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/sign.h"
#include "kith/bytes.h"
#include "kith/ids.h"

namespace kith::p2p {

Bytes seal_envelope(const crypto::SigningKey& host, std::string_view domain, ByteView payload_type, ByteView payload);
/// The payload. Nothing: malformed, of another type or peer, or not signed by it for this domain.
std::optional<Bytes> open_envelope(ByteView envelope, const HostKey& peer, std::string_view domain,
                                   ByteView payload_type);

}  // namespace kith::p2p
