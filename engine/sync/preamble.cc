// SPDX-License-Identifier: Apache-2.0
#include "sync/preamble.h"

#include <algorithm>

namespace kith::sync {

namespace {

/// What a person may recognise of bytes that are no greeting.
std::string printable(ByteView bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) out += b >= 0x20 && b < 0x7f ? static_cast<char>(b) : '.';
  return out;
}

}  // namespace

Bytes Preamble::output() const {
  Bytes out = to_bytes(as_bytes(kGreeting));
  append(out, own_.view());
  return out;
}

Result<void> Preamble::receive(ByteView& in) {
  const std::size_t n = std::min(in.size(), kBytes - seen_.size());
  append(seen_, in.first(n));
  in = in.subspan(n);
  const std::size_t greeted = std::min(seen_.size(), kGreeting.size());
  if (as_text(ByteView(seen_).first(greeted)) != kGreeting.substr(0, greeted)) {
    return Error(ErrorCode::kPeerProtocol,
                 "The other end of the pipe is not kith: it began with \"" + printable(seen_) + "\".",
                 "Check the command or the socket's path, and that nothing else prints to it.");
  }
  if (seen_.size() < kBytes) return {};
  peer_ = HostKey::from(ByteView(seen_).subspan(kGreeting.size()));
  if (*peer_ == own_) {
    return Error(ErrorCode::kPeerProtocol, "The other end of the pipe is this very installation.",
                 "Give the address of another one, or another --home.");
  }
  return {};
}

}  // namespace kith::sync
