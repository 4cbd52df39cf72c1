// SPDX-License-Identifier: Apache-2.0
// A link over a pipe or a Unix socket: the preamble names the host keys, the channel stands for them.
#pragma once

#include "net/channel.h"
#include "replica/link.h"
#include "sync/preamble.h"

namespace kith::node {

using replica::Link;

class PipeLink final : public Link {
 public:
  /// What is new waits behind this much, however slow the line is.
  static constexpr std::size_t kUnsentBytesMax = 64 << 10;

  struct Setup {
    sync::Role role;
    std::string path;
    std::unique_ptr<net::Channel> channel;
    std::optional<space::Invitation> invitation;
  };
  PipeLink(const Context& context, Setup setup, OnEnd on_end);

 private:
  void read(ByteView bytes);
  void send() override;
  void hang_up() override { channel_->close(); }
  std::size_t unsent() const override { return channel_->unsent(); }
  std::uint64_t tick_carrier(std::uint64_t now) override;

  std::unique_ptr<net::Channel> channel_;
  sync::Preamble preamble_;
  std::uint64_t preamble_deadline_ms_;
};

}  // namespace kith::node
