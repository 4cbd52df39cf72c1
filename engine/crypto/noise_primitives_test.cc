// SPDX-License-Identifier: Apache-2.0
// Published answers: FIPS 180-2 for SHA-256, RFC 4231 for HMAC, RFC 8439 for the cipher (whose nonce is given there in
// full, so it is checked by its own round trip and by the handshakes of p2p).
#include "crypto/noise_primitives.h"

#include <gtest/gtest.h>

namespace kith::crypto {
namespace {

TEST(NoisePrimitives, sha256_of_the_published_messages) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256({as_bytes("a"), as_bytes("bc")}).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(NoisePrimitives, hmac_of_rfc_4231) {
  EXPECT_EQ(hmac_sha256(Bytes(20, 0x0b), {as_bytes("Hi "), as_bytes("There")}).hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want for nothing?")}).hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(NoisePrimitives, a_frame_opens_with_its_key_counter_and_data_only) {
  Key key;
  key.data.fill(7);
  Bytes sealed = {0xaa};  // appended to what is there
  noise_seal(key, 5, as_bytes("h"), as_bytes("hello"), sealed);
  ASSERT_EQ(sealed.size(), 1 + 5 + kNoiseTagBytes);
  const ByteView frame = ByteView(sealed).subspan(1);
  Bytes plain = {0xbb};
  ASSERT_TRUE(noise_open(key, 5, as_bytes("h"), frame, plain));
  EXPECT_EQ(as_text(ByteView(plain).subspan(1)), "hello");
  EXPECT_FALSE(noise_open(key, 6, as_bytes("h"), frame, plain));
  EXPECT_FALSE(noise_open(key, 5, as_bytes("g"), frame, plain));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    Bytes altered = to_bytes(frame);
    altered[i] ^= 1;
    EXPECT_FALSE(noise_open(key, 5, as_bytes("h"), altered, plain));
    EXPECT_FALSE(noise_open(key, 5, as_bytes("h"), frame.first(i), plain));
  }
  EXPECT_EQ(plain.size(), 6u);
}

}  // namespace
}  // namespace kith::crypto
