// SPDX-License-Identifier: Apache-2.0
#include "log/payload.h"

#include <algorithm>
#include <bit>

#include "crypto/cipher.h"
#include "log/entry.h"

namespace kith::log {
namespace {

constexpr std::uint8_t kMethodPlain = 0;
constexpr std::uint8_t kMethodZstd = 1;
constexpr std::uint8_t kMarker = 0x80;
constexpr std::size_t kBucketMin = 32;
constexpr std::size_t kFramingBytes = 2;  // method and marker
// Texts below this are left as they are: zstd alone seldom wins a bucket there, and costs as much as all the rest of
// sealing but the signature.
constexpr std::size_t kCompressBytesMin = 128;

Error malformed(const char* cause) {
  return Error(ErrorCode::kMalformed, std::string("A payload breaks the format: ") + cause + ".",
               "Its author's program is broken; everybody passes over this entry.");
}

std::array<std::uint8_t, 8> be64(std::uint64_t v) {
  std::array<std::uint8_t, 8> out;
  for (int i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(v >> (8 * (7 - i)));
  return out;
}

std::array<std::uint8_t, 4> be32(std::size_t v) {
  return {static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16), static_cast<std::uint8_t>(v >> 8),
          static_cast<std::uint8_t>(v)};
}

/// Appends M(plain): whichever method gives the smaller bucket.
void put_message(codec::Compressor& compressor, ByteView plain, Bytes& out) {
  const std::size_t start = out.size();
  const std::size_t plain_bucket = bucket(plain.size() + kFramingBytes);
  out.push_back(kMethodZstd);
  const bool worth_trying = plain.size() >= kCompressBytesMin;
  if (!worth_trying || !compressor.compress(plain, plain.size(), out) ||
      bucket(out.size() - start + 1) >= plain_bucket) {
    out.resize(start);
    out.push_back(kMethodPlain);
    append(out, plain);
  }
  out.push_back(kMarker);
  out.resize(start + bucket(out.size() - start), 0);
}

/// Takes M apart: method, bytes, marker, zeros, in the one bucket that fits.
Result<void> take_message(codec::Compressor& compressor, ByteView message, Bytes& out) {
  std::size_t end = message.size();
  while (end > 0 && message[end - 1] == 0) --end;
  if (end < kFramingBytes || message[end - 1] != kMarker) return malformed("there is no end marker");
  if (bucket(end) != message.size()) return malformed("its padding is not of the one right length");
  const ByteView body = message.subspan(1, end - kFramingBytes);
  switch (message[0]) {
    case kMethodPlain: out.assign(body.begin(), body.end()); return {};
    case kMethodZstd: out = KITH_TRY(compressor.decompress(body)); return {};
    default: return malformed("its compression is unknown");
  }
}

crypto::Key entry_key(const crypto::Key& epoch_secret, const DeviceId& device, Seq seq, ByteView salt) {
  return crypto::keyed_hash(epoch_secret.view(), "kith1 entry key", {device.view(), be64(seq.value), salt});
}

crypto::Key value_key(const crypto::Key& key, ByteView value_salt) {
  return crypto::keyed_hash(key.view(), "kith1 value key", {value_salt});
}

crypto::Key check_of(const crypto::Key& key, ByteView shape, const Hash& values_hash) {
  return crypto::keyed_hash(key.view(), "kith1 commit", {shape, values_hash.view()});
}

}  // namespace

std::size_t bucket(std::size_t n) {
  if (n <= kBucketMin) return kBucketMin;
  const int e = std::bit_width(n) - 1;
  const int s = std::bit_width(static_cast<unsigned>(e));
  const std::size_t step = std::size_t{1} << std::max(4, e - s);
  return (n + step - 1) / step * step;
}

Hash values_hash_of(ByteView values) {
  return crypto::hash("kith1 values", {values});
}

Result<Bytes> seal_payload(codec::Compressor& compressor, Random& random, const crypto::Key& epoch_secret,
                           const DeviceId& device, Seq seq, ByteView shape, ByteView values) {
  Bytes out(kPayloadHeadBytes);
  const std::span<std::uint8_t> salt(out.data(), kSaltBytes);
  random.fill(salt);
  const crypto::Key key = entry_key(epoch_secret, device, seq, salt);
  put_message(compressor, shape, out);
  const std::size_t shape_length = out.size() - kPayloadHeadBytes;
  if (!values.empty()) {
    const std::size_t start = out.size();
    out.resize(start + kSaltBytes);
    random.fill(std::span(out).subspan(start, kSaltBytes));
    put_message(compressor, values, out);
    const crypto::Key secret = value_key(key, ByteView(out).subspan(start, kSaltBytes));
    crypto::chacha20(secret, 0, std::span(out).subspan(start + kSaltBytes));
  }
  if (out.size() > kPayloadBytesMax) {
    return Error(ErrorCode::kTooLarge, "A part of a transaction is larger than one entry can carry (1 MiB).",
                 "Write less in one transaction, or keep large things as media.");
  }
  crypto::chacha20(key, 0, std::span(out).subspan(kPayloadHeadBytes, shape_length));
  const ByteView sealed(out);
  const crypto::Key check = check_of(key, sealed.subspan(kPayloadHeadBytes, shape_length),
                                     values_hash_of(sealed.subspan(kPayloadHeadBytes + shape_length)));
  std::copy(check.data.begin(), check.data.end(), out.begin() + kSaltBytes);
  const auto length = be32(shape_length);
  std::copy(length.begin(), length.end(), out.begin() + kSaltBytes + kCheckBytes);
  return out;
}

Result<PayloadView> split_payload(ByteView stored, const std::optional<Hash>& values_hash, const Hash* computed) {
  ByteReader in(stored);
  PayloadView view;
  view.salt = in.bytes(kSaltBytes);
  view.check = in.bytes(kCheckBytes);
  view.shape = in.bytes(in.u32());
  view.values = in.rest();
  if (!in.ok()) return malformed("it is shorter than it says");
  if (values_hash.has_value()) {
    if (!view.values.empty()) return malformed("there is something in place of the erased values");
    view.values_gone = true;
    view.values_hash = *values_hash;
  } else {
    view.values_hash = computed != nullptr ? *computed : values_hash_of(view.values);
  }
  return view;
}

Hash payload_hash(const PayloadView& payload) {
  return crypto::hash("kith1 payload", {payload.salt, payload.check, be32(payload.shape.size()), payload.shape,
                                        payload.values_hash.view()});
}

Hash clear_payload_hash(ByteView payload) {
  return crypto::hash("kith1 payload", {payload});
}

Result<void> open_payload_into(codec::Compressor& compressor, const crypto::Key& epoch_secret, const DeviceId& device,
                               Seq seq, const PayloadView& payload, Opened& opened) {
  const crypto::Key key = entry_key(epoch_secret, device, seq, payload.salt);
  if (!crypto::same_secret(check_of(key, payload.shape, payload.values_hash).view(), payload.check)) {
    return Error(ErrorCode::kCannotOpen, "An entry does not open with the key of its epoch.",
                 "It was damaged by its author, or this is not its epoch.");
  }
  Bytes& scratch = opened.scratch;
  scratch.assign(payload.shape.begin(), payload.shape.end());
  crypto::chacha20(key, 0, scratch);
  KITH_TRY(take_message(compressor, scratch, opened.shape));
  if (payload.values_gone) {
    opened.values.reset();
    return {};
  }
  if (!opened.values.has_value()) opened.values.emplace();
  opened.values->clear();
  if (payload.values.empty()) return {};
  if (payload.values.size() <= kSaltBytes) return malformed("its values are cut off");
  const ByteView value_salt = payload.values.first(kSaltBytes);
  const ByteView sealed = payload.values.subspan(kSaltBytes);
  scratch.assign(sealed.begin(), sealed.end());
  crypto::chacha20(value_key(key, value_salt), 0, scratch);
  return take_message(compressor, scratch, *opened.values);
}

Result<Opened> open_payload(codec::Compressor& compressor, const crypto::Key& epoch_secret, const DeviceId& device,
                            Seq seq, const PayloadView& payload) {
  Opened opened;
  KITH_TRY(open_payload_into(compressor, epoch_secret, device, seq, payload, opened));
  return opened;
}

}  // namespace kith::log
