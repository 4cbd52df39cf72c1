// SPDX-License-Identifier: Apache-2.0
#include "sync/live.h"

#include <algorithm>

namespace kith::sync {

void LiveSender::subscribe(Pos place) {
  subscribed_ = true;
  changed_ = false;
  pending_ = {};
  seen_ = place;
  own_seen_ = log_.own_next();
}

void LiveSender::skip_to(Pos last) {
  seen_ = std::max(seen_, last);
}

Result<void> LiveSender::look(BackfillSender& backfill) {
  changed_ = false;
  auto found = KITH_TRY(log_.since(seen_));
  seen_ = std::max(seen_, found.upto);
  const auto is_own = [&](const log::Range& range) { return range.device == log_.own(); };
  std::erase_if(found.ahead, is_own);
  std::erase_if(found.backfill, is_own);
  if (const Seq next = log_.own_next(); own_seen_ < next) {
    found.ahead.push_back(log::Range{log_.own(), own_seen_, Seq(next.value - 1)});
    own_seen_ = next;
  }
  std::uint64_t entries = 0;
  for (const auto* ranges : {&found.ahead, &found.backfill}) {
    for (const log::Range& range : *ranges) entries += range.to.value - range.from.value + 1;
  }
  if (entries > kEntriesMax) {
    backfill.owe(std::move(found));
    return {};
  }
  // A run that goes on where the backlog ends would arrive before what it links to: it queues up there.
  for (const log::Range& range : found.ahead) {
    if (!backfill.extend(range)) pending_.ahead.push_back(range);
  }
  // What lies below old entries is no news, and may hang on a window.
  if (backfill.is_quiet()) {
    pending_.backfill = std::move(found.backfill);
  } else {
    backfill.owe({{}, std::move(found.backfill), found.upto});
  }
  return {};
}

Result<std::uint32_t> LiveSender::produce(std::uint64_t authority_frames, BackfillSender& backfill, Bytes& out) {
  if (!is_pending()) KITH_TRY(look(backfill));
  std::uint32_t sent = 0;
  while (is_pending() && sent == 0) {
    const bool newest_first = pending_.ahead.empty();
    std::vector<log::Range>& ranges = newest_first ? pending_.backfill : pending_.ahead;
    const auto window = KITH_TRY(log_.next_window(ranges, newest_first, encoder_, kFrameRecordsMax, kFrameBytesMax));
    if (window.done || window.count == 0) ranges.clear();
    if (window.count == 0) continue;
    sent = window.count;
    // The peer's cursor may follow only once nothing older is on its way.
    const bool is_all = !is_pending() && !changed_ && backfill.is_quiet();
    const Pos cursor = is_all ? KITH_TRY(log_.journal_head()) : Pos();
    encode_records(FrameType::kLive,
                   RecordsFrame{slot_, authority_frames, static_cast<std::uint64_t>(cursor.value), window.records},
                   out);
  }
  return sent;
}

}  // namespace kith::sync
