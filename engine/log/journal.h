// SPDX-License-Identifier: Apache-2.0
// The log's rows in the store's file: entries in kith_journal (form 1), and tables of its own.
//
//   kith_logs(author INTEGER PRIMARY KEY, low, high, high_id, below)   the interval of a log: entries low … high are
//   here; below: id of low - 1 kith_evidence(author, seq, signature, keep, prev)                  signatures; keep = 0:
//   only while it is the newest; prev: of authority entries,
//                                                                      which may lie beside the interval, where their
//                                                                      predecessor is not here
//   kith_doubled(device BLOB PRIMARY KEY, seq, proof)                  what is frozen, from which number on, and why
//
// In kith_journal, values_hash holds, where V was erased, H("kith1 values", V) ‖ plen u32; where the whole payload was
// withheld (body NULL), the payload's hash ‖ plen u32: with it the header can be written again.
#pragma once

#include <optional>
#include <vector>

#include "log/entry.h"
#include "log/record.h"
#include "store/db.h"

namespace kith::log {

/// What an entry is to the tables above (column `state` of kith_journal). 0 to 5 are the store's words.
enum class State : std::uint8_t {
  kCounts = 0,
  kVoid = 1,
  kLocked = 2,       // no key here yet
  kHeld = 3,         // ahead of our clock
  kRetracted = 4,    // was merged and counts no more
  kNoChangeset = 5,  // authority
  kIncomplete = 6,  // waits for its neighbours: the rest of its group, or the predecessor that its stamps are judged by
  kRejected = 7,    // did not count when it came, and was never merged
  kUnplaced =
      8,  // names tables that are not agreed on here, or that it is not known to cite: waits for seal or program
};

/// An entry as it is stored. `header.prev` is not in the row; `header.payload` only after `Journal::complete`.
struct StoredEntry {
  Pos pos;
  AuthorRef author;
  State state = State::kCounts;
  Header header;
  EntryId id;
  Bytes payload;  // as stored; ends behind S if values_hash is set; empty if withheld
  std::optional<Hash> values_hash;
  bool withheld = false;
};

struct IntervalRow {
  AuthorRef author;
  Seq low;
  Seq high;
  EntryId high_id;
  EntryId below;
};

struct EvidenceRow {
  Seq seq;
  Signature signature;
};

class Journal {
 public:
  Journal(store::Db& db, const SpaceId& space) : db_(db), space_(space) {}
  Result<void> create_tables();
  /// Once for each file: programs before the first seals took entries that name unknown tables for void. They are to be
  /// placed again.
  Result<void> doubt_old_verdicts();

  // -- entries
  Result<void> insert(Pos pos, AuthorRef author, State state, const Record& record);
  /// Turns a row of the tail into the entry that it became; pos, stamp and state stay.
  Result<void> seal(Pos pos, const Record& record);
  Result<void> set_state(Pos pos, State state);
  Result<bool> read(AuthorRef author, Seq seq, StoredEntry& entry);
  Result<bool> read_at(Pos pos, StoredEntry& entry);
  Result<std::optional<EntryId>> id_at(AuthorRef author, Seq seq);
  /// Keeps `body` (without V) and what stands in V's place.
  Result<void> erase_values(const StoredEntry& entry, ByteView body, const Hash& values_hash);
  /// Reads a row of kColumns.
  Result<void> read_row(store::Statement& row, StoredEntry& entry);
  static void set_payload_hash(StoredEntry& entry);

  // -- evidence
  Result<void> put_evidence(AuthorRef author, Seq seq, const Signature& signature, bool keep, const EntryId* prev);
  Result<void> keep_evidence(AuthorRef author, Seq seq);
  Result<void> drop_evidence(AuthorRef author, Seq seq);  // unless it is to be kept
  Result<std::optional<Signature>> signature_at(AuthorRef author, Seq seq);
  /// The first kept signature at `seq` or above.
  Result<std::optional<EvidenceRow>> next_evidence(AuthorRef author, Seq seq);

  // -- intervals and doublings
  Result<void> put_interval(const IntervalRow& row);
  Result<void> drop_interval(AuthorRef author);
  Result<void> put_doubled(const DeviceId& device, Seq seq, ByteView proof);

  Result<std::int64_t> count(const char* sql);
  store::Db& db() { return db_; }

 private:
  store::Db& db_;
  SpaceId space_;
  Bytes refs_;  // scratch
  Bytes mark_;
};

/// For SELECT: the columns that Journal::read_row expects.
#define KITH_LOG_COLUMNS "pos, author, stamp, state, seq, kind, share, tag, id, refs, values_hash, body"

}  // namespace kith::log
