// SPDX-License-Identifier: Apache-2.0
#include "node/pipe_link.h"

namespace kith::node {

PipeLink::PipeLink(const Context& context, Setup setup, OnEnd on_end)
    : Link(context, setup.role, std::move(setup.path), std::move(setup.invitation), std::move(on_end)),
      channel_(std::move(setup.channel)),
      preamble_(context.own),
      preamble_deadline_ms_(context.clock.steady_ms() + sync::kHelloMsMax) {
  channel_->start({[this](ByteView bytes) { read(bytes); }, [this] { pump(); },
                   [this](const std::string& reason) { end(reason); }});
  channel_->write(preamble_.output());
}

void PipeLink::read(ByteView bytes) {
  if (is_closing()) return;
  if (session() == nullptr) {
    if (auto read = preamble_.receive(bytes); !read.ok()) {
      blame(std::string(sync::fault_name(sync::Fault::kRubbish)), read.error().message());
      return close();
    }
    if (!preamble_.peer()) return;
    begin_session(*preamble_.peer());
  }
  receive(bytes);
}

void PipeLink::send() {
  while (channel_->unsent() < kUnsentBytesMax && has_output()) {
    Bytes out;
    take_output(out, kUnsentBytesMax);
    if (out.empty()) break;
    channel_->write(std::move(out));
  }
}

std::uint64_t PipeLink::tick_carrier(std::uint64_t now) {
  constexpr std::uint64_t kNever = ~std::uint64_t{0};
  if (session() != nullptr) return kNever;
  if (now >= preamble_deadline_ms_ && !is_closing()) {
    blame(std::string(sync::fault_name(sync::Fault::kRubbish)),
          "It said nothing for " + std::to_string(sync::kHelloMsMax / 1000) + " seconds.");
    close();
  }
  return preamble_deadline_ms_;
}

}  // namespace kith::node
