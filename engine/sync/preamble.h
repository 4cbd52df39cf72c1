// SPDX-License-Identifier: Apache-2.0
// What goes before a Session on a pipe or a Unix socket, where nothing below proves a host key: each side states its
// own, and the channel (a 0600 socket, an ssh login) stands for it. Under libp2p this falls away. 44 bytes each way, at
// once: "kith/pipe/1\n" ‖ host key.
#pragma once

#include <optional>

#include "kith/bytes.h"
#include "kith/ids.h"
#include "kith/result.h"

namespace kith::sync {

class Preamble {
 public:
  static constexpr std::string_view kGreeting = "kith/pipe/1\n";
  static constexpr std::size_t kBytes = kGreeting.size() + HostKey::kSize;

  explicit Preamble(const HostKey& own) : own_(own) {}
  /// What we send, first and at once.
  Bytes output() const;
  /// Takes what it needs from the front of `in`; what is left belongs to the Session. An error names what was there
  /// instead (a shell's complaint, another program, ourselves).
  Result<void> receive(ByteView& in);
  /// The other side's host key, once it is here.
  const std::optional<HostKey>& peer() const { return peer_; }

 private:
  HostKey own_;
  Bytes seen_;
  std::optional<HostKey> peer_;
};

}  // namespace kith::sync
