// SPDX-License-Identifier: Apache-2.0
// multistream-select against exchanges seen with js-libp2p, cut at every place, and against everything that is no
// negotiation.
#include "p2p/multistream.h"

#include <gtest/gtest.h>

#include "p2p/testing/libp2p_vectors.h"

namespace kith::p2p {
namespace {

using testing::Json;
using testing::vectors;

Bytes joined(const Json& one_or_many) {
  if (!one_or_many.is_list()) return one_or_many.bytes();
  Bytes out;
  for (const Json& part : one_or_many.items()) append(out, part.bytes());
  return out;
}

/// Hands bytes over in two pieces, keeping what the machine leaves.
template <typename Machine>
Negotiation feed(Machine&& receive, ByteView bytes, std::size_t cut, Bytes& left) {
  ByteView first = bytes.first(cut);
  Negotiation state = receive(first);
  left = to_bytes(first);
  if (state != Negotiation::kBusy) {
    append(left, bytes.subspan(cut));
    return state;
  }
  ByteView second = bytes.subspan(cut);
  state = receive(second);
  left = to_bytes(second);
  return state;
}

TEST(Multistream, messages_are_those_on_the_wire) {
  for (const Json& entry : vectors()["multistream"]["messages"].items()) {
    Bytes out;
    append_multistream(out, entry["text"].text());
    EXPECT_EQ(to_hex(out), entry["hex"].text());
    for (std::size_t cut = 0; cut <= out.size(); ++cut) {
      MultistreamReader reader;
      ByteView first = ByteView(out).first(cut);
      ByteView second = ByteView(out).subspan(cut);
      const auto state = reader.read(first);
      EXPECT_EQ(state, cut == out.size() ? MultistreamReader::State::kMessage : MultistreamReader::State::kMore);
      if (cut < out.size()) {
        EXPECT_EQ(reader.read(second), MultistreamReader::State::kMessage);
      }
      EXPECT_EQ(reader.text(), entry["text"].text());
    }
  }
}

TEST(Multistream, malformed_messages_are_refused) {
  for (const Json& entry : vectors()["multistream"]["bad"].items()) {
    const Bytes bytes = entry["hex"].bytes();
    Bytes out;
    MultistreamListener listener;
    ByteView in = bytes;
    EXPECT_EQ(listener.receive(in, out, [](std::string_view) { return true; }), Negotiation::kBad)
        << entry["why"].text();
    MultistreamDialer dialer({"/noise"}, out);
    in = bytes;
    EXPECT_EQ(dialer.receive(in, out), Negotiation::kBad) << entry["why"].text();
  }
}

TEST(Multistream, a_length_over_the_limit_is_refused_before_the_text_comes) {
  MultistreamReader reader;
  const Bytes length = {0x81, 0x08};
  ByteView in = length;
  EXPECT_EQ(reader.read(in), MultistreamReader::State::kBad);
}

TEST(Multistream, accepted_at_once_and_the_next_layer_keeps_its_bytes) {
  const Json& exchange = vectors()["multistream"]["exchanges"][0];
  const Bytes from_dialer = exchange["dialer"].bytes();
  const Bytes from_listener = exchange["listener"].bytes();
  Bytes input = from_dialer;
  append(input, as_bytes("next"));
  Bytes answer = from_listener;
  append(answer, as_bytes("next"));
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    Bytes out, left;
    MultistreamListener listener;
    const auto is_noise = [](std::string_view name) { return name == "/noise"; };
    EXPECT_EQ(feed([&](ByteView& in) { return listener.receive(in, out, is_noise); }, input, cut, left),
              Negotiation::kAgreed);
    EXPECT_EQ(as_text(left), "next");
    EXPECT_EQ(out, from_listener);
    EXPECT_EQ(listener.agreed(), "/noise");
    out.clear();
    MultistreamDialer dialer({"/noise"}, out);
    EXPECT_EQ(out, from_dialer);
    EXPECT_EQ(feed([&](ByteView& in) { return dialer.receive(in, out); }, answer, cut, left), Negotiation::kAgreed);
    EXPECT_EQ(as_text(left), "next");
    EXPECT_EQ(dialer.agreed(), "/noise");
  }
}

TEST(Multistream, the_second_proposal_is_made_after_na) {
  const Json& exchange = vectors()["multistream"]["exchanges"][1];
  Bytes out;
  MultistreamDialer dialer({"/tls/1.0.0", "/noise"}, out);
  EXPECT_EQ(out, exchange["dialer"][0].bytes());
  const Bytes answer = joined(exchange["listener"]);
  ByteView in = answer;
  EXPECT_EQ(dialer.receive(in, out), Negotiation::kAgreed);
  EXPECT_EQ(out, joined(exchange["dialer"]));
  Bytes listened;
  MultistreamListener listener;
  const Bytes asked = joined(exchange["dialer"]);
  in = asked;
  EXPECT_EQ(listener.receive(in, listened, [](std::string_view name) { return name == "/noise"; }),
            Negotiation::kAgreed);
  EXPECT_EQ(listened, answer);
}

TEST(Multistream, data_behind_a_proposal_is_left_for_the_handler_or_taken_for_a_proposal) {
  const auto is_test = [](std::string_view name) { return name == "/kith/test/1"; };
  for (const std::size_t which : {2, 3}) {
    const Json& exchange = vectors()["multistream"]["exchanges"][which];
    const Bytes input = exchange["dialer"].bytes();
    Bytes out;
    MultistreamListener listener;
    ByteView in = input;
    ASSERT_EQ(listener.receive(in, out, is_test), Negotiation::kAgreed);
    append(out, in);  // the echo
    EXPECT_EQ(out, exchange["listener"].bytes());
  }
}

TEST(Multistream, nobody_is_told_what_is_spoken_here) {
  Bytes out;
  MultistreamListener listener;
  const Bytes input = vectors()["multistream"]["exchanges"][4]["dialer"].bytes();
  ByteView in = input;
  EXPECT_EQ(listener.receive(in, out, [](std::string_view) { return false; }), Negotiation::kBusy);
  Bytes expected;
  append_multistream(expected, kMultistreamHeader);
  append_multistream(expected, kNotAvailable);
  EXPECT_EQ(out, expected);
}

TEST(Multistream, who_begins_without_the_header_is_refused) {
  const Bytes input = vectors()["multistream"]["exchanges"][5]["dialer"].bytes();
  Bytes out;
  MultistreamListener listener;
  ByteView in = input;
  EXPECT_EQ(listener.receive(in, out, [](std::string_view) { return true; }), Negotiation::kBad);
  EXPECT_TRUE(out.empty());
}

TEST(Multistream, proposals_without_end_are_refused) {
  Bytes input;
  append_multistream(input, kMultistreamHeader);
  for (int i = 0; i < kProposalsMax; ++i) append_multistream(input, "/nothing/" + std::to_string(i));
  Bytes out;
  MultistreamListener listener;
  ByteView in = input;
  EXPECT_EQ(listener.receive(in, out, [](std::string_view) { return false; }), Negotiation::kRefused);
}

TEST(Multistream, a_dialer_takes_only_its_own_words_or_na_for_an_answer) {
  const auto answer_with = [](std::string_view text) {
    Bytes out, answer;
    MultistreamDialer dialer({"/a", "/b"}, out);
    append_multistream(answer, kMultistreamHeader);
    append_multistream(answer, text);
    ByteView in = answer;
    return dialer.receive(in, out);
  };
  EXPECT_EQ(answer_with("/a"), Negotiation::kAgreed);
  EXPECT_EQ(answer_with("na"), Negotiation::kBusy);
  EXPECT_EQ(answer_with("/b"), Negotiation::kBad);
  EXPECT_EQ(answer_with("/a "), Negotiation::kBad);
  EXPECT_EQ(answer_with("/multistream/1.0.0"), Negotiation::kBad);
  Bytes out, refusals;
  MultistreamDialer dialer({"/a", "/b"}, out);
  append_multistream(refusals, kMultistreamHeader);
  append_multistream(refusals, "na");
  append_multistream(refusals, "na");
  ByteView in = refusals;
  EXPECT_EQ(dialer.receive(in, out), Negotiation::kRefused);
}

}  // namespace
}  // namespace kith::p2p
