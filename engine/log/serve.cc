// SPDX-License-Identifier: Apache-2.0
// What a peer lacks, and windows of it. Everything read here is on the medium first.
#include <algorithm>
#include <map>
#include <queue>

#include "log/log_impl.h"

namespace kith::log {
namespace {

Error not_here() {
  return Error(ErrorCode::kNotFound, "An entry that was asked for is not here.", "Compare what both sides have again.");
}

/// An entry picked for a window.
struct Picked {
  StoredEntry entry;
  std::optional<Signature> signature;

  Record record() const {
    return Record{entry.header, entry.id, entry.payload, entry.values_hash, entry.withheld, signature};
  }
};

}  // namespace

Result<EntryId> Log::Impl::prev_of(const LogState& log, Seq seq) {
  if (seq.value == 0) return EntryId{};
  const AuthorityNode* node = node_at(log, seq);
  if (node != nullptr) return node->prev;
  if (log.interval.has_value() && log.interval->low == seq) return log.interval->below;
  const auto id = KITH_TRY(journal.id_at(log.author, Seq(seq.value - 1)));
  if (!id.has_value()) return not_here();
  return *id;
}

void Log::Impl::add_backfill(const LogState& log, Seq to, Missing& missing) const {
  // Authority at the bottom is at the peer already (it goes first), and is absorbed there.
  Seq from = log.interval->low;
  while (from <= to && node_at(log, from) != nullptr) from = Seq(from.value + 1);
  if (from <= to) missing.backfill.push_back({log.device, from, to});
}

Result<Log::Missing> Log::Impl::missing_at(std::span<const FrontierItem> theirs) {
  KITH_TRY(barrier());
  const store::Snapshot snapshot = KITH_TRY(store.db().snapshot());
  Missing missing;
  missing.upto = Pos(KITH_TRY(journal.count("SELECT max(pos) FROM kith_journal")));
  std::unordered_map<DeviceId, const FrontierItem*, FixedBytesHash> by_device;
  for (const FrontierItem& item : theirs) by_device.emplace(item.device, &item);
  for (const LogState& log : logs) {
    if (!log.interval.has_value()) continue;
    const Interval& ours = *log.interval;
    const auto it = by_device.find(log.device);
    if (it == by_device.end()) {
      add_backfill(log, ours.high, missing);
      continue;
    }
    const FrontierItem& peer = *it->second;
    if (peer.low > peer.high || ours.high.value + 1 < peer.low.value || ours.low.value > peer.high.value + 1) continue;
    if (ours.low < peer.low) add_backfill(log, Seq(peer.low.value - 1), missing);
    const bool has_their_high = peer.high >= ours.low && peer.high <= ours.high;
    if (has_their_high && KITH_TRY(journal.id_at(log.author, peer.high)) != peer.high_id) {
      // One of us holds another branch: all that both have goes out, so that the other side finds where they part.
      missing.ahead.push_back({log.device, std::max(ours.low, peer.low), ours.high});
    } else if (ours.high > peer.high) {
      missing.ahead.push_back({log.device, Seq(peer.high.value + 1), ours.high});
    }
  }
  return missing;
}

Result<Log::Missing> Log::Impl::since(Pos cursor) {
  KITH_TRY(barrier());
  Missing missing;
  missing.upto = Pos(KITH_TRY(journal.count("SELECT max(pos) FROM kith_journal")));
  std::map<std::int64_t, std::vector<std::uint64_t>> fresh;  // numbers by author
  {
    auto row =
        KITH_TRY(store.db().cached("SELECT author, seq FROM kith_journal WHERE pos > ? AND form = 1 AND kind >= 64"));
    row->bind(1, cursor.value);
    while (KITH_TRY(row->step())) fresh[row->int64(0)].push_back(static_cast<std::uint64_t>(row->int64(1)));
  }
  for (auto& [author, seqs] : fresh) {
    const LogState* log = find_author(AuthorRef(author));
    if (log == nullptr || !log->interval.has_value()) continue;
    const Interval& held = *log->interval;
    std::sort(seqs.begin(), seqs.end());
    // Whether the peer's entries lie below or above a fresh run: what is between two runs, but for authority, which
    // came alone, was here before.
    const auto is_old = [&](std::uint64_t from, std::uint64_t end) {
      for (std::uint64_t seq = from; seq < end; ++seq) {
        if (node_at(*log, Seq(seq)) == nullptr) return true;
      }
      return false;
    };
    std::uint64_t at = held.low.value;
    std::optional<std::uint64_t> ahead_from;
    std::optional<std::uint64_t> backfill_to;
    bool met_old = false;
    for (const std::uint64_t seq : seqs) {
      if (seq < at || seq > held.high.value) continue;
      if (is_old(at, seq)) met_old = true;
      if (!met_old) {
        backfill_to = seq;
      } else if (!ahead_from.has_value()) {
        ahead_from = seq;
      }
      at = seq + 1;
    }
    if (!met_old && !is_old(at, held.high.value + 1) && backfill_to.has_value()) backfill_to = held.high.value;
    if (backfill_to.has_value()) add_backfill(*log, Seq(*backfill_to), missing);
    if (ahead_from.has_value()) missing.ahead.push_back({log->device, Seq(*ahead_from), held.high});
  }
  return missing;
}

namespace {

/// Fills one window. Reads through the journal, log by log in turn by time.
class WindowBuilder {
 public:
  WindowBuilder(Log::Impl& impl, std::vector<Range>& ranges, RecordEncoder& encoder, std::uint32_t records_max,
                std::size_t bytes_max)
      : impl_(impl), ranges_(ranges), encoder_(encoder), records_max_(records_max), bytes_max_(bytes_max) {
    sources_.reserve(ranges.size());
  }

  Result<Log::Window> newest_first() {
    std::priority_queue<Turn> turns;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      Source& source = add_source(i);
      if (source.is_done) continue;
      KITH_TRY(find_signature_below(source, ranges_[i].to));
      KITH_TRY(read(source, ranges_[i].to));
      turns.push({source.next.entry.header.time.value, i});
    }
    while (!turns.empty() && picked_.size() < records_max_) {
      const std::size_t i = turns.top().index;
      turns.pop();
      if (!fits(RecordEncoder::bytes_max(sources_[i].next.record()), 1)) break;
      KITH_TRY(take_newest(i));
      if (!sources_[i].is_done) turns.push({sources_[i].next.entry.header.time.value, i});
    }
    return finish();
  }

  Result<Log::Window> oldest_first() {
    std::priority_queue<Turn> turns;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      Source& source = add_source(i);
      if (source.is_done) continue;
      KITH_TRY(read(source, ranges_[i].from));
      turns.push({~source.next.entry.header.time.value, i});
    }
    while (!turns.empty() && picked_.size() < records_max_) {
      const std::size_t i = turns.top().index;
      turns.pop();
      if (!KITH_TRY(take_segment(i))) break;
      if (sources_[i].is_done) continue;
      KITH_TRY(read(sources_[i], ranges_[i].from));
      turns.push({~sources_[i].next.entry.header.time.value, i});
    }
    return finish();
  }

 private:
  struct Source {
    const LogState* log = nullptr;
    bool is_done = false;
    Picked next;
    std::optional<EvidenceRow> signature;  // the highest kept at or below the next entry
  };
  struct Turn {
    std::uint64_t order;
    std::size_t index;
    bool operator<(const Turn& other) const { return order < other.order; }
  };

  Source& add_source(std::size_t i) {
    Source& source = sources_.emplace_back();
    source.log = impl_.find_log(ranges_[i].device);
    source.is_done = source.log == nullptr || ranges_[i].from > ranges_[i].to;
    return source;
  }

  Result<void> read(Source& source, Seq seq) {
    if (!KITH_TRY(impl_.journal.read(source.log->author, seq, source.next.entry))) return not_here();
    source.next.entry.header.device = source.log->device;
    source.next.signature.reset();
    return {};
  }

  bool fits(std::size_t bytes, std::size_t records) {
    const bool is_first = picked_.empty();
    return is_first || (bytes_ + bytes <= bytes_max_ && picked_.size() + records <= records_max_);
  }

  void pick(Picked&& picked) {
    bytes_ += RecordEncoder::bytes_max(picked.record());
    if (picked.entry.withheld) Journal::set_payload_hash(picked.entry);
    picked_.push_back(std::move(picked));
  }

  Result<void> find_signature_below(Source& source, Seq seq) {
    auto row = KITH_TRY(impl_.store.db().cached(
        "SELECT seq, signature FROM kith_evidence WHERE author = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1"));
    row->bind(1, source.log->author.value).bind(2, static_cast<std::int64_t>(seq.value));
    source.signature.reset();
    if (!KITH_TRY(row->step())) return {};
    const auto signature = Signature::from(row->blob(1));
    if (signature.has_value()) {
      source.signature = EvidenceRow{Seq(static_cast<std::uint64_t>(row->int64(0))), *signature};
    }
    return {};
  }

  /// Takes the newest of a range; the one below it becomes the source's next and gives the id that this one follows.
  Result<void> take_newest(std::size_t i) {
    Source& source = sources_[i];
    Range& range = ranges_[i];
    const Seq seq = range.to;
    Picked picked = std::move(source.next);
    if (source.signature.has_value() && source.signature->seq == seq) {
      picked.signature = source.signature->signature;
      if (seq.value > 0) KITH_TRY(find_signature_below(source, Seq(seq.value - 1)));
    }
    source.is_done = range.from == range.to;
    if (source.is_done) {
      picked.entry.header.prev = KITH_TRY(impl_.prev_of(*source.log, seq));
    } else {
      range.to = Seq(seq.value - 1);
      KITH_TRY(read(source, range.to));
      picked.entry.header.prev = source.next.entry.id;
    }
    pick(std::move(picked));
    return {};
  }

  /// Takes entries up to the next kept signature, all or none. False: they do not fit any more.
  Result<bool> take_segment(std::size_t i) {
    Source& source = sources_[i];
    Range& range = ranges_[i];
    const auto end = KITH_TRY(impl_.journal.next_evidence(source.log->author, range.from));
    if (!end.has_value()) return not_here();
    std::vector<Picked> segment;
    std::size_t bytes = 0;
    EntryId prev = KITH_TRY(impl_.prev_of(*source.log, range.from));
    for (Seq seq = range.from; seq <= end->seq; seq = Seq(seq.value + 1)) {
      if (seq != range.from) KITH_TRY(read(source, seq));
      source.next.entry.header.prev = prev;
      prev = source.next.entry.id;
      if (seq == end->seq) source.next.signature = end->signature;
      bytes += RecordEncoder::bytes_max(source.next.record());
      segment.push_back(std::move(source.next));
      source.next = Picked();
    }
    if (!fits(bytes, segment.size())) return false;
    for (Picked& picked : segment) pick(std::move(picked));
    source.is_done = end->seq >= range.to;
    range.from = Seq(end->seq.value + 1);
    return true;
  }

  Result<Log::Window> finish() {
    std::sort(picked_.begin(), picked_.end(),
              [](const Picked& a, const Picked& b) { return a.entry.header.time < b.entry.header.time; });
    Log::Window window;
    window.records.reserve(bytes_);
    for (const Picked& picked : picked_) {
      if (!encoder_.has_room_for(picked.entry.header.device)) {
        return Error(ErrorCode::kTooLarge, "This connection carries as many logs as one can.", "Connect again.");
      }
      encoder_.encode(picked.record(), window.records);
    }
    window.count = static_cast<std::uint32_t>(picked_.size());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      if (!sources_[i].is_done) ranges_[kept++] = ranges_[i];
    }
    ranges_.resize(kept);
    window.done = ranges_.empty();
    return window;
  }

  Log::Impl& impl_;
  std::vector<Range>& ranges_;
  RecordEncoder& encoder_;
  std::uint32_t records_max_;
  std::size_t bytes_max_;
  std::vector<Source> sources_;
  std::vector<Picked> picked_;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<Log::Missing> Log::missing_at(std::span<const FrontierItem> theirs) {
  return impl_->missing_at(theirs);
}

Result<Log::Missing> Log::since(Pos cursor) {
  return impl_->since(cursor);
}

Result<Log::Window> Log::next_window(std::vector<Range>& ranges, bool newest_first, RecordEncoder& encoder,
                                     std::uint32_t records_max, std::size_t bytes_max) {
  KITH_TRY(impl_->barrier());
  const store::Snapshot snapshot = KITH_TRY(impl_->store.db().snapshot());
  WindowBuilder builder(*impl_, ranges, encoder, std::min<std::uint32_t>(records_max, kWindowRecordsMax),
                        std::min(bytes_max, kWindowBytesMax));
  return newest_first ? builder.newest_first() : builder.oldest_first();
}

}  // namespace kith::log
