// SPDX-License-Identifier: Apache-2.0
// Peer ids against what js-libp2p made of the same keys, and every malformed form that js lets pass but we do not.
#include "p2p/peer_id.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "codec/text_codes.h"
#include "crypto/sign.h"
#include "p2p/testing/libp2p_vectors.h"

namespace kith::p2p {
namespace {

using testing::vectors;

TEST(PeerId, key_bytes_text_and_cid_are_those_of_js) {
  ASSERT_TRUE(crypto::start().ok());
  for (const auto& entry : vectors()["peer_ids"]["valid"].items()) {
    const auto signing = crypto::SigningKey::from_seed(entry["seed"].as<crypto::Key>());
    const HostKey key{signing.public_key().data};
    EXPECT_EQ(key.hex(), entry["public"].text());
    EXPECT_EQ(to_hex(encode_public_key(key)), entry["publicKeyProtobuf"].text());
    EXPECT_EQ(decode_public_key(entry["publicKeyProtobuf"].bytes()), key);
    const PeerId id = PeerId::of(key);
    EXPECT_EQ(to_hex(id.bytes()), entry["multihash"].text());
    EXPECT_EQ(id.text(), entry["text"].text());
    EXPECT_EQ(PeerId::parse(entry["text"].text()).value(), id);
    EXPECT_EQ(PeerId::parse(entry["cid"].text()).value(), id);
    EXPECT_EQ(PeerId::decode(entry["multihash"].bytes()).value(), id);
    EXPECT_EQ(id.host_key(), key);
  }
}

TEST(PeerId, ids_of_other_key_types_are_kept_and_written) {
  for (const auto& entry : vectors()["peer_ids"]["read_only"].items()) {
    const auto id = PeerId::parse(entry["text"].text());
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(to_hex(id->bytes()), entry["multihash"].text());
    EXPECT_EQ(id->text(), entry["text"].text());
    EXPECT_EQ(id->host_key().has_value(), entry["type"].text() == "Ed25519");
  }
}

TEST(PeerId, public_keys_in_any_other_form_are_refused) {
  for (const auto& entry : vectors()["peer_ids"]["bad_public_key_protobuf"].items()) {
    EXPECT_FALSE(decode_public_key(entry["hex"].bytes())) << entry["why"].text();
  }
}

TEST(PeerId, malformed_text_is_refused) {
  for (const auto& entry : vectors()["peer_ids"]["bad_text"].items()) {
    EXPECT_FALSE(PeerId::parse(entry["text"].text()).ok()) << entry["why"].text();
  }
  EXPECT_FALSE(PeerId::parse(std::string(100'000, '1')).ok());
  EXPECT_FALSE(PeerId::parse("b" + std::string(100'000, 'a')).ok());
}

RC_GTEST_PROP(PeerId, text_and_bytes_lead_back_to_the_same_id, ()) {
  HostKey key;
  for (auto& byte : key.data) byte = *rc::gen::arbitrary<std::uint8_t>();
  const PeerId id = PeerId::of(key);
  RC_ASSERT(PeerId::parse(id.text()).value() == id);
  RC_ASSERT(PeerId::decode(id.bytes()).value().host_key() == key);
  for (std::size_t cut = 0; cut < id.bytes().size(); ++cut) RC_ASSERT(!PeerId::decode(id.bytes().first(cut)).ok());
}

}  // namespace
}  // namespace kith::p2p
