// SPDX-License-Identifier: Apache-2.0
#include "fuzz/fuzz.h"
#include "log/entry.h"

void kith::fuzz::run(ByteView input) {
  const auto header = log::decode_header(input);
  if (!header.ok()) return;
  CHECK(log::check_header(*header).ok());
  Bytes encoded;
  log::encode_header(*header, encoded);
  CHECK(equal(encoded, input));
  CHECK(log::header_id(*header) == log::header_id(input));
}
