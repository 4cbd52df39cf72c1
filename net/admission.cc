// SPDX-License-Identifier: Apache-2.0
#include "net/admission.h"

#include <algorithm>
#include <utility>

namespace kith::net {
namespace {

constexpr std::size_t kSiteBytes = 7;  // of an IPv6 address: what one household or provider hands out

Bytes place_of(const Endpoint& remote) {
  const std::size_t n = remote.is_ip4() ? remote.ip.size() : std::min(remote.ip.size(), kSiteBytes);
  return to_bytes(ByteView(remote.ip).first(n));
}

}  // namespace

std::string_view refusal_name(Refusal refusal) {
  switch (refusal) {
    case Refusal::kPushedOut: return "pushed_out";
    case Refusal::kTooManyOpen: return "too_many_open";
    case Refusal::kTooManyOpenFromAddress: return "too_many_open_from_address";
  }
  return {};
}

Admission::Pass::~Pass() {
  if (!alive_.expired()) admission_.remove(*this);
}

bool Admission::Pass::open() {
  if (alive_.expired()) return false;
  if (is_open_) return true;
  Count& count = admission_.places_[place_];
  if (admission_.open_ >= admission_.limits_.open_max) {
    admission_.note(Refusal::kTooManyOpen);
    return false;
  }
  if (count.open >= admission_.limits_.open_per_address_max) {
    admission_.note(Refusal::kTooManyOpenFromAddress);
    return false;
  }
  admission_.half_open_.erase(at_);
  --count.half_open;
  ++count.open;
  ++admission_.open_;
  is_open_ = true;
  on_push_out_ = nullptr;
  return true;
}

std::shared_ptr<Admission::Pass> Admission::admit(const Endpoint& remote) {
  const Bytes place = place_of(remote);
  make_room(place);
  std::shared_ptr<Pass> pass(new Pass(*this, place));
  ++places_[place].half_open;
  pass->at_ = half_open_.insert(half_open_.end(), pass.get());
  return pass;
}

void Admission::make_room(const Bytes& place) {
  const auto here = places_.find(place);
  const bool is_place_full = here != places_.end() && here->second.half_open >= limits_.half_open_per_address_max;
  if (!is_place_full && half_open_.size() < limits_.half_open_max) return;
  const auto oldest = std::find_if(half_open_.begin(), half_open_.end(),
                                   [&](const Pass* pass) { return !is_place_full || pass->place_ == place; });
  push_out(**oldest);
}

void Admission::push_out(Pass& pass) {
  note(Refusal::kPushedOut);
  // To the back: its owner may need a turn of the loop to let go of it, and must not be asked twice.
  const auto on_push_out = std::exchange(pass.on_push_out_, nullptr);
  half_open_.splice(half_open_.end(), half_open_, pass.at_);
  if (on_push_out) on_push_out();
}

void Admission::remove(Pass& pass) {
  const auto here = places_.find(pass.place_);
  if (pass.is_open_) {
    --open_;
    --here->second.open;
  } else {
    half_open_.erase(pass.at_);
    --here->second.half_open;
  }
  if (here->second.open == 0 && here->second.half_open == 0) places_.erase(here);
}

}  // namespace kith::net
