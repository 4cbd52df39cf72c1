// SPDX-License-Identifier: Apache-2.0
// What libp2p puts into Noise messages 2 and 3: who I am, signed over the static key just shown, and which muxers I
// speak.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "crypto/guarded.h"
#include "crypto/sign.h"
#include "kith/bytes.h"
#include "kith/ids.h"
#include "p2p/fault.h"

namespace kith::p2p {

inline constexpr std::string_view kYamuxProtocol = "/yamux/1.0.0";

/// This process as a libp2p peer: its identity, and one static key for all its handshakes, signed once and never
/// stored.
class NoiseIdentity {
 public:
  NoiseIdentity(const crypto::SigningKey& host, Random& random);
  const HostKey& host_key() const { return host_key_; }
  const crypto::Key& static_secret() const { return *static_secret_; }
  const BoxPublic& static_public() const { return static_public_; }
  const Signature& signature() const { return signature_; }

 private:
  HostKey host_key_;
  crypto::Guarded<crypto::Key> static_secret_;
  BoxPublic static_public_;
  Signature signature_;
};

struct NoisePayload {
  HostKey identity;
  std::vector<std::string> muxers;  // empty: to be negotiated by multistream-select
};

/// `with_muxers`: names yamux in the extensions.
Bytes encode_noise_payload(const NoiseIdentity& identity, bool with_muxers);
/// Form, key, signature over `remote_static`, in this order. kHandshake or kBadSignature when it is none.
Fault decode_noise_payload(ByteView bytes, const BoxPublic& remote_static, NoisePayload& out);

}  // namespace kith::p2p
