// SPDX-License-Identifier: Apache-2.0
#include "p2p/peer_id.h"

#include "codec/text_codes.h"
#include "p2p/multihash.h"
#include "p2p/protobuf.h"

namespace kith::p2p {

namespace {

constexpr std::array<std::uint8_t, 4> kEd25519Prefix = {0x08, 0x01, 0x12, 0x20};
constexpr std::uint64_t kCidVersion = 1;
constexpr std::uint64_t kCodecLibp2pKey = 0x72;

Error no_peer_id(std::string cause) {
  return Error(ErrorCode::kMalformed, std::move(cause),
               "Copy the whole id of the peer; it mostly begins with 12D3KooW.");
}

std::optional<Bytes> multihash_of_cid(std::string_view text) {
  const auto cid = from_multibase(text);
  if (!cid) return std::nullopt;
  ByteReader in(*cid);
  if (read_uvarint(in) != kCidVersion || read_uvarint(in) != kCodecLibp2pKey || !in.ok()) return std::nullopt;
  return to_bytes(in.rest());
}

}  // namespace

Bytes encode_public_key(const HostKey& key) {
  Bytes out(kEd25519Prefix.begin(), kEd25519Prefix.end());
  append(out, key.view());
  return out;
}

std::optional<HostKey> decode_public_key(ByteView bytes) {
  if (bytes.size() != kPublicKeyBytes || !equal(bytes.first(kEd25519Prefix.size()), kEd25519Prefix)) {
    return std::nullopt;
  }
  return HostKey::from(bytes.subspan(kEd25519Prefix.size()));
}

PeerId PeerId::of(const HostKey& key) {
  Bytes multihash = {kMultihashIdentity, kPublicKeyBytes};
  append(multihash, encode_public_key(key));
  return PeerId(std::move(multihash));
}

Result<PeerId> PeerId::decode(ByteView multihash) {
  if (!is_multihash(multihash)) return no_peer_id("These bytes are no peer id.");
  return PeerId(to_bytes(multihash));
}

Result<PeerId> PeerId::parse(std::string_view text) {
  const bool is_base58 = text.starts_with('1') || text.starts_with("Qm");
  const auto multihash = is_base58 ? codec::from_base58(text) : multihash_of_cid(text);
  if (!multihash || !is_multihash(*multihash)) return no_peer_id("This is no peer id, or not all of one.");
  return PeerId(*multihash);
}

std::string PeerId::text() const {
  return codec::to_base58(multihash_);
}

std::optional<HostKey> PeerId::host_key() const {
  if (multihash_[0] != kMultihashIdentity) return std::nullopt;
  return decode_public_key(ByteView(multihash_).subspan(2));
}

}  // namespace kith::p2p
