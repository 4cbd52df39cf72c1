// SPDX-License-Identifier: Apache-2.0
// Made-up headers, payloads and chains for the tests of this room and of those above.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/testing/fakes.h"
#include "crypto/sign.h"
#include "log/entry.h"
#include "log/payload.h"
#include "log/record.h"

namespace kith::log::testing {

template <typename T>
T filled(std::uint8_t byte) {
  T out;
  out.data.fill(byte);
  return out;
}

template <typename T>
T from_hex_as(std::string_view hex) {
  const auto bytes = from_hex(hex);
  CHECK(bytes.has_value());
  const auto out = T::from(*bytes);
  CHECK(out.has_value());
  return *out;
}

inline crypto::SigningKey signing_key(std::uint8_t seed) {
  return crypto::SigningKey::from_seed(filled<crypto::Key>(seed));
}

inline DeviceId device_of(const crypto::SigningKey& key) {
  return DeviceId{key.public_key().data};
}

/// What a test can change in a valid header without making it malformed.
inline Header sample_header() {
  Header header;
  header.kind = static_cast<std::uint8_t>(Kind::kContent);
  header.share = share_of(2, 1, false);
  header.payload_length = 116;
  header.seq = Seq(1);
  header.time = Stamp::from_ms(1'790'000'000'000, 7);
  header.tag = filled<EpochTag>(0x11);
  header.space = filled<SpaceId>(0xaa);
  header.device = filled<DeviceId>(0x22);
  header.prev = filled<EntryId>(0xbb);
  header.payload = filled<Hash>(0x33);
  return header;
}

/// An entry with its payload, as one would hand it to a RecordEncoder.
struct Sample {
  Header header;
  EntryId id;
  Bytes payload;
  std::optional<Hash> values_hash;
  bool withheld = false;
  std::optional<Signature> signature;

  Record record() const { return Record{header, id, payload, values_hash, withheld, signature}; }
};

/// Chains of a few logs: content with some authority among it, signed where asked.
class SampleLog {
 public:
  SampleLog(const SpaceId& space, std::uint8_t seed) : space_(space), key_(signing_key(seed)) {}

  Sample next(std::string_view shape, std::string_view values, std::uint64_t ms_later = 1) {
    Sample sample = draft(ms_later);
    sample.header.kind = static_cast<std::uint8_t>(Kind::kContent);
    sample.header.share = share_of(2, 1, false);
    sample.header.tag = filled<EpochTag>(0x44);
    auto payload = seal_payload(compressor_, random_, filled<crypto::Key>(0xee), sample.header.device,
                                sample.header.seq, as_bytes(shape), as_bytes(values));
    CHECK(payload.ok());
    sample.payload = std::move(payload).value();
    sample.header.payload_length = static_cast<std::uint32_t>(sample.payload.size());
    auto split = split_payload(sample.payload, std::nullopt);
    CHECK(split.ok());
    sample.header.payload = payload_hash(split.value());
    return finish(std::move(sample));
  }

  Sample next_authority(Kind kind, std::string_view payload, std::uint64_t ms_later = 1) {
    Sample sample = draft(ms_later);
    sample.header.kind = static_cast<std::uint8_t>(kind);
    sample.header.refs = {filled<EntryId>(0x55)};
    sample.payload = to_bytes(as_bytes(payload));
    sample.header.payload_length = static_cast<std::uint32_t>(payload.size());
    if (!payload.empty()) sample.header.payload = clear_payload_hash(sample.payload);
    return finish(std::move(sample));
  }

  Signature sign(const EntryId& id) const { return key_.sign("kith1 entry", id.view()); }
  DeviceId device() const { return device_of(key_); }

 private:
  Sample draft(std::uint64_t ms_later) {
    Sample sample;
    ms_ += ms_later;
    sample.header.seq = next_;
    sample.header.time = Stamp::from_ms(ms_, 0);
    sample.header.space = space_;
    sample.header.device = device();
    sample.header.prev = head_;
    if (next_.value == 0) sample.header.refs = {filled<EntryId>(0x55)};
    return sample;
  }
  Sample finish(Sample sample) {
    sample.id = header_id(sample.header);
    head_ = sample.id;
    next_ = Seq(next_.value + 1);
    return sample;
  }

  SpaceId space_;
  crypto::SigningKey key_;
  codec::Compressor compressor_;
  kith::testing::SeededRandom random_{1};
  Seq next_;
  EntryId head_;
  std::uint64_t ms_ = 1'790'000'000'000;
};

/// RapidCheck runs its property; a failure is a failure of the test that calls this.
template <typename Property>
void holds(const char* what, Property property) {
  EXPECT_TRUE(rc::check(what, property));
}

}  // namespace kith::log::testing
