// SPDX-License-Identifier: Apache-2.0
// What the parts of the log share: what is known of each log, the graph of authority, transactions. The methods lie in
// the file of their task:
//
//   log.cc        opening, memory, frontier, digest, counters        authority.cc   the graph of authority, own
//   authority entries seal.cc       the unsealed tail                                  accept.cc      windows that
//   arrive settle.cc     applying, judging again, erasure                   serve.cc       what a peer lacks, windows
//   for it doubling.cc   evidence and doubled logs
#pragma once

#include <unordered_map>
#include <vector>

#include "log/evidence.h"
#include "log/journal.h"
#include "log/log.h"
#include "log/payload.h"

namespace kith::log {

/// Index into Impl::logs, and into Impl::nodes.
using LogIndex = std::uint32_t;
using NodeIndex = std::uint32_t;

struct Interval {
  Seq low;
  Seq high;
  EntryId high_id;
  EntryId below;  // id of low - 1; zero if low = 0
  Stamp low_time;
  Stamp high_time;
  bool high_more = false;  // the transaction of `high` goes on
  bool low_waits = false;  // `low` is not applied before the entry below it is here
};

struct LogState {
  DeviceId device;
  AuthorRef author;  // zero: nothing of it is stored
  std::optional<Interval> interval;
  std::optional<Seq> doubled_at;
  std::vector<NodeIndex> authority;  // by seq; one a number
  std::uint32_t held = 0;            // ahead of our clock
  bool is_key_valid = false;         // checked once, when first needed
};

/// An authority entry in the graph.
struct AuthorityNode {
  EntryId id;
  EntryId prev;
  LogIndex log;
  Seq seq;
  Stamp time;
  Pos pos;
  std::vector<NodeIndex> refs;
};

struct Log::Impl final : store::ChangesetSource, store::Sealer {
  Impl(store::Store& the_store, const SpaceId& the_space, Clock& the_clock, HybridClock& the_hybrid, Random& the_random)
      : store(the_store),
        space(the_space),
        clock(the_clock),
        hybrid(the_hybrid),
        random(the_random),
        journal(the_store.db(), the_space) {}

  // -- log.cc
  Result<void> start();
  /// Reads everything below from the file; also after a transaction failed.
  Result<void> load();
  Result<void> load_logs();
  Result<void> load_authority();
  Result<void> load_doubled();
  Result<void> load_interval_ends(LogState& log);
  Result<void> load_counts();
  LogIndex log_index(const DeviceId& device);
  const LogState* find_log(const DeviceId& device) const;
  LogState* find_author(AuthorRef author);
  /// Gives the log an author in the store; its writer is the person, or the device itself where its first entry
  /// certifies nobody.
  Result<void> ensure_author(LogState& log);
  Result<void> barrier();
  Result<std::vector<FrontierItem>> frontier();
  void changed() { cached_digest.reset(); }

  // -- authority.cc
  const AuthorityNode* node_at(const LogState& log, Seq seq) const;
  /// Notes an entry whose refs are all here.
  void add_node(LogIndex log, Pos pos, const EntryId& id, const Header& header);
  const std::vector<EntryId>& heads();
  Result<AuthorityEntry> append_authority(Kind kind, ByteView payload);
  Result<Stamp> time_for_authority();
  Result<AuthorityEntry> load_authority_entry(const AuthorityNode& node);
  /// Lets the interval grow over authority that lies right beside it.
  void absorb(LogState& log);
  Result<void> save_interval(const LogState& log);
  Result<std::vector<AuthorityEntry>> authority_since(std::span<const EntryId> known);

  // -- seal.cc
  struct OwnHead {
    Seq next;
    EntryId id;
    Stamp time;
  };
  OwnHead own_head() const;
  Result<void> load_own();
  Result<void> check_own() const;
  Result<bool> has_tail();
  Result<std::uint32_t> seal_tail(bool all);
  struct TailRow {
    Pos pos;
    Stamp stamp;
    bool more = false;
    std::uint64_t rest_until = 0;
    Bytes shape;
    Bytes values;
  };
  Result<bool> next_tail_row(Pos after, TailRow& row);
  struct SealRun;
  struct Sealable;
  Result<std::uint32_t> seal_batch(SealRun& run);
  void begin_run(SealRun& run) const;
  Result<void> seal_one(SealRun& run, const Sealable& transaction);
  Result<void> end_run(SealRun& run);
  Result<bool> seal(Pos pos, AuthorRef author, Stamp stamp, ByteView shape, ByteView values) override;
  void sealing_failed() override;

  // -- settle.cc
  Result<std::optional<store::StoredChangeset>> changeset_at(Pos pos) override;
  Result<std::optional<store::StoredChangeset>> tail_changeset_at(Pos pos);
  bool counts(const LogState& log, const Header& header, const EntryId& id) const;
  /// By which schema an entry is judged: its effective refs are its own, or those of the newest one below that has any.
  struct Citation {
    const store::SchemaReach* reach = nullptr;
    bool is_known = true;  // false: some entry between is not here; `reach` is what every entry may name
  };
  Citation citation_by(std::span<const EntryId> refs) const { return {governor->reach_of(refs), true}; }
  Result<Citation> citation(const LogState& log, Seq seq);
  /// Of what was applied, or not, under a citation.
  static State state_of(store::Applied applied, const Citation& citation);
  /// Judges and applies the transaction that holds this number, as far as it is here.
  Result<void> settle(LogIndex log, Seq seq);
  struct Part;
  struct Transaction;
  Result<bool> load_transaction(const LogState& log, Seq seq, Transaction& transaction);
  Result<void> merge_parts(LogIndex log, Transaction& transaction);
  Result<State> merge_part(LogIndex log, const Transaction& transaction, Pos pos);
  Result<void> set_state(LogIndex log, Part& part, State state);
  Result<void> set_states(LogIndex log, Transaction& transaction, State state);
  /// Nothing of the transaction is applied.
  Result<void> undo_transaction(LogIndex log, Transaction& transaction, State state);
  /// `sql` selects author and seq.
  Result<void> settle_all(const char* sql, std::int64_t parameter);
  Result<void> rejudge(LogIndex log);
  Result<void> erase(std::span<const EntryId> entries);

  // -- serve.cc
  Result<EntryId> prev_of(const LogState& log, Seq seq);
  void add_backfill(const LogState& log, Seq to, Missing& missing) const;
  Result<Missing> missing_at(std::span<const FrontierItem> theirs);
  Result<Missing> since(Pos cursor);

  // -- doubling.cc
  Result<Bytes> evidence_for(LogState& log, Seq seq);
  /// Freezes the log at `seq`, if it is not frozen below already.
  Result<bool> freeze(LogIndex log, Seq seq, ByteView proof);
  Result<void> cut_interval(LogState& log, Seq seq);
  Result<void> note_doubling_entry(ByteView payload);

  store::Store& store;
  SpaceId space;
  Clock& clock;
  HybridClock& hybrid;
  Random& random;
  Journal journal;
  codec::Compressor compressor;
  Governor* governor = nullptr;
  std::uint64_t journal_id = 0;

  std::vector<LogState> logs;
  std::unordered_map<DeviceId, LogIndex, FixedBytesHash> logs_by_device;
  std::unordered_map<std::int64_t, LogIndex> logs_by_author;
  std::vector<AuthorityNode> nodes;
  std::vector<NodeIndex> head_nodes;  // cited by none
  std::vector<EntryId> sorted_heads;  // their ids; empty: to be sorted again
  std::unordered_map<EntryId, NodeIndex, FixedBytesHash> nodes_by_id;
  std::uint64_t entries = 0;
  std::uint64_t verifications = 0;
  std::optional<Hash> cached_digest;

  const crypto::SigningKey* own_key = nullptr;
  DeviceId own_device;
  LogIndex own_log = 0;
  std::vector<EntryId> own_refs;  // effective refs of our newest entry
  bool is_in_writing = false;
  bool is_own_ahead = false;  // a peer holds entries of our log that we did not write

  int depth = 0;                  // of nested Batches
  bool is_governor_told = false;  // of something in this transaction
  std::optional<Error> broken;
};

/// One SQLite transaction with the store; an inner one joins the outer. Unless committed, everything in file and memory
/// is as before.
class Batch {
 public:
  static Result<Batch> begin(Log::Impl& impl);
  Batch(Batch&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  Batch& operator=(Batch&&) = delete;
  ~Batch();
  Result<void> commit();

 private:
  explicit Batch(Log::Impl& impl) : impl_(&impl) {}
  Log::Impl* impl_;
};

/// Is this entry's signature kept for good, not only while it is the newest?
inline bool keeps_signature(const Header& header) {
  return header.seq.value % Log::kCheckpoint == Log::kCheckpoint - 1 || is_authority(header.kind) ||
         header.payload_length > Log::kLargePayloadBytes;
}

}  // namespace kith::log
