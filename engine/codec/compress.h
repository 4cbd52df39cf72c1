// SPDX-License-Identifier: Apache-2.0
// zstd for payloads (formats 6): one frame, its four magic bytes left out, content size declared and
// enforced. The contexts are kept between calls; one Compressor per thread.
#pragma once

#include <memory>

#include "kith/bytes.h"
#include "kith/result.h"

namespace kith::codec {

inline constexpr std::size_t kDecompressedBytesMax = 4 << 20;

class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  /// A magic-less frame with declared content size, appended to `out`; false if it would not be smaller than
  /// `limit` bytes (then `out` is as before).
  bool compress(ByteView plain, std::size_t limit, Bytes& out);
  /// Refuses frames without a declared size, above kDecompressedBytesMax, or with bytes behind them.
  Result<Bytes> decompress(ByteView frame);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace kith::codec
