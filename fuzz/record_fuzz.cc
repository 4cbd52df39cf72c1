// SPDX-License-Identifier: Apache-2.0
#include "fuzz/fuzz.h"
#include "log/record.h"

/// A stream of records. As far as it is accepted, writing it anew gives the same bytes: every field has one form.
void kith::fuzz::run(ByteView input) {
  log::RecordDecoder decoder(filled<SpaceId>(kSpaceByte));
  log::RecordEncoder encoder(filled<SpaceId>(kSpaceByte));
  ByteReader in(input);
  Bytes encoded;
  while (in.left() > 0) {
    const std::size_t before = in.left();
    const auto record = decoder.decode(in);
    if (!record.ok()) return;
    CHECK(in.left() < before);
    CHECK(log::check_header(record->header).ok());
    CHECK(record->id == log::header_id(record->header));
    CHECK(encoder.has_room_for(record->header.device));
    const std::size_t start = encoded.size();
    encoder.encode(*record, encoded);
    CHECK(encoded.size() - start <= log::RecordEncoder::bytes_max(*record));
    CHECK(equal(encoded, input.first(input.size() - in.left())));
  }
}
