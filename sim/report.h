// SPDX-License-Identifier: Apache-2.0
// What a run did and met: faults by kind, states of sessions, work, recoveries, checks. A long run that never met one
// of them has not tested it, and must not pass for work (Report::never_seen).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.h"

namespace kith::sim {

/// Everything that is counted. The names and groups are in report.cc, in this order.
enum class Seen : std::uint8_t {
  // faults of machines and disks
  kPowerCut,
  kPowerCutInWrite,
  kSentThenLost,
  kProcessKilled,
  kUnsyncedDropped,
  kUnsyncedKept,
  kUnsyncedTorn,
  kUnsyncedReordered,
  kDiskFull,
  kClockSkewed,
  kClockJumped,
  kBootedInPast,
  kClockYearsAhead,
  // faults of the network
  kPartition,
  kOneWay,
  kStreamCut,
  kPacketLost,
  kWindowOfOneByte,
  kParcelLost,
  kParcelDoubled,
  kParcelReordered,
  // libp2p
  kLibp2pDialed,
  kLibp2pOpened,
  kDiedInHandshake,
  kWrongPeerRefused,
  kImpostorRefused,
  kYamuxWindowOfOneByte,
  kBackfillStream,
  kBackfillShared,
  // work
  kWrite,
  kPost,
  kReply,
  kEdit,
  kEditRefused,
  kDelete,
  kReinsert,
  kReplace,
  kUpsert,
  kBornTwice,
  kTakenBack,
  kTakeBackRefused,
  kWriteFailed,
  kInvited,
  kInviteRevoked,
  kJoined,
  kJoinRefused,
  kDeviceLinked,
  kDeviceRetired,
  kErased,
  kProgramUpdated,
  kWaitsForSeal,
  kSchemaMoved,
  kRead,
  // what sessions went through
  kSession,
  kPastHello,
  kStateAuthority,
  kStateComparing,
  kStateBackfill,
  kStateLive,
  kSessionFault,
  kEntryReceived,
  kEntryKnown,
  kEntryLive,
  kGap,
  kCourierEntry,
  // what became of it
  kMerged,
  kRetracted,
  kRestored,
  kConflict,
  kLocked,
  kHeld,
  kRecovered,
  kRebuilt,
  kConverged,
  kReplayedWithout,
  kAcknowledgedWriteFound,
  kRetiredReadNothing,
  kSecretLookedFor,
  kCount_
};

class Report {
 public:
  void note(Seen what, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(what)] += times; }
  std::uint64_t count(Seen what) const { return counts_[static_cast<std::size_t>(what)]; }
  void add(const Report& other);
  /// A table, group by group.
  std::string text() const;
  /// Names of what was never met and could have been.
  std::vector<std::string_view> never_seen() const;

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Seen::kCount_)> counts_{};
};

/// What became of unsynced writes.
inline Seen seen_of(Survival survival) {
  switch (survival) {
    case Survival::kNone: return Seen::kUnsyncedDropped;
    case Survival::kAll: return Seen::kUnsyncedKept;
    case Survival::kPrefix: return Seen::kUnsyncedTorn;
    case Survival::kSubset: return Seen::kUnsyncedReordered;
  }
  return Seen::kUnsyncedDropped;
}

}  // namespace kith::sim
