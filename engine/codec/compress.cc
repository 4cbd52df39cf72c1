// SPDX-License-Identifier: Apache-2.0
#include "codec/compress.h"

#include <zstd.h>

#include "base/check.h"

namespace kith::codec {

namespace {

// Little-endian 0xFD2FB528, which every frame would begin with.
constexpr std::array<std::uint8_t, 4> kMagic = {0x28, 0xb5, 0x2f, 0xfd};
constexpr int kLevel = 3;
// Buffers that one large payload has grown are not kept for the many small ones.
constexpr std::size_t kScratchBytesKept = 64 << 10;

Error malformed(const char* cause) {
  return Error(ErrorCode::kMalformed, cause, "It was damaged or made by a faulty program; fetch it again.");
}

}  // namespace

struct Compressor::Contexts {
  ZSTD_CCtx* compressing = ZSTD_createCCtx();
  ZSTD_DCtx* decompressing = ZSTD_createDCtx();
  Bytes scratch;
  ~Contexts() {
    ZSTD_freeCCtx(compressing);
    ZSTD_freeDCtx(decompressing);
  }
  void release_scratch() {
    if (scratch.capacity() > kScratchBytesKept) Bytes().swap(scratch);
  }
};

Compressor::Compressor() : contexts_(std::make_unique<Contexts>()) {
  CHECK(contexts_->compressing != nullptr && contexts_->decompressing != nullptr);
}

Compressor::~Compressor() = default;

bool Compressor::compress(ByteView plain, std::size_t limit, Bytes& out) {
  if (plain.size() > kDecompressedBytesMax) return false;
  Bytes& frame = contexts_->scratch;
  if (frame.size() < ZSTD_compressBound(plain.size())) frame.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compressCCtx(contexts_->compressing, frame.data(), frame.size(), plain.data(), plain.size(), kLevel);
  const bool smaller = ZSTD_isError(size) == 0 && size - kMagic.size() < limit;
  if (smaller) append(out, ByteView(frame).subspan(kMagic.size(), size - kMagic.size()));
  contexts_->release_scratch();
  return smaller;
}

Result<Bytes> Compressor::decompress(ByteView frame) {
  Bytes& whole = contexts_->scratch;
  whole.assign(kMagic.begin(), kMagic.end());
  append(whole, frame);
  const unsigned long long declared = ZSTD_getFrameContentSize(whole.data(), whole.size());
  if (declared == ZSTD_CONTENTSIZE_UNKNOWN || declared == ZSTD_CONTENTSIZE_ERROR) {
    return malformed("A compressed payload does not say how long it is.");
  }
  if (declared > kDecompressedBytesMax) {
    return Error(ErrorCode::kTooLarge, "A compressed payload claims to hold more than 4 MiB.",
                 "Nothing of that size is kept; ignore it.");
  }
  if (ZSTD_findFrameCompressedSize(whole.data(), whole.size()) != whole.size()) {
    return malformed("A compressed payload is cut off, or has bytes behind its end.");
  }
  Bytes plain(declared);
  const std::size_t size =
      ZSTD_decompressDCtx(contexts_->decompressing, plain.data(), plain.size(), whole.data(), whole.size());
  contexts_->release_scratch();
  if (ZSTD_isError(size) != 0 || size != plain.size()) return malformed("A compressed payload cannot be decompressed.");
  return plain;
}

}  // namespace kith::codec
