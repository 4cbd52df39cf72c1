// SPDX-License-Identifier: Apache-2.0
// From entries to state: opening, merging whole transactions, judging again, erasing. An entry's verdict never depends
// on the way it came.
#include <algorithm>
#include <unordered_set>

#include "log/log_impl.h"

namespace kith::log {
namespace {

/// Stamps of its own can only be judged with the entry before at hand.
bool has_own_stamps(ByteView shape) {
  const auto reader = store::ShapeReader::open(shape);
  return reader.ok() && reader->head().transaction.value != 0;
}

bool is_settled(State state) {
  return state == State::kCounts || state == State::kVoid || state == State::kRetracted || state == State::kNoChangeset;
}

}  // namespace

/// One entry of a transaction; its payload is read when it is needed.
struct Log::Impl::Part {
  Pos pos;
  EntryId id;
  Header header;
  State state = State::kCounts;
};

struct Log::Impl::Transaction {
  std::vector<Part> parts;
  Stamp floor;                  // of the entry before; zero at the start of a log
  bool is_floor_known = false;  // the entry before is here
  bool is_complete = false;     // its last part is here
  bool is_broken = false;       // it goes on in an authority entry, or for ever
};

Result<std::optional<store::StoredChangeset>> Log::Impl::changeset_at(Pos pos) {
  using Found = std::optional<store::StoredChangeset>;
  StoredEntry entry;
  if (!KITH_TRY(journal.read_at(pos, entry))) return Found();
  const bool has_changeset = entry.state != State::kVoid && entry.state != State::kNoChangeset &&
                             entry.state != State::kUnplaced && !entry.withheld;
  const LogState* log = find_author(entry.author);
  if (!has_changeset || log == nullptr || governor == nullptr) return Found();
  const auto secret = governor->epoch_secret(log->device, entry.header.tag);
  if (!secret.has_value()) return Found();
  const auto split = split_payload(entry.payload, entry.values_hash);
  if (!split.ok()) return Found();
  auto opened = open_payload(compressor, *secret, log->device, entry.header.seq, *split);
  if (!opened.ok()) return Found();
  return Found(
      store::StoredChangeset{entry.author, entry.header.time, std::move(opened->shape), std::move(opened->values)});
}

Result<std::optional<store::StoredChangeset>> Log::Impl::tail_changeset_at(Pos pos) {
  using Found = std::optional<store::StoredChangeset>;
  TailRow row;
  if (!KITH_TRY(next_tail_row(Pos(pos.value - 1), row)) || row.pos != pos) return Found();
  return Found(store::StoredChangeset{logs[own_log].author, row.stamp, std::move(row.shape), std::move(row.values)});
}

bool Log::Impl::counts(const LogState& log, const Header& header, const EntryId& id) const {
  if (log.doubled_at.has_value() && header.seq >= *log.doubled_at) return false;
  return governor->counts(log.device, header, id);
}

Result<bool> Log::Impl::load_transaction(const LogState& log, Seq seq, Transaction& transaction) {
  StoredEntry entry;
  const auto part = [&] {
    entry.header.device = log.device;
    return Part{entry.pos, entry.id, entry.header, entry.state};
  };
  if (!KITH_TRY(journal.read(log.author, seq, entry)) || is_authority(entry.header.kind)) return false;
  transaction.parts.push_back(part());
  Seq first = seq;
  transaction.is_floor_known = seq.value == 0;
  while (first.value > 0 && transaction.parts.size() <= kGroupEntriesMax) {
    if (!KITH_TRY(journal.read(log.author, Seq(first.value - 1), entry))) break;
    if (!entry.header.more()) {
      transaction.is_floor_known = true;
      transaction.floor = entry.header.time;
      break;
    }
    first = entry.header.seq;
    transaction.parts.push_back(part());
    transaction.is_floor_known = first.value == 0;
  }
  std::reverse(transaction.parts.begin(), transaction.parts.end());
  transaction.is_complete = true;
  Seq last = seq;
  while (transaction.parts.back().header.more() && transaction.parts.size() <= kGroupEntriesMax) {
    transaction.is_complete = KITH_TRY(journal.read(log.author, Seq(last.value + 1), entry));
    if (!transaction.is_complete) break;
    transaction.is_broken = is_authority(entry.header.kind);
    if (transaction.is_broken) break;
    last = entry.header.seq;
    transaction.parts.push_back(part());
  }
  if (transaction.parts.size() > kGroupEntriesMax) transaction.is_broken = true;
  return true;
}

Result<void> Log::Impl::settle(LogIndex log, Seq seq) {
  Transaction transaction;
  if (!KITH_TRY(load_transaction(logs[log], seq, transaction))) return {};
  auto& parts = transaction.parts;
  if (transaction.is_broken) return undo_transaction(log, transaction, State::kVoid);
  if (!transaction.is_complete) return set_states(log, transaction, State::kIncomplete);
  const bool does_count = std::all_of(parts.begin(), parts.end(),
                                      [&](const Part& part) { return counts(logs[log], part.header, part.id); });
  if (!does_count) return set_states(log, transaction, State::kRejected);
  if (hybrid.is_ahead(parts.back().header.time)) return set_states(log, transaction, State::kHeld);
  // Later parts of a group always have stamps of their own; all or none are applied.
  if (parts.size() > 1 && !transaction.is_floor_known) return set_states(log, transaction, State::kIncomplete);
  return merge_parts(log, transaction);
}

Result<void> Log::Impl::merge_parts(LogIndex log, Transaction& transaction) {
  for (Part& part : transaction.parts) {
    if (is_settled(part.state)) {
      // A part that everyone passes over takes the others with it.
      if (part.state == State::kVoid) return undo_transaction(log, transaction, State::kVoid);
      continue;
    }
    const State state = KITH_TRY(merge_part(log, transaction, part.pos));
    if (state == State::kVoid || state == State::kUnplaced) return undo_transaction(log, transaction, state);
    KITH_TRY(set_state(log, part, state));
  }
  return {};
}

Result<State> Log::Impl::merge_part(LogIndex log, const Transaction& transaction, Pos pos) {
  StoredEntry entry;
  if (!KITH_TRY(journal.read_at(pos, entry))) return State::kVoid;
  if (entry.header.payload_length == 0) return State::kVoid;
  if (entry.withheld) return State::kLocked;
  const DeviceId device = logs[log].device;
  const auto secret = governor->epoch_secret(device, entry.header.tag);
  if (!secret.has_value()) return State::kLocked;
  const auto split = split_payload(entry.payload, entry.values_hash);
  if (!split.ok()) return State::kVoid;
  const auto opened = open_payload(compressor, *secret, device, entry.header.seq, *split);
  if (!opened.ok()) return State::kVoid;
  if (!transaction.is_floor_known && has_own_stamps(opened->shape)) return State::kIncomplete;
  store::Incoming incoming;
  incoming.pos = pos;
  incoming.author = entry.author;
  incoming.stamp = entry.header.time;
  incoming.floor = transaction.floor;
  incoming.shape = opened->shape;
  if (opened->values.has_value()) incoming.values = ByteView(*opened->values);
  const Citation cited = KITH_TRY(citation(logs[log], entry.header.seq));
  incoming.reach = cited.reach;
  return state_of(KITH_TRY(store.merge(incoming)), cited);
}

Result<Log::Impl::Citation> Log::Impl::citation(const LogState& log, Seq seq) {
  if (!governor->has_schema_moved()) return citation_by({});
  auto row = KITH_TRY(
      store.db().cached("SELECT seq, refs FROM kith_journal WHERE author = ?1 AND seq <= ?2 AND seq IS NOT NULL ORDER "
                        "BY seq DESC"));
  row->bind(1, log.author.value).bind(2, static_cast<std::int64_t>(seq.value));
  std::int64_t expected = static_cast<std::int64_t>(seq.value);
  while (KITH_TRY(row->step()) && row->int64(0) == expected) {
    ByteReader in(row->blob(1));
    if (in.left() == 0 && expected > 0) {
      --expected;
      continue;
    }
    std::vector<EntryId> refs;
    while (in.left() >= EntryId::kSize) refs.push_back(EntryId{in.array<32>()});
    return citation_by(refs);
  }
  return Citation{governor->reach_of({}), false};
}

State Log::Impl::state_of(store::Applied applied, const Citation& citation) {
  switch (applied) {
    case store::Applied::kCounts: return State::kCounts;
    case store::Applied::kVoid: return State::kVoid;
    case store::Applied::kBeyondCited: return citation.is_known ? State::kVoid : State::kUnplaced;
    case store::Applied::kBeyondAgreed: return State::kUnplaced;
  }
  return State::kVoid;
}

Result<void> Log::Impl::set_state(LogIndex log, Part& part, State state) {
  if (part.state == state) return {};
  std::uint32_t& held = logs[log].held;
  if (part.state == State::kHeld && held > 0) --held;
  if (state == State::kHeld) ++held;
  part.state = state;
  return journal.set_state(part.pos, state);
}

Result<void> Log::Impl::set_states(LogIndex log, Transaction& transaction, State state) {
  for (Part& part : transaction.parts) {
    if (!is_settled(part.state)) KITH_TRY(set_state(log, part, state));
  }
  return {};
}

Result<void> Log::Impl::undo_transaction(LogIndex log, Transaction& transaction, State state) {
  std::vector<Pos> merged;
  for (const Part& part : transaction.parts) {
    if (part.state == State::kCounts) merged.push_back(part.pos);
  }
  if (!merged.empty()) KITH_TRY(store.retract(merged));
  for (Part& part : transaction.parts) KITH_TRY(set_state(log, part, state));
  return {};
}

Result<void> Log::Impl::settle_all(const char* sql, std::int64_t parameter) {
  std::vector<std::pair<AuthorRef, Seq>> waiting;
  {
    auto row = KITH_TRY(store.db().cached(sql));
    row->bind(1, parameter);
    while (KITH_TRY(row->step())) {
      waiting.emplace_back(AuthorRef(row->int64(0)), Seq(static_cast<std::uint64_t>(row->int64(1))));
    }
  }
  if (waiting.empty()) return {};
  Batch batch = KITH_TRY(Batch::begin(*this));
  for (const auto& [author, seq] : waiting) {
    const auto log = logs_by_author.find(author.value);
    if (log != logs_by_author.end()) KITH_TRY(settle(log->second, seq));
  }
  return batch.commit();
}

Result<void> Log::Impl::rejudge(LogIndex index) {
  if (logs[index].author.value == 0) return {};
  std::vector<Pos> retracted;
  std::vector<Pos> restored;
  std::vector<Seq> unsettled;
  {
    auto row = KITH_TRY(store.db().cached(
        "SELECT pos, author, stamp, state, seq, kind, share, tag, id, refs, NULL, NULL FROM kith_journal"
        " WHERE author = ? AND seq IS NOT NULL ORDER BY seq"));
    row->bind(1, logs[index].author.value);
    StoredEntry entry;
    std::vector<std::pair<Pos, State>> transaction;
    bool does_count = true;
    while (KITH_TRY(row->step())) {
      KITH_TRY(journal.read_row(*row, entry));
      if (is_authority(entry.header.kind)) continue;
      entry.header.device = logs[index].device;
      transaction.emplace_back(entry.pos, entry.state);
      // A transaction counts if no cut lies inside.
      does_count = does_count && counts(logs[index], entry.header, entry.id);
      if (entry.header.more()) continue;
      for (const auto& [pos, state] : transaction) {
        if (state == State::kCounts && !does_count) retracted.push_back(pos);
        if (state == State::kRetracted && does_count) restored.push_back(pos);
        if (state == State::kRejected && does_count) unsettled.push_back(entry.header.seq);
      }
      transaction.clear();
      does_count = true;
    }
  }
  if (!retracted.empty()) KITH_TRY(store.retract(retracted));
  if (!restored.empty()) KITH_TRY(store.restore(restored));
  for (const Seq seq : unsettled) KITH_TRY(settle(index, seq));
  return {};
}

Result<void> Log::Impl::erase(std::span<const EntryId> wanted) {
  // There is no index over ids: erasing is rare, and one on every entry would be paid for by each.
  const std::unordered_set<EntryId, FixedBytesHash> ids(wanted.begin(), wanted.end());
  std::vector<Pos> positions;
  {
    auto row = KITH_TRY(store.db().cached("SELECT pos, id FROM kith_journal WHERE form = 1 AND kind >= 64"));
    while (KITH_TRY(row->step())) {
      const auto id = EntryId::from(row->blob(1));
      if (id.has_value() && ids.contains(*id)) positions.push_back(Pos(row->int64(0)));
    }
  }
  if (positions.empty()) return {};
  Batch batch = KITH_TRY(Batch::begin(*this));
  KITH_TRY(store.erase(positions));
  StoredEntry entry;
  for (const Pos pos : positions) {
    if (!KITH_TRY(journal.read_at(pos, entry)) || entry.withheld || entry.values_hash.has_value()) continue;
    const auto split = split_payload(entry.payload, std::nullopt);
    if (!split.ok() || split->values.empty()) continue;
    const ByteView kept = ByteView(entry.payload).first(kPayloadHeadBytes + split->shape.size());
    KITH_TRY(journal.erase_values(entry, kept, split->values_hash));
  }
  return batch.commit();
}

Result<std::optional<store::StoredChangeset>> Log::changeset_at(Pos pos) {
  auto of_tail = KITH_TRY(impl_->tail_changeset_at(pos));
  if (of_tail.has_value()) return of_tail;
  return impl_->changeset_at(pos);
}

Result<void> Log::rejudge(std::span<const DeviceId> devices) {
  Batch batch = KITH_TRY(Batch::begin(*impl_));
  for (const DeviceId& device : devices) {
    const auto it = impl_->logs_by_device.find(device);
    if (it != impl_->logs_by_device.end()) KITH_TRY(impl_->rejudge(it->second));
  }
  return batch.commit();
}

Result<void> Log::open_locked() {
  return impl_->settle_all(
      "SELECT author, seq FROM kith_journal WHERE state IN (2, 3) AND state = 2 AND form = 1 AND body IS NOT NULL AND "
      "?1 = 0 ORDER BY pos",
      0);
}

Result<void> Log::place_waiting() {
  return impl_->settle_all("SELECT author, seq FROM kith_journal WHERE state = 8 AND ?1 = 0 ORDER BY pos", 0);
}

Result<void> Log::apply_due() {
  const Stamp limit = Stamp::from_ms(impl_->clock.wall_ms() + HybridClock::kMergeAheadMsMax, 0xffff);
  return impl_->settle_all(
      "SELECT author, seq FROM kith_journal WHERE state IN (2, 3) AND state = 3 AND form = 1 AND stamp <= ?1 ORDER BY "
      "stamp",
      static_cast<std::int64_t>(limit.value));
}

Result<void> Log::erase(std::span<const EntryId> entries) {
  KITH_TRY(impl_->erase(entries));
  return impl_->barrier();  // what was said to be gone must not come back with the next power cut
}

}  // namespace kith::log
