// SPDX-License-Identifier: Apache-2.0
// multistream-select, either side. The first byte says which, the second in what pieces a second one gets the same
// bytes: how they are cut must make no difference, not even to where the next layer begins.
#include "p2p/multistream.h"

#include "fuzz/fuzz.h"

namespace kith::fuzz {

namespace {

using p2p::Negotiation;

struct Outcome {
  Negotiation state = Negotiation::kBusy;
  std::string agreed;
  Bytes said;
  std::size_t taken = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <typename Receive>
void feed(ByteView input, std::size_t piece, Outcome& out, Receive&& receive) {
  for (std::size_t at = 0; at < input.size() && out.state == Negotiation::kBusy;) {
    ByteView in = input.subspan(at, std::min(piece, input.size() - at));
    const std::size_t before = in.size();
    out.state = receive(in, out.said);
    CHECK(out.state != Negotiation::kBusy || in.empty());
    at += before - in.size();
    out.taken = at;
  }
}

Outcome dial(ByteView input, std::size_t piece) {
  Outcome out;
  p2p::MultistreamDialer dialer({"/kith/test/1", "/kith/test/2"}, out.said);
  feed(input, piece, out, [&](ByteView& in, Bytes& said) { return dialer.receive(in, said); });
  if (out.state == Negotiation::kAgreed) out.agreed = dialer.agreed();
  return out;
}

Outcome listen(ByteView input, std::size_t piece) {
  Outcome out;
  p2p::MultistreamListener listener;
  const auto is_spoken = [](std::string_view name) { return name.starts_with("/kith/"); };
  feed(input, piece, out, [&](ByteView& in, Bytes& said) { return listener.receive(in, said, is_spoken); });
  if (out.state == Negotiation::kAgreed) out.agreed = listener.agreed();
  return out;
}

}  // namespace

void run(ByteView input) {
  if (input.size() < 2) return;
  const std::size_t piece = input[1] + std::size_t{1};
  const ByteView body = input.subspan(2);
  const auto play = input[0] % 2 == 0 ? dial : listen;
  const Outcome whole = play(body, body.size() + 1);
  Outcome cut = play(body, piece);
  // Where it went wrong may be seen earlier in a smaller piece.
  if (whole.state == Negotiation::kBad) cut.taken = whole.taken;
  CHECK(whole == cut);
  CHECK(whole.said.size() <= 64 + p2p::kProposalsMax * std::size_t{8} + p2p::kMultistreamBytesMax);
  CHECK((whole.state == Negotiation::kAgreed) == !whole.agreed.empty());
}

}  // namespace kith::fuzz
