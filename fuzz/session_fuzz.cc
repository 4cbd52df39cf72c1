// SPDX-License-Identifier: Apache-2.0
// A listener's session. The first byte says how far a real dialer has brought it before the input speaks: not at all,
// after its hello, or to the end of the comparison; and, by its highest bit, that it speaks on a stream of its own for
// backfill. The second says in what pieces the rest comes. Whatever comes, the session ends or goes on, and what is
// here stays.
#include "fuzz/fuzz.h"
#include "sync/testing/house.h"

namespace {

using kith::sync::testing::House;
using kith::sync::testing::Wire;

struct Street {
  Street() {
    CHECK(kith::crypto::start().ok());
    ana.found();
    ana.post("One");
    ana.post("Two");
    dan.invitation = ana.invite();
    Wire(dan, ana, true).run();
    ana.post("Three");
  }
  kith::sync::testing::FakeClock clock;
  House ana{1, 1, &clock};
  House dan{2, 1, &clock};
};

}  // namespace

void kith::fuzz::run(ByteView input) {
  static Street street;
  if (input.size() < 2) return;
  constexpr int kStagesMax = 12;
  Wire wire(street.dan, street.ana);
  constexpr std::uint8_t kOnBackfill = 0x80;
  for (int i = 0; i < (input[0] & ~kOnBackfill) % kStagesMax; ++i) wire.step(i % 2 == 0);
  const bool is_split = (input[0] & kOnBackfill) != 0 && wire.listener.is_past_hello();
  if (is_split) wire.listener.open_backfill();
  const std::size_t piece = input[1] == 0 ? input.size() : input[1];
  Bytes out;
  for (ByteView rest = input.subspan(2); !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
    const ByteView next = rest.first(std::min(piece, rest.size()));
    if (is_split) {
      wire.listener.receive_backfill(next);
    } else {
      wire.listener.receive(next);
    }
    if (wire.listener.has_output()) wire.listener.take_output(out, 1 << 20);
    if (wire.listener.has_backfill()) wire.listener.take_backfill(out, 1 << 20);
  }
  while (wire.listener.has_output()) {
    const std::size_t before = out.size();
    wire.listener.take_output(out, 1 << 20);
    CHECK(out.size() > before);
  }
  street.clock.advance(1'000);
  wire.listener.tick();
  CHECK(wire.listener.fault() == sync::Fault::kNone || wire.listener.is_closed());
  CHECK(wire.listener.fault() != sync::Fault::kLocal);
  CHECK(street.ana.post_count() == 3);
}
