// SPDX-License-Identifier: Apache-2.0
// What libp2p peers say in messages: addresses, ids, keys, identify, signed records, the payload of the handshake. The
// first byte says which.
#include "fuzz/fuzz.h"
#include "p2p/identify.h"
#include "p2p/noise_payload.h"
#include "p2p/signed_record.h"

namespace kith::fuzz {

namespace {

const auto kPeer = filled<HostKey>(7);

void read_address(ByteView input) {
  if (const auto parsed = p2p::Multiaddr::parse(as_text(input)); parsed.ok()) {
    CHECK(*p2p::Multiaddr::parse(parsed->text()) == *parsed);
    CHECK(*p2p::Multiaddr::decode(parsed->bytes()) == *parsed);
  }
  const auto decoded = p2p::Multiaddr::decode(input);
  if (!decoded.ok()) return;
  CHECK(equal(decoded->bytes(), input));
  CHECK(*p2p::Multiaddr::parse(decoded->text()) == *decoded);
  decoded->is_public();
  for (const auto& component : decoded->components()) CHECK(component.value.size() <= input.size());
  if (const auto peer = decoded->peer()) CHECK(*p2p::PeerId::decode(peer->bytes()) == *peer);
}

void read_peer_id(ByteView input) {
  if (const auto parsed = p2p::PeerId::parse(as_text(input)); parsed.ok())
    CHECK(*p2p::PeerId::parse(parsed->text()) == *parsed);
  if (const auto decoded = p2p::PeerId::decode(input); decoded.ok()) {
    CHECK(equal(decoded->bytes(), input));
    if (const auto key = decoded->host_key()) CHECK(p2p::PeerId::of(*key) == *decoded);
  }
  if (const auto key = p2p::decode_public_key(input)) CHECK(equal(p2p::encode_public_key(*key), input));
}

void read_identify(ByteView input) {
  const auto message = p2p::decode_identify(input);
  if (!message) return;
  CHECK(message->protocols.size() <= p2p::kIdentifyListMax &&
        message->listen_addresses.size() <= p2p::kIdentifyListMax);
  const auto again = p2p::decode_identify(p2p::encode_identify(*message, SIZE_MAX));
  CHECK(again.has_value());
  CHECK(again->listen_addresses == message->listen_addresses && again->protocols == message->protocols);
  CHECK(again->agent_version == message->agent_version && again->observed_address == message->observed_address);
  p2p::PeerInfo info;
  if (!info.merge(*message, kPeer)) CHECK(info.revision == 0);
}

}  // namespace

void run(ByteView input) {
  if (input.empty()) return;
  const ByteView body = input.subspan(1);
  switch (input[0] % 5) {
    case 0: return read_address(body);
    case 1: return read_peer_id(body);
    case 2: return read_identify(body);
    case 3: {
      const auto record = p2p::decode_signed_record(body, kPeer);
      if (record) CHECK(record->addresses.size() <= p2p::kRecordAddressesMax);
      return;
    }
    default: {
      p2p::NoisePayload payload;
      static_cast<void>(p2p::decode_noise_payload(body, filled<BoxPublic>(9), payload));
    }
  }
}

}  // namespace kith::fuzz
