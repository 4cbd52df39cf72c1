// SPDX-License-Identifier: Apache-2.0
#include "node/link.h"

#include <algorithm>

namespace kith::node {

Link::Link(const Context& context, Setup setup, std::function<void(Link&, const LinkEnd&)> on_end)
    : context_(context),
      setup_(std::move(setup)),
      on_end_(std::move(on_end)),
      preamble_(context.own),
      preamble_deadline_ms_(context.clock.steady_ms() + sync::kHelloMsMax) {
  setup_.channel->start({[this](ByteView bytes) { receive(bytes); }, [this] { pump(); },
                         [this](const std::string& reason) { end(reason); }});
  setup_.channel->write(preamble_.output());
}

Link::~Link() = default;

void Link::receive(ByteView bytes) {
  if (is_closing_) return;
  if (!session_) {
    if (auto read = preamble_.receive(bytes); !read.ok()) {
      rubbish_ = read.error().message();
      return close();
    }
    if (!preamble_.peer()) return;
    begin_session();
  }
  session_->receive(bytes);
  was_welcome_ = was_welcome_ || session_->is_past_hello();
  pump();
}

void Link::begin_session() {
  session_ =
      std::make_unique<sync::Session>(setup_.role, context_.own, *preamble_.peer(), context_.spaces, context_.clock,
                                      context_.random, setup_.invitation ? &*setup_.invitation : nullptr);
}

void Link::pump() {
  if (!session_ || is_closing_) return;
  while (setup_.channel->unsent() < kUnsentBytesMax && session_->has_output()) {
    Bytes out;
    session_->take_output(out, kOutputBytes);
    if (out.empty()) break;
    setup_.channel->write(std::move(out));
  }
  if (session_->is_closed()) close();
}

std::uint64_t Link::tick() {
  const std::uint64_t now = context_.clock.steady_ms();
  if (!session_) {
    if (now >= preamble_deadline_ms_ && !is_closing_) {
      rubbish_ = "It said nothing for " + std::to_string(sync::kHelloMsMax / 1000) + " seconds.";
      close();
    }
    return preamble_deadline_ms_;
  }
  const std::uint64_t next = session_->tick();
  pump();
  return next;
}

void Link::notify(const SpaceId& space) {
  if (!session_ || is_closing_) return;
  session_->notify(space);
  pump();
}

void Link::close() {
  if (is_closing_) return;
  if (session_ && !session_->is_closed()) {
    session_->close();
    Bytes goodbye;
    session_->take_output(goodbye, kOutputBytes);
    setup_.channel->write(std::move(goodbye));
  }
  is_closing_ = true;
  setup_.channel->close();
}

bool Link::is_live() const {
  if (!session_) return false;
  const auto progress = session_->progress();
  return !progress.empty() &&
         std::all_of(progress.begin(), progress.end(), [](const auto& space) { return space.state == "live"; });
}

bool Link::is_settled() const {
  if (!is_live() || setup_.channel->unsent() > 0 || session_->has_output()) return false;
  const auto progress = session_->progress();
  return std::all_of(progress.begin(), progress.end(),
                     [](const auto& space) { return space.behind_entries == 0 && space.owed_entries == 0; });
}

std::string Link::end_detail(const std::string& reason) const {
  if (!rubbish_.empty()) return rubbish_;
  if (session_ && !session_->fault_detail().empty()) return session_->fault_detail();
  if (!session_ && !is_closing_) return "It hung up before saying who it is.";
  return reason;
}

void Link::end(const std::string& reason) {
  LinkEnd out;
  out.path = setup_.path;
  out.peer = preamble_.peer();
  out.detail = end_detail(reason);
  out.was_welcome = was_welcome_;
  if (session_) {
    out.fault = session_->fault();
    if (const Error* refusal = session_->refusal()) out.refusal = *refusal;
  } else if (!rubbish_.empty()) {
    out.fault = sync::Fault::kRubbish;
  }
  // The owner destroys this link: nothing may come after.
  on_end_(*this, out);
}

}  // namespace kith::node
