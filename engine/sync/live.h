// SPDX-License-Identifier: Apache-2.0
// Live push: what was sealed or accepted here since the last look goes to a peer that has everything before it, at once
// and with its signatures. What came from that very peer is not sent back; a large surge goes the way of the backfill,
// under its credit.
#pragma once

#include "log/log.h"
#include "sync/backfill.h"

namespace kith::sync {

class LiveSender {
 public:
  static constexpr std::uint64_t kEntriesMax = 256;  // at once; more is backfill
  static constexpr std::uint32_t kFrameRecordsMax = 64;
  static constexpr std::size_t kFrameBytesMax = 64 << 10;  // unless one payload is larger

  LiveSender(log::Log& log, const SpaceId& space, std::uint8_t slot) : log_(log), slot_(slot), encoder_(space) {}

  /// From now on the other side is owed what comes after this place of our journal, and after this number of our own
  /// log.
  void subscribe(Pos place);
  bool is_subscribed() const { return subscribed_; }
  void mark_changed() { changed_ = true; }
  /// Nothing is waiting to be looked at or sent.
  bool is_idle() const { return !changed_ && !is_pending(); }
  /// Entries were accepted from this very peer, the newest at `last`, while nothing else was waiting: they need not go
  /// back.
  void skip_to(Pos last);
  bool has_output() const { return subscribed_ && (changed_ || is_pending()); }
  /// Appends at most one frame; hands a surge to `backfill`. Returns how many entries the frame holds.
  Result<std::uint32_t> produce(std::uint64_t authority_frames, BackfillSender& backfill, Bytes& out);

 private:
  bool is_pending() const { return !pending_.ahead.empty() || !pending_.backfill.empty(); }
  Result<void> look(BackfillSender& backfill);

  log::Log& log_;
  std::uint8_t slot_;
  log::RecordEncoder encoder_;
  bool subscribed_ = false;
  bool changed_ = false;
  Pos seen_;      // everything accepted up to here was looked at
  Seq own_seen_;  // own entries below it were: they are sealed in place, perhaps below seen_
  log::Log::Missing pending_;
};

}  // namespace kith::sync
