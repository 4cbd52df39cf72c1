// SPDX-License-Identifier: Apache-2.0
// What one side still owes the other of a space's content, sent in windows under credit: at most kWindowsInFlightMax
// are on their way before the receiver has said that it took one. The first windows are small, for the eye. What is new
// overtakes windows, unless it goes on where one of them ends.
#pragma once

#include <deque>
#include <vector>

#include "log/log.h"
#include "sync/frames.h"

namespace kith::sync {

class BackfillSender {
 public:
  static constexpr std::uint32_t kWindowsInFlightMax = 4;
  static constexpr std::uint32_t kWindowRecordsFirst = 64;
  static constexpr std::uint32_t kWindowRecordsMax = 8'192;
  static constexpr std::size_t kWindowBytesMax = 1 << 20;  // unless one payload and its header are larger

  BackfillSender(log::Log& log, const SpaceId& space, std::uint8_t slot) : log_(log), slot_(slot), encoder_(space) {}

  /// What the other side lacks, on top of what is owed already.
  void owe(log::Log::Missing missing);
  /// Answers a question of the other side: exactly this is owed, and when it has been sent, the answer ends with this
  /// place of our journal.
  void serve(log::Log::Missing missing, std::uint64_t journal, Pos place);
  /// Joins a new range to one that is owed or on its way and reaches it; false if there is none.
  bool extend(const log::Range& range);

  bool is_owing() const { return !ahead_.empty() || !behind_.empty(); }
  bool is_serving() const { return is_owing() || finish_.has_value(); }
  /// Neither owed nor on its way.
  bool is_quiet() const { return !is_serving() && in_flight() == 0; }
  /// A question of the other side is not answered to its end.
  bool is_answering() const { return finish_.has_value(); }
  bool has_output() const { return is_owing() ? in_flight() < kWindowsInFlightMax : finish_.has_value(); }
  std::uint64_t owed() const;
  std::uint32_t in_flight() const { return static_cast<std::uint32_t>(in_flight_.size()); }
  /// Appends one window, or the end. Returns how many entries it holds.
  Result<std::uint32_t> produce(std::uint64_t authority_frames, Bytes& out);
  /// False: more than is on its way.
  bool receive_credit(std::uint32_t windows);

 private:
  /// Of a window, the logs that end in it above what the other side has, and where.
  using Tops = std::vector<log::Range>;
  static Tops tops_of(const std::vector<log::Range>& before, const std::vector<log::Range>& after);

  log::Log& log_;
  std::uint8_t slot_;
  log::RecordEncoder encoder_;
  std::vector<log::Range> ahead_;     // above what the other side has: in order
  std::vector<log::Range> behind_;    // logs and bottoms that it lacks: newest first
  std::optional<PlaceFrame> finish_;  // of a question that is being answered
  std::deque<Tops> in_flight_;        // one each
  std::uint32_t records_next_ = kWindowRecordsFirst;
};

}  // namespace kith::sync
