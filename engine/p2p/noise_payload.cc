// SPDX-License-Identifier: Apache-2.0
#include "p2p/noise_payload.h"

#include "crypto/cipher.h"
#include "p2p/peer_id.h"
#include "p2p/protobuf.h"

namespace kith::p2p {

namespace {

constexpr std::string_view kSignaturePrefix = "noise-libp2p-static-key:";
constexpr std::uint32_t kFieldKey = 1;
constexpr std::uint32_t kFieldSignature = 2;
constexpr std::uint32_t kFieldExtensions = 4;
constexpr std::uint32_t kFieldMuxers = 2;  // of the extensions
constexpr std::size_t kMuxersMax = 16;

Bytes signed_bytes(const BoxPublic& static_public) {
  Bytes out = to_bytes(as_bytes(kSignaturePrefix));
  append(out, static_public.view());
  return out;
}

bool decode_extensions(ByteView bytes, std::vector<std::string>& muxers) {
  ProtoReader in(bytes);
  while (in.next()) {
    if (!in.is_bytes(kFieldMuxers)) continue;
    if (muxers.size() == kMuxersMax) return false;
    muxers.emplace_back(as_text(in.field().bytes));
  }
  return in.ok();
}

}  // namespace

NoiseIdentity::NoiseIdentity(const crypto::SigningKey& host, Random& random)
    : host_key_(HostKey{host.public_key().data}) {
  random.fill(static_secret_->data);
  static_public_ = crypto::box_public(*static_secret_);
  signature_ = host.sign_unlabelled(signed_bytes(static_public_));
}

Bytes encode_noise_payload(const NoiseIdentity& identity, bool with_muxers) {
  Bytes out;
  ProtoWriter writer(out);
  writer.bytes(kFieldKey, encode_public_key(identity.host_key()));
  writer.bytes(kFieldSignature, identity.signature().view());
  if (with_muxers) {
    Bytes extensions;
    ProtoWriter(extensions).text(kFieldMuxers, kYamuxProtocol);
    writer.bytes(kFieldExtensions, extensions);
  }
  return out;
}

Fault decode_noise_payload(ByteView bytes, const BoxPublic& remote_static, NoisePayload& out) {
  std::optional<HostKey> identity;
  std::optional<Signature> signature;
  ProtoReader in(bytes);
  while (in.next()) {
    if (in.is_bytes(kFieldKey)) identity = decode_public_key(in.field().bytes);
    if (in.is_bytes(kFieldSignature)) signature = Signature::from(in.field().bytes);
    if (in.is_bytes(kFieldExtensions) && !decode_extensions(in.field().bytes, out.muxers)) return Fault::kHandshake;
  }
  if (!in.ok() || !identity || !signature) return Fault::kHandshake;
  out.identity = *identity;
  const bool is_signed = crypto::verify_unlabelled(SignPublic{identity->data}, signed_bytes(remote_static), *signature);
  return is_signed ? Fault::kNone : Fault::kBadSignature;
}

}  // namespace kith::p2p
