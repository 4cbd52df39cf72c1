// SPDX-License-Identifier: Apache-2.0
#include "sync/session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "p2p/byte_queue.h"
#include "sync/space_link.h"

namespace kith::sync {

std::string_view fault_name(Fault fault) {
  switch (fault) {
    case Fault::kNone: return "none";
    case Fault::kRubbish: return "rubbish";
    case Fault::kOversized: return "oversized";
    case Fault::kBadProof: return "bad_proof";
    case Fault::kBadEntry: return "bad_entry";
    case Fault::kSilent: return "silent";
    case Fault::kStalled: return "stalled";
    case Fault::kTooManySpaces: return "too_many_spaces";
    case Fault::kVersion: return "version";
    case Fault::kLocal: return "local";
  }
  return "unknown";
}

namespace {

/// Asks, or answers, through this gate about keeping.
void add_keeping(Role role, Spaces& spaces, const Gate& through, std::vector<Gate>& gates) {
  const bool is_dialer = role == Role::kDialer;
  for (const HelloRole as : {HelloRole::kOffering, HelloRole::kKeeping}) {
    const bool offers = is_dialer == (as == HelloRole::kOffering);
    if (!(offers ? spaces.offers() : spaces.keeps())) continue;
    Gate gate;
    gate.space = through.space;
    gate.role = as;
    gate.key = through.key;
    gates.push_back(gate);
  }
}

std::optional<Refusal> refusal_of(space::InviteStanding standing) {
  switch (standing) {
    case space::InviteStanding::kOpen: return std::nullopt;
    case space::InviteStanding::kExpired: return Refusal::kInviteExpired;
    case space::InviteStanding::kSpent: return Refusal::kInviteSpent;
    case space::InviteStanding::kRevoked: return Refusal::kInviteRevoked;
  }
  return Refusal::kInviteRevoked;
}

void add_newcomers(const space::Space& space, const Gate& member, Spaces& spaces, Clock& clock,
                   std::vector<Gate>& gates) {
  for (const space::InviteState* invite : space.authority().invites()) {
    Gate newcomer = member;
    newcomer.role = HelloRole::kNewcomer;
    newcomer.key.data = invite->invite.data;
    newcomer.refusal = refusal_of(invite->standing(clock.wall_ms()));
    gates.push_back(newcomer);
    if (!newcomer.refusal) add_keeping(Role::kListener, spaces, newcomer, gates);
  }
}

/// `throwaway`: shown for a space that this installation keeps, so that a proof names nobody.
std::vector<Gate> gates_of(Role role, Spaces& spaces, Clock& clock, const crypto::SigningKey* throwaway) {
  std::vector<Gate> gates;
  for (space::Space* space : spaces.spaces()) {
    const crypto::SigningKey* key = spaces.log_key(space->id());
    if (key == nullptr || space->lineage().is_zero()) continue;
    Gate member;
    member.space = space->id();
    member.key.data = crypto::derive_gate_key(space->lineage()).data;
    member.signer = key;
    gates.push_back(member);
    add_keeping(role, spaces, member, gates);
    if (role == Role::kDialer || !space->is_member()) continue;
    Gate restorer = member;
    restorer.role = HelloRole::kRestoring;
    gates.push_back(restorer);
    add_newcomers(*space, member, spaces, clock, gates);
  }
  if (role == Role::kDialer) return gates;
  for (const Restorable& one : spaces.restorable()) {
    Gate restorer;
    restorer.space = one.space;
    restorer.role = HelloRole::kRestoring;
    restorer.key.data = one.gate.data;
    restorer.signer = throwaway;
    gates.push_back(restorer);
  }
  return gates;
}

/// A slot about keeping, from the hello on.
struct Keeping {
  enum class State : std::uint8_t { kWaiting, kOffered, kAsked, kOpen, kOver };
  std::uint8_t slot = 0;
  SpaceId shared;        // zero: the one space of a newcomer
  bool is_ours = false;  // we offer, the other side keeps
  State state = State::kWaiting;
  SpaceId space{};                             // that is offered
  SignPublic key{};                            // of the device that offers it
  std::optional<std::uint8_t> refused_with{};  // by the other side
};

Refusal refusal_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kTooLarge: return Refusal::kFull;
    case ErrorCode::kRefused: return Refusal::kNotKept;
    default: return Refusal::kBusy;
  }
}

}  // namespace

struct Session::Impl {
  Impl(Role role_given, const HostKey& own, const HostKey& peer_given, Spaces& spaces_given, Clock& clock_given,
       Random& random, const space::Invitation* invitation)
      : role(role_given),
        peer(peer_given),
        spaces(spaces_given),
        clock(clock_given),
        invite_key(invitation != nullptr ? std::optional(crypto::derive_invite_key(invitation->secret)) : std::nullopt),
        throwaway(make_throwaway(random)),
        hello(role_given, own, peer_given, random, make_gates(invitation)),
        reader(kHelloBytesMax) {
    started_at = heard_at = clock.steady_ms();
    hello.begin(output.back());
    ++counters.frames_out;
  }

  std::optional<crypto::SigningKey> make_throwaway(Random& random) const {
    if (role == Role::kDialer || spaces.restorable().empty()) return std::nullopt;
    crypto::Key seed;
    random.fill(seed.data);
    return crypto::SigningKey::from_seed(seed);
  }

  std::vector<Gate> make_gates(const space::Invitation* invitation) {
    const Restoring* restoring = role == Role::kDialer && invitation == nullptr ? spaces.restoring() : nullptr;
    Gate gate;
    if (restoring != nullptr) {
      gate.role = HelloRole::kRestoring;
      identity.emplace(crypto::SigningKey::from_seed(restoring->identity.seed()));
      is_restoring_personal = restoring->is_personal;
      gate.key.data = (is_restoring_personal ? crypto::derive_kept_gate_key(restoring->lineage, identity->public_key())
                                             : crypto::derive_gate_key(restoring->lineage))
                          .data;
      gate.signer = &*identity;
      return {gate};
    }
    if (invitation == nullptr) return gates_of(role, spaces, clock, throwaway ? &*throwaway : nullptr);
    gate.role = HelloRole::kNewcomer;
    gate.key.data = invite_key->public_key().data;
    gate.signer = &*invite_key;
    gate.prefix = invitation->space_prefix;
    std::vector<Gate> gates{gate};
    add_keeping(role, spaces, gate, gates);
    return gates;
  }

  void fail(Fault why, std::string what) {
    if (closed) return;
    fault = why;
    fault_detail = std::move(what);
    encode_bytes(FrameType::kClose, {static_cast<std::uint8_t>(why)}, output.back());
    ++counters.frames_out;
    closed = true;
  }

  void end() {
    if (closed) return;
    for (const auto& link : links) link->save_cursor();
    encode_bytes(FrameType::kClose, {0}, output.back());
    ++counters.frames_out;
    closed = true;
  }

  void take(LinkOutcome outcome) {
    if (outcome.fault != Fault::kNone) fail(outcome.fault, std::move(outcome.detail));
  }

  void receive(ByteView bytes) {
    if (closed) return;
    note_heard();
    counters.bytes_in += bytes.size();
    // Fed in pieces, so that a long gift of bytes is never held as a whole.
    while (!bytes.empty() && !closed) {
      const std::size_t n = std::min<std::size_t>(bytes.size(), kFeedBytes);
      reader.feed(bytes.first(n));
      bytes = bytes.subspan(n);
      Frame frame{};
      while (next_frame(reader, frame)) {
        handle(frame);
        go_on_with_held();
      }
    }
    if (!closed && links.empty() && counters.bytes_in > kHelloBytesMax) {
      fail(Fault::kOversized, "more than " + std::to_string(kHelloBytesMax) + " bytes before it had proved anything");
    }
    change_over();
  }

  void note_heard() {
    heard_at = clock.steady_ms();
    ping_sent_at.reset();
  }

  /// False: none is whole, or the session is over.
  bool next_frame(FrameReader& from, Frame& frame) {
    if (closed) return false;
    switch (from.next(frame)) {
      case FrameReader::Status::kFrame: ++counters.frames_in; return true;
      case FrameReader::Status::kMore:
        if (from.buffered() > 0 && !links.empty()) moved_at = clock.steady_ms();
        break;
      case FrameReader::Status::kOversized: fail(Fault::kOversized, "a frame longer than is allowed here"); break;
      case FrameReader::Status::kMalformed: fail(Fault::kRubbish, "a frame without a proper length"); break;
    }
    return false;
  }

  // -- backfill: on a stream of its own, or in pieces on the first

  std::size_t receive_backfill(ByteView bytes) {
    std::size_t taken = 0;
    while (!closed && !held && taken < bytes.size()) {
      const std::size_t n = std::min<std::size_t>(bytes.size() - taken, kFeedBytes);
      note_heard();
      backfill_reader.feed(bytes.subspan(taken, n));
      taken += n;
      read_backfill();
    }
    counters.bytes_in += taken;
    change_over();
    return closed ? bytes.size() : taken;
  }

  void read_backfill() {
    Frame frame{};
    while (!held && next_frame(backfill_reader, frame)) {
      const SpaceLink* link = link_of(frame);
      if (link != nullptr && link->must_wait(frame)) {
        held = frame;
        held_at = clock.steady_ms();
      } else {
        handle_backfill(frame);
      }
    }
  }

  /// What a window rests on may be here now. Its bytes lie in backfill_reader, which is not touched meanwhile.
  void go_on_with_held() {
    if (closed || !held || link_of(*held)->must_wait(*held)) return;
    const Frame frame = *std::exchange(held, std::nullopt);
    handle_backfill(frame);
    read_backfill();
  }

  void handle_backfill(const Frame& frame) {
    if (is_backfill(frame.type)) return handle_of_space(frame);
    fail(Fault::kRubbish, "a frame \"" + std::string(frame_name(frame.type)) + "\" among those of the backfill");
  }

  void handle_piece(const Frame& frame) {
    const auto piece = decode_piece(frame.body);
    if (!piece || links.empty()) return fail(Fault::kRubbish, "a piece of a window that is out of place");
    piece_reader.feed(*piece);
    Frame whole{};
    while (next_frame(piece_reader, whole)) handle_backfill(whole);
  }

  /// Windows and what ends them keep their order: they change streams when none is on its way.
  void change_over() {
    if (!has_stream || is_split || !backfill.empty()) return;
    is_split = std::all_of(links.begin(), links.end(), [](const auto& link) { return link->are_windows_taken(); });
  }

  bool may_produce_backfill() const { return !closed && has_stream == is_split; }

  void handle(const Frame& frame) {
    switch (frame.type) {
      case FrameType::kPiece: return handle_piece(frame);
      case FrameType::kPing:
        if (!frame.body.empty()) return fail(Fault::kRubbish, "a ping that is not of the form");
        pong_due = true;
        return;
      case FrameType::kPong:
        if (!frame.body.empty()) fail(Fault::kRubbish, "a pong that is not of the form");
        return;
      case FrameType::kClose: return handle_close(frame);
      case FrameType::kHello:
      case FrameType::kWanted:
      case FrameType::kAnswer:
      case FrameType::kProof:
      case FrameType::kRefuse:
      case FrameType::kState:
      case FrameType::kHeads:
      case FrameType::kAuthority:
      case FrameType::kAuthorityDone:
      case FrameType::kLive:
      case FrameType::kFrontier:
      case FrameType::kSince:
      case FrameType::kOffer:
      case FrameType::kCredit: break;
      case FrameType::kWindow:
      case FrameType::kBackfillDone:
        if (piece_reader.buffered() > 0) return fail(Fault::kRubbish, "a window in the middle of another one");
        break;
      default: return fail(Fault::kRubbish, "a frame of unknown type " + std::to_string(static_cast<int>(frame.type)));
    }
    handle_of_space(frame);
  }

  void handle_of_space(const Frame& frame) {
    moved_at = clock.steady_ms();
    SpaceLink* link = link_of(frame);
    if (link != nullptr) {
      take(link->receive(frame));
      after_link(*link);
    } else if (Keeping* keeping = keeping_of(frame)) {
      handle_keeping(*keeping, frame);
    } else if (is_hello(frame.type)) {
      handle_hello(frame);
    } else {
      fail(Fault::kRubbish, "a frame \"" + std::string(frame_name(frame.type)) + "\" for a space that was not proved");
    }
    advance_keeping();
  }

  // -- spaces that one side keeps for the other: asked and answered once the shared one is under way

  Keeping* keeping_of(const Frame& frame) {
    if (frame.type <= FrameType::kAnswer || frame.body.empty()) return nullptr;
    const auto at =
        std::find_if(keepings.begin(), keepings.end(), [&](const Keeping& one) { return one.slot == frame.body[0]; });
    return at == keepings.end() ? nullptr : &*at;
  }

  void note_keepings() {
    for (const Match& match : hello.matches()) {
      const bool is_known =
          std::any_of(keepings.begin(), keepings.end(), [&](const Keeping& one) { return one.slot == match.slot; });
      if (!is_about_keeping(match.role) || is_known) continue;
      const bool is_ours = (role == Role::kDialer) == (match.role == HelloRole::kOffering);
      keepings.push_back({match.slot, match.space, is_ours});
    }
  }

  /// The link of the space through which it was asked.
  SpaceLink* shared_link(const Keeping& keeping) const {
    for (const auto& link : links) {
      if (!is_kept_slot(link->slot()) && (keeping.shared.is_zero() || link->id() == keeping.shared)) return link.get();
    }
    return nullptr;
  }

  SpaceLink* link_about(const SpaceId& space) const {
    const auto at = std::find_if(links.begin(), links.end(), [&](const auto& link) { return link->id() == space; });
    return at == links.end() ? nullptr : at->get();
  }

  void advance_keeping() {
    for (Keeping& keeping : keepings) {
      const SpaceLink* shared = closed ? nullptr : shared_link(keeping);
      if (shared == nullptr) continue;
      if (keeping.is_ours && keeping.state == Keeping::State::kWaiting && shared->is_content()) offer(keeping);
      if (keeping.state == Keeping::State::kAsked && (shared->is_over() || shared->peer_counts())) {
        decide(keeping, *shared);
      }
    }
  }

  void offer(Keeping& keeping) {
    space::Space* own = spaces.offered();
    const crypto::SigningKey* key = own == nullptr ? nullptr : spaces.log_key(own->id());
    keeping.state = Keeping::State::kOver;
    if (key == nullptr || link_about(own->id()) != nullptr) return;
    keeping.state = Keeping::State::kOffered;
    keeping.space = own->id();
    hello.prove_kept(keeping.slot, keeping.space, *key, true, output.back());
    ++counters.frames_out;
  }

  void decide(Keeping& keeping, const SpaceLink& shared) {
    auto kept = accept_offer(keeping, shared);
    const crypto::SigningKey* key = spaces.log_key(shared.id());
    if (!kept.ok() || key == nullptr) {
      keeping.state = Keeping::State::kOver;
      const Refusal why = kept.ok() ? Refusal::kBusy : refusal_of(kept.error());
      encode_bytes(FrameType::kRefuse, {keeping.slot, static_cast<std::uint8_t>(why)}, output.back());
      ++counters.frames_out;
      return;
    }
    hello.prove_kept(keeping.slot, keeping.space, *key, false, output.back());
    ++counters.frames_out;
    space::Space& space = **kept;
    opened_spaces.push_back(std::move(*kept));
    open_kept(keeping, space, keeping.key, false);
  }

  Result<std::shared_ptr<space::Space>> accept_offer(const Keeping& keeping, const SpaceLink& shared) {
    const space::Device* device = shared.space().authority().device(shared.peer_device());
    if (shared.is_over() || device == nullptr || !spaces.keeps()) {
      return Error(ErrorCode::kRefused, "Spaces are kept for members only.", "");
    }
    // Two houses of one person offer each other the same: one of the two ways is enough.
    const auto own = std::find_if(keepings.begin(), keepings.end(), [&](const Keeping& one) {
      return one.is_ours && one.state == Keeping::State::kOffered && one.space == keeping.space;
    });
    const bool is_crossed = own != keepings.end();
    if (link_about(keeping.space) != nullptr || (is_crossed && role == Role::kDialer)) {
      return Error(ErrorCode::kExists, "This space is spoken of already.", "");
    }
    if (is_crossed) own->state = Keeping::State::kOver;
    return spaces.keep(shared.space(), device->person, keeping.space);
  }

  void open_kept(Keeping& keeping, space::Space& space, const SignPublic& peer_key, bool peer_keeps) {
    keeping.state = Keeping::State::kOpen;
    const Match match{keeping.slot, HelloRole::kMember, keeping.space, peer_key, false};
    links.push_back(std::make_unique<SpaceLink>(role, match, space, peer, hello, spaces, clock, counters, peer_keeps));
    moved_at = clock.steady_ms();
    take(links.back()->start());
  }

  void handle_keeping(Keeping& keeping, const Frame& frame) {
    using State = Keeping::State;
    if (keeping.state == State::kOver) return;  // on its way before the other side knew
    if (frame.type == FrameType::kRefuse && frame.body.size() == 2 && keeping.state == State::kOffered) {
      keeping.state = State::kOver;
      keeping.refused_with = frame.body[1];
      return;
    }
    const auto proof = frame.type == FrameType::kProof ? decode_proof(frame.body) : std::nullopt;
    const State expected = keeping.is_ours ? State::kOffered : State::kWaiting;
    if (!proof || proof->space.has_value() == keeping.is_ours || keeping.state != expected) {
      return fail(Fault::kRubbish, "a frame about a kept space that is out of place");
    }
    if (!keeping.is_ours) {
      keeping.space = *proof->space;
      keeping.key = proof->key;
      keeping.state = State::kAsked;
    }
    const SpaceLink* shared = shared_link(keeping);
    const bool is_right_key = !keeping.is_ours || (shared != nullptr && shared->peer_device().data == proof->key.data);
    if (!is_right_key || !hello.is_proof(keeping.space, proof->key, proof->signature)) {
      return fail(Fault::kBadProof, "its signature about a kept space does not hold");
    }
    space::Space* own = keeping.is_ours ? spaces.offered() : nullptr;
    if (own != nullptr && own->id() == keeping.space) open_kept(keeping, *own, proof->key, true);
  }

  static bool is_hello(FrameType type) { return type <= FrameType::kRefuse; }

  /// The link that a frame is about: every type but the hello's first three begins with a slot.
  SpaceLink* link_of(const Frame& frame) {
    if (frame.type <= FrameType::kAnswer || frame.body.empty()) return nullptr;
    for (const auto& link : links) {
      if (link->slot() == frame.body[0]) return link.get();
    }
    return nullptr;
  }

  void handle_close(const Frame& frame) {
    if (frame.body.size() != 1) return fail(Fault::kRubbish, "a close that is not of the form");
    for (const auto& link : links) link->save_cursor();
    if (frame.body[0] == static_cast<std::uint8_t>(Fault::kVersion)) {
      refusal = version_error({});
    } else if (frame.body[0] != 0 && !refusal) {
      refusal = Error(ErrorCode::kPeerProtocol,
                      "The other side ended the session: it names \"" +
                          std::string(fault_name(static_cast<Fault>(frame.body[0]))) + "\" as the reason.",
                      "If it happens again, compare both sides' versions and `kith status`.");
    }
    closed = true;
    note_nothing_shared();
  }

  void handle_hello(const Frame& frame) {
    std::string detail;
    const std::size_t before = output.size();
    const Hello::Outcome outcome = hello.receive(frame, output.back(), detail);
    counters.frames_out += output.size() > before ? 1 : 0;
    switch (outcome) {
      case Hello::Outcome::kGoOn: break;
      case Hello::Outcome::kRubbish: return fail(Fault::kRubbish, std::move(detail));
      case Hello::Outcome::kBadProof: return fail(Fault::kBadProof, std::move(detail));
      case Hello::Outcome::kTooMany: return fail(Fault::kTooManySpaces, std::move(detail));
      case Hello::Outcome::kVersion:
        refusal = version_error(hello.peer_version());
        return fail(Fault::kVersion, std::move(detail));
    }
    if (hello.refused_with() && !refusal) refusal = refusal_error(*hello.refused_with());
    note_keepings();
    for (const Match& match : hello.matches()) {
      if (closed) return;
      if (!match.refused && !match.peer_key.is_zero() && !has_link(match.slot)) open_link(match);
    }
    end_if_idle();
  }

  bool has_link(std::uint8_t slot) const {
    return std::any_of(links.begin(), links.end(), [&](const auto& link) { return link->slot() == slot; });
  }

  void open_link(const Match& match) {
    space::Space* space = nullptr;
    if (role == Role::kDialer && is_arriving(match.role)) {
      space = spaces.visit(match.space);
    } else {
      for (space::Space* candidate : spaces.spaces()) {
        if (candidate->id() == match.space) space = candidate;
      }
      if (space == nullptr) {
        auto opened = spaces.open_restorable(match.space);
        if (!opened.ok()) return fail(Fault::kLocal, opened.error().message());
        space = opened->get();
        opened_spaces.push_back(std::move(*opened));
      }
    }
    if (space == nullptr) return fail(Fault::kLocal, "There is no place here for the space that was agreed on.");
    reader.set_frame_bytes_max(kFrameBytesMax);
    links.push_back(
        std::make_unique<SpaceLink>(role, match, *space, peer, hello, spaces, clock, counters, is_restoring_personal));
    moved_at = clock.steady_ms();
    take(links.back()->start());
    after_link(*links.back());
  }

  void after_link(const SpaceLink& link) {
    // That somebody does not keep a space is no reason to part.
    if (link.refusal() && !refusal && !is_kept_slot(link.slot())) refusal = link.refusal();
    if (link.is_over()) end_if_idle();
  }

  /// Nothing is shared, or everything was refused: there is nothing to stay for.
  void end_if_idle() {
    if (closed || !hello.is_complete()) return;
    const bool any = std::any_of(links.begin(), links.end(),
                                 [this](const auto& link) { return !link->is_over() && !is_kept_slot(link->slot()); });
    if (any) return;
    note_nothing_shared();
    for (const auto& link : links) take(link->produce(output.back()));
    end();
  }

  bool is_kept_slot(std::uint8_t slot) const {
    return std::any_of(keepings.begin(), keepings.end(), [&](const Keeping& one) { return one.slot == slot; });
  }

  void note_nothing_shared() {
    if (role != Role::kDialer || refusal || !links.empty() || fault != Fault::kNone) return;
    refusal =
        invite_key
            ? Error(ErrorCode::kInviteUnknown, "Nobody at this address knows this invitation.",
                    "Check that link and address belong together; if its inviter's node is another one, let it sync "
                    "first.")
            : Error(ErrorCode::kPeerRefused, "The other side shares no neighbourhood with this device.",
                    "Check the address; a device that was retired or a space that was left is not known any more.");
  }

  bool has_output() const {
    if (!output.empty()) return true;
    if (closed) return false;
    return has_news() || (!is_split && (!backfill.empty() || can_produce_window()));
  }

  /// Something to say on the first stream that does not wait for windows.
  bool has_news() const {
    return pong_due || std::any_of(links.begin(), links.end(), [](const auto& link) { return link->has_output(); });
  }

  bool has_backfill() const {
    if (closed || !is_split) return false;
    return !backfill.empty() || (output.empty() && !has_news() && can_produce_window());
  }

  bool can_produce_window() const {
    return may_produce_backfill() &&
           std::any_of(links.begin(), links.end(), [](const auto& link) { return link->has_backfill(); });
  }

  void take_output(Bytes& out, std::size_t bytes_max) {
    while (!closed && output.size() < bytes_max && (produce_one() || (!is_split && produce_piece()))) {
    }
    move_out(output, out, bytes_max);
    change_over();
  }

  void take_backfill(Bytes& out, std::size_t bytes_max) {
    if (!has_backfill()) return;
    if (backfill.empty()) produce_window();
    move_out(backfill, out, bytes_max);
  }

  void move_out(p2p::ByteQueue& from, Bytes& out, std::size_t bytes_max) {
    const std::size_t n = std::min(bytes_max, from.size());
    append(out, from.view().first(n));
    counters.bytes_out += n;
    from.pop(n);
  }

  /// One piece of what goes in windows, or what has to go before it.
  bool produce_piece() {
    if (backfill.empty()) return produce_window();
    const ByteView piece = backfill.view().first(std::min(backfill.size(), kPieceBytesMax));
    // What is small anyhow goes as it is.
    const bool is_whole = !is_cut && piece.size() == backfill.size();
    if (is_whole) {
      append(output.back(), piece);
    } else {
      encode_piece(piece, output.back());
    }
    backfill.pop(piece.size());
    is_cut = !backfill.empty();
    return true;
  }

  /// Each space in its turn. False: there is none to produce.
  bool produce_window() {
    if (!may_produce_backfill()) return false;
    for (std::size_t i = 0; i < links.size(); ++i) {
      SpaceLink& link = *links[(backfill_turn + i) % links.size()];
      if (!link.has_backfill()) continue;
      backfill_turn = (backfill_turn + i + 1) % links.size();
      take(link.produce_backfill(backfill.back()));
      counters.frames_out += backfill.empty() ? 0 : 1;
      return true;
    }
    return false;
  }

  /// Something more to send; each space in its turn.
  bool produce_one() {
    if (pong_due) {
      pong_due = false;
      encode_bytes(FrameType::kPong, {}, output.back());
      return true;
    }
    for (std::size_t i = 0; i < links.size(); ++i) {
      SpaceLink& link = *links[(turn + i) % links.size()];
      if (!link.has_output()) continue;
      turn = (turn + i + 1) % links.size();
      const std::size_t before = output.size();
      take(link.produce(output.back()));
      counters.frames_out += output.size() > before ? 1 : 0;
      after_link(link);
      return true;
    }
    return false;
  }

  std::uint64_t tick() {
    const std::uint64_t now = clock.steady_ms();
    if (closed) return now + kPingMs;
    for (const auto& link : links) {
      take(link->tick());
      after_link(*link);
    }
    if (!hello.is_complete() && now - started_at >= kHelloMsMax)
      fail(Fault::kSilent, "it did not finish its hello in time");
    if (const auto since = waiting_since(); since && now - *since >= kStallMsMax) {
      fail(Fault::kStalled,
           "it owes an answer and nothing moved for " + std::to_string(kStallMsMax / 1000) + " seconds");
    }
    if (ping_sent_at && now - *ping_sent_at >= kPongMsMax) fail(Fault::kSilent, "it did not answer a ping");
    if (closed) return now + kPingMs;
    if (!ping_sent_at && now - heard_at >= kPingMs) {
      encode_bytes(FrameType::kPing, {}, output.back());
      ++counters.frames_out;
      ping_sent_at = now;
    }
    return next_tick(now);
  }

  /// Since when something owed has not moved.
  std::optional<std::uint64_t> waiting_since() const {
    std::optional<std::uint64_t> since;
    for (const auto& link : links) {
      if (link->is_waiting()) since = std::max({since.value_or(0), link->waiting_since(), moved_at});
    }
    if (held) since = std::max({since.value_or(0), held_at, moved_at});
    return since;
  }

  std::uint64_t next_tick(std::uint64_t now) const {
    std::uint64_t next = ping_sent_at ? *ping_sent_at + kPongMsMax : heard_at + kPingMs;
    if (!hello.is_complete()) next = std::min(next, started_at + kHelloMsMax);
    if (const auto since = waiting_since()) next = std::min(next, *since + kStallMsMax);
    for (const auto& link : links) next = std::min(next, link->next_tick().value_or(next));
    return std::max(next, now + 1);
  }

  static constexpr std::size_t kFeedBytes = 256 << 10;

  Role role;
  HostKey peer;
  Spaces& spaces;
  Clock& clock;
  std::optional<crypto::SigningKey> invite_key;
  std::optional<crypto::SigningKey> throwaway;  // shown for what is kept here
  std::optional<crypto::SigningKey> identity;   // of somebody who restores
  bool is_restoring_personal = false;
  Hello hello;
  FrameReader reader;
  FrameReader piece_reader{kFrameBytesMax};     // of backfill that shares the first stream
  FrameReader backfill_reader{kFrameBytesMax};  // of backfill's own
  std::optional<Frame> held;                    // a window that came too early; its bytes lie in backfill_reader
  std::uint64_t held_at = 0;
  std::vector<std::shared_ptr<space::Space>> opened_spaces;  // for links; they outlive these
  std::vector<std::unique_ptr<SpaceLink>> links;
  std::vector<Keeping> keepings;
  std::size_t turn = 0;
  std::size_t backfill_turn = 0;
  p2p::ByteQueue output;    // whole frames, the first perhaps begun
  p2p::ByteQueue backfill;  // the same, of windows and what ends them
  bool is_cut = false;      // a part of `backfill` went as a piece
  bool has_stream = false;  // backfill has a stream of its own …
  bool is_split = false;    // … and goes over it
  bool pong_due = false;
  bool closed = false;
  Fault fault = Fault::kNone;
  std::string fault_detail;
  std::optional<Error> refusal;
  Counters counters;
  std::uint64_t started_at = 0;
  std::uint64_t heard_at = 0;
  std::uint64_t moved_at = 0;
  std::optional<std::uint64_t> ping_sent_at;
};

Session::Session(Role role, const HostKey& own, const HostKey& peer, Spaces& spaces, Clock& clock, Random& random,
                 const space::Invitation* invitation)
    : impl_(std::make_unique<Impl>(role, own, peer, spaces, clock, random, invitation)) {}
Session::~Session() = default;

void Session::receive(ByteView bytes) {
  impl_->receive(bytes);
}
void Session::take_output(Bytes& out, std::size_t bytes_max) {
  impl_->take_output(out, bytes_max);
}
bool Session::has_output() const {
  return impl_->has_output();
}
void Session::open_backfill() {
  CHECK(is_past_hello() && !impl_->has_stream);
  impl_->has_stream = true;
  impl_->change_over();
}
std::size_t Session::receive_backfill(ByteView bytes) {
  return impl_->receive_backfill(bytes);
}
bool Session::reads_backfill() const {
  return !impl_->held;
}
void Session::take_backfill(Bytes& out, std::size_t bytes_max) {
  impl_->take_backfill(out, bytes_max);
}
bool Session::has_backfill() const {
  return impl_->has_backfill();
}
std::uint64_t Session::tick() {
  return impl_->tick();
}

void Session::notify(const SpaceId& space) {
  for (const auto& link : impl_->links) {
    if (link->id() == space) link->notify();
  }
}

void Session::close() {
  impl_->end();
}
bool Session::is_closed() const {
  return impl_->closed;
}
bool Session::is_past_hello() const {
  return !impl_->links.empty();
}
Fault Session::fault() const {
  return impl_->fault;
}
const std::string& Session::fault_detail() const {
  return impl_->fault_detail;
}
const Error* Session::refusal() const {
  return impl_->refusal ? &*impl_->refusal : nullptr;
}
const Counters& Session::counters() const {
  return impl_->counters;
}

std::vector<SpaceProgress> Session::progress() const {
  std::vector<SpaceProgress> out;
  for (const auto& link : impl_->links) {
    out.push_back(link->progress());
    out.back().is_about_keeping = impl_->is_kept_slot(link->slot());
  }
  for (const Keeping& keeping : impl_->keepings) {
    const bool is_asked = keeping.is_ours && keeping.state == Keeping::State::kOffered;
    if (!is_asked && !keeping.refused_with) continue;
    out.push_back({keeping.space, is_asked ? "comparing" : "refused", 0, 0, true, keeping.refused_with});
  }
  return out;
}

}  // namespace kith::sync
