// SPDX-License-Identifier: Apache-2.0
#include "codec/testing/cbor_echo.h"
#include "fuzz/fuzz.h"

void kith::fuzz::run(ByteView input) {
  codec::CborReader whole(input);
  const ByteView item = whole.raw_item();
  const bool accepted = whole.finish("item").ok();
  const auto echoed = testing::echo(input);
  CHECK(echoed.has_value() == accepted);
  if (!accepted) return;
  CHECK(equal(*echoed, input));
  CHECK(equal(item, input));
}
