// SPDX-License-Identifier: Apache-2.0
#include "sim/report.h"

#include <cstdio>

namespace kith::sim {
namespace {

struct Named {
  Seen what;
  std::string_view name;
  std::string_view group;  // of this and those that follow; empty: as before
};

constexpr Named kNames[] = {
    {Seen::kPowerCut, "power cut", "faults of machines"},
    {Seen::kPowerCutInWrite, "power cut in the middle of a write", ""},
    {Seen::kSentThenLost, "sent then lost", ""},
    {Seen::kProcessKilled, "process killed", ""},
    {Seen::kUnsyncedDropped, "unsynced writes: all lost", ""},
    {Seen::kUnsyncedKept, "unsynced writes: all kept", ""},
    {Seen::kUnsyncedTorn, "unsynced writes: torn", ""},
    {Seen::kUnsyncedReordered, "unsynced writes: any of them kept", ""},
    {Seen::kDiskFull, "disk full", ""},
    {Seen::kClockSkewed, "clock skewed", ""},
    {Seen::kClockJumped, "clock jumped", ""},
    {Seen::kBootedInPast, "booted in the past", ""},
    {Seen::kClockYearsAhead, "clock years ahead", ""},
    {Seen::kPartition, "partition", "faults of the network"},
    {Seen::kOneWay, "one way only", ""},
    {Seen::kStreamCut, "stream cut", ""},
    {Seen::kPacketLost, "packet lost and sent again", ""},
    {Seen::kWindowOfOneByte, "window of one byte", ""},
    {Seen::kParcelLost, "parcel lost", ""},
    {Seen::kParcelDoubled, "parcel doubled", ""},
    {Seen::kParcelReordered, "parcel overtaken", ""},
    {Seen::kLibp2pDialed, "connections dialed", "libp2p"},
    {Seen::kLibp2pOpened, "opened", ""},
    {Seen::kDiedInHandshake, "machine died in a handshake", ""},
    {Seen::kWrongPeerRefused, "somebody else than dialed, refused", ""},
    {Seen::kImpostorRefused, "impostor refused", ""},
    {Seen::kYamuxWindowOfOneByte, "session through windows of one byte", ""},
    {Seen::kBackfillStream, "backfill on a stream of its own", ""},
    {Seen::kBackfillShared, "backfill on the session's only stream", ""},
    {Seen::kWrite, "writes acknowledged", "work"},
    {Seen::kPost, "posts", ""},
    {Seen::kReply, "replies", ""},
    {Seen::kEdit, "edits", ""},
    {Seen::kEditRefused, "edits of others' rows refused", ""},
    {Seen::kDelete, "deletes", ""},
    {Seen::kReinsert, "re-inserts under a deleted key", ""},
    {Seen::kReplace, "INSERT OR REPLACE", ""},
    {Seen::kUpsert, "UPSERT", ""},
    {Seen::kBornTwice, "inserts of a key that others insert too", ""},
    {Seen::kTakenBack, "taken back", ""},
    {Seen::kTakeBackRefused, "take-backs refused", ""},
    {Seen::kWriteFailed, "writes that failed", ""},
    {Seen::kInvited, "invitations", ""},
    {Seen::kInviteRevoked, "invitations revoked", ""},
    {Seen::kJoined, "joins", ""},
    {Seen::kJoinRefused, "joins refused", ""},
    {Seen::kDeviceLinked, "devices linked", ""},
    {Seen::kDeviceRetired, "devices retired", ""},
    {Seen::kErased, "entries erased", ""},
    {Seen::kProgramUpdated, "programs updated to new tables", ""},
    {Seen::kWaitsForSeal, "writes that waited for the seal", ""},
    {Seen::kSchemaMoved, "streets whose schema moved", ""},
    {Seen::kRead, "reads compared", ""},
    {Seen::kSession, "opened", "sessions"},
    {Seen::kPastHello, "past the hello", ""},
    {Seen::kStateAuthority, "seen in authority", ""},
    {Seen::kStateComparing, "seen comparing", ""},
    {Seen::kStateBackfill, "seen in backfill", ""},
    {Seen::kStateLive, "seen live", ""},
    {Seen::kSessionFault, "ended by a fault", ""},
    {Seen::kEntryReceived, "entries received", ""},
    {Seen::kEntryKnown, "entries received that were known", ""},
    {Seen::kEntryLive, "entries received live", ""},
    {Seen::kGap, "gaps", ""},
    {Seen::kCourierEntry, "entries by courier", ""},
    {Seen::kMerged, "changesets merged in the store", "outcomes"},
    {Seen::kRetracted, "retracted", ""},
    {Seen::kRestored, "restored", ""},
    {Seen::kConflict, "conflicts listed", ""},
    {Seen::kLocked, "entries that waited for a key", ""},
    {Seen::kHeld, "entries that waited for their time", ""},
    {Seen::kRecovered, "recoveries after a crash", ""},
    {Seen::kRebuilt, "rebuilds equal to what was", ""},
    {Seen::kConverged, "replicas converged", ""},
    {Seen::kReplayedWithout, "retracts equal to a replay without", ""},
    {Seen::kAcknowledgedWriteFound, "acknowledged writes found again", ""},
    {Seen::kRetiredReadNothing, "retired devices that could not read on", ""},
    {Seen::kSecretLookedFor, "secrets looked for on the wire", ""},
};

constexpr bool are_in_order() {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (static_cast<std::size_t>(kNames[i].what) != i) return false;
  }
  return std::size(kNames) == static_cast<std::size_t>(Seen::kCount_);
}
static_assert(are_in_order());

}  // namespace

void Report::add(const Report& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::string Report::text() const {
  std::string out;
  for (const Named& named : kNames) {
    if (!named.group.empty()) out += std::string(named.group) + "\n";
    char line[128];
    std::snprintf(line, sizeof line, "  %-44.*s %12llu\n", static_cast<int>(named.name.size()), named.name.data(),
                  static_cast<unsigned long long>(count(named.what)));
    out += line;
  }
  return out;
}

std::vector<std::string_view> Report::never_seen() const {
  std::vector<std::string_view> out;
  for (const Named& named : kNames) {
    // Nobody here lies, and streams keep their order: whoever sends leaves no gap. session_faults_test has those.
    if (named.what != Seen::kGap && count(named.what) == 0) out.push_back(named.name);
  }
  return out;
}

}  // namespace kith::sim
