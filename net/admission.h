// SPDX-License-Identifier: Apache-2.0
// How many connections strangers may have here. A whole street lives behind one router and comes with one address; so
// there is room for many from one address, and when it is used up the newcomer pushes out whoever has been longest on
// the doorstep without saying who it is. Thus a thousand half-open connections cost their owner more than anybody else.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>

#include "net/endpoint.h"

namespace kith::net {

struct AdmissionLimits {
  std::size_t half_open_max = 256;  // before Noise has proved who it is
  std::size_t half_open_per_address_max = 128;
  std::size_t open_max = 512;
  std::size_t open_per_address_max = 256;  // an IPv4 address, or the first 56 bits of an IPv6 one
};

/// Why somebody was not let in, or not for long.
enum class Refusal : std::uint8_t { kPushedOut, kTooManyOpen, kTooManyOpenFromAddress };
inline constexpr std::size_t kRefusalCount = 3;
std::string_view refusal_name(Refusal refusal);

class Admission {
 public:
  /// One connection's place. It goes with the last who holds it.
  class Pass {
   public:
    ~Pass();
    /// Called when it must make room; set by whoever has the connection now.
    void set_on_push_out(std::function<void()> on_push_out) { on_push_out_ = std::move(on_push_out); }
    /// The other side has proved who it is. False: there are too many such already; close the connection.
    bool open();

   private:
    friend class Admission;
    Pass(Admission& admission, const Bytes& place) : admission_(admission), alive_(admission.alive_), place_(place) {}
    Admission& admission_;
    const std::weak_ptr<const Admission*> alive_;  // expired: there is no admission any more
    const Bytes place_;
    bool is_open_ = false;
    std::function<void()> on_push_out_;
    std::list<Pass*>::iterator at_;
  };

  explicit Admission(const AdmissionLimits& limits = {}) : limits_(limits) {}
  /// A pass may outlive it (an operation that a loop drops at its end may hold one); it opens nothing any more then.
  std::shared_ptr<Pass> admit(const Endpoint& remote);

  std::size_t half_open() const { return half_open_.size(); }
  std::size_t open() const { return open_; }
  std::uint64_t refused(Refusal refusal) const { return refused_[static_cast<std::size_t>(refusal)]; }

 private:
  struct Count {
    std::size_t half_open = 0;
    std::size_t open = 0;
  };
  void make_room(const Bytes& place);
  void push_out(Pass& pass);
  void remove(Pass& pass);
  void note(Refusal refusal) { ++refused_[static_cast<std::size_t>(refusal)]; }

  AdmissionLimits limits_;
  std::shared_ptr<const Admission*> alive_ = std::make_shared<const Admission*>(this);
  std::list<Pass*> half_open_;  // the oldest first
  std::map<Bytes, Count> places_;
  std::size_t open_ = 0;
  std::array<std::uint64_t, kRefusalCount> refused_{};
};

}  // namespace kith::net
