// SPDX-License-Identifier: Apache-2.0
#include "log/evidence.h"

namespace kith::log {
namespace {

constexpr std::size_t kRefsCountOffset = 3;

Error unproven(const char* cause) {
  return Error(ErrorCode::kMalformed, std::string("The evidence for an entry does not hold: ") + cause + ".",
               "Whoever sent it is broken or lies; ask somebody else.");
}

/// A header's length is in its fourth byte.
Result<Header> take_header(ByteReader& in) {
  if (in.left() < kHeaderFixedBytes) return unproven("it is cut off");
  const std::size_t refs = in.rest()[kRefsCountOffset];
  const ByteView bytes = in.bytes(kHeaderFixedBytes + 32 * refs);
  if (!in.ok()) return unproven("it is cut off");
  return decode_header(bytes);
}

bool is_in_space(const Header& header, const EntryId& id, const SpaceId& space) {
  const bool is_genesis = header.kind == static_cast<std::uint8_t>(Kind::kGenesis);
  return is_genesis ? id.data == space.data : header.space == space;
}

}  // namespace

bool is_signed(const DeviceId& device, const EntryId& id, const Signature& signature) {
  return crypto::verify_with_valid_key(SignPublic{device.data}, "kith1 entry", id.view(), signature);
}

Bytes encode_evidence(const std::vector<Header>& following, const Signature& signature) {
  Bytes out;
  out.reserve(1 + following.size() * kHeaderFixedBytes + Signature::kSize);
  out.push_back(static_cast<std::uint8_t>(following.size()));
  for (const Header& header : following) encode_header(header, out);
  append(out, signature.view());
  return out;
}

Result<Proven> take_proven(ByteReader& in, const SpaceId& space) {
  Proven proven;
  proven.header = KITH_TRY(take_header(in));
  proven.id = header_id(proven.header);
  if (!is_in_space(proven.header, proven.id, space)) return unproven("it is of another space");
  const std::size_t following = in.u8();
  if (!in.ok() || following > kEvidenceHeadersMax) return unproven("it has too many headers");
  EntryId last_id = proven.id;
  Seq last_seq = proven.header.seq;
  Stamp last_time = proven.header.time;
  for (std::size_t i = 0; i < following; ++i) {
    const Header header = KITH_TRY(take_header(in));
    if (header.device != proven.header.device || header.space != space) return unproven("it mixes logs");
    if (header.prev != last_id || header.seq.value != last_seq.value + 1 || header.time <= last_time) {
      return unproven("its headers do not follow each other");
    }
    last_id = header_id(header);
    last_seq = header.seq;
    last_time = header.time;
  }
  const Signature signature{in.array<64>()};
  if (!in.ok()) return unproven("it is cut off");
  if (!crypto::verify(SignPublic{proven.header.device.data}, "kith1 entry", last_id.view(), signature)) {
    return Error(ErrorCode::kBadSignature, "The signature of an entry is not its log's.",
                 "Whoever sent it is broken or lies; ask somebody else.");
  }
  return proven;
}

Bytes encode_doubling(const Header& a, ByteView evidence_of_a, const Header& b, ByteView evidence_of_b) {
  const bool in_order = header_id(a) < header_id(b);
  Bytes out;
  encode_header(in_order ? a : b, out);
  append(out, in_order ? evidence_of_a : evidence_of_b);
  encode_header(in_order ? b : a, out);
  append(out, in_order ? evidence_of_b : evidence_of_a);
  return out;
}

Result<Doubling> decode_doubling(ByteView proof, const SpaceId& space) {
  ByteReader in(proof);
  const Proven a = KITH_TRY(take_proven(in, space));
  const Proven b = KITH_TRY(take_proven(in, space));
  if (!in.at_end()) return unproven("there is something behind it");
  if (a.header.device != b.header.device || a.header.seq != b.header.seq) return unproven("its halves do not meet");
  if (a.id == b.id) return unproven("its halves are the same entry");
  return Doubling{a.header.device, a.header.seq, {a.id, b.id}, a.header.prev == b.header.prev};
}

}  // namespace kith::log
