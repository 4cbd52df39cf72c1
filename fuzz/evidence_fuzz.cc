// SPDX-License-Identifier: Apache-2.0
#include "fuzz/fuzz.h"
#include "log/evidence.h"

void kith::fuzz::run(ByteView input) {
  const auto space = filled<SpaceId>(kSpaceByte);
  ByteReader in(input);
  const auto proven = log::take_proven(in, space);
  if (proven.ok()) {
    CHECK(proven->header.space == space || proven->id == EntryId{space.data});
    CHECK(proven->id == log::header_id(proven->header));
  }
  const auto doubling = log::decode_doubling(input, space);
  if (!doubling.ok()) return;
  CHECK(proven.ok());
  CHECK(doubling->ids[0] < doubling->ids[1]);
  CHECK(doubling->device == proven->header.device && doubling->seq == proven->header.seq);
}
