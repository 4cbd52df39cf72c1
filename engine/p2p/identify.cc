// SPDX-License-Identifier: Apache-2.0
#include "p2p/identify.h"

#include <algorithm>

#include "p2p/protobuf.h"
#include "p2p/signed_record.h"

namespace kith::p2p {

namespace {

enum Field : std::uint32_t {
  kFieldPublicKey = 1,
  kFieldListenAddress = 2,
  kFieldProtocol = 3,
  kFieldObservedAddress = 4,
  kFieldProtocolVersion = 5,
  kFieldAgentVersion = 6,
  kFieldSignedRecord = 8,
};

/// A bytes field with a short number costs its tag, a length of up to two bytes, and the bytes.
constexpr std::size_t kFieldOverheadMax = 3;

void add_address(std::vector<Multiaddr>& out, ByteView bytes) {
  auto address = Multiaddr::decode(bytes);
  if (address.ok()) out.push_back(std::move(address).value());
}

}  // namespace

Bytes encode_identify(const IdentifyMessage& message, std::size_t bytes_max) {
  Bytes tail;
  ProtoWriter behind(tail);
  if (message.observed_address) behind.bytes(kFieldObservedAddress, message.observed_address->bytes());
  for (const std::string& protocol : message.protocols) behind.text(kFieldProtocol, protocol);
  if (message.signed_record) behind.bytes(kFieldSignedRecord, *message.signed_record);
  Bytes out;
  ProtoWriter writer(out);
  if (message.protocol_version) writer.text(kFieldProtocolVersion, *message.protocol_version);
  if (message.agent_version) writer.text(kFieldAgentVersion, *message.agent_version);
  if (message.public_key) writer.bytes(kFieldPublicKey, *message.public_key);
  for (const Multiaddr& address : message.listen_addresses) {
    if (out.size() + tail.size() + address.bytes().size() + kFieldOverheadMax > bytes_max) continue;
    writer.bytes(kFieldListenAddress, address.bytes());
  }
  append(out, tail);
  return out;
}

std::optional<IdentifyMessage> decode_identify(ByteView bytes) {
  IdentifyMessage out;
  ProtoReader in(bytes);
  while (in.next()) {
    const ProtoField& field = in.field();
    if (!field.is_bytes) continue;
    switch (field.field) {
      case kFieldProtocolVersion: out.protocol_version = as_text(field.bytes); break;
      case kFieldAgentVersion: out.agent_version = as_text(field.bytes); break;
      case kFieldPublicKey: out.public_key = to_bytes(field.bytes); break;
      case kFieldListenAddress: add_address(out.listen_addresses, field.bytes); break;
      case kFieldProtocol: out.protocols.emplace_back(as_text(field.bytes)); break;
      case kFieldSignedRecord: out.signed_record = to_bytes(field.bytes); break;
      case kFieldObservedAddress: {
        auto address = Multiaddr::decode(field.bytes);
        if (address.ok()) out.observed_address = std::move(address).value();
        break;
      }
    }
  }
  const bool is_too_long = out.listen_addresses.size() > kIdentifyListMax || out.protocols.size() > kIdentifyListMax;
  if (!in.ok() || is_too_long) return std::nullopt;
  return out;
}

bool IdentifyReader::receive(ByteView bytes) {
  if (seen_.size() + bytes.size() > kIdentifyReadBytesMax) return false;
  append(seen_, bytes);
  return true;
}

std::optional<IdentifyMessage> IdentifyReader::finish() const {
  Bytes merged;
  ByteReader in(seen_);
  int messages = 0;
  while (in.ok() && !in.at_end()) {
    append(merged, in.bytes(read_uvarint(in)));
    if (++messages > kIdentifyMessagesMax) return std::nullopt;
  }
  if (!in.ok() || messages == 0) return std::nullopt;
  return decode_identify(merged);
}

bool PeerInfo::speaks(std::string_view protocol) const {
  return std::find(protocols.begin(), protocols.end(), protocol) != protocols.end();
}

bool PeerInfo::merge(const IdentifyMessage& message, const HostKey& peer) {
  if (message.public_key && decode_public_key(*message.public_key) != peer) return false;
  if (message.protocol_version) protocol_version = *message.protocol_version;
  if (message.agent_version) agent_version = *message.agent_version;
  if (message.observed_address) observed = message.observed_address;
  if (!message.protocols.empty()) protocols = message.protocols;
  if (!message.listen_addresses.empty()) addresses = message.listen_addresses;
  if (message.signed_record) {
    // A record replaces the list; an old one is no news, and an empty one must not erase what is known (go-libp2p
    // #747).
    const auto record = decode_signed_record(*message.signed_record, peer);
    if (record && record->seq > record_seq) {
      record_seq = record->seq;
      if (!record->addresses.empty()) addresses = record->addresses;
    }
  }
  ++revision;
  return true;
}

}  // namespace kith::p2p
