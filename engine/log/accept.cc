// SPDX-License-Identifier: Apache-2.0
// A window that arrives. First everything is decoded, linked and verified, against what is here and within itself;
// then, in one transaction, authority is stored and handed up, and content opened, merged and stored in the order of
// the window.
#include <algorithm>
#include <unordered_set>

#include "log/log_impl.h"

namespace kith::log {
namespace {

Error malformed(const char* cause) {
  return Error(ErrorCode::kMalformed, std::string("What a peer sent does not hold: ") + cause + ".",
               "It is broken or lies; the connection should end.");
}

Error bad_signature() {
  return Error(ErrorCode::kBadSignature, "The signature of an entry is not its log's.",
               "The peer is broken or lies; the connection should end.");
}

enum class Fate : std::uint8_t {
  kDropped,  // not stored: known, beyond a doubling, or part of a run that does not touch
  kBeside,   // authority that lies beside the interval
  kJoins,    // becomes part of the interval
};

struct Item {
  Record record;
  LogIndex log = 0;
  std::uint32_t run = 0;
  Fate fate = Fate::kDropped;
  bool is_known = false;
  State state = State::kNoChangeset;  // as it was stored
  Stamp floor;                        // time of the entry before, where it is known
  bool is_floor_known = false;
  bool follows_more = false;  // the entry before says that its transaction goes on
};

/// Consecutive, linked entries of one log in the window: items[order[first]] … items[order[end - 1]].
struct Run {
  LogIndex log = 0;
  std::size_t first = 0;
  std::size_t end = 0;
  std::optional<Interval> before;  // what was here of the log
};

struct DoublingFound {
  LogIndex log = 0;
  Seq seq;
  Bytes proof;
};

class WindowReader {
 public:
  explicit WindowReader(Log::Impl& impl) : impl_(impl), logs_before_(impl.logs.size()) {}
  ~WindowReader() {
    if (!is_committed_) forget_new_logs();
  }

  Result<Accepted> read(RecordDecoder& decoder, ByteView window) {
    KITH_TRY(decode(decoder, window));
    find_runs();
    for (Run& run : runs_) KITH_TRY(judge(run));
    drop_uncited();
    KITH_TRY(verify());
    for (const Item& item : items_) {
      if (item.is_known) ++accepted_.known;
    }
    const bool is_news = !doublings_.empty() || std::any_of(items_.begin(), items_.end(), [](const Item& item) {
      return item.fate != Fate::kDropped;
    });
    if (is_news) {
      KITH_TRY(store());
    } else {
      forget_new_logs();
    }
    is_committed_ = true;
    return accepted_;
  }

 private:
  // -- decoding
  Result<void> decode(RecordDecoder& decoder, ByteView window) {
    if (window.size() > kWindowBytesMax) return malformed("a window is too large");
    // A stored payload is at most three bytes longer than on the wire, where a record takes more than three besides.
    arena_.reserve(window.size());
    ByteReader in(window);
    while (in.left() > 0) {
      if (items_.size() == kWindowRecordsMax) return malformed("a window holds too many records");
      Item& item = items_.emplace_back();
      item.record = KITH_TRY(decoder.decode(in));
      const Header& header = item.record.header;
      const bool is_genesis = header.kind == static_cast<std::uint8_t>(Kind::kGenesis);
      if (is_genesis && item.record.id.data != impl_.space.data) return malformed("a genesis of another space");
      const std::size_t start = arena_.size();
      append(arena_, item.record.payload);
      item.record.payload = ByteView(arena_).subspan(start);
      item.log = impl_.log_index(header.device);
    }
    return {};
  }

  void forget_new_logs() {
    // Logs of which nothing was stored are forgotten, or rubbish would fill the memory.
    while (impl_.logs.size() > logs_before_ && impl_.logs.back().author.value == 0 &&
           !impl_.logs.back().doubled_at.has_value()) {
      impl_.logs_by_device.erase(impl_.logs.back().device);
      impl_.logs.pop_back();
    }
  }

  void find_runs() {
    order_.resize(items_.size());
    for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      return std::pair(items_[a].log, a) < std::pair(items_[b].log, b);
    });
    for (std::size_t at = 0; at < order_.size(); ++at) {
      Item& item = items_[order_[at]];
      const bool follows = at > 0 && does_follow(items_[order_[at - 1]], item);
      if (!follows) runs_.push_back({item.log, at, at, std::nullopt});
      runs_.back().end = at + 1;
      item.run = static_cast<std::uint32_t>(runs_.size() - 1);
    }
  }

  static bool does_follow(const Item& before, const Item& item) {
    const Header& a = before.record.header;
    const Header& b = item.record.header;
    return before.log == item.log && b.seq.value == a.seq.value + 1 && b.prev == before.record.id && b.time > a.time;
  }

  Item& item_at(std::size_t at) { return items_[order_[at]]; }

  // -- judging a run against what is here
  Result<void> judge(Run& run) {
    const LogState& log = impl_.logs[run.log];
    run.before = log.interval;
    std::size_t end = run.end;
    KITH_TRY(mark_known(run, end));
    const auto first_beyond = first_doubled(log, run, end);
    end = std::min(end, first_beyond);
    const bool has_content = std::any_of(
        order_.begin() + static_cast<std::ptrdiff_t>(run.first), order_.begin() + static_cast<std::ptrdiff_t>(end),
        [this](std::uint32_t i) { return !is_authority(items_[i].record.header.kind); });
    if (!log.interval.has_value() && has_content) {
      for (std::size_t at = run.first; at < end; ++at) item_at(at).fate = fate_of(item_at(at), Fate::kJoins);
    } else if (!log.interval.has_value()) {
      for (std::size_t at = run.first; at < end; ++at) item_at(at).fate = fate_of(item_at(at), Fate::kBeside);
    } else {
      judge_below(*log.interval, run, end);
      judge_above(*log.interval, run, end);
    }
    bound_held(log, run, end);
    drop_repeated(run);
    drop_own(run);
    note_predecessors(log, run, end);
    return {};
  }

  /// One number is stored once, whatever a window says twice.
  void drop_repeated(const Run& run) {
    const Seq from = item_at(run.first).record.header.seq;
    const Seq to = item_at(run.end - 1).record.header.seq;
    auto& taken = taken_[run.log];
    const bool overlaps = std::any_of(taken.begin(), taken.end(),
                                      [&](const auto& range) { return from <= range.second && to >= range.first; });
    if (overlaps) drop_fresh(run);
    taken.emplace_back(from, to);
  }

  /// What this device has not written itself is a copy's work: it is never continued, and nothing more is written here
  /// (formats 11).
  void drop_own(const Run& run) {
    if (impl_.own_key == nullptr || run.log != impl_.own_log) return;
    if (drop_fresh(run)) impl_.is_own_ahead = true;
  }

  bool drop_fresh(const Run& run) {
    bool dropped = false;
    for (std::size_t at = run.first; at < run.end; ++at) {
      dropped = dropped || item_at(at).fate != Fate::kDropped;
      item_at(at).fate = Fate::kDropped;
    }
    return dropped;
  }

  static Fate fate_of(const Item& item, Fate fate) { return item.is_known ? Fate::kDropped : fate; }

  /// Marks what is here already; `end` becomes the place of the first entry that is here under another id.
  Result<void> mark_known(const Run& run, std::size_t& end) {
    const LogState& log = impl_.logs[run.log];
    if (log.author.value == 0) return {};
    const Seq from = item_at(run.first).record.header.seq;
    const Seq to = item_at(run.end - 1).record.header.seq;
    const auto place = [&](Seq seq) { return run.first + static_cast<std::size_t>(seq.value - from.value); };
    std::size_t differs = run.end;
    if (log.interval.has_value() && from <= log.interval->high && to >= log.interval->low) {
      const Seq top = std::min(to, log.interval->high);
      Seq bottom = std::max(from, log.interval->low);
      // The id at the top of the overlap vouches for all below it.
      if (!KITH_TRY(is_here(log, item_at(place(top))))) {
        while (KITH_TRY(is_here(log, item_at(place(bottom))))) bottom = Seq(bottom.value + 1);
        differs = place(bottom);
      }
      const std::size_t first_in_overlap = place(std::max(from, log.interval->low));
      for (std::size_t at = first_in_overlap; at < std::min(differs, place(top) + 1); ++at) item_at(at).is_known = true;
    }
    for (const NodeIndex index : log.authority) {
      const AuthorityNode& node = impl_.nodes[index];
      if (node.seq < from || node.seq > to) continue;
      Item& item = item_at(place(node.seq));
      if (item.record.id == node.id) {
        item.is_known = true;
      } else {
        differs = std::min(differs, place(node.seq));
      }
    }
    if (differs < run.end) KITH_TRY(note_doubling(run, differs));
    end = differs;
    return {};
  }

  Result<bool> is_here(const LogState& log, const Item& item) {
    return KITH_TRY(impl_.journal.id_at(log.author, item.record.header.seq)) == item.record.id;
  }

  std::size_t first_doubled(const LogState& log, const Run& run, std::size_t end) {
    if (!log.doubled_at.has_value()) return end;
    for (std::size_t at = run.first; at < end; ++at) {
      if (item_at(at).record.header.seq >= *log.doubled_at) return at;
    }
    return end;
  }

  void judge_below(const Interval& held, const Run& run, std::size_t end) {
    const auto is_below = [&](std::size_t at) { return at < end && item_at(at).record.header.seq < held.low; };
    std::size_t last = run.first;
    while (is_below(last + 1)) ++last;
    if (!is_below(run.first)) return;
    const Item& joint = item_at(last);
    const bool touches = joint.record.header.seq.value + 1 == held.low.value;
    const bool links = touches && joint.record.id == held.below && joint.record.header.time < held.low_time;
    for (std::size_t at = run.first; at <= last; ++at) place_item(item_at(at), links);
  }

  void judge_above(const Interval& held, const Run& run, std::size_t end) {
    const auto is_above = [&](std::size_t at) { return item_at(at).record.header.seq > held.high; };
    std::size_t first = run.first;
    while (first < end && !is_above(first)) ++first;
    if (first == end) return;
    const Header& joint = item_at(first).record.header;
    const bool touches = joint.seq.value == held.high.value + 1;
    const bool links = touches && joint.prev == held.high_id && joint.time > held.high_time;
    for (std::size_t at = first; at < end; ++at) place_item(item_at(at), links);
  }

  void place_item(Item& item, bool links) {
    if (item.is_known) return;
    if (links) {
      item.fate = Fate::kJoins;
    } else if (is_authority(item.record.header.kind)) {
      item.fate = Fate::kBeside;
    } else {
      accepted_.gap = true;
    }
  }

  /// Of what is ahead of our clock only so much is kept; the cut is at a signature, so that what is kept can be proved.
  void bound_held(const LogState& log, const Run& run, std::size_t end) {
    std::uint32_t held = log.held;
    std::size_t last_signed = run.first;
    for (std::size_t at = run.first; at < end; ++at) {
      const Item& item = item_at(at);
      const Header& header = item.record.header;
      const bool is_above = !log.interval.has_value() || header.seq > log.interval->high;
      const bool is_held =
          item.fate == Fate::kJoins && !is_authority(header.kind) && impl_.hybrid.is_ahead(header.time);
      if (is_held && is_above && ++held > Log::kHeldPerDeviceMax) {
        for (std::size_t cut = last_signed; cut < end; ++cut) item_at(cut).fate = Fate::kDropped;
        break;
      }
      if (item.record.signature.has_value()) last_signed = at + 1;
    }
  }

  void note_predecessors(const LogState& log, const Run& run, std::size_t end) {
    for (std::size_t at = run.first; at < end; ++at) {
      Item& item = item_at(at);
      const Header& header = item.record.header;
      if (at > run.first) {
        const Header& before = item_at(at - 1).record.header;
        item.floor = before.time;
        item.is_floor_known = true;
        item.follows_more = before.more();
      } else if (header.seq.value == 0) {
        item.is_floor_known = true;
      } else if (log.interval.has_value() && header.seq.value == log.interval->high.value + 1) {
        item.floor = log.interval->high_time;
        item.is_floor_known = true;
        item.follows_more = log.interval->high_more;
      }
    }
  }

  Result<void> note_doubling(const Run& run, std::size_t differs) {
    LogState& log = impl_.logs[run.log];
    const Item& theirs = item_at(differs);
    const Seq seq = theirs.record.header.seq;
    if (log.doubled_at.has_value() && *log.doubled_at <= seq) return {};
    std::vector<Header> following;
    std::size_t at = differs;
    while (!item_at(at).record.signature.has_value()) {
      if (++at == run.end || following.size() == kEvidenceHeadersMax) {
        accepted_.gap = true;  // a suspicion only: no signature reaches it
        return {};
      }
      following.push_back(item_at(at).record.header);
    }
    StoredEntry ours;
    if (!KITH_TRY(impl_.journal.read(log.author, seq, ours))) return malformed("an entry of ours is gone");
    ours.header.device = log.device;
    ours.header.prev = KITH_TRY(impl_.prev_of(log, seq));
    Journal::set_payload_hash(ours);
    auto our_evidence = impl_.evidence_for(log, seq);
    if (!our_evidence.ok()) {
      accepted_.gap = true;
      return {};
    }
    Bytes proof = encode_doubling(ours.header, *our_evidence, theirs.record.header,
                                  encode_evidence(following, *item_at(at).record.signature));
    impl_.verifications += 2;
    KITH_TRY(decode_doubling(proof, impl_.space));
    doublings_.push_back({run.log, seq, std::move(proof)});
    return {};
  }

  // -- citations: authority first, so what an entry cites is here or before it in this window
  void drop_uncited() {
    bool dropped = true;
    while (dropped) {
      dropped = false;
      cited_here_.clear();
      for (Item& item : items_) {
        if (item.fate == Fate::kDropped) continue;
        if (!knows_refs(item.record.header)) {
          drop_run_of(item);
          dropped = true;
          break;
        }
        if (is_authority(item.record.header.kind)) cited_here_.insert(item.record.id);
      }
    }
  }

  bool knows_refs(const Header& header) {
    return std::all_of(header.refs.begin(), header.refs.end(), [this](const EntryId& ref) {
      return impl_.nodes_by_id.contains(ref) || cited_here_.contains(ref);
    });
  }

  void drop_run_of(Item& item) {
    accepted_.gap = true;
    const Run& run = runs_[item.run];
    if (item.fate == Fate::kBeside) {
      item.fate = Fate::kDropped;
      return;
    }
    for (std::size_t at = run.first; at < run.end; ++at) {
      if (item_at(at).fate == Fate::kJoins) item_at(at).fate = Fate::kDropped;
    }
  }

  // -- signatures
  Result<void> verify() {
    for (const Run& run : runs_) {
      KITH_TRY(check_vouched(run));
      for (std::size_t at = run.first; at < run.end; ++at) {
        const Item& item = item_at(at);
        if (item.fate == Fate::kDropped || !item.record.signature.has_value()) continue;
        KITH_TRY(check_key(impl_.logs[run.log]));
        ++impl_.verifications;
        if (!is_signed(item.record.header.device, item.record.id, *item.record.signature)) return bad_signature();
      }
    }
    return {};
  }

  /// What is taken is reached by a signature that is checked here, or by an entry that was checked before.
  Result<void> check_vouched(const Run& run) {
    const LogState& log = impl_.logs[run.log];
    bool is_vouched = false;
    for (std::size_t at = run.end; at-- > run.first;) {
      Item& item = item_at(at);
      const Header& header = item.record.header;
      const bool is_signed_here = item.fate != Fate::kDropped && item.record.signature.has_value();
      const bool hangs_below = log.interval.has_value() && header.seq.value + 1 == log.interval->low.value &&
                               item.record.id == log.interval->below;
      is_vouched = is_vouched || is_signed_here || item.is_known || hangs_below;
      if (item.fate == Fate::kDropped) {
        // A signature beyond a cut still vouches, once it is checked.
        if (!is_vouched && item.record.signature.has_value() && has_fresh_below(run, at)) {
          KITH_TRY(check_key(impl_.logs[run.log]));
          ++impl_.verifications;
          if (!is_signed(header.device, item.record.id, *item.record.signature)) return bad_signature();
          is_vouched = true;
        }
        continue;
      }
      if (!is_vouched) {
        // It was cut for somebody who holds what comes behind it.
        item.fate = Fate::kDropped;
        accepted_.gap = true;
        continue;
      }
      if (is_authority(header.kind) && !item.record.signature.has_value()) {
        return malformed("an authority entry comes without its signature");
      }
      if (log.author.value == 0 && is_authority(header.kind) && header.seq.value > 0 && !has_first_entry(run.log)) {
        return malformed("an authority entry of a log whose first entry is not here");
      }
    }
    return {};
  }

  bool has_fresh_below(const Run& run, std::size_t at) {
    for (std::size_t below = run.first; below < at; ++below) {
      if (item_at(below).fate != Fate::kDropped) return true;
    }
    return false;
  }

  bool has_first_entry(LogIndex log) const {
    return std::any_of(items_.begin(), items_.end(), [log](const Item& item) {
      return item.log == log && item.fate != Fate::kDropped && item.record.header.seq.value == 0;
    });
  }

  static Result<void> check_key(LogState& log) {
    if (log.is_key_valid) return {};
    if (!crypto::is_valid_public_key(SignPublic{log.device.data})) return bad_signature();
    log.is_key_valid = true;
    return {};
  }

  // -- storing
  Result<void> store() {
    Batch batch = KITH_TRY(Batch::begin(impl_));
    KITH_TRY(store_authority());
    KITH_TRY(store_content());
    for (const Run& run : runs_) KITH_TRY(grow(run));
    for (const LogIndex log : touched_) {
      KITH_TRY(impl_.save_interval(impl_.logs[log]));
    }
    for (const auto& [log, seq] : unsettled_) KITH_TRY(impl_.settle(log, seq));
    for (const LogIndex log : widened_) {
      KITH_TRY(impl_.settle_all("SELECT author, seq FROM kith_journal WHERE state = 8 AND author = ?1 ORDER BY pos",
                                impl_.logs[log].author.value));
    }
    KITH_TRY(store_doublings());
    KITH_TRY(batch.commit());
    impl_.changed();
    impl_.entries += accepted_.fresh;
    impl_.hybrid.observe(newest_);
    return {};
  }

  Result<void> store_authority() {
    std::vector<AuthorityEntry> arrived;
    std::vector<const Item*> stored;
    for (const Item& item : items_) {
      if (item.fate == Fate::kDropped || !is_authority(item.record.header.kind)) continue;
      const Pos pos = impl_.store.next_pos();
      impl_.add_node(item.log, pos, item.record.id, item.record.header);
      arrived.push_back({pos, item.record.id, item.record.header, to_bytes(item.record.payload)});
      stored.push_back(&item);
      note_stored(item, pos);
    }
    if (arrived.empty()) return {};
    impl_.is_governor_told = true;
    KITH_TRY(impl_.governor->authority_arrived(arrived));
    for (std::size_t i = 0; i < arrived.size(); ++i) {
      LogState& log = impl_.logs[stored[i]->log];
      const Header& header = arrived[i].header;
      KITH_TRY(impl_.ensure_author(log));
      KITH_TRY(impl_.journal.insert(arrived[i].pos, log.author, State::kNoChangeset, stored[i]->record));
      KITH_TRY(impl_.journal.put_evidence(log.author, header.seq, *stored[i]->record.signature, true, &header.prev));
      impl_.absorb(log);
      if (log.interval.has_value()) touched_.insert(stored[i]->log);
    }
    for (const AuthorityEntry& entry : arrived) {
      if (entry.header.kind == static_cast<std::uint8_t>(Kind::kDoubling)) {
        KITH_TRY(impl_.note_doubling_entry(entry.payload));
      }
    }
    return {};
  }

  void note_stored(const Item& item, Pos pos) {
    ++accepted_.fresh;
    accepted_.last = pos;
    newest_ = std::max(newest_, item.record.header.time);
  }

  Result<void> store_content() {
    for (Item& item : items_) {
      if (item.fate == Fate::kDropped || is_authority(item.record.header.kind)) continue;
      LogState& log = impl_.logs[item.log];
      if (log.author.value == 0 || !known_writer(item.log)) {
        return Error(ErrorCode::kNotMember, "A peer sent content of a device that nobody has certified here.",
                     "Its membership has to come first; compare again.");
      }
      const Pos pos = impl_.store.next_pos();
      const State state = item.state = KITH_TRY(merge(item, pos));
      KITH_TRY(impl_.journal.insert(pos, log.author, state, item.record));
      note_stored(item, pos);
      if (state == State::kLocked) ++accepted_.locked;
      if (state == State::kHeld) {
        ++accepted_.held;
        ++log.held;
      }
      if (state == State::kIncomplete && !item.record.header.more()) {
        unsettled_.emplace_back(item.log, item.record.header.seq);
      }
    }
    return {};
  }

  bool known_writer(LogIndex log) {
    OfLog& asked = of_log(log);
    asked.is_certified = asked.is_certified || impl_.governor->person_of(impl_.logs[log].device).has_value();
    return asked.is_certified;
  }

  /// The common case at once: a transaction of one entry, whose shape needs no neighbours. All others wait for
  /// `settle`.
  Result<State> merge(const Item& item, Pos pos) {
    const Record& record = item.record;
    const Header& header = record.header;
    const LogState& log = impl_.logs[item.log];
    const Log::Impl::Citation cited = KITH_TRY(citation(item));
    if (header.more() || item.follows_more) return State::kIncomplete;
    if (!impl_.counts(log, header, record.id)) return State::kRejected;
    if (impl_.hybrid.is_ahead(header.time)) return State::kHeld;
    if (header.payload_length == 0) return State::kVoid;
    if (record.withheld) return State::kLocked;
    const crypto::Key* secret = secret_for(item.log, header.tag);
    if (secret == nullptr) return State::kLocked;
    const Hash* computed = record.computed_values_hash.has_value() ? &*record.computed_values_hash : nullptr;
    const auto split = split_payload(record.payload, record.values_hash, computed);
    if (!split.ok()) return State::kVoid;
    if (!open_payload_into(impl_.compressor, *secret, header.device, header.seq, *split, opened_).ok()) {
      return State::kVoid;
    }
    if (!item.is_floor_known) {
      const auto shape = store::ShapeReader::open(opened_.shape);
      if (shape.ok() && shape->head().transaction.value != 0) return State::kIncomplete;
    }
    store::Incoming incoming;
    incoming.pos = pos;
    incoming.author = log.author;
    incoming.stamp = header.time;
    incoming.floor = item.floor;
    incoming.shape = opened_.shape;
    if (opened_.values.has_value()) incoming.values = ByteView(*opened_.values);
    incoming.reach = cited.reach;
    return Log::Impl::state_of(KITH_TRY(impl_.store.merge(incoming)), cited);
  }

  /// The same as Impl::citation; what the entry before in this window cites is remembered.
  Result<Log::Impl::Citation> citation(const Item& item) {
    if (!impl_.governor->has_schema_moved()) return impl_.citation_by({});
    const Header& header = item.record.header;
    OfLog& asked = of_log(item.log);
    if (!header.refs.empty()) {
      asked.cited = impl_.citation_by(header.refs);
    } else if (!asked.cited || asked.cited_at.value + 1 != header.seq.value) {
      asked.cited = header.seq.value == 0 ? impl_.citation_by({})
                                          : KITH_TRY(impl_.citation(impl_.logs[item.log], Seq(header.seq.value - 1)));
    }
    asked.cited_at = header.seq;
    return *asked.cited;
  }

  const crypto::Key* secret_for(LogIndex log, const EpochTag& tag) {
    OfLog& asked = of_log(log);
    if (asked.tag != tag) {
      asked.tag = tag;
      asked.secret = impl_.governor->epoch_secret(impl_.logs[log].device, tag);
    }
    return asked.secret.has_value() ? &*asked.secret : nullptr;
  }

  /// The log's interval takes in what joins it; signatures that are kept are stored.
  Result<void> grow(const Run& run) {
    LogState& log = impl_.logs[run.log];
    std::optional<Header> previous;
    for (std::size_t at = run.first; at < run.end; ++at) {
      const Item& item = item_at(at);
      const Header& header = item.record.header;
      const bool makes_first = !log.interval.has_value() && is_in_new_interval(run, at);
      if (item.fate != Fate::kJoins && !makes_first) continue;
      if (!log.interval.has_value()) {
        log.interval = Interval{header.seq,  header.seq,  item.record.id, header.prev,
                                header.time, header.time, header.more(),  item.state == State::kIncomplete};
      } else if (header.seq > log.interval->high) {
        log.interval->high = header.seq;
        log.interval->high_id = item.record.id;
        log.interval->high_time = header.time;
        log.interval->high_more = header.more();
      }
      KITH_TRY(keep_signature(log, item, previous));
      previous = header;
    }
    if (!previous.has_value()) return {};
    extend_below(log, run);
    impl_.absorb(log);
    touched_.insert(run.log);
    KITH_TRY(renew_newest(log, run));
    if (run.before.has_value() && run.before->low_waits && log.interval->low < run.before->low) {
      unsettled_.emplace_back(run.log, run.before->low);
    }
    return {};
  }

  /// A run with content that makes the first interval of its log takes in the authority at its start too, which is here
  /// already.
  bool is_in_new_interval(const Run& run, std::size_t at) {
    for (std::size_t above = at; above < run.end; ++above) {
      const Item& item = item_at(above);
      if (item.fate == Fate::kJoins) return item_at(at).is_known || above == at;
      if (!item.is_known) return false;
    }
    return false;
  }

  void extend_below(LogState& log, const Run& run) {
    Interval& held = *log.interval;
    const Item& first = item_at(run.first);
    const Seq from = first.record.header.seq;
    if (from >= held.low || item_at(run.end - 1).record.header.seq.value + 1 < held.low.value) return;
    const Item& joint = item_at(run.first + static_cast<std::size_t>(held.low.value - 1 - from.value));
    if (joint.record.id != held.below || (joint.fate == Fate::kDropped && !joint.is_known)) return;
    held.low = from;
    held.low_time = first.record.header.time;
    held.below = first.record.header.prev;
    held.low_waits = first.state == State::kIncomplete;
    widened_.insert(run.log);
  }

  Result<void> keep_signature(const LogState& log, const Item& item, const std::optional<Header>& previous) {
    const Header& header = item.record.header;
    if (previous.has_value() && header.payload_length > Log::kLargePayloadBytes) {
      KITH_TRY(impl_.journal.keep_evidence(log.author, previous->seq));
    }
    if (is_authority(header.kind) || !item.record.signature.has_value()) return {};
    return impl_.journal.put_evidence(log.author, header.seq, *item.record.signature, keeps_signature(header), nullptr);
  }

  /// Of signatures that are kept only while they are the newest, one remains.
  Result<void> renew_newest(const LogState& log, const Run& run) {
    if (run.before.has_value() && log.interval->high > run.before->high) {
      const Seq old = run.before->high;
      const Seq from = item_at(run.first).record.header.seq;
      const std::size_t next = run.first + static_cast<std::size_t>(old.value + 1 - from.value);
      const bool is_large_next = next < run.end && item_at(next).record.header.payload_length > Log::kLargePayloadBytes;
      KITH_TRY(is_large_next ? impl_.journal.keep_evidence(log.author, old)
                             : impl_.journal.drop_evidence(log.author, old));
    }
    for (std::size_t at = run.first; at < run.end; ++at) {
      const Item& item = item_at(at);
      if (item.fate == Fate::kJoins && item.record.signature.has_value() &&
          item.record.header.seq != log.interval->high) {
        KITH_TRY(impl_.journal.drop_evidence(log.author, item.record.header.seq));
      }
    }
    return {};
  }

  Result<void> store_doublings() {
    for (const DoublingFound& found : doublings_) {
      if (!KITH_TRY(impl_.freeze(found.log, found.seq, found.proof))) continue;
      impl_.is_governor_told = true;
      KITH_TRY(impl_.governor->log_doubled(impl_.logs[found.log].device, found.seq, found.proof));
      KITH_TRY(impl_.rejudge(found.log));
    }
    return {};
  }

  /// What the governor has said of a log during this window.
  struct OfLog {
    bool is_certified = false;
    std::optional<EpochTag> tag;  // of the secret
    std::optional<crypto::Key> secret;
    std::optional<Log::Impl::Citation> cited;  // by the entry at
    Seq cited_at;
  };
  OfLog& of_log(LogIndex log) {
    if (log >= of_logs_.size()) of_logs_.resize(impl_.logs.size());
    return of_logs_[log];
  }

  Log::Impl& impl_;
  std::size_t logs_before_;
  bool is_committed_ = false;
  Accepted accepted_;
  Bytes arena_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> order_;  // items by log, in the order of the window
  std::vector<Run> runs_;
  std::vector<DoublingFound> doublings_;
  std::unordered_map<LogIndex, std::vector<std::pair<Seq, Seq>>> taken_;
  std::unordered_set<EntryId, FixedBytesHash> cited_here_;
  std::unordered_set<LogIndex> touched_;
  std::unordered_set<LogIndex> widened_;  // whose entries here may now be known to cite more
  std::vector<OfLog> of_logs_;
  std::vector<std::pair<LogIndex, Seq>> unsettled_;
  Opened opened_;
  Stamp newest_;
};

}  // namespace

Result<Accepted> Log::accept(RecordDecoder& decoder, ByteView window) {
  if (impl_->governor == nullptr) {
    return Error(ErrorCode::kUsage, "This log has no governor yet.", "Set one before entries arrive.");
  }
  KITH_TRY(impl_->governor->before_window());
  return WindowReader(*impl_).read(decoder, window);
}

}  // namespace kith::log
