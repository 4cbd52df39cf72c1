// SPDX-License-Identifier: Apache-2.0
// What an entry carries (formats 6): salt ‖ T ‖ slen ‖ S ‖ V. Sealing, opening, and what is left when the values are
// erased.
#pragma once

#include <optional>

#include "base/environment.h"
#include "codec/compress.h"
#include "crypto/hash.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::log {

inline constexpr std::size_t kSaltBytes = 8;
inline constexpr std::size_t kCheckBytes = 32;
inline constexpr std::size_t kPayloadHeadBytes = kSaltBytes + kCheckBytes + 4;  // salt, T, length of S

/// bucket(n) of formats 6: 32, then Padmé with a floor of 16.
std::size_t bucket(std::size_t n);

/// P of an encrypted payload. E: the epoch's secret.
Result<Bytes> seal_payload(codec::Compressor& compressor, Random& random, const crypto::Key& epoch_secret,
                           const DeviceId& device, Seq seq, ByteView shape, ByteView values);

/// A stored payload taken apart; views into it.
struct PayloadView {
  ByteView salt;    // 8
  ByteView check;   // T, 32
  ByteView shape;   // S
  ByteView values;  // V; empty if there are none or they are gone
  bool values_gone = false;
  Hash values_hash;  // H("kith1 values", V), or what stands in V's place
};
/// `values_hash`: given when V was erased or withheld (then the stored bytes end behind S). `computed`: the hash of the
/// V that is there, if it is known already.
Result<PayloadView> split_payload(ByteView stored, const std::optional<Hash>& values_hash,
                                  const Hash* computed = nullptr);
/// H("kith1 values", V).
Hash values_hash_of(ByteView values);
/// The header's payload field of an encrypted payload.
Hash payload_hash(const PayloadView& payload);
/// The same for clear authority CBOR.
Hash clear_payload_hash(ByteView payload);

struct Opened {
  Bytes shape;
  std::optional<Bytes> values;
  Bytes scratch;  // kept between calls, so that a run of entries allocates nothing
};
/// Checks T before anything else. kCannotOpen: not this key; kMalformed: padding, method, size.
Result<Opened> open_payload(codec::Compressor& compressor, const crypto::Key& epoch_secret, const DeviceId& device,
                            Seq seq, const PayloadView& payload);
/// The same into buffers that are used again.
Result<void> open_payload_into(codec::Compressor& compressor, const crypto::Key& epoch_secret, const DeviceId& device,
                               Seq seq, const PayloadView& payload, Opened& opened);

}  // namespace kith::log
