// SPDX-License-Identifier: Apache-2.0
#include "codec/compress.h"

#include "fuzz/fuzz.h"

void kith::fuzz::run(ByteView input) {
  static codec::Compressor compressor;
  const auto as_frame = compressor.decompress(input);
  if (as_frame.ok()) CHECK(as_frame->size() <= codec::kDecompressedBytesMax);

  const Bytes plain = as_frame.ok() ? *as_frame : to_bytes(input);
  Bytes frame;
  CHECK(compressor.compress(plain, SIZE_MAX, frame));
  CHECK(*compressor.decompress(frame) == plain);
  Bytes same;
  CHECK(!compressor.compress(plain, frame.size(), same) && same.empty());
}
