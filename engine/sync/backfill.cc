// SPDX-License-Identifier: Apache-2.0
#include "sync/backfill.h"

#include <algorithm>

namespace kith::sync {

namespace {

std::uint64_t entries_of(const std::vector<log::Range>& ranges) {
  std::uint64_t n = 0;
  for (const log::Range& range : ranges) n += range.to.value - range.from.value + 1;
  return n;
}

}  // namespace

void BackfillSender::owe(log::Log::Missing missing) {
  for (const log::Range& range : missing.ahead) {
    if (!extend(range)) ahead_.push_back(range);
  }
  behind_.insert(behind_.end(), missing.backfill.begin(), missing.backfill.end());
}

void BackfillSender::serve(log::Log::Missing missing, std::uint64_t journal, Pos place) {
  ahead_ = std::move(missing.ahead);
  behind_ = std::move(missing.backfill);
  finish_ = PlaceFrame{slot_, journal, place};
}

bool BackfillSender::extend(const log::Range& range) {
  for (log::Range& owed : ahead_) {
    if (owed.device != range.device || range.from < owed.from || range.from.value > owed.to.value + 1) continue;
    owed.to = std::max(owed.to, range.to);
    return true;
  }
  for (const Tops& window : in_flight_) {
    for (const log::Range& sent : window) {
      if (sent.device != range.device || range.from.value > sent.to.value + 1) continue;
      ahead_.push_back(range);
      return true;
    }
  }
  return false;
}

// What is left of the ranges stands in their order.
BackfillSender::Tops BackfillSender::tops_of(const std::vector<log::Range>& before,
                                             const std::vector<log::Range>& after) {
  Tops tops;
  auto left = after.begin();
  for (const log::Range& range : before) {
    const bool is_left = left != after.end() && left->device == range.device && left->to == range.to;
    if (!is_left) {
      tops.push_back(range);
    } else if (left->from > range.from) {
      tops.push_back({range.device, range.from, Seq(left->from.value - 1)});
    }
    if (is_left) ++left;
  }
  return tops;
}

std::uint64_t BackfillSender::owed() const {
  return entries_of(ahead_) + entries_of(behind_);
}

Result<std::uint32_t> BackfillSender::produce(std::uint64_t authority_frames, Bytes& out) {
  std::uint32_t sent = 0;
  while (is_owing() && sent == 0) {
    const bool newest_first = ahead_.empty();
    std::vector<log::Range>& ranges = newest_first ? behind_ : ahead_;
    const std::vector<log::Range> before = newest_first ? std::vector<log::Range>() : ahead_;
    const auto window = KITH_TRY(log_.next_window(ranges, newest_first, encoder_, records_next_, kWindowBytesMax));
    if (window.done || window.count == 0) ranges.clear();
    if (window.count == 0) continue;
    sent = window.count;
    in_flight_.push_back(newest_first ? Tops() : tops_of(before, ahead_));
    records_next_ = std::min(records_next_ * 2, kWindowRecordsMax);
    encode_records(FrameType::kWindow, RecordsFrame{slot_, authority_frames, owed(), window.records}, out);
  }
  if (!is_owing() && finish_) {
    encode(FrameType::kBackfillDone, *finish_, out);
    finish_.reset();
  }
  return sent;
}

bool BackfillSender::receive_credit(std::uint32_t windows) {
  if (windows > in_flight_.size()) return false;
  in_flight_.erase(in_flight_.begin(), in_flight_.begin() + windows);
  return true;
}

}  // namespace kith::sync
