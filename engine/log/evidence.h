// SPDX-License-Identifier: Apache-2.0
// Evidence for an entry that travels alone (formats 5): n u8 ‖ n following headers ‖ signature of the last; and the
// proof that a log was doubled (formats 11): header ‖ evidence ‖ header ‖ evidence.
#pragma once

#include <utility>
#include <vector>

#include "crypto/sign.h"
#include "log/entry.h"

namespace kith::log {

/// A header with what proves it.
struct Proven {
  Header header;
  EntryId id;
};

/// Is `signature` the log's over this entry's id? The key must have passed crypto::is_valid_public_key.
bool is_signed(const DeviceId& device, const EntryId& id, const Signature& signature);

/// `following`: headers of seq + 1 … in order, at most kEvidenceHeadersMax; `signature` is that of the last (of the
/// entry itself if there are none).
Bytes encode_evidence(const std::vector<Header>& following, const Signature& signature);

/// Reads a header and its evidence from `in` and checks all of it: form, one space and device, consecutive, linked,
/// later, signed.
Result<Proven> take_proven(ByteReader& in, const SpaceId& space);

/// The two halves in the order of their ids, so that one doubling has one proof from the same evidence.
Bytes encode_doubling(const Header& a, ByteView evidence_of_a, const Header& b, ByteView evidence_of_b);
struct Doubling {
  DeviceId device;
  Seq seq;
  EntryId ids[2];
  bool at_common_prefix = false;  // both follow the same entry: below `seq` the branches agree
};
Result<Doubling> decode_doubling(ByteView proof, const SpaceId& space);

}  // namespace kith::log
