// SPDX-License-Identifier: Apache-2.0
// Place: what an app sees of the installation it runs in: the neighbourhood, the person's own space, who is a member,
// how fresh all that is and what of one's own has left. The same on a node and in a browser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kith/database.h"

namespace kith {

struct Member {
  PersonId person;
  std::vector<DeviceId> devices;
  bool is_founder = false;
};

/// How old is what we see, and what of ours has nobody else.
struct Freshness {
  bool in_touch = false;                       // a session is live now
  std::optional<std::uint64_t> last_heard_ms;  // Unix ms, when something last came from outside; none: never
  std::uint64_t only_here = 0;                 // own transactions that have not left this device
};

/// A transaction that its author may still take back.
struct Resting {
  Pos pos;
  std::string event;
  std::uint64_t until_ms = 0;  // Unix ms
};

/// How far an own transaction has come.
enum class Sending : std::uint8_t {
  kResting,  // here alone, and can be taken back
  kHere,     // here alone, waits for somebody to come by
  kLeft,     // given to another house
  kKept,     // another house has said that it keeps it
};

struct SendingState {
  Sending state = Sending::kHere;
  Pos pos;                           // while it rests
  std::uint64_t rests_until_ms = 0;  // while it rests
  std::uint64_t kept_in = 0;         // houses that said so
};

class Place {
 public:
  virtual ~Place() = default;
  /// False: there is only the personal space, and space() must not be called.
  virtual bool has_space() = 0;
  /// The neighbourhood.
  virtual Database& space() = 0;
  /// The person's own space, which only her devices read.
  virtual Database& personal() = 0;
  virtual std::vector<Member> members() = 0;
  virtual Freshness freshness() = 0;
  /// The newest one first.
  virtual Result<std::vector<Resting>> resting() = 0;
  /// Of a transaction in the neighbourhood, by the device and the stamp of what it wrote (kith_device, kith_stamp or
  /// kith_changed). nullopt: not of this device, so it came from outside.
  virtual Result<std::optional<SendingState>> sending(const DeviceId& device, Stamp stamp) = 0;
};

}  // namespace kith
