// SPDX-License-Identifier: Apache-2.0
#include "log/payload.h"

#include "crypto/cipher.h"
#include "log/testing/samples.h"

namespace kith::log {
namespace {

using testing::filled;
using testing::holds;

/// Gives out the bytes that the golden payload was made with.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& b : out) b = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

const DeviceId kDevice =
    testing::from_hex_as<DeviceId>("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
const crypto::Key kSecret = filled<crypto::Key>(0xee);

Bytes sealed(ByteView shape, ByteView values, Seq seq = Seq(1)) {
  codec::Compressor compressor;
  kith::testing::SeededRandom random(7);
  auto payload = seal_payload(compressor, random, kSecret, kDevice, seq, shape, values);
  CHECK(payload.ok());
  return std::move(payload).value();
}

Result<Opened> opened(ByteView stored, const std::optional<Hash>& values_hash = std::nullopt, Seq seq = Seq(1),
                      const crypto::Key& secret = kSecret) {
  codec::Compressor compressor;
  const PayloadView view = KITH_TRY(split_payload(stored, values_hash));
  return open_payload(compressor, secret, kDevice, seq, view);
}

TEST(Payload, the_golden_payload_is_that_of_the_format) {
  codec::Compressor compressor;
  CountingRandom random;
  const auto payload =
      seal_payload(compressor, random, kSecret, kDevice, Seq(1), as_bytes("shape"), as_bytes("Lost: a grey cat"));
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(
      to_hex(*payload),
      "00010203040506071a5a81444114fa8720dd04266085a46d1e526435f6ae06c26346611200d57f26000000207c4f703bf1013607fb7c"
      "35d70297f3b034ca71a1703be641c9dad211a1ad02d608090a0b0c0d0e0f08340f299a567b1b0be0984381efd3fe09b8c26318ebbca4"
      "5a4e418b495b9364");
  const auto view = split_payload(*payload, std::nullopt);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->values_hash.hex(), "512b072a34735d637bdc4096197d312278c95384c103781cf97a8183d9c06ae9");
  EXPECT_EQ(payload_hash(*view).hex(), "46560a158b315eee08f1762f2555af145167672a3a39fdfb4ad46049672f1abd");
}

TEST(Payload, buckets_are_padme_with_a_floor_of_sixteen) {
  EXPECT_EQ(bucket(0), 32u);
  EXPECT_EQ(bucket(32), 32u);
  EXPECT_EQ(bucket(33), 48u);
  EXPECT_EQ(bucket(125), 128u);
  EXPECT_EQ(bucket(129), 144u);
  EXPECT_EQ(bucket(1000), 1024u);
  EXPECT_EQ(bucket(1025), 1088u);
  EXPECT_EQ(bucket(1'000'000), 1'015'808u);
  for (std::size_t n = 1; n < 100'000; n += 7) {
    EXPECT_GE(bucket(n), n);
    EXPECT_EQ(bucket(bucket(n)), bucket(n));
    EXPECT_LE(bucket(n), std::max<std::size_t>(n + 32, n + n * 12 / 100));
  }
}

TEST(Payload, opens_to_what_was_sealed) {
  holds("round trip", [] {
    const Bytes shape = *rc::gen::arbitrary<Bytes>();
    const Bytes values = *rc::gen::arbitrary<Bytes>();
    const Bytes stored = sealed(shape, values);
    const auto result = opened(stored);
    RC_ASSERT(result.ok());
    RC_ASSERT(result->shape == shape);
    RC_ASSERT(result->values.has_value());
    RC_ASSERT(*result->values == values);
  });
}

TEST(Payload, long_text_is_compressed_and_short_text_is_not) {
  const std::string text(5'000, 'a');
  EXPECT_LT(sealed(as_bytes("shape"), as_bytes(text)).size(), 300u);
  EXPECT_EQ(opened(sealed(as_bytes("shape"), as_bytes(text)))->values, to_bytes(as_bytes(text)));
}

TEST(Payload, a_post_of_120_bytes_takes_208_bytes) {
  // 8 salt, 32 T, 4 length, 32 S, 8 vsalt, 128 V; the length is one byte on the wire.
  kith::testing::SeededRandom random(3);
  Bytes text(120);
  random.fill(text);
  EXPECT_EQ(sealed(Bytes(20, 1), text).size(), 212u);
}

TEST(Payload, without_its_values_it_still_verifies_and_opens_its_shape) {
  Bytes stored = sealed(as_bytes("shape"), as_bytes("a secret"));
  const auto whole = split_payload(stored, std::nullopt);
  ASSERT_TRUE(whole.ok());
  const Hash values_hash = whole->values_hash;
  const Hash field = payload_hash(*whole);
  stored.resize(kPayloadHeadBytes + whole->shape.size());
  const auto erased = split_payload(stored, values_hash);
  ASSERT_TRUE(erased.ok());
  EXPECT_EQ(payload_hash(*erased), field);
  const auto result = opened(stored, values_hash);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->shape, to_bytes(as_bytes("shape")));
  EXPECT_FALSE(result->values.has_value());
}

TEST(Payload, no_values_are_not_the_same_as_erased_ones) {
  const auto result = opened(sealed(as_bytes("a delete"), {}));
  ASSERT_TRUE(result.ok());
  ASSERT_TRUE(result->values.has_value());
  EXPECT_TRUE(result->values->empty());
}

TEST(Payload, any_changed_byte_is_noticed) {
  const Bytes stored = sealed(as_bytes("shape"), as_bytes("Lost: a grey cat"));
  for (std::size_t i = 0; i < stored.size(); ++i) {
    Bytes changed = stored;
    changed[i] ^= 1;
    EXPECT_FALSE(opened(changed).ok()) << "byte " << i;
  }
}

TEST(Payload, opens_only_under_its_own_epoch_device_and_number) {
  const Bytes stored = sealed(as_bytes("shape"), as_bytes("values"));
  EXPECT_EQ(opened(stored, std::nullopt, Seq(2)).error().code(), ErrorCode::kCannotOpen);
  EXPECT_EQ(opened(stored, std::nullopt, Seq(1), filled<crypto::Key>(0xef)).error().code(), ErrorCode::kCannotOpen);
}

TEST(Payload, two_texts_at_one_number_share_no_key_stream) {
  codec::Compressor compressor;
  kith::testing::SeededRandom random(9);
  const auto a = seal_payload(compressor, random, kSecret, kDevice, Seq(4), as_bytes("s"), as_bytes("same"));
  const auto b = seal_payload(compressor, random, kSecret, kDevice, Seq(4), as_bytes("s"), as_bytes("same"));
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_FALSE(equal(ByteView(*a).subspan(kPayloadHeadBytes), ByteView(*b).subspan(kPayloadHeadBytes)));
}

/// A payload whose plain form of the shape is given whole, method and padding included, with a right T.
Bytes with_raw_shape(Bytes message) {
  Bytes out(kSaltBytes, 5);
  const std::array<std::uint8_t, 8> seq = {0, 0, 0, 0, 0, 0, 0, 1};
  const crypto::Key key = crypto::keyed_hash(kSecret.view(), "kith1 entry key", {kDevice.view(), seq, out});
  crypto::chacha20(key, 0, message);
  append(out, crypto::keyed_hash(key.view(), "kith1 commit", {message, values_hash_of({}).view()}).view());
  ByteWriter(out).u32(static_cast<std::uint32_t>(message.size()));
  append(out, message);
  return out;
}

TEST(Payload, every_malformed_message_is_refused) {
  Bytes good(32, 0);
  good[1] = 'x';
  good[2] = 0x80;
  ASSERT_TRUE(opened(with_raw_shape(good)).ok());
  Bytes unknown_method = good;
  unknown_method[0] = 9;
  EXPECT_EQ(opened(with_raw_shape(unknown_method)).error().code(), ErrorCode::kMalformed);
  Bytes dictionary = good;
  dictionary[0] = 2;
  EXPECT_EQ(opened(with_raw_shape(dictionary)).error().code(), ErrorCode::kMalformed);
  Bytes no_marker(32, 0);
  EXPECT_EQ(opened(with_raw_shape(no_marker)).error().code(), ErrorCode::kMalformed);
  Bytes padded = good;
  padded[31] = 1;
  EXPECT_EQ(opened(with_raw_shape(padded)).error().code(), ErrorCode::kMalformed);
  Bytes larger_bucket = good;
  larger_bucket.resize(48, 0);
  EXPECT_EQ(opened(with_raw_shape(larger_bucket)).error().code(), ErrorCode::kMalformed);
  Bytes no_frame = good;
  no_frame[0] = 1;
  EXPECT_EQ(opened(with_raw_shape(no_frame)).error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(opened(with_raw_shape({})).error().code(), ErrorCode::kMalformed);
}

TEST(Payload, what_is_too_large_for_one_entry_is_refused) {
  codec::Compressor compressor;
  kith::testing::SeededRandom random(11);
  Bytes noise(kPayloadBytesMax);
  random.fill(noise);
  const auto payload = seal_payload(compressor, random, kSecret, kDevice, Seq(1), as_bytes("s"), noise);
  ASSERT_FALSE(payload.ok());
  EXPECT_EQ(payload.error().code(), ErrorCode::kTooLarge);
}

TEST(Payload, cut_off_payloads_do_not_split) {
  const Bytes stored = sealed(as_bytes("shape"), {});
  for (std::size_t n = 0; n < stored.size(); ++n) {
    EXPECT_FALSE(split_payload(ByteView(stored).first(n), std::nullopt).ok()) << n;
  }
}

}  // namespace
}  // namespace kith::log
