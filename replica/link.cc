// SPDX-License-Identifier: Apache-2.0
#include "replica/link.h"

#include <algorithm>

namespace kith::replica {

Link::Link(const Context& context, sync::Role role, std::string path, std::optional<space::Invitation> invitation,
           OnEnd on_end)
    : context_(context),
      role_(role),
      path_(std::move(path)),
      invitation_(std::move(invitation)),
      on_end_(std::move(on_end)) {}

Link::~Link() = default;

sync::Session& Link::begin_session(const HostKey& peer) {
  peer_ = peer;
  session_ = std::make_unique<sync::Session>(role_, context_.own, peer, context_.spaces, context_.clock,
                                             context_.random, invitation_ ? &*invitation_ : nullptr);
  return *session_;
}

void Link::receive(ByteView bytes) {
  if (is_closing_ || !session_) return;
  session_->receive(bytes);
  note_welcome();
  pump();
}

void Link::take_output(Bytes& out, std::size_t bytes_max) {
  if (session_) session_->take_output(out, bytes_max);
}

void Link::pump() {
  if (!session_ || is_closing_) return;
  if (session_->has_output()) send();
  if (!session_->is_closed() || is_closing_) return;
  is_closing_ = true;
  hang_up();
}

std::uint64_t Link::tick() {
  const std::uint64_t next = tick_carrier(context_.clock.steady_ms());
  if (!session_) return next;
  const std::uint64_t session_next = session_->tick();
  pump();
  return std::min(next, session_next);
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
    send();
  }
  is_closing_ = true;
  hang_up();
}

bool Link::is_live() const {
  if (!session_) return false;
  const auto progress = session_->progress();
  // A house that does not keep our personal space is in touch all the same.
  return !progress.empty() && std::all_of(progress.begin(), progress.end(), [](const auto& space) {
    return space.state == "live" || (space.is_about_keeping && space.state == "refused");
  });
}

bool Link::is_settled() const {
  if (!is_live() || unsent() > 0 || session_->has_output()) return false;
  const auto progress = session_->progress();
  return std::all_of(progress.begin(), progress.end(),
                     [](const auto& space) { return space.behind_entries == 0 && space.owed_entries == 0; });
}

void Link::blame(std::string fault, std::string detail) {
  blamed_fault_ = std::move(fault);
  blamed_detail_ = std::move(detail);
}

std::string Link::end_detail(const std::string& reason) const {
  if (!blamed_detail_.empty()) return blamed_detail_;
  if (session_ && !session_->fault_detail().empty()) return session_->fault_detail();
  if (!session_ && !is_closing_ && !failure_) return "It hung up before saying who it is.";
  return reason;
}

void Link::end(const std::string& reason) {
  LinkEnd out;
  out.path = path_;
  out.peer = peer_;
  out.detail = end_detail(reason);
  out.was_welcome = was_welcome_;
  out.fault = blamed_fault_;
  out.refusal = failure_;
  if (session_) {
    if (session_->fault() != sync::Fault::kNone) out.fault = sync::fault_name(session_->fault());
    if (const Error* refusal = session_->refusal()) out.refusal = *refusal;
  }
  is_closing_ = true;
  on_end_(*this, out);
}

}  // namespace kith::replica
