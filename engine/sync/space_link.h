// SPDX-License-Identifier: Apache-2.0
// One space of a session, after the hello: who the other side is there, the exchange of authority, both directions of
// comparison and backfill, live push. Each direction is question and answer, one at a time:
//
//   heads            -> authority …, authority done
//   frontier         -> window …, backfill done
//   since (a cursor) -> offer (logs that changed), -> partial frontier (what we have of them), -> window …, backfill
//   done
#pragma once

#include <optional>
#include <set>

#include "sync/authority_exchange.h"
#include "sync/backfill.h"
#include "sync/live.h"
#include "sync/session.h"

namespace kith::sync {

/// What a frame led to. A fault ends the session, a refusal this space only.
struct LinkOutcome {
  Fault fault = Fault::kNone;
  std::string detail;
};

class SpaceLink {
 public:
  static constexpr std::uint64_t kAskAgainMs = 1'000;           // between two comparisons that gaps ask for
  static constexpr std::uint32_t kQuestionsPerMinuteMax = 120;  // that the other side may ask
  static constexpr std::uint32_t kVerifiesMax = 3;              // full comparisons because a cursor's left a difference
  static constexpr std::uint64_t kCursorSaveMs = 10'000;
  /// What has just come is looked at first; the log it lies in is copied when that is over.
  static constexpr std::uint64_t kSettleAfterMs = 1'000;
  /// What a device that nobody here knows yet may send to show who it is.
  static constexpr std::size_t kUnknownAuthorityBytesMax = 16 << 20;

  /// `peer_keeps`: the other side has shown no device of this space but keeps it for us, as far as it can read nothing.
  SpaceLink(Role role, const Match& match, space::Space& space, const HostKey& peer, const Hello& hello, Spaces& spaces,
            Clock& clock, Counters& counters, bool peer_keeps);

  std::uint8_t slot() const { return slot_; }
  const SpaceId& id() const { return space_.id(); }
  bool is_over() const { return phase_ == Phase::kOver; }
  const std::optional<Error>& refusal() const { return refusal_; }
  space::Space& space() const { return space_; }
  const DeviceId& peer_device() const { return peer_device_; }
  /// The other side is a device of a member, and authority is complete.
  bool is_content() const { return phase_ == Phase::kContent; }
  bool peer_counts() const;

  /// Opens the conversation.
  LinkOutcome start();
  LinkOutcome receive(const Frame& frame);
  /// A window has overtaken what it rests on, which comes on the other stream.
  bool must_wait(const Frame& frame) const;
  bool has_output() const;
  /// Appends at most one live frame and what belongs before it.
  LinkOutcome produce(Bytes& out);
  bool has_backfill() const;
  /// Appends a window, or the end of an answer, to `out`; or nothing, if something else has to go before it.
  LinkOutcome produce_backfill(Bytes& out);
  /// No window is on its way.
  bool are_windows_taken() const { return backfill_.in_flight() == 0; }
  void notify();
  LinkOutcome tick();
  /// When tick has something to do (steady ms); none: nothing waits.
  std::optional<std::uint64_t> next_tick() const;
  /// The other side owes an answer or credit.
  bool is_waiting() const;
  /// When something was last asked or sent that makes the other side owe (steady ms).
  std::uint64_t waiting_since() const { return waiting_since_; }
  void save_cursor();
  SpaceProgress progress() const;

 private:
  enum class Phase { kState, kAuthority, kContent, kOver };

  LinkOutcome receive_state(const Frame& frame);
  LinkOutcome receive_heads(const Frame& frame);
  LinkOutcome receive_authority(const Frame& frame);
  LinkOutcome receive_authority_done(const Frame& frame);
  LinkOutcome receive_proof(const Frame& frame);
  LinkOutcome receive_refuse(const Frame& frame);
  LinkOutcome receive_frontier(const Frame& frame);
  LinkOutcome receive_since(const Frame& frame);
  LinkOutcome receive_offer(const Frame& frame);
  LinkOutcome receive_records(const Frame& frame);
  LinkOutcome receive_backfill_done(const Frame& frame);
  LinkOutcome receive_credit(const Frame& frame);

  LinkOutcome advance();
  void allow_authority();
  LinkOutcome enter_authority();
  LinkOutcome enter_content();
  LinkOutcome authority_is_complete();
  LinkOutcome ask(bool full);
  LinkOutcome serve_frontier();
  LinkOutcome serve_partial();
  LinkOutcome send_state(StateKind kind);
  LinkOutcome refuse(Refusal reason);
  LinkOutcome count_question();
  LinkOutcome local(Error error);
  LinkOutcome judge(Error error, std::string_view what);
  Result<void> seal_due();
  LinkOutcome check_room(bool is_authority);
  bool is_member(const SignPublic& identity) const;
  bool is_serving() const { return offered_.has_value() || !backfill_.is_quiet(); }
  Result<void> produce_content(Bytes& out);
  Result<void> tell_authority(Bytes& out);
  Result<void> produce_question(Bytes& out);
  Result<void> push_before_accepting();

  const std::uint8_t slot_;
  const Role role_;
  space::Space& space_;
  log::Log& log_;
  const HostKey peer_host_;
  const bool peer_keeps_;
  DeviceId peer_device_;
  const Hello& hello_;
  Spaces& spaces_;
  Clock& clock_;
  Counters& counters_;

  Phase phase_ = Phase::kState;
  bool newcomer_ = false;   // the dialer of this space has no log there yet
  bool restoring_ = false;  // … and has shown her identity
  bool opened_ = false;     // authority_complete was called, if it had to be
  std::optional<Error> refusal_;
  std::optional<std::uint8_t> refused_with_;  // by the other side
  Bytes ready_;                               // small frames to send next
  AuthorityExchange authority_;
  BackfillSender backfill_;
  LiveSender live_;
  log::RecordDecoder window_decoder_;
  log::RecordDecoder live_decoder_;

  std::optional<StateFrame> own_state_;
  std::optional<StateFrame> peer_state_;
  bool state_answer_due_ = false;

  // our question
  bool asking_ = false;
  bool question_due_ = false;  // … and it is not written yet
  bool by_cursor_ = false;
  bool ask_again_ = false;   // a gap: compare by frontier once the answer is here
  bool verify_due_ = false;  // a cursor's answer is here: are the digests equal now?
  std::uint32_t verifies_ = 0;
  std::uint64_t asked_at_ = 0;
  std::vector<DeviceId> offers_;  // of an offer that comes in several frames
  std::uint64_t behind_ = 0;

  // the other side's
  bool was_asked_ = false;
  bool live_on_ = false;
  std::vector<log::FrontierItem> theirs_;  // of a frontier that comes in several frames
  std::optional<std::set<DeviceId>> offered_;
  Pos offered_head_;
  std::uint32_t questions_ = 0;
  std::uint64_t questions_since_ = 0;
  std::size_t unknown_bytes_ = 0;

  std::uint32_t credit_due_ = 0;
  std::uint64_t waiting_since_ = 0;
  PeerCursor cursor_;
  bool cursor_dirty_ = false;
  std::uint64_t cursor_saved_at_ = 0;
  std::optional<std::uint64_t> settle_at_;  // when the write-ahead log of what came is copied into the database
};

}  // namespace kith::sync
