// SPDX-License-Identifier: Apache-2.0
// Reads one item of unknown form and writes it again: for tests and fuzzers that hold canonical form.
#pragma once

#include <optional>
#include <vector>

#include "codec/cbor.h"

namespace kith::testing {

/// The item encoded anew, or nothing if the reader refuses it. It looks at the first byte itself, so it also holds the
/// reader's own walk (raw_item) to what the typed reads say.
inline std::optional<Bytes> echo(ByteView item) {
  codec::CborReader in(item);
  Bytes out;
  codec::CborWriter writer(out);
  std::vector<std::uint64_t> open = {1};
  while (in.ok() && !open.empty()) {
    if (open.back() == 0) {
      open.pop_back();
      continue;
    }
    --open.back();
    if (out.size() >= item.size()) return std::nullopt;
    // Everything accepted so far has echoed byte for byte, so what was written tells how far the reader is.
    const std::uint8_t first = item[out.size()];
    switch (first >> 5) {
      case 0: writer.uint(in.uint()); break;
      case 1: writer.integer(in.integer()); break;
      case 2: writer.bytes(in.bytes()); break;
      case 3: writer.text(in.text()); break;
      case 4: {
        const std::uint64_t count = in.array();
        writer.array(count);
        open.push_back(count);
        break;
      }
      default:
        if (in.take_nil()) {
          writer.nil();
        } else {
          writer.boolean(in.boolean());
        }
    }
  }
  if (!in.finish("item").ok()) return std::nullopt;
  return out;
}

}  // namespace kith::testing
