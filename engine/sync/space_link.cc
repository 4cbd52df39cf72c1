// SPDX-License-Identifier: Apache-2.0
#include "sync/space_link.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace kith::sync {

namespace {

LinkOutcome go_on() {
  return {};
}

LinkOutcome rubbish(std::string detail) {
  return {Fault::kRubbish, std::move(detail)};
}

LinkOutcome malformed(FrameType type) {
  return rubbish("a frame \"" + std::string(frame_name(type)) + "\" that is not of the form");
}

LinkOutcome out_of_place(FrameType type) {
  return rubbish("a frame \"" + std::string(frame_name(type)) + "\" that is out of place");
}

/// Errors that are ours and not the peer's doing.
bool is_local(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal:
    case ErrorCode::kIo:
    case ErrorCode::kDiskFull:
    case ErrorCode::kPermission:
    case ErrorCode::kLocked:
    case ErrorCode::kNotDatabase:
    case ErrorCode::kNewerVersion:
    case ErrorCode::kBadSql: return true;
    default: return false;
  }
}

}  // namespace

#define KITH_LINK_TRY(expression)                                \
  do {                                                           \
    LinkOutcome kith_outcome = (expression);                     \
    if (kith_outcome.fault != Fault::kNone) return kith_outcome; \
  } while (false)

SpaceLink::SpaceLink(Role role, const Match& match, space::Space& space, const HostKey& peer, const Hello& hello,
                     Spaces& spaces, Clock& clock, Counters& counters, bool peer_keeps)
    : slot_(match.slot),
      role_(role),
      space_(space),
      log_(space.log()),
      peer_host_(peer),
      peer_keeps_(peer_keeps),
      peer_device_{match.peer_key.data},
      hello_(hello),
      spaces_(spaces),
      clock_(clock),
      counters_(counters),
      newcomer_(is_arriving(match.role)),
      restoring_(match.role == HelloRole::kRestoring),
      authority_(log_, match.space, slot_),
      backfill_(log_, match.space, slot_),
      live_(log_, match.space, slot_),
      window_decoder_(match.space),
      live_decoder_(match.space) {
  cursor_ = spaces_.peer_cursor(peer_host_, match.space);
}

LinkOutcome SpaceLink::local(Error error) {
  return {Fault::kLocal, error.message()};
}

LinkOutcome SpaceLink::judge(Error error, std::string_view what) {
  if (is_local(error.code())) return local(std::move(error));
  return {Fault::kBadEntry, std::string(what) + ": " + error.cause()};
}

bool SpaceLink::peer_counts() const {
  if (peer_keeps_) return true;  // it is told what it cannot read, and tells what is signed
  const space::Device* device = space_.authority().device(peer_device_);
  if (device == nullptr || device->retired_at) return false;
  const space::Person* person = space_.authority().person(device->person);
  return person != nullptr && person->is_member;
}

bool SpaceLink::is_member(const SignPublic& identity) const {
  const space::Person* person = space_.authority().person(space::person_of(identity));
  return person != nullptr && person->is_member;
}

LinkOutcome SpaceLink::refuse(Refusal reason) {
  const std::uint8_t code = static_cast<std::uint8_t>(reason);
  encode_bytes(FrameType::kRefuse, {slot_, code}, ready_);
  refusal_ = Error(ErrorCode::kPeerRefused,
                   "The other device does not count among this neighbourhood's, as far as is known here.",
                   "If it should, let one of its people invite it, or wait until it has synced with them.");
  phase_ = Phase::kOver;
  return go_on();
}

/// Of a space that is kept here. The conversation ends, and what is here stays.
LinkOutcome SpaceLink::check_room(bool is_authority) {
  auto room = space_.check_room(is_authority);
  if (room.ok()) return go_on();
  if (room.error().code() != ErrorCode::kTooLarge) return local(std::move(room).error());
  return refuse(Refusal::kFull);
}

Result<void> SpaceLink::seal_due() {
  if (!log_.has_tail()) return {};
  KITH_TRY(log_.seal_tail(false));
  authority_.mark_changed();  // sealing may have had to make an epoch first
  return {};
}

// -- the beginning

LinkOutcome SpaceLink::start() {
  // The key that it has proved is not a device's but the person's.
  if (restoring_ && role_ == Role::kListener && !is_member(SignPublic{peer_device_.data})) {
    return refuse(Refusal::kNotMember);
  }
  if (newcomer_) return enter_authority();
  return send_state(StateKind::kFirst);
}

LinkOutcome SpaceLink::send_state(StateKind kind) {
  if (auto sealed = seal_due(); !sealed) return local(std::move(sealed).error());
  auto digest = log_.digest();
  if (!digest) return local(std::move(digest).error());
  auto head = log_.journal_head();
  if (!head) return local(std::move(head).error());
  const StateFrame state{slot_, kind, *digest, log_.journal_id(), *head};
  if (kind == StateKind::kFirst) {
    own_state_ = state;
    // Should the digests be equal, everything from here on is live.
    auto upto = log_.since(*head);
    if (!upto) return local(std::move(upto).error());
    live_.subscribe(upto->upto);
  }
  encode(state, ready_);
  return go_on();
}

LinkOutcome SpaceLink::receive_state(const Frame& frame) {
  const auto state = decode_state(frame.body);
  if (!state) return malformed(frame.type);
  if (state->kind == StateKind::kFirst) {
    if (phase_ != Phase::kState || peer_state_) return out_of_place(frame.type);
    peer_state_ = state;
    if (peer_state_->digest != own_state_->digest) return enter_authority();
    // Who has all that we have and still does not count has been retired: nothing that comes could change that.
    if (!peer_counts()) return refuse(Refusal::kNotMember);
    authority_.assume_equal();
    cursor_ = PeerCursor{peer_state_->journal, peer_state_->head};
    cursor_dirty_ = true;
    live_on_ = true;
    phase_ = Phase::kAuthority;
    return advance();
  }
  if (phase_ != Phase::kContent) return out_of_place(frame.type);
  if (state->kind == StateKind::kQuestion) {
    KITH_LINK_TRY(count_question());
    state_answer_due_ = true;
    return go_on();
  }
  auto digest = log_.digest();
  if (!digest) return local(std::move(digest).error());
  if (*digest != state->digest && !asking_ && verifies_ < kVerifiesMax) {
    ++verifies_;
    return ask(true);
  }
  return go_on();
}

LinkOutcome SpaceLink::enter_authority() {
  phase_ = Phase::kAuthority;
  if (auto asked = authority_.ask(ready_); !asked) return local(std::move(asked).error());
  waiting_since_ = clock_.steady_ms();
  return advance();
}

// -- authority

LinkOutcome SpaceLink::receive_heads(const Frame& frame) {
  auto heads = decode_heads(frame.body);
  if (!heads) return malformed(frame.type);
  KITH_LINK_TRY(count_question());
  // Equal digests at one side only cannot be: what we sent is what it compared.
  if (phase_ == Phase::kState || !authority_.receive_heads(std::move(*heads))) return out_of_place(frame.type);
  return go_on();
}

LinkOutcome SpaceLink::receive_authority(const Frame& frame) {
  const auto records = decode_records(frame.type, frame.body);
  if (!records) return malformed(frame.type);
  if (phase_ == Phase::kState) return out_of_place(frame.type);
  if (!peer_counts() && (role_ == Role::kListener || space_.is_kept())) {
    unknown_bytes_ += frame.body.size();
    if (unknown_bytes_ > kUnknownAuthorityBytesMax)
      return {Fault::kOversized, "too much before its device was known here"};
  }
  KITH_LINK_TRY(check_room(true));
  if (phase_ == Phase::kOver) return go_on();
  const bool idle = live_.is_idle();
  auto accepted = authority_.receive_records(records->records);
  if (!accepted) return judge(std::move(accepted).error(), "an authority entry that cannot be right");
  if (idle) live_.skip_to(accepted->last);
  counters_.authority_in += accepted->fresh;
  counters_.known_in += accepted->known;
  return advance();
}

LinkOutcome SpaceLink::receive_authority_done(const Frame& frame) {
  const auto done = decode_authority_done(frame.body);
  if (!done) return malformed(frame.type);
  if (phase_ == Phase::kState || !authority_.receive_done(*done)) return out_of_place(frame.type);
  KITH_LINK_TRY(advance());
  // A newcomer's join has come, or a stranger has told all that it had: now it is known, or it does not belong here.
  const bool told_all = newcomer_ ? false : authority_.is_complete();
  if (told_all && phase_ != Phase::kOver && !peer_counts()) return refuse(Refusal::kNotMember);
  return go_on();
}

LinkOutcome SpaceLink::advance() {
  if (phase_ == Phase::kOver || phase_ == Phase::kState) return go_on();
  allow_authority();
  if (phase_ == Phase::kContent) return peer_counts() ? go_on() : refuse(Refusal::kNotMember);
  if (!authority_.is_complete()) return go_on();
  return authority_is_complete();
}

// Authority is told to members, to whom an invitation brings, and, by who dials, to whoever it dialled and proved to
// know the lineage: of two who are new to each other, one must begin. Who keeps a space tells its people only. A device
// that still has to open its log here answers after that, with its first entry.
void SpaceLink::allow_authority() {
  const bool open = opened_ || space_.is_member() || space_.is_kept();
  const bool begins = role_ == Role::kDialer && !space_.is_kept();
  authority_.set_allowed(open && (begins || newcomer_ || peer_counts() || space_.knows_device(peer_device_)));
}

LinkOutcome SpaceLink::authority_is_complete() {
  if (!opened_ && !space_.is_member() && !space_.is_kept()) {
    opened_ = true;
    if (auto joined = spaces_.authority_complete(space_); !joined) {
      refusal_ = std::move(joined).error();
      phase_ = Phase::kOver;
      return go_on();
    }
    authority_.mark_changed();
    allow_authority();
  }
  if (newcomer_ && role_ == Role::kDialer) {
    const crypto::SigningKey* key = spaces_.log_key(space_.id());
    if (key == nullptr) return local(Error(ErrorCode::kInternal, "There is no log key after joining."));
    hello_.prove_again(slot_, space_.id(), *key, ready_);
    newcomer_ = false;
    authority_.mark_changed();
  }
  if (newcomer_) return go_on();  // it is not one of us yet
  if (!peer_counts()) return go_on();
  return enter_content();
}

LinkOutcome SpaceLink::receive_proof(const Frame& frame) {
  const auto proof = decode_proof(frame.body);
  if (!proof || proof->space) return malformed(frame.type);
  if (!newcomer_ || role_ != Role::kListener) return out_of_place(frame.type);
  if (!hello_.is_proof(space_.id(), proof->key, proof->signature)) {
    return {Fault::kBadProof, "its signature as a new member does not hold"};
  }
  peer_device_ = DeviceId{proof->key.data};
  newcomer_ = false;
  return advance();
}

LinkOutcome SpaceLink::receive_refuse(const Frame& frame) {
  if (frame.body.size() != 2) return malformed(frame.type);
  refused_with_ = frame.body[1];
  refusal_ = refusal_error(frame.body[1]);
  phase_ = Phase::kOver;
  return go_on();
}

// -- our question

LinkOutcome SpaceLink::enter_content() {
  phase_ = Phase::kContent;
  const bool equal = peer_state_ && own_state_->digest == peer_state_->digest;
  if (equal) return go_on();
  return ask(false);
}

LinkOutcome SpaceLink::ask(bool full) {
  if (asking_) {
    ask_again_ = true;
    return go_on();
  }
  by_cursor_ = !full && peer_state_ && cursor_.pos.value > 0 && cursor_.journal == peer_state_->journal &&
               cursor_.pos <= peer_state_->head;
  asking_ = question_due_ = true;
  ask_again_ = false;
  offers_.clear();
  asked_at_ = waiting_since_ = clock_.steady_ms();
  ++counters_.compares;
  return go_on();
}

// Written only once our own authority has been told: the other side answers members, and a new one is known to it by
// that alone.
Result<void> SpaceLink::produce_question(Bytes& out) {
  question_due_ = false;
  if (by_cursor_) {
    encode(FrameType::kSince, PlaceFrame{slot_, cursor_.journal, cursor_.pos}, out);
  } else {
    encode_frontier(slot_, false, KITH_TRY(log_.frontier()), out);
  }
  return {};
}

LinkOutcome SpaceLink::receive_offer(const Frame& frame) {
  const auto offer = decode_offer(frame.body);
  if (!offer) return malformed(frame.type);
  if (!asking_ || !by_cursor_) return out_of_place(frame.type);
  offers_.insert(offers_.end(), offer->devices.begin(), offer->devices.end());
  if (offers_.size() > log::kLogsMax) return {Fault::kOversized, "an offer of more logs than a space can have"};
  if (offer->more) return go_on();
  auto frontier = log_.frontier();
  if (!frontier) return local(std::move(frontier).error());
  const std::unordered_set<DeviceId, FixedBytesHash> wanted(offers_.begin(), offers_.end());
  std::erase_if(*frontier, [&](const log::FrontierItem& item) { return !wanted.contains(item.device); });
  encode_frontier(slot_, true, *frontier, ready_);
  offers_.clear();
  return go_on();
}

LinkOutcome SpaceLink::receive_records(const Frame& frame) {
  const auto records = decode_records(frame.type, frame.body);
  if (!records) return malformed(frame.type);
  const bool is_live = frame.type == FrameType::kLive;
  if (phase_ != Phase::kContent) return out_of_place(frame.type);
  if (records->authority > authority_.frames_received())
    return rubbish("content before the authority that it rests on");
  KITH_LINK_TRY(check_room(false));
  if (phase_ == Phase::kOver) return go_on();
  if (auto pushed = push_before_accepting(); !pushed) return local(std::move(pushed).error());
  const bool idle = live_.is_idle();
  auto accepted = log_.accept(is_live ? live_decoder_ : window_decoder_, records->records);
  if (!accepted)
    return judge(std::move(accepted).error(),
                 is_live ? "a live entry that cannot be right" : "a window that cannot be right");
  if (idle) live_.skip_to(accepted->last);
  authority_.mark_changed();
  counters_.entries_in += accepted->fresh;
  counters_.known_in += accepted->known;
  if (is_live) {
    counters_.live_in += accepted->fresh;
    if (records->number > 0 && peer_state_ && !asking_ && !accepted->gap) {
      cursor_ = PeerCursor{peer_state_->journal, Pos(static_cast<std::int64_t>(records->number))};
      cursor_dirty_ = true;
    }
  } else {
    ++counters_.windows_in;
    ++credit_due_;
    behind_ = records->number;
  }
  if (accepted->gap) {
    ++counters_.gaps;
    ask_again_ = true;
  }
  return go_on();
}

// What waits to be pushed goes out first, so that what comes in now can be told from it and is not echoed.
Result<void> SpaceLink::push_before_accepting() {
  constexpr std::size_t kReadyBytesMax = 256 << 10;
  if (!live_on_ || !live_.has_output()) return {};
  KITH_TRY(seal_due());
  while (live_.has_output() && ready_.size() < kReadyBytesMax) {
    if (authority_.has_output()) {
      KITH_TRY(tell_authority(ready_));
    } else {
      const std::uint32_t sent = KITH_TRY(live_.produce(authority_.frames_sent(), backfill_, ready_));
      counters_.live_out += sent;
      counters_.entries_out += sent;
    }
  }
  return {};
}

LinkOutcome SpaceLink::receive_backfill_done(const Frame& frame) {
  const auto done = decode_place(frame.body);
  if (!done) return malformed(frame.type);
  if (!asking_) return out_of_place(frame.type);
  asking_ = false;
  behind_ = 0;
  verify_due_ = by_cursor_;
  if (!ask_again_) {
    cursor_ = PeerCursor{done->journal, done->place};
    cursor_dirty_ = true;
    save_cursor();
  }
  settle_at_ = clock_.steady_ms() + kSettleAfterMs;
  return go_on();
}

void SpaceLink::save_cursor() {
  if (!cursor_dirty_) return;
  // What the cursor covers must be on the medium before the cursor is.
  if (!space_.store().db().flush()) return;
  spaces_.set_peer_cursor(peer_host_, space_.id(), cursor_);
  cursor_dirty_ = false;
  cursor_saved_at_ = clock_.steady_ms();
}

// -- the other side's question

LinkOutcome SpaceLink::count_question() {
  const std::uint64_t now = clock_.steady_ms();
  if (now - questions_since_ > 60'000) {
    questions_since_ = now;
    questions_ = 0;
  }
  if (++questions_ > kQuestionsPerMinuteMax) return rubbish("too many questions in a minute");
  return go_on();
}

LinkOutcome SpaceLink::receive_frontier(const Frame& frame) {
  auto frontier = decode_frontier(frame.body);
  if (!frontier) return malformed(frame.type);
  if (phase_ == Phase::kState) return out_of_place(frame.type);
  if (frontier->partial != offered_.has_value() || backfill_.is_answering()) return out_of_place(frame.type);
  theirs_.insert(theirs_.end(), frontier->items.begin(), frontier->items.end());
  if (theirs_.size() > log::kLogsMax) return {Fault::kOversized, "a frontier of more logs than a space can have"};
  if (frontier->more) return go_on();
  if (!peer_counts()) return refuse(Refusal::kNotMember);
  return frontier->partial ? serve_partial() : serve_frontier();
}

LinkOutcome SpaceLink::serve_frontier() {
  KITH_LINK_TRY(count_question());
  if (auto sealed = seal_due(); !sealed) return local(std::move(sealed).error());
  auto missing = log_.missing_at(theirs_);
  if (!missing) return local(std::move(missing).error());
  auto head = log_.journal_head();
  if (!head) return local(std::move(head).error());
  theirs_.clear();
  live_.subscribe(missing->upto);
  backfill_.serve(std::move(*missing), log_.journal_id(), *head);
  was_asked_ = live_on_ = true;
  return go_on();
}

LinkOutcome SpaceLink::receive_since(const Frame& frame) {
  const auto since = decode_place(frame.body);
  if (!since) return malformed(frame.type);
  if (phase_ == Phase::kState || offered_ || backfill_.is_answering()) return out_of_place(frame.type);
  if (!peer_counts()) return refuse(Refusal::kNotMember);
  KITH_LINK_TRY(count_question());
  if (auto sealed = seal_due(); !sealed) return local(std::move(sealed).error());
  const Pos place = since->journal == log_.journal_id() ? since->place : Pos();
  auto changed = log_.since(place);
  if (!changed) return local(std::move(changed).error());
  auto head = log_.journal_head();
  if (!head) return local(std::move(head).error());
  offered_head_ = *head;
  offered_.emplace();
  for (const auto* ranges : {&changed->ahead, &changed->backfill}) {
    for (const log::Range& range : *ranges) offered_->insert(range.device);
  }
  live_on_ = false;
  live_.subscribe(changed->upto);
  encode_offer(slot_, std::vector<DeviceId>(offered_->begin(), offered_->end()), ready_);
  return go_on();
}

LinkOutcome SpaceLink::serve_partial() {
  auto missing = log_.missing_at(theirs_);
  if (!missing) return local(std::move(missing).error());
  const auto is_other = [&](const log::Range& range) { return !offered_->contains(range.device); };
  std::erase_if(missing->ahead, is_other);
  std::erase_if(missing->backfill, is_other);
  theirs_.clear();
  offered_.reset();
  backfill_.serve(std::move(*missing), log_.journal_id(), offered_head_);
  was_asked_ = live_on_ = true;
  return go_on();
}

LinkOutcome SpaceLink::receive_credit(const Frame& frame) {
  const auto credit = decode_credit(frame.body);
  if (!credit) return malformed(frame.type);
  if (!backfill_.receive_credit(credit->windows)) return out_of_place(frame.type);
  return go_on();
}

// -- in and out

LinkOutcome SpaceLink::receive(const Frame& frame) {
  if (phase_ == Phase::kOver) return go_on();  // on its way before the other side knew
  switch (frame.type) {
    case FrameType::kProof: return receive_proof(frame);
    case FrameType::kRefuse: return receive_refuse(frame);
    case FrameType::kState: return receive_state(frame);
    case FrameType::kHeads: return receive_heads(frame);
    case FrameType::kAuthority: return receive_authority(frame);
    case FrameType::kAuthorityDone: return receive_authority_done(frame);
    case FrameType::kLive:
    case FrameType::kWindow: return receive_records(frame);
    case FrameType::kFrontier: return receive_frontier(frame);
    case FrameType::kSince: return receive_since(frame);
    case FrameType::kOffer: return receive_offer(frame);
    case FrameType::kBackfillDone: return receive_backfill_done(frame);
    case FrameType::kCredit: return receive_credit(frame);
    case FrameType::kHello:
    case FrameType::kWanted:
    case FrameType::kAnswer:
    case FrameType::kPing:
    case FrameType::kPong:
    case FrameType::kClose:
    case FrameType::kPiece: break;
  }
  return out_of_place(frame.type);
}

bool SpaceLink::must_wait(const Frame& frame) const {
  if (frame.type != FrameType::kWindow || phase_ == Phase::kOver) return false;
  if (phase_ != Phase::kContent) return true;
  const auto records = decode_records(frame.type, frame.body);
  return records && records->authority > authority_.frames_received();
}

bool SpaceLink::has_output() const {
  if (!ready_.empty()) return true;
  if (phase_ == Phase::kOver) return false;
  if (credit_due_ > 0 || state_answer_due_ || question_due_ || authority_.has_output()) return true;
  if (phase_ != Phase::kContent || !live_on_) return false;
  return live_.has_output() || (verify_due_ && !asking_ && !is_serving() && was_asked_);
}

LinkOutcome SpaceLink::produce(Bytes& out) {
  append(out, ready_);
  ready_.clear();
  if (phase_ == Phase::kOver) return go_on();
  if (credit_due_ > 0) {
    encode(CreditFrame{slot_, credit_due_}, out);
    credit_due_ = 0;
  }
  if (auto done = produce_content(out); !done) return local(std::move(done).error());
  if (state_answer_due_) {
    state_answer_due_ = false;
    KITH_LINK_TRY(send_state(StateKind::kAnswer));
  }
  if (verify_due_ && phase_ == Phase::kContent && !asking_ && !is_serving() && was_asked_) {
    verify_due_ = false;
    KITH_LINK_TRY(send_state(StateKind::kQuestion));
  }
  return go_on();
}

// In this order, so that authority is always there before what rests on it, and what is new does not wait for what is
// old.
Result<void> SpaceLink::produce_content(Bytes& out) {
  const bool content = phase_ == Phase::kContent && live_on_;
  if (content && live_.has_output()) KITH_TRY(seal_due());
  if (content) authority_.mark_changed();
  KITH_TRY(tell_authority(out));
  if (authority_.has_output()) return {};
  if (question_due_) KITH_TRY(produce_question(out));
  if (!content || !live_.has_output()) return {};
  const std::uint32_t sent = KITH_TRY(live_.produce(authority_.frames_sent(), backfill_, out));
  counters_.live_out += sent;
  counters_.entries_out += sent;
  return {};
}

Result<void> SpaceLink::tell_authority(Bytes& out) {
  const std::uint64_t before = authority_.entries_sent();
  KITH_TRY(authority_.produce(out));
  counters_.authority_out += authority_.entries_sent() - before;
  return {};
}

bool SpaceLink::has_backfill() const {
  return phase_ == Phase::kContent && live_on_ && backfill_.has_output();
}

LinkOutcome SpaceLink::produce_backfill(Bytes& out) {
  authority_.mark_changed();
  if (auto told = tell_authority(ready_); !told) return local(std::move(told).error());
  if (!ready_.empty()) return go_on();
  const auto sent = backfill_.produce(authority_.frames_sent(), out);
  if (!sent) return local(sent.error());
  if (*sent == 0) return go_on();
  waiting_since_ = clock_.steady_ms();
  ++counters_.windows_out;
  counters_.entries_out += *sent;
  return go_on();
}

void SpaceLink::notify() {
  authority_.mark_changed();
  live_.mark_changed();
}

LinkOutcome SpaceLink::tick() {
  const std::uint64_t now = clock_.steady_ms();
  if (phase_ == Phase::kContent && ask_again_ && !asking_ && now - asked_at_ >= kAskAgainMs) KITH_LINK_TRY(ask(true));
  if (cursor_dirty_ && now - cursor_saved_at_ >= kCursorSaveMs) save_cursor();
  if (settle_at_ && now >= *settle_at_) {
    settle_at_.reset();
    if (auto settled = space_.store().db().settle(); !settled) return local(std::move(settled).error());
  }
  return go_on();
}

std::optional<std::uint64_t> SpaceLink::next_tick() const {
  std::optional<std::uint64_t> next;
  if (phase_ == Phase::kContent && ask_again_ && !asking_) next = asked_at_ + kAskAgainMs;
  if (cursor_dirty_) next = std::min(next.value_or(UINT64_MAX), cursor_saved_at_ + kCursorSaveMs);
  if (settle_at_) next = std::min(next.value_or(UINT64_MAX), *settle_at_);
  return next;
}

bool SpaceLink::is_waiting() const {
  if (phase_ == Phase::kOver) return false;
  return phase_ == Phase::kState || authority_.is_asking() || asking_ || backfill_.in_flight() > 0;
}

SpaceProgress SpaceLink::progress() const {
  SpaceProgress out;
  out.space = space_.id();
  out.behind_entries = behind_;
  out.owed_entries = backfill_.owed();
  out.refused_with = refused_with_;
  switch (phase_) {
    case Phase::kState: out.state = "comparing"; break;
    case Phase::kAuthority: out.state = "authority"; break;
    case Phase::kContent:
      out.state = asking_ ? (behind_ > 0 ? "backfill" : "comparing") : is_serving() ? "backfill" : "live";
      break;
    case Phase::kOver: out.state = "refused"; break;
  }
  return out;
}

#undef KITH_LINK_TRY

}  // namespace kith::sync
