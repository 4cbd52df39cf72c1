// SPDX-License-Identifier: Apache-2.0
// identify and signed records against what js-libp2p sent; limits; and what a peer's claims may change.
#include "p2p/identify.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "p2p/protobuf.h"
#include "p2p/signed_record.h"
#include "p2p/testing/libp2p_vectors.h"

namespace kith::p2p {
namespace {

using testing::Json;
using testing::vectors;

class Identify : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(crypto::start().ok()); }
  static const std::vector<Json>& messages() { return vectors()["identify"]["messages"].items(); }
};

HostKey key_of(const Json& entry) {
  return *PeerId::parse(entry["sent_by"].text()).value().host_key();
}

std::optional<IdentifyMessage> read(ByteView on_the_stream) {
  IdentifyReader reader;
  for (const std::uint8_t byte : on_the_stream) {
    if (!reader.receive({&byte, 1})) return std::nullopt;
  }
  return reader.finish();
}

TEST_F(Identify, messages_of_js_are_read_and_written_back_byte_for_byte) {
  for (const Json& entry : messages()) {
    const Bytes on_the_stream = entry["on_the_stream"].bytes();
    const auto message = read(on_the_stream);
    ASSERT_TRUE(message) << entry["name"].text();
    Bytes written;
    append_length_prefixed(written, encode_identify(*message));
    EXPECT_EQ(to_hex(written), to_hex(on_the_stream)) << entry["name"].text();
    for (const Json& field : entry["fields_in_order"].items()) {
      if (field["name"].text() == "agentVersion") {
        EXPECT_EQ(message->agent_version, field["text"].text());
      }
      if (field["name"].text() == "protocols") {
        EXPECT_NE(std::find(message->protocols.begin(), message->protocols.end(), field["text"].text()),
                  message->protocols.end());
      }
    }
  }
}

TEST_F(Identify, signed_records_of_js_are_verified_and_made_byte_for_byte) {
  const std::map<std::string, std::string> seeds = {{"12D3KooWPqT2nMDSiXUSx5D7fasaxhxKigVhcqfkKqrLghCq9jxz", "11"},
                                                    {"12D3KooWLdJAwPtyQ5RFnr9wGXsQzpf3P2SeqFbYkqbfVehLu4Ns", "22"}};
  int seen = 0;
  for (const Json& entry : messages()) {
    if (!entry.has("signed_peer_record")) continue;
    ++seen;
    const Bytes envelope = *read(entry["on_the_stream"].bytes())->signed_record;
    const auto record = decode_signed_record(envelope, key_of(entry));
    ASSERT_TRUE(record);
    const Json& expected = entry["signed_peer_record"]["record"];
    EXPECT_EQ(record->seq, expected["seq"].number());
    ASSERT_EQ(record->addresses.size(), expected["addresses"].items().size());
    for (std::size_t i = 0; i < record->addresses.size(); ++i) {
      EXPECT_EQ(to_hex(record->addresses[i].bytes()), expected["addresses"][i].text());
    }
    crypto::Key seed;
    seed.data.fill(static_cast<std::uint8_t>(std::stoi(seeds.at(entry["sent_by"].text()), nullptr, 16)));
    EXPECT_EQ(to_hex(encode_signed_record(*record, crypto::SigningKey::from_seed(seed))), to_hex(envelope));
    HostKey stranger = key_of(entry);
    stranger.data[0] ^= 1;
    EXPECT_FALSE(decode_signed_record(envelope, stranger));
    for (std::size_t at = 0; at < envelope.size(); ++at) {
      Bytes altered = envelope;
      altered[at] ^= 1;
      const auto forged = decode_signed_record(altered, key_of(entry));
      EXPECT_TRUE(!forged || forged->seq == record->seq) << at;  // at most an unknown field's number has changed
    }
  }
  EXPECT_EQ(seen, 2);
}

TEST_F(Identify, several_messages_count_as_one_and_larger_or_more_ones_are_refused) {
  const auto message_of = [](std::size_t agent_bytes) {
    Bytes inner, out;
    ProtoWriter(inner).text(6, std::string(agent_bytes, 'a'));
    append_length_prefixed(out, inner);
    return out;
  };
  Bytes ten, eleven;
  for (int i = 0; i < 10; ++i) append(ten, message_of(10));
  eleven = ten;
  append(eleven, message_of(10));
  EXPECT_TRUE(read(ten));
  EXPECT_FALSE(read(eleven));
  EXPECT_TRUE(read(message_of(8'000)));
  EXPECT_FALSE(read(message_of(8'190)));
  EXPECT_FALSE(read({}));
  const Bytes whole = messages()[0]["on_the_stream"].bytes();
  for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(read(ByteView(whole).first(cut))) << cut;
}

TEST_F(Identify, a_list_may_be_as_long_as_the_limit_and_not_longer) {
  const auto with_protocols = [](std::size_t count) {
    Bytes out;
    ProtoWriter writer(out);
    for (std::size_t i = 0; i < count; ++i) writer.text(3, "/x");
    return out;
  };
  const auto message = decode_identify(with_protocols(kIdentifyListMax));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->protocols.size(), kIdentifyListMax);
  EXPECT_FALSE(decode_identify(with_protocols(kIdentifyListMax + 1))) << "the last of them counts too";
}

TEST_F(Identify, what_we_write_fits_into_what_rust_reads) {
  IdentifyMessage message;
  for (int i = 0; i < 1000; ++i) {
    message.listen_addresses.push_back(Multiaddr::parse("/dns/example.org/tcp/" + std::to_string(i + 1)).value());
  }
  message.protocols = {"/kith/sync/1"};
  const Bytes written = encode_identify(message);
  EXPECT_LE(written.size(), kIdentifyWriteBytesMax);
  EXPECT_GT(written.size(), kIdentifyWriteBytesMax - 64);
  EXPECT_FALSE(decode_identify(written)) << "more addresses than anybody has";
  message.listen_addresses.resize(100, message.listen_addresses[0]);
  const auto read_back = decode_identify(encode_identify(message));
  ASSERT_TRUE(read_back);
  EXPECT_EQ(read_back->listen_addresses, message.listen_addresses);
  EXPECT_EQ(read_back->protocols, message.protocols);
}

TEST_F(Identify, an_address_that_cannot_be_read_is_skipped_and_not_the_message) {
  Bytes bytes;
  ProtoWriter writer(bytes);
  writer.bytes(2, *from_hex("ff7f"));
  writer.bytes(2, *from_hex("047f000001060fa1"));
  writer.bytes(4, *from_hex("00"));
  writer.text(3, "/a");
  const auto message = decode_identify(bytes);
  ASSERT_TRUE(message);
  ASSERT_EQ(message->listen_addresses.size(), 1u);
  EXPECT_FALSE(message->observed_address);
  EXPECT_EQ(message->protocols.size(), 1u);
}

TEST_F(Identify, a_push_changes_only_what_it_names_and_old_records_nothing) {
  const HostKey peer = key_of(messages()[0]);
  PeerInfo info;
  ASSERT_TRUE(info.merge(*read(messages()[0]["on_the_stream"].bytes()), peer));
  EXPECT_EQ(info.revision, 1u);
  EXPECT_TRUE(info.speaks("/kith/test/1"));
  ASSERT_EQ(info.addresses.size(), 1u);
  const std::uint64_t seq = info.record_seq;
  EXPECT_GT(seq, 0u);

  IdentifyMessage push;
  push.protocols = {"/other/1"};
  ASSERT_TRUE(info.merge(push, peer));
  EXPECT_FALSE(info.speaks("/kith/test/1"));
  EXPECT_EQ(info.addresses.size(), 1u);
  EXPECT_EQ(info.agent_version, "js-libp2p/3.3.11 node/22.23.3");

  crypto::Key seed;
  seed.data.fill(0x22);
  const auto host = crypto::SigningKey::from_seed(seed);
  const auto address = Multiaddr::parse("/dns/new.example/tcp/1").value();
  push.signed_record = encode_signed_record({.seq = seq, .addresses = {address}}, host);
  ASSERT_TRUE(info.merge(push, peer));
  EXPECT_NE(info.addresses[0], address);
  push.signed_record = encode_signed_record({.seq = seq + 1, .addresses = {address}}, host);
  ASSERT_TRUE(info.merge(push, peer));
  EXPECT_EQ(info.addresses[0], address);
  push.signed_record = encode_signed_record({.seq = seq + 2, .addresses = {}}, host);
  ASSERT_TRUE(info.merge(push, peer));
  EXPECT_EQ(info.addresses.size(), 1u) << "an empty record erases nothing";
  EXPECT_EQ(info.record_seq, seq + 2);

  HostKey stranger = peer;
  stranger.data[0] ^= 1;
  const std::uint64_t revision = info.revision;
  EXPECT_FALSE(info.merge(*read(messages()[0]["on_the_stream"].bytes()), stranger));
  EXPECT_EQ(info.revision, revision);
}

RC_GTEST_PROP(IdentifyBytes, any_bytes_are_read_or_refused, (Bytes bytes)) {
  decode_identify(bytes);
  IdentifyReader reader;
  if (reader.receive(bytes)) reader.finish();
  HostKey key;
  decode_signed_record(bytes, key);
}

}  // namespace
}  // namespace kith::p2p
