// SPDX-License-Identifier: Apache-2.0
#include "p2p/envelope.h"

#include "p2p/peer_id.h"
#include "p2p/protobuf.h"

namespace kith::p2p {
namespace {

enum EnvelopeField : std::uint32_t {
  kEnvelopeKey = 1,
  kEnvelopeType = 2,
  kEnvelopePayload = 3,
  kEnvelopeSignature = 5
};

Bytes signed_bytes(std::string_view domain, ByteView payload_type, ByteView payload) {
  Bytes out;
  append_length_prefixed(out, as_bytes(domain));
  append_length_prefixed(out, payload_type);
  append_length_prefixed(out, payload);
  return out;
}

}  // namespace

Bytes seal_envelope(const crypto::SigningKey& host, std::string_view domain, ByteView payload_type, ByteView payload) {
  Bytes out;
  ProtoWriter envelope(out);
  envelope.bytes(kEnvelopeKey, encode_public_key(HostKey{host.public_key().data}));
  envelope.bytes(kEnvelopeType, payload_type);
  envelope.bytes(kEnvelopePayload, payload);
  envelope.bytes(kEnvelopeSignature, host.sign_unlabelled(signed_bytes(domain, payload_type, payload)).view());
  return out;
}

std::optional<Bytes> open_envelope(ByteView envelope, const HostKey& peer, std::string_view domain,
                                   ByteView payload_type) {
  std::optional<HostKey> key;
  std::optional<Signature> signature;
  ByteView type, payload;
  ProtoReader in(envelope);
  while (in.next()) {
    if (in.is_bytes(kEnvelopeKey)) key = decode_public_key(in.field().bytes);
    if (in.is_bytes(kEnvelopeType)) type = in.field().bytes;
    if (in.is_bytes(kEnvelopePayload)) payload = in.field().bytes;
    if (in.is_bytes(kEnvelopeSignature)) signature = Signature::from(in.field().bytes);
  }
  if (!in.ok() || key != peer || !signature || !equal(type, payload_type)) return std::nullopt;
  const Bytes signed_for = signed_bytes(domain, payload_type, payload);
  if (!crypto::verify_unlabelled(SignPublic{peer.data}, signed_for, *signature)) return std::nullopt;
  return to_bytes(payload);
}

}  // namespace kith::p2p
