// SPDX-License-Identifier: Apache-2.0
#include "p2p/noise_handshake.h"

#include <cstring>

#include "base/check.h"
#include "crypto/cipher.h"

namespace kith::p2p {

namespace {

/// Exactly as long as a hash, so it is the first hash and chaining key as it stands (Noise 5.2).
constexpr std::string_view kProtocolName = "Noise_XX_25519_ChaChaPoly_SHA256";
static_assert(kProtocolName.size() == crypto::Sha256::kSize);
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSealedKeyBytes = kKeyBytes + crypto::kNoiseTagBytes;
constexpr std::uint8_t kOne[] = {1};
constexpr std::uint8_t kTwo[] = {2};

struct Pair {
  crypto::Sha256 first;
  crypto::Sha256 second;
};

/// HKDF with two outputs (Noise 4.3).
Pair hkdf(const crypto::Sha256& chaining_key, ByteView input) {
  crypto::Sha256 temporary = crypto::hmac_sha256(chaining_key.view(), {input});
  Pair out;
  out.first = crypto::hmac_sha256(temporary.view(), {kOne});
  out.second = crypto::hmac_sha256(temporary.view(), {out.first.view(), kTwo});
  crypto::wipe(temporary.data);
  return out;
}

crypto::Key as_key(const crypto::Sha256& hash) {
  return crypto::Key{hash.data};
}

}  // namespace

NoiseHandshake::NoiseHandshake(Role role, const crypto::Key& static_secret, const BoxPublic& static_public,
                               const crypto::Key& ephemeral, ByteView prologue)
    : role_(role),
      static_secret_(static_secret),
      static_public_(static_public),
      ephemeral_secret_(ephemeral),
      ephemeral_public_(crypto::box_public(ephemeral)) {
  std::memcpy(hash_.data.data(), kProtocolName.data(), kProtocolName.size());
  chaining_key_ = hash_;
  mix_hash(prologue);
}

NoiseHandshake::~NoiseHandshake() {
  crypto::wipe(static_secret_.data);
  crypto::wipe(ephemeral_secret_.data);
  crypto::wipe(chaining_key_.data);
}

void NoiseHandshake::mix_hash(ByteView data) {
  hash_ = crypto::sha256({hash_.view(), data});
}

void NoiseHandshake::mix_key(const crypto::Key& agreed) {
  const Pair pair = hkdf(chaining_key_, agreed.view());
  chaining_key_ = pair.first;
  cipher_.emplace(as_key(pair.second));
}

bool NoiseHandshake::mix_agreement(const crypto::Key& secret, const BoxPublic& other) {
  auto agreed = crypto::agree(secret, other);
  if (!agreed.ok()) return false;
  mix_key(*agreed);
  crypto::wipe(agreed->data);
  return true;
}

void NoiseHandshake::seal(ByteView plain, Bytes& out) {
  const std::size_t at = out.size();
  cipher_->seal(hash_.view(), plain, out);
  mix_hash(ByteView(out).subspan(at));
}

bool NoiseHandshake::open(ByteView sealed, Bytes& plain) {
  if (!cipher_->open(hash_.view(), sealed, plain)) return false;
  mix_hash(sealed);
  return true;
}

bool NoiseHandshake::open_static(ByteView sealed) {
  Bytes plain;
  if (!open(sealed, plain)) return false;
  remote_static_ = *BoxPublic::from(plain);
  return true;
}

bool NoiseHandshake::write(ByteView payload, Bytes& message) {
  CHECK(is_our_turn());
  bool ok = true;
  if (messages_ == 0) {
    append(message, ephemeral_public_.view());
    mix_hash(ephemeral_public_.view());
    mix_hash({});  // the empty payload, which nothing encrypts yet
  } else {
    ok = messages_ == 1 ? write_2(payload, message) : write_3(payload, message);
  }
  ++messages_;
  return ok;
}

bool NoiseHandshake::write_2(ByteView payload, Bytes& message) {
  append(message, ephemeral_public_.view());
  mix_hash(ephemeral_public_.view());
  if (!mix_agreement(ephemeral_secret_, remote_ephemeral_)) return false;
  seal(static_public_.view(), message);
  if (!mix_agreement(static_secret_, remote_ephemeral_)) return false;
  seal(payload, message);
  return true;
}

bool NoiseHandshake::write_3(ByteView payload, Bytes& message) {
  seal(static_public_.view(), message);
  if (!mix_agreement(static_secret_, remote_ephemeral_)) return false;
  seal(payload, message);
  return true;
}

bool NoiseHandshake::read(ByteView message, Bytes& payload) {
  CHECK(!is_our_turn() && !is_done());
  ByteReader in(message);
  bool ok = false;
  if (messages_ == 0) {
    if (message.size() != kMessage1Bytes) return false;
    remote_ephemeral_.data = in.array<kKeyBytes>();
    mix_hash(remote_ephemeral_.view());
    mix_hash({});
    ok = true;
  } else {
    ok = messages_ == 1 ? read_2(in, payload) : read_3(in, payload);
  }
  ++messages_;
  return ok;
}

bool NoiseHandshake::read_2(ByteReader& in, Bytes& payload) {
  if (in.left() < kMessage2BytesMin) return false;
  remote_ephemeral_.data = in.array<kKeyBytes>();
  mix_hash(remote_ephemeral_.view());
  return mix_agreement(ephemeral_secret_, remote_ephemeral_) && open_static(in.bytes(kSealedKeyBytes)) &&
         mix_agreement(ephemeral_secret_, remote_static_) && open(in.rest(), payload);
}

bool NoiseHandshake::read_3(ByteReader& in, Bytes& payload) {
  if (in.left() < kMessage3BytesMin) return false;
  return open_static(in.bytes(kSealedKeyBytes)) && mix_agreement(ephemeral_secret_, remote_static_) &&
         open(in.rest(), payload);
}

NoiseCipher NoiseHandshake::split(int which) const {
  CHECK(is_done());
  const Pair pair = hkdf(chaining_key_, {});
  return NoiseCipher(as_key(which == 0 ? pair.first : pair.second));
}

}  // namespace kith::p2p
