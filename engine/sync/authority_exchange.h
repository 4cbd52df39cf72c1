// SPDX-License-Identifier: Apache-2.0
// The authority of one space between two peers: small, complete, and before any content. Whoever wants to know asks
// with its heads (and samples of what lies below them, so that sides which both know something new find their common
// past); the other sends what they do not reach, then "done". Later changes are pushed in the same form.
#pragma once

#include <vector>

#include "log/log.h"
#include "sync/frames.h"

namespace kith::sync {

class AuthorityExchange {
 public:
  /// Of one frame, before its last entry. The receiver works out its state of power once a frame.
  static constexpr std::size_t kFrameRecordsBytes = 128 << 10;

  AuthorityExchange(log::Log& log, const SpaceId& space, std::uint8_t slot);

  // -- asking
  /// Appends our question.
  Result<void> ask(Bytes& out);
  bool is_asking() const { return asking_; }
  bool is_complete() const { return complete_; }
  /// Equal digests: both have the same.
  void assume_equal();

  // -- what comes. False: out of place.
  bool receive_heads(HeadsFrame frame);
  /// Errors are those of log::Log::accept.
  Result<log::Accepted> receive_records(ByteView records);
  bool receive_done(const AuthorityDoneFrame& frame);

  // -- what goes
  /// Until allowed nothing is told; the question waits.
  void set_allowed(bool allowed) { allowed_ = allowed; }
  /// Something may have changed here.
  void mark_changed() { changed_ = true; }
  bool has_output() const;
  /// Appends at most one frame of records and what ends it. Nothing, if there was nothing to tell after all.
  Result<void> produce(Bytes& out);

  /// What rests on authority says how many frames of it were sent before, so that it is never read too early.
  std::uint64_t frames_sent() const { return frames_sent_; }
  std::uint64_t frames_received() const { return frames_received_; }
  std::uint64_t entries_sent() const { return entries_sent_; }

 private:
  Result<std::vector<EntryId>> known_here();
  Result<void> begin_answer();
  Result<void> begin_push();

  log::Log& log_;
  std::uint8_t slot_;
  log::RecordEncoder encoder_;
  log::RecordDecoder decoder_;
  bool asking_ = false;
  bool complete_ = false;
  bool allowed_ = false;
  bool changed_ = false;
  std::optional<std::vector<EntryId>> question_;  // theirs, unanswered
  bool telling_ = false;                          // outgoing_ is under way, a done follows
  bool answering_ = false;                        // … and it answers a question
  std::vector<log::AuthorityEntry> outgoing_;
  std::size_t next_ = 0;
  std::optional<std::vector<EntryId>> peer_knows_;  // ids whose closure the peer has; none until the first exchange
  std::vector<EntryId> told_;                       // our heads when we last looked
  std::uint64_t frames_sent_ = 0;
  std::uint64_t frames_received_ = 0;
  std::uint64_t entries_sent_ = 0;
};

}  // namespace kith::sync
