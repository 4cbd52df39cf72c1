// SPDX-License-Identifier: Apache-2.0
// What a member's device does by itself (formats 7, 8): it finds the epoch to write under, makes one that is missing,
// wraps it for those who should read, confirms who joined by its invitations, tells of doubled logs, merges heads.
#include <algorithm>

#include "space/space_impl.h"

namespace kith::space {

using Impl = Space::Impl;

namespace {

/// Does `a` hold all that `b` holds, and more? Both without the entry itself.
bool is_beyond(const FactBook::Closure& a, std::size_t own_a, const FactBook::Closure& b, std::size_t own_b) {
  bool is_more = false;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const bool in_a = i < a.size() && a[i] && i != own_a;
    const bool in_b = i < b.size() && b[i] && i != own_b;
    if (in_b && !in_a) return false;
    is_more = is_more || (in_a && !in_b);
  }
  return is_more;
}

}  // namespace

bool Impl::knows_losses(const Epoch& epoch, const Losses& losses) {
  if (losses.expired_ms != 0 && book.find(epoch.entry)->time.ms() <= losses.expired_ms) return false;
  const FactBook::Closure& closure = book.closure(epoch.entry);
  const auto is_known = [&](const AnyOf& loss) {
    return std::any_of(loss.begin(), loss.end(), [&](const EntryId& entry) { return book.contains(closure, entry); });
  };
  if (!std::all_of(losses.known_by.begin(), losses.known_by.end(), is_known)) return false;
  if (losses.excluded.empty()) return true;
  const auto [members, is_new] = members_at.try_emplace(epoch.entry);
  if (is_new) {
    const AuthorityState then = book.state_at(epoch.entry);  // its persons live as long as it does
    for (const Person* person : then.members()) members->second.insert(person->id);
  }
  return std::all_of(losses.excluded.begin(), losses.excluded.end(), [&](const auto& loss) {
    return book.contains(closure, loss.second) && !members->second.contains(loss.first);
  });
}

const Epoch* Impl::usable_epoch() {
  const std::uint64_t now = now_ms();
  if (choice && choice->from_ms <= now && now <= choice->until_ms) return choice->epoch;
  choice = Choice{choose_epoch(now), now, UINT64_MAX};
  for (const InviteState* invite : state.invites()) {
    if (invite->expires_ms >= now) choice->until_ms = std::min(choice->until_ms, invite->expires_ms);
  }
  return choice->epoch;
}

const Epoch* Impl::choose_epoch(std::uint64_t at_ms) {
  struct Candidate {
    std::size_t place;
    const Epoch* epoch;
  };
  std::vector<Candidate> newest_first;
  for (const Epoch& epoch : state.epochs()) {
    if (epoch.valid) newest_first.push_back({book.place(epoch.entry), &epoch});
  }
  std::sort(newest_first.begin(), newest_first.end(),
            [](const Candidate& a, const Candidate& b) { return a.place > b.place; });
  const Losses losses = state.losses(at_ms);
  std::vector<Candidate> usable;
  for (const Candidate& candidate : newest_first) {
    const bool is_reached = std::any_of(usable.begin(), usable.end(), [&](const Candidate& other) {
      return book.contains(book.closure(other.epoch->entry), candidate.epoch->entry);
    });
    if (!is_reached && knows_losses(*candidate.epoch, losses)) usable.push_back(candidate);
  }
  const auto is_dominated = [&](const Candidate& candidate) {
    return std::any_of(usable.begin(), usable.end(), [&](const Candidate& other) {
      return is_beyond(book.closure(other.epoch->entry), other.place, book.closure(candidate.epoch->entry),
                       candidate.place);
    });
  };
  const Epoch* lowest = nullptr;
  for (const Candidate& candidate : usable) {
    if (!is_dominated(candidate) && (lowest == nullptr || candidate.epoch->id < lowest->id)) lowest = candidate.epoch;
  }
  return lowest;
}

Result<EpochId> Impl::ensure_epoch() {
  const Epoch* usable = usable_epoch();
  if (usable != nullptr && epochs->find(usable->id) != nullptr) return usable->id;
  return make_epoch();
}

Result<EpochId> Impl::make_epoch() {
  crypto::Key secret;
  environment.random.fill(secret.data);
  const EpochId epoch = epoch_id(id, secret);
  About about;
  about.history = state.constitution().history;
  for (const Epoch& old : state.epochs()) {
    const crypto::Key* known = about.history ? epochs->find(old.id) : nullptr;
    if (known != nullptr) about.previous.push_back(*known);
  }
  std::vector<BoxPublic> readers;
  for (const auto& [key, sources] : state.readers(now_ms())) readers.push_back(key);
  EpochPayload payload;
  payload.epoch = epoch;
  payload.rows = KITH_TRY(crypto::wrap_rows(environment.random, secret, epoch.view(), readers));
  payload.about = KITH_TRY(seal_about(environment.random, secret, epoch, about));
  KITH_TRY(epochs->keep(epoch, secret));
  crypto::wipe(secret.data);
  KITH_TRY(append(log::Kind::kEpoch, encode(payload)));
  return epoch;
}

std::vector<EpochId> Impl::epochs_to_wrap(const EpochId& current) const {
  std::vector<EpochId> out{current};
  if (!state.constitution().history) return out;
  std::set<EpochId> held;
  std::vector<EpochId> open{current};
  while (!open.empty()) {
    const EpochId at = open.back();
    open.pop_back();
    if (!held.insert(at).second) continue;
    for (const Epoch& epoch : state.epochs()) {
      const auto inside = previous.find(epoch.entry);
      if (epoch.id == at && inside != previous.end())
        open.insert(open.end(), inside->second.begin(), inside->second.end());
    }
  }
  for (const Epoch& epoch : state.epochs()) {
    if (epoch.valid && epochs->find(epoch.id) != nullptr && held.insert(epoch.id).second) out.push_back(epoch.id);
  }
  return out;
}

/// Whoever wraps an epoch wraps it for every reader that the entry knows of: so who was covered follows from closures.
std::vector<BoxPublic> Impl::uncovered(const EpochId& epoch, const Readers& readers) {
  std::vector<const FactBook::Closure*> covers;
  for (const Epoch& made : state.epochs()) {
    if (made.id == epoch && made.valid) covers.push_back(&book.closure(made.entry));
  }
  for (const Wrap& wrap : state.wraps()) {
    if (wrap.epoch == epoch) covers.push_back(&book.closure(wrap.entry));
  }
  std::vector<BoxPublic> out;
  for (const auto& [reader, sources] : readers) {
    const auto knows_reader = [&, &from = sources](const FactBook::Closure* closure) {
      return std::all_of(from.begin(), from.end(), [&](const AnyOf& source) {
        return std::any_of(source.begin(), source.end(),
                           [&](const EntryId& entry) { return book.contains(*closure, entry); });
      });
    };
    if (std::none_of(covers.rbegin(), covers.rend(), knows_reader)) out.push_back(reader);
  }
  return out;
}

Result<void> Impl::wrap_for(const EpochId& epoch, const std::vector<BoxPublic>& readers) {
  const crypto::Key& secret = *epochs->find(epoch);
  const WrapPayload payload{epoch, KITH_TRY(crypto::wrap_rows(environment.random, secret, epoch.view(), readers))};
  KITH_TRY(append(log::Kind::kWrap, encode(payload)));
  return {};
}

bool Impl::is_own_guest(const BoxPublic& reader) const {
  const auto has_key = [&](const Person* person) { return person->wrap() != nullptr && *person->wrap() == reader; };
  for (const Person* person : state.members()) {
    if (has_key(person)) return person->id == *me || person->inviter == me;
  }
  const auto invites = state.invites();
  return std::any_of(invites.begin(), invites.end(),
                     [&](const InviteState* invite) { return invite->box == reader && invite->inviter == *me; });
}

Result<void> Impl::wrap_missing() {
  const Epoch* current = usable_epoch();
  if (current == nullptr || epochs->find(current->id) == nullptr) return {};
  const Readers readers = state.readers(now_ms());
  std::vector<std::pair<EpochId, std::vector<BoxPublic>>> missing;
  bool is_own = false;
  for (const EpochId& epoch : epochs_to_wrap(current->id)) {
    std::vector<BoxPublic> lacking = uncovered(epoch, readers);
    is_own =
        is_own || std::any_of(lacking.begin(), lacking.end(), [this](const auto& key) { return is_own_guest(key); });
    if (!lacking.empty()) missing.emplace_back(epoch, std::move(lacking));
  }
  are_wraps_done = missing.empty();
  if (!is_due(wrap_duty, !missing.empty(), is_own)) return {};
  for (const auto& [epoch, lacking] : missing) KITH_TRY(wrap_for(epoch, lacking));
  are_wraps_done = true;
  return {};
}

std::uint64_t Impl::own_delay_ms() const {
  Bytes what;
  for (const Epoch& epoch : state.epochs()) kith::append(what, epoch.id.view());
  kith::append(what, me->view());
  const Hash lot = list_hash(List::kTieBreak, what);
  return ByteReader(lot.view()).u32() % Space::kSpreadMs;
}

bool Impl::is_due(Duty& duty, bool is_needed, bool is_own) {
  const std::uint64_t now = environment.clock.steady_ms();
  if (!is_needed) {
    duty.since_ms.reset();
    return false;
  }
  if (!duty.since_ms) duty.since_ms = now;
  if (!is_own && now < *duty.since_ms + own_delay_ms()) return false;
  duty.since_ms.reset();
  return true;
}

Result<void> Impl::tell_doublings() {
  while (!untold.empty()) {
    const auto [key, proof] = *untold.begin();
    const bool is_told = std::any_of(book.facts().begin(), book.facts().end(), [&, &told = key](const Fact& fact) {
      return fact.convicted && fact.convicted->first == told.first && fact.convicted->second <= told.second;
    });
    if (!is_told) KITH_TRY(append(log::Kind::kDoubling, encode(DoublingPayload{proof})));
    auto drop = KITH_TRY(store->db().cached("DELETE FROM kith_untold WHERE device = ? AND seq = ?"));
    drop->bind(1, key.first.view()).bind(2, static_cast<std::int64_t>(key.second.value));
    KITH_TRY(drop->run());
    untold.erase(untold.begin());
  }
  return {};
}

/// The first joins that this device sees, up to the invitation's uses; the device that made it does so at once, the
/// person's others only if it does not.
Result<void> Impl::confirm_joins() {
  std::vector<EntryId> own_joins;
  std::vector<EntryId> others;
  for (const InviteState* invite : state.invites()) {
    if (invite->inviter != *me || invite->is_revoked()) continue;
    std::set<PersonId> confirmed;
    std::vector<InviteState::Join> waiting;
    for (const InviteState::Join& join : invite->joins) {
      if (join.confirmed_by)
        confirmed.insert(join.person);
      else
        waiting.push_back(join);
    }
    std::sort(waiting.begin(), waiting.end(),
              [this](const auto& a, const auto& b) { return book.place(a.entry) < book.place(b.entry); });
    const bool is_ours = book.find(invite->entry)->author == log->own();
    for (const InviteState::Join& join : waiting) {
      if (confirmed.size() >= invite->uses || !confirmed.insert(join.person).second) continue;
      (is_ours ? own_joins : others).push_back(join.entry);
    }
  }
  if (is_due(confirm_duty, !others.empty(), false)) own_joins.insert(own_joins.end(), others.begin(), others.end());
  for (const EntryId& join : own_joins) KITH_TRY(append(log::Kind::kUnilateral, encode(ConfirmPayload{join})));
  return {};
}

Result<void> Impl::merge_heads() {
  const bool is_needed = log->authority_heads().size() > log::kRefsMax;
  if (!is_due(merge_duty, is_needed, false)) return {};
  while (log->authority_heads().size() > log::kRefsMax) KITH_TRY(append(log::Kind::kMerge, {}));
  return {};
}

Result<void> Impl::renew_epoch() {
  const bool is_needed = usable_epoch() == nullptr;
  if (is_due(epoch_duty, is_needed, false)) KITH_TRY(make_epoch());
  return {};
}

/// An authority entry seals the tail before it. What a device writes by itself waits instead, as long as somebody may
/// still take back what rests there; but not for ever, if there is always something resting.
bool Impl::may_do_duties() {
  const std::uint64_t now = environment.clock.steady_ms();
  if (!log->has_tail()) {
    resting_since_ms.reset();
    return true;
  }
  if (!resting_since_ms) resting_since_ms = now;
  return now >= *resting_since_ms + Space::kSpreadMs;
}

Result<void> Impl::do_duties() {
  KITH_TRY(tell_doublings());
  KITH_TRY(confirm_joins());
  KITH_TRY(merge_heads());
  KITH_TRY(renew_epoch());
  KITH_TRY(propose_own_schema());
  if (are_wraps_done) return {};
  KITH_TRY(hand_keys_on());
  return wrap_missing();
}

/// Brings a slice of the local tables up to date, if it is time for one. When the next is due.
Result<std::uint64_t> Impl::refresh_local() {
  if (!KITH_TRY(store->has_local_backlog())) {
    stale_since_ms.reset();
    return ~std::uint64_t{0};
  }
  const std::uint64_t now = environment.clock.steady_ms();
  if (!stale_since_ms) stale_since_ms = now;
  const std::uint64_t quiet_ms = window_ms ? *window_ms + Space::kRefreshQuietMs : 0;
  const std::uint64_t due = std::max(refresh_after_ms, std::min(quiet_ms, *stale_since_ms + Space::kRefreshLateMs));
  if (now < due) return due;
  KITH_TRY(store->refresh_local(Space::kRefreshRows));
  refresh_after_ms = environment.clock.steady_ms() + Space::kRefreshTickMs;
  return refresh_after_ms;
}

Result<std::uint64_t> Space::tick() {
  Impl& impl = *impl_;
  if (impl.must_reload) KITH_TRY(impl.reload());
  KITH_TRY(impl.follow_schema());
  KITH_TRY(impl.log->apply_due());
  if (impl.is_active()) {
    if (KITH_TRY(impl.log->seal_tail(false)) > 0) impl.has_written = true;
    if (impl.may_do_duties()) KITH_TRY(impl.do_duties());
  }
  const std::uint64_t refresh_ms = KITH_TRY(impl.refresh_local());
  if (std::exchange(impl.have_keys_changed, false) && impl.on_keys_changed) impl.on_keys_changed();
  if (std::exchange(impl.has_written, false)) impl.tell_change();
  const bool is_waiting = impl.log->has_tail() || impl.epoch_duty.since_ms || impl.wrap_duty.since_ms ||
                          impl.merge_duty.since_ms || impl.confirm_duty.since_ms;
  return std::min(refresh_ms, impl.environment.clock.steady_ms() + (is_waiting ? kTickMs : kIdleTickMs));
}

}  // namespace kith::space
