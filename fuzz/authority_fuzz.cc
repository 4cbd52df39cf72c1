// SPDX-License-Identifier: Apache-2.0
// Payloads of authority entries (the first byte is the kind), and what lies in a seal: each value has one encoding.
#include "fuzz/fuzz.h"
#include "space/payloads.h"

namespace kith::fuzz {

namespace {

struct Encoder {
  Bytes operator()(std::monostate) const { return {}; }
  template <typename T>
  Bytes operator()(const T& payload) const {
    return space::encode(payload);
  }
};

}  // namespace

void run(ByteView input) {
  if (input.empty()) return;
  const ByteView body = input.subspan(1);
  const auto payload = space::decode_payload(static_cast<log::Kind>(input[0]), body);
  if (payload.ok() && payload->index() != 0) CHECK(equal(std::visit(Encoder(), *payload), body));
  const auto constitution = space::Constitution::decode(body);
  if (constitution.ok()) CHECK(equal(constitution->encode(), body));
  const auto seal = space::SealBody::decode(body);
  if (seal.ok()) CHECK(equal(seal->encode(), body));
}

}  // namespace kith::fuzz
