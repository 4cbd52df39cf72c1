// SPDX-License-Identifier: Apache-2.0
// Writes the valid inputs of the corpus: `make_seeds fuzz/corpus`. Deterministic, so that a format that did not change
// leaves no difference.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "codec/cbor.h"
#include "codec/compress.h"
#include "codec/testing/vectors.h"
#include "codec/text_codes.h"
#include "crypto/key_file.h"
#include "crypto/words.h"
#include "fuzz/fuzz.h"
#include "log/evidence.h"
#include "log/testing/samples.h"
#include "p2p/identify.h"
#include "p2p/mdns.h"
#include "p2p/multistream.h"
#include "p2p/noise_channel.h"
#include "p2p/noise_payload.h"
#include "p2p/ping.h"
#include "p2p/protobuf.h"
#include "p2p/signed_record.h"
#include "p2p/testing/libp2p_vectors.h"
#include "p2p/yamux_frame.h"
#include "space/invite.h"
#include "space/keyring.h"
#include "space/testing/village.h"
#include "store/changeset.h"
#include "sync/frames.h"
#include "sync/testing/house.h"

namespace kith::fuzz {

namespace {

const auto kSpace = filled<SpaceId>(kSpaceByte);

/// The inputs of one target, numbered.
class Seeds {
 public:
  Seeds(std::filesystem::path corpus, std::string_view target) : folder_(std::move(corpus) / target) {
    std::filesystem::create_directories(folder_);
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      if (file.path().filename().string().starts_with("seed-")) std::filesystem::remove(file);
    }
  }
  void add(ByteView bytes) {
    char name[32];
    std::snprintf(name, sizeof name, "seed-%02d", ++count_);
    std::ofstream out(folder_ / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  void add(std::string_view text) { add(as_bytes(text)); }
  void add(std::uint8_t first, ByteView rest) {
    Bytes all = {first};
    append(all, rest);
    add(all);
  }

 private:
  std::filesystem::path folder_;
  int count_ = 0;
};

void cbor(Seeds seeds) {
  const auto add = [&](auto write) {
    Bytes out;
    codec::CborWriter writer(out);
    write(writer);
    seeds.add(out);
  };
  for (const std::uint64_t n : {0u, 23u, 24u, 255u, 256u, 65'535u, 65'536u, 4'294'967'295u}) {
    add([&](auto& w) { w.array(2).uint(n).integer(-1 - static_cast<std::int64_t>(n)); });
  }
  add([](auto& w) { w.uint(UINT64_MAX); });
  add([](auto& w) { w.array(5).uint(1).text("ü").bytes(Bytes{1, 2}).nil().array(2).integer(-1'000).boolean(true); });
  add([](auto& w) { w.array(1).array(1).array(1).array(1).array(1).array(0); });
  add([](auto& w) { w.array(3).text("\U0001F408 grey cat").bytes(Bytes(300, 7)).boolean(false); });
}

void text_codes(Seeds seeds) {
  const Bytes bytes = testing::unhex("00000102fbff7f80c3a9");
  seeds.add(codec::to_base64url(bytes));
  seeds.add(codec::to_base32(bytes));
  seeds.add(codec::to_base58(bytes));
  seeds.add("ABCD234567");
  seeds.add("grüne Katze 世界 \U0001F408");
  for (const char* hex : {"c080", "eda080", "f4908080", "efbfbf", "f48fbfbf", "e0a080"}) seeds.add(testing::unhex(hex));
}

void words(Seeds seeds) {
  testing::SeededRandom random(1);
  for (int i = 0; i < 5; ++i) seeds.add(crypto::make_words(random));
  seeds.add("Abandon  abandon abandon\nelefant");
  seeds.add("zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo");
}

void compress(Seeds seeds) {
  codec::Compressor compressor;
  for (const std::string& text : {std::string(), std::string("grey cat"), std::string(600, 'a'),
                                  std::string("Lost: a grey cat. Seen at no. 12? A grey cat!")}) {
    Bytes frame;
    CHECK(compressor.compress(as_bytes(text), SIZE_MAX, frame));
    seeds.add(frame);
    seeds.add(text);
  }
  seeds.add(testing::unhex("a001004000010000"));
  seeds.add(testing::unhex("000009000061"));
}

std::vector<log::testing::Sample> samples() {
  log::testing::SampleLog ana(kSpace, 1);
  log::testing::SampleLog dan(kSpace, 2);
  std::vector<log::testing::Sample> out;
  out.push_back(ana.next("shape", "Lost: a grey cat"));
  out.push_back(dan.next_authority(log::Kind::kMerge, ""));
  out.push_back(dan.next_authority(log::Kind::kHost, "payload"));
  out.push_back(ana.next("shape of the next", "Seen at no. 12", 60'000));
  out.push_back(ana.next("without values", ""));
  out.push_back(dan.next("shape", std::string(100, 'x')));
  out[2].signature = dan.sign(out[2].id);
  out[4].signature = ana.sign(out[4].id);
  return out;
}

void header(Seeds seeds) {
  const auto add = [&](const log::Header& one) {
    Bytes out;
    log::encode_header(one, out);
    seeds.add(out);
  };
  for (const auto& sample : samples()) add(sample.header);
  log::Header many = log::testing::sample_header();
  for (std::uint8_t i = 0; i < 32; ++i) many.refs.push_back(filled<EntryId>(i));
  add(many);
  add(space::testing::Village().entries[0].header);
}

void record(Seeds seeds) {
  Bytes whole;
  log::RecordEncoder whole_encoder(kSpace);
  for (auto& sample : samples()) {
    log::RecordEncoder encoder(kSpace);
    Bytes alone;
    encoder.encode(sample.record(), alone);
    seeds.add(alone);
    whole_encoder.encode(sample.record(), whole);
    seeds.add(whole);
    if (log::is_authority(sample.header.kind)) continue;
    const auto view = log::split_payload(sample.payload, std::nullopt);
    if (!view->values.empty()) {
      auto erased = sample;
      erased.values_hash = view->values_hash;
      erased.payload.resize(sample.payload.size() - view->values.size());
      Bytes out;
      log::RecordEncoder(kSpace).encode(erased.record(), out);
      seeds.add(out);
    }
    auto withheld = sample;
    withheld.withheld = true;
    withheld.payload.clear();
    Bytes out;
    log::RecordEncoder(kSpace).encode(withheld.record(), out);
    seeds.add(out);
  }
}

void evidence(Seeds seeds) {
  log::testing::SampleLog ana(kSpace, 1);
  std::vector<log::testing::Sample> chain;
  for (int i = 0; i < 4; ++i) chain.push_back(ana.next("shape", "values"));
  for (std::size_t following = 0; following < chain.size(); ++following) {
    Bytes out;
    log::encode_header(chain[0].header, out);
    std::vector<log::Header> headers;
    for (std::size_t i = 1; i <= following; ++i) headers.push_back(chain[i].header);
    append(out, log::encode_evidence(headers, ana.sign(chain[following].id)));
    seeds.add(out);
  }
  log::Header other = chain[2].header;
  other.payload = filled<Hash>(9);
  seeds.add(log::encode_doubling(chain[2].header, log::encode_evidence({chain[3].header}, ana.sign(chain[3].id)), other,
                                 log::encode_evidence({}, ana.sign(log::header_id(other)))));
}

void payload(Seeds seeds) {
  const auto in_two = [](ByteView first, ByteView second) {
    Bytes out;
    ByteWriter(out).u16(static_cast<std::uint16_t>(first.size()));
    append(out, first);
    append(out, second);
    return out;
  };
  seeds.add(0, testing::Golden().bytes("payload"));
  for (const auto& sample : samples()) seeds.add(0, sample.payload);
  seeds.add(1, in_two(as_bytes("shape"), as_bytes("Lost: a grey cat")));
  seeds.add(1, in_two(as_bytes("shape"), {}));
  seeds.add(1, in_two(Bytes(100, 'a'), Bytes(900, 'b')));

  Bytes plain = {0, 's', 0x80};
  plain.resize(32, 0);
  Bytes zstd = {1};
  codec::Compressor compressor;
  CHECK(compressor.compress(Bytes(200, 'a'), SIZE_MAX, zstd));
  zstd.push_back(0x80);
  zstd.resize(log::bucket(zstd.size()), 0);
  seeds.add(2, in_two(plain, {}));
  seeds.add(2, in_two(plain, zstd));
  seeds.add(2, in_two(zstd, plain));
}

void changeset(Seeds seeds) {
  using store::OpKind;
  const Value uuid = std::string("0191e4a0-5b7c-7000-8000-000000000000");
  const Value number = std::int64_t{-70'000};
  for (const std::uint64_t stamp : {std::uint64_t{0}, Stamp::from_ms(1'790'000'000'000).value}) {
    for (const std::string_view event : {"", "post written"}) {
      Bytes shape;
      store::ShapeWriter writer(shape, event.empty() ? 1 : 0, event, Stamp(stamp));
      writer.op(OpKind::kBirth, 0, store::view_of(uuid), 6, 0);
      writer.op(OpKind::kUpdate, 200, store::view_of(number), 1ull << 62, -5);
      writer.op(OpKind::kDelete, 1, store::view_of(uuid), 0, 70'000);
      writer.op(OpKind::kRevive, 1, store::view_of(uuid), 2, 0);
      seeds.add(0, shape);
    }
  }
  Bytes all;
  const std::vector<Value> values = {Value(),
                                     std::int64_t{5},
                                     std::int64_t{127},
                                     std::int64_t{128},
                                     std::int64_t{-1},
                                     INT64_MIN,
                                     INT64_MAX,
                                     1.5,
                                     -0.0,
                                     std::string("short"),
                                     std::string(63, 'x'),
                                     std::string(64, 'y'),
                                     uuid,
                                     Bytes{},
                                     Bytes{1, 2, 3},
                                     std::string("grüne \U0001F408")};
  for (const Value& value : values) {
    Bytes one;
    store::put_value(one, value);
    seeds.add(1, one);
    append(all, one);
  }
  seeds.add(1, all);
}

void schema(Seeds seeds) {
  seeds.add(
      "CREATE TABLE posts (id TEXT PRIMARY KEY, thread TEXT, body LWW_TEXT NOT NULL DEFAULT 'it''s') WRITABLE BY "
      "OWNER;\nCREATE EVENT \"post written\";");
  seeds.add(
      "create table [a] (`id` text, /* the\nbody */ \"b\" lww_text -- c\n, primary key(ID)) writable by "
      "members;;create event e");
  seeds.add(
      "CREATE TABLE t(n INTEGER PRIMARY KEY, x LWW_REAL DEFAULT -1.5e+3, b LWW_BLOB, j LWW_JSON_TEXT DEFAULT "
      "x'00ff');CREATE INDEX i ON t(x, n);");
  seeds.add(
      "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_INTEGER DEFAULT 0);CREATE VIEW v AS SELECT * FROM t WHERE v >= 1 OR "
      "id || 'x' = 'y';");
  seeds.add("CREATE TABLE t(id TEXT PRIMARY KEY, v REALTIME_TEXT)");
  seeds.add("CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT UNIQUE, CHECK (v > 1)) WITHOUT ROWID");
  seeds.add("CREATE TABLE \"the \"\"posts\"\" ünd\" ([my id] TEXT PRIMARY KEY, `select` LWW_TEXT DEFAULT NULL)");
}

void invite(Seeds seeds) {
  space::Invitation invitation;
  invitation.secret.fill(7);
  invitation.space_prefix.fill(kSpaceByte);
  seeds.add(invitation.link());
  invitation.addresses = {"/unix/home/ana/.kith/node.sock"};
  seeds.add(invitation.link());
  invitation.addresses.push_back("/dns4/street.example/tcp/443/wss and more & 100%");
  seeds.add(" \n" + invitation.link() + " ");
  seeds.add("https://street.example/i#" + testing::Golden().text("invite_fragment") + "&a=%2Fip4%2F10.0.0.1");
  seeds.add("kith:" + testing::Golden().text("invite_fragment").substr(0, 40));
}

void keyring(Seeds seeds) {
  testing::SeededRandom random(1);
  space::Keyring ring;
  const auto add = [&] {
    seeds.add(ring.encode());
    seeds.add(*crypto::encode_key_file(random, "", ring.encode()));
  };
  add();
  ring.root = filled<crypto::Key>(1);
  ring.host_seed = filled<crypto::Key>(2);
  ring.spaces.resize(2);
  ring.spaces[0].space = kSpace;
  ring.spaces[0].wrap_secrets = {filled<crypto::Key>(3), filled<crypto::Key>(4)};
  ring.spaces[1].person_root = filled<crypto::Key>(5);
  add();
}

void authority(Seeds seeds) {
  space::testing::Village village;
  auto dan = village.house("Dan");
  auto laptop = village.house("Ana", "laptop");
  const space::testing::Link link("link");
  village.invite(village.ana, link);
  const EntryId join = village.join(dan, link);
  village.confirm(village.ana, join);
  village.certify(laptop);
  village.retire(village.ana, laptop, Seq(0), laptop.head);
  village.renew(village.ana, 1);
  village.epoch(village.ana, "epoch");
  village.write(dan, log::Kind::kDoubling, village.doubling_of(laptop, Seq(3)));
  village.write(dan, log::Kind::kHost, encode(space::HostPayload{filled<HostKey>(4)}));
  village.write(dan, log::Kind::kWrap, encode(space::WrapPayload{filled<EpochId>(6), village.rows()}));
  for (const auto& entry : village.entries) seeds.add(entry.header.kind, entry.payload);
  seeds.add(static_cast<std::uint8_t>(log::Kind::kMerge), {});
  seeds.add(99, space::Constitution().encode());
  space::SealBody seal;
  seal.horizon = 3;
  seeds.add(99, seal.encode());
  const auto add = [&seeds](log::Kind kind, const auto& payload) {
    seeds.add(static_cast<std::uint8_t>(kind), encode(payload));
  };
  const auto hash = filled<Hash>(7);
  const auto signature = filled<Signature>(8);
  const space::Amendment act{{{space::List::kConstitution, space::Constitution().encode()}}};
  add(log::Kind::kProposal, space::ProposalPayload{hash, act});
  add(log::Kind::kVote, space::VotePayload{hash, true, signature});
  add(log::Kind::kCertificate, space::CertificatePayload{hash, act, {1}, {signature}, {}});
  add(log::Kind::kSealProposal, space::SealProposalPayload{hash, 1, seal, {space::SignerMove{}}});
  add(log::Kind::kRoundVote, space::RoundVotePayload{hash, 1, space::Phase::kPrecommit, hash, signature});
  add(log::Kind::kSeal, space::SealPayload{seal, 1, {1}, {signature}});
}

/// What a real dialer would say next at each stage, and one frame of each type.
void session(Seeds seeds) {
  sync::testing::FakeClock clock;
  sync::testing::House ana(1, 1, &clock);
  sync::testing::House dan(2, 1, &clock);
  ana.found();
  ana.post("One");
  dan.invitation = ana.invite();
  sync::testing::Wire(dan, ana, true).run();
  dan.post("Two");
  constexpr std::uint8_t kStages = 12;
  for (std::uint8_t stage = 0; stage < kStages; ++stage) {
    sync::testing::Wire wire(dan, ana);
    for (int i = 0; i < stage; ++i) wire.step(i % 2 == 0);
    Bytes said = {stage, static_cast<std::uint8_t>(stage * 5)};
    if (wire.dialer.has_output()) wire.dialer.take_output(said, 4 << 10);
    if (said.size() > 2) seeds.add(said);
  }

  const auto add = [&](auto encode_into) {
    Bytes out = {kStages - 1, 0};
    encode_into(out);
    seeds.add(out);
  };
  using sync::FrameType;
  const log::FrontierItem item{filled<DeviceId>(1), Seq(0), Seq(9), filled<EntryId>(2)};
  const DeviceId devices[] = {ana.own->log().own(), filled<DeviceId>(3)};
  const log::FrontierItem items[] = {item, {ana.own->log().own(), Seq(0), Seq(1), filled<EntryId>(4)}};
  add([&](Bytes& out) { encode(sync::StateFrame{0, sync::StateKind::kQuestion, filled<Hash>(5), 7, Pos(8)}, out); });
  add([&](Bytes& out) { encode(sync::HeadsFrame{0, {filled<EntryId>(6)}}, out); });
  add([&](Bytes& out) { encode(sync::AuthorityDoneFrame{0, true, {filled<EntryId>(6)}}, out); });
  add([&](Bytes& out) { sync::encode_frontier(0, false, items, out); });
  add([&](Bytes& out) { sync::encode_frontier(0, false, {}, out); });
  add([&](Bytes& out) { sync::encode_offer(0, devices, out); });
  add([&](Bytes& out) { encode(FrameType::kSince, sync::PlaceFrame{0, ana.own->log().journal_id(), Pos(0)}, out); });
  add([&](Bytes& out) { encode(FrameType::kBackfillDone, sync::PlaceFrame{0, 1, Pos(9)}, out); });
  add([&](Bytes& out) { encode(sync::CreditFrame{0, 3}, out); });
  add([&](Bytes& out) { sync::encode_bytes(FrameType::kPing, {1, 2, 3, 4, 5, 6, 7, 8}, out); });
  add([&](Bytes& out) { sync::encode_bytes(FrameType::kClose, {0}, out); });
  add([&](Bytes& out) { sync::encode_bytes(FrameType::kRefuse, {0, 4}, out); });
  Bytes records;
  log::RecordEncoder encoder(ana.own->id());
  log::testing::SampleLog eve(ana.own->id(), 9);
  for (int i = 0; i < 2; ++i) {
    auto sample = eve.next("shape", "values");
    sample.signature = eve.sign(sample.id);
    encoder.encode(sample.record(), records);
  }
  for (const FrameType type : {FrameType::kAuthority, FrameType::kLive, FrameType::kWindow}) {
    add([&](Bytes& out) { sync::encode_records(type, sync::RecordsFrame{0, 0, 0, records}, out); });
  }
  // The same window in a piece, and on a stream of its own.
  Bytes window;
  sync::encode_records(FrameType::kWindow, sync::RecordsFrame{0, 0, 0, records}, window);
  add([&](Bytes& out) { sync::encode_piece(window, out); });
  Bytes split = {0x80 | (kStages - 1), 0};
  append(split, window);
  seeds.add(split);
}

void linking(Seeds seeds) {
  sync::testing::House ana(1, 1);
  ana.found();
  // The request that the target makes from its own seed.
  testing::SeededRandom random(1);
  space::SpaceKeys keys;
  const auto request = space::Space::make_device_request(random, keys);
  seeds.add(0, as_bytes(request.text()));
  seeds.add(1, *ana.own->link_device(request));
}

void p2p(Seeds seeds) {
  namespace lib = kith::p2p;
  for (const std::string_view text :
       {"/ip4/192.168.1.20/tcp/4001/ws/p2p/12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X",
        "/dns4/street.example/tcp/443/tls/sni/a.b/ws", "/ip6/fe80::1/udp/5/webrtc-direct",
        "/ip6zone/eth0/ip6/::1/tcp/0", "/ip4/1.2.3.4/tcp/80/http-path/a%2Fb"}) {
    seeds.add(0, as_bytes(text));
    if (const auto address = lib::Multiaddr::parse(text); address.ok()) seeds.add(0, address->bytes());
  }
  const auto host = crypto::SigningKey::from_seed(filled<crypto::Key>(1));
  const HostKey key{host.public_key().data};
  seeds.add(1, as_bytes(lib::PeerId::of(key).text()));
  seeds.add(1, lib::PeerId::of(key).bytes());
  seeds.add(1, lib::encode_public_key(key));
  lib::IdentifyMessage message;
  message.agent_version = "kith/1";
  message.public_key = lib::encode_public_key(filled<HostKey>(7));
  message.protocols = {"/kith/sync/1", "/ipfs/ping/1.0.0"};
  message.listen_addresses = {*lib::Multiaddr::parse("/ip4/10.0.0.1/tcp/1")};
  message.observed_address = message.listen_addresses[0];
  seeds.add(2, lib::encode_identify(message));
  seeds.add(3, lib::encode_signed_record({5, message.listen_addresses}, host));
  testing::SeededRandom random(1);
  seeds.add(4, lib::encode_noise_payload(lib::NoiseIdentity(host, random), true));
}

void yamux(Seeds seeds) {
  namespace lib = kith::p2p;
  const auto frame = [](std::uint8_t type, std::uint16_t flags, std::uint32_t stream, std::uint32_t length,
                        ByteView body = {}) {
    Bytes out;
    lib::append_yamux(out, {0, type, flags, stream, length});
    append(out, body);
    return out;
  };
  const Bytes body(40, 'x');
  Bytes all = {5};
  for (const Bytes& one :
       {frame(lib::kYamuxWindow, lib::kYamuxSyn, 1, 0), frame(lib::kYamuxData, 0, 1, 40, body),
        frame(lib::kYamuxPing, lib::kYamuxSyn, 0, 77), frame(lib::kYamuxData, lib::kYamuxSyn, 7, 40, body),
        frame(lib::kYamuxData, lib::kYamuxFin, 1, 0), frame(lib::kYamuxData, lib::kYamuxRst, 7, 0),
        frame(lib::kYamuxData, lib::kYamuxSyn | lib::kYamuxFin, 9, 40, body), frame(lib::kYamuxWindow, 0, 9, 0xffff),
        frame(lib::kYamuxGoAway, 0, 0, 0)}) {
    seeds.add(3, one);
    append(all, one);
    seeds.add(all);
  }
}

Bytes negotiation(std::initializer_list<std::string_view> messages) {
  Bytes out;
  for (const std::string_view text : messages) kith::p2p::append_multistream(out, text);
  return out;
}

void multistream(Seeds seeds) {
  using kith::p2p::kMultistreamHeader;
  for (const std::uint8_t side : {0, 1}) {
    for (const Bytes& said :
         {negotiation({kMultistreamHeader, "/kith/test/1"}), negotiation({kMultistreamHeader, "na", "/kith/test/2"}),
          negotiation({kMultistreamHeader, "na", "na"}),
          negotiation({kMultistreamHeader, "ls", "/noise", "/kith/test/2"}), negotiation({std::string(1000, 'x')})}) {
      Bytes all = {2};
      append(all, said);
      append(all, as_bytes("next"));
      seeds.add(side, all);
    }
  }
}

void noise(Seeds seeds) {
  testing::SeededRandom random(1);
  const kith::p2p::NoiseIdentity identity(crypto::SigningKey::from_seed(filled<crypto::Key>(1)), random);
  Bytes first;
  kith::p2p::NoiseChannel dialer(identity, {.role = kith::p2p::Role::kDialer}, random, first);
  Bytes message = {3};
  append(message, first);
  seeds.add(0, message);
  for (const std::uint8_t what : {1, 2, 3, 4}) {
    Bytes body = {7, 0, 40};
    body.resize(43, what);
    seeds.add(what, body);
  }
}

void mdns(Seeds seeds) {
  const auto& recorded = kith::p2p::testing::vectors()["mdns"];
  seeds.add(kith::p2p::encode_mdns_query());
  for (const char* group : {"js_answers", "made_by_hand"}) {
    for (const auto& entry : recorded[group].items()) seeds.add(entry["hex"].bytes());
  }
}

/// What an authentic peer might say above Noise, and a stranger below.
void connection(Seeds seeds) {
  namespace lib = kith::p2p;
  const auto add = [&](std::uint8_t who, std::initializer_list<Bytes> parts) {
    for (const std::uint8_t piece : {0, 7}) {
      Bytes all = {piece};
      for (const Bytes& part : parts) append(all, part);
      seeds.add(who, all);
    }
  };
  const auto frame = [](std::uint8_t type, std::uint16_t flags, std::uint32_t stream, std::uint32_t length) {
    Bytes out;
    lib::append_yamux(out, {0, type, flags, stream, length});
    return out;
  };
  const auto data = [&](std::uint32_t stream, const Bytes& body) {
    Bytes out = frame(lib::kYamuxData, 0, stream, static_cast<std::uint32_t>(body.size()));
    append(out, body);
    return out;
  };
  const auto greeting = [](std::string_view name) { return negotiation({lib::kMultistreamHeader, name}); };
  Bytes pushed;
  lib::IdentifyMessage message;
  message.agent_version = "x/1";
  lib::append_length_prefixed(pushed, lib::encode_identify(message));
  add(0, {greeting("/noise"), Bytes{0, 32}, Bytes(32, 9)});
  add(1, {greeting("/noise"), Bytes{0, 216}, Bytes(216, 9)});
  for (const std::uint8_t who : {2, 3}) {
    const std::uint32_t id = who == 2 ? 1 : 2;
    const Bytes open = frame(lib::kYamuxWindow, lib::kYamuxSyn, id, 0);
    const Bytes end = frame(lib::kYamuxWindow, lib::kYamuxFin, id, 0);
    for (const std::string_view name :
         {lib::kIdentifyProtocol, lib::kPingProtocol, std::string_view("/kith/test/1"), std::string_view("/none")}) {
      add(who, {open, data(id, greeting(name)), data(id, Bytes(32, 'p')), end});
    }
    add(who, {open, data(id, greeting(lib::kIdentifyPushProtocol)), data(id, pushed), end});
    add(who, {frame(lib::kYamuxPing, lib::kYamuxSyn, 0, 5), frame(lib::kYamuxGoAway, 0, 0, 0)});
    add(who, {open, frame(lib::kYamuxWindow, lib::kYamuxRst, id, 0), data(id, Bytes(9, 'x'))});
  }
}

}  // namespace

}  // namespace kith::fuzz

int main(int count, char** arguments) {
  using namespace kith::fuzz;
  CHECK(kith::crypto::start().ok());
  if (count != 2) {
    std::fprintf(stderr, "make_seeds <folder of the corpus>\n");
    return 2;
  }
  const std::map<std::string, void (*)(Seeds)> targets = {{"connection", connection},
                                                          {"mdns", mdns},
                                                          {"multistream", multistream},
                                                          {"noise", noise},
                                                          {"authority", authority},
                                                          {"cbor", cbor},
                                                          {"changeset", changeset},
                                                          {"compress", compress},
                                                          {"evidence", evidence},
                                                          {"header", header},
                                                          {"invite", invite},
                                                          {"keyring", keyring},
                                                          {"linking", linking},
                                                          {"p2p", p2p},
                                                          {"yamux", yamux},
                                                          {"payload", payload},
                                                          {"record", record},
                                                          {"schema", schema},
                                                          {"session", session},
                                                          {"text_codes", text_codes},
                                                          {"words", words}};
  for (const auto& [name, make] : targets) make(Seeds(arguments[1], name));
  return 0;
}
