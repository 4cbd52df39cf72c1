// SPDX-License-Identifier: Apache-2.0
#include "p2p/signed_record.h"

#include "p2p/envelope.h"
#include "p2p/peer_id.h"
#include "p2p/protobuf.h"

namespace kith::p2p {

namespace {

// What js, go and rust sign; the RFC in libp2p's specification names another domain.
constexpr std::string_view kDomain = "libp2p-peer-record";
constexpr std::array<std::uint8_t, 2> kPayloadType = {0x03, 0x01};

enum RecordField : std::uint32_t { kRecordPeer = 1, kRecordSeq = 2, kRecordAddress = 3 };
constexpr std::uint32_t kAddressBytes = 1;  // the one field of an address

std::optional<Multiaddr> decode_address(ByteView bytes) {
  std::optional<Multiaddr> out;
  for (ProtoReader in(bytes); in.next();) {
    if (!in.is_bytes(kAddressBytes)) continue;
    auto address = Multiaddr::decode(in.field().bytes);
    if (address.ok()) out = std::move(address).value();
  }
  return out;
}

std::optional<PeerRecord> decode_record(ByteView bytes, const HostKey& peer) {
  PeerRecord out;
  bool is_of_peer = false;
  ProtoReader in(bytes);
  while (in.next()) {
    if (in.is_bytes(kRecordPeer)) is_of_peer = equal(in.field().bytes, PeerId::of(peer).bytes());
    if (in.field().field == kRecordSeq && !in.field().is_bytes) out.seq = in.field().number;
    if (!in.is_bytes(kRecordAddress)) continue;
    if (out.addresses.size() == kRecordAddressesMax) return std::nullopt;
    if (auto address = decode_address(in.field().bytes)) out.addresses.push_back(std::move(*address));
  }
  if (!in.ok() || !is_of_peer) return std::nullopt;
  return out;
}

}  // namespace

Bytes encode_signed_record(const PeerRecord& record, const crypto::SigningKey& host) {
  const HostKey key{host.public_key().data};
  Bytes payload;
  ProtoWriter writer(payload);
  writer.bytes(kRecordPeer, PeerId::of(key).bytes());
  writer.number(kRecordSeq, record.seq);
  for (const Multiaddr& address : record.addresses) {
    Bytes inner;
    ProtoWriter(inner).bytes(kAddressBytes, address.bytes());
    writer.bytes(kRecordAddress, inner);
  }
  return seal_envelope(host, kDomain, kPayloadType, payload);
}

std::optional<PeerRecord> decode_signed_record(ByteView envelope, const HostKey& peer) {
  const auto payload = open_envelope(envelope, peer, kDomain, kPayloadType);
  return payload ? decode_record(*payload, peer) : std::nullopt;
}

}  // namespace kith::p2p
