// SPDX-License-Identifier: Apache-2.0
// The store: plain SQL in, one changeset a transaction out; changesets in, the same state everywhere. It knows nothing
// of signatures, keys or networks: whoever is above hands in authors and stamps, reads the journal, and provides stored
// changesets back when they are needed again.
//
//   auto store = KITH_TRY(Store::open({.path = "street.kith"}, schema, clock, hybrid));
//   store->set_self(KITH_TRY(store->author(device, person)));
//   KITH_TRY(store->begin("post written"));
//   KITH_TRY(store->exec("INSERT INTO posts(id, body) VALUES (?, ?)", values));
//   auto done = KITH_TRY(store->commit());            // atomic; in the tail of the journal, not yet on the medium:
//   db().flush()
//
// Layout (docs/formats/store.md). A row that was never updated has no clock record: its rowid tells the place of its
// birth in the journal.
//   * a merged birth gets rowid = pos << 20 | number of the op in its changeset
//   * a local birth gets whatever rowid SQLite gives (the largest + 1); one record per transaction and table in
//   kith_births says which range was born where
//   * invariant: before any transaction every rowid < next pos << 20, so the two never meet
// Stamps are kept in side tables from the first update, delete, revival or second birth on. VACUUM keeps rowids,
// because every table has a key index.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/hybrid_clock.h"
#include "kith/database.h"
#include "kith/ids.h"
#include "kith/local_table.h"
#include "kith/result.h"
#include "kith/value.h"
#include "store/changeset.h"
#include "store/db.h"
#include "store/schema.h"

namespace kith::store {

/// What kith_journal holds at one place, as the store needs it to run history again.
struct StoredChangeset {
  AuthorRef author;
  Stamp stamp;
  Bytes shape;
  std::optional<Bytes> values;  // none: erased or withheld
};

/// Gives back changesets of entries whose bodies the store cannot read itself (form 1). Implemented by the log; a store
/// without a log needs none.
class ChangesetSource {
 public:
  virtual ~ChangesetSource() = default;
  /// nullopt: there is an entry, but it holds no changeset that counts or it cannot be opened here.
  virtual Result<std::optional<StoredChangeset>> changeset_at(Pos pos) = 0;
};

/// Takes local transactions into a log as they are committed. Implemented by the log; without one, all go into the
/// tail.
class Sealer {
 public:
  virtual ~Sealer() = default;
  /// Inside the SQLite transaction, for one that asks for no rest and has one part. True: the journal's row (form 1) is
  /// written at `pos`. False: it goes into the tail. An error rolls everything back.
  virtual Result<bool> seal(Pos pos, AuthorRef author, Stamp stamp, ByteView shape, ByteView values) = 0;
  /// A transaction for which `seal` gave true or an error has failed: nothing of it is left in the file.
  virtual void sealing_failed() = 0;
};

/// A deliberate fault for the simulator, which must notice it.
enum class Mutation : std::uint8_t {
  kNone,
  kRetractKeepsWinners,  // retract() marks entries as retracted and leaves the tables as they are
};

struct OpenOptions {
  std::string path;
  FileSystem* files = nullptr;          // null: the platform's
  Mutation mutation = Mutation::kNone;  // never set but by the simulator
  std::vector<LocalTable> local_tables = {};
  /// Is what the given schema adds to the file agreed on? If not, it is laid out and waits for `agree`.
  bool is_agreed = true;
};

/// A transaction of this device as it was committed. Several parts if its changeset is larger than one payload
/// (kPartBytesMax).
struct Committed {
  Pos first;                // zero: nothing changed, nothing was written
  std::uint32_t parts = 0;  // at first, first + 1, …
  Stamp stamp;
};

/// Somebody's changeset, ready to be merged. Views must live during the call.
struct Incoming {
  Pos pos;  // from next_pos(); the log has written, or writes in the same transaction, the journal row
  AuthorRef author;
  Stamp stamp;  // the entry's time
  Stamp
      floor;  // the stamp of the entry before this one's group: its cells must be later (formats 6). Zero: not checked
  ByteView shape;
  std::optional<ByteView> values;      // none: erased or withheld
  const SchemaReach* reach = nullptr;  // what it may name, by the seal that it cites; null: whatever is agreed on here
};

enum class Applied : std::uint8_t {
  kCounts,        // (parts of it may have lost, wait for their rows, or be refused by a write rule: all that is in
                  // kith_conflicts and kith_rows)
  kVoid,          // the bytes break a rule that everyone judges alike: nothing was applied, and nobody applies it
  kBeyondCited,   // it names what the schema that it cites does not have; nothing was applied
  kBeyondAgreed,  // it names what is not agreed on here; nothing was applied, and after `agree` it may be
};

class Store {
 public:
  /// Upper bound of shape + values of one part of a transaction; leaves room for the payload's own fields within 1 MiB.
  static constexpr std::size_t kPartBytesMax = (1 << 20) - 4096;
  static constexpr std::uint32_t kPartsMax = 4'096;

  /// A file that was made with another schema is laid out anew for this one, in one transaction. kBadSchema: no allowed
  /// move (Schema::grown).
  static Result<std::unique_ptr<Store>> open(const OpenOptions& options, Schema schema, Clock& clock,
                                             HybridClock& hybrid);
  ~Store();

  /// As the tables lie: what is agreed on, and behind it what this program declares besides.
  const Schema& schema() const;
  /// What may be written, and named by what arrives.
  const Schema& agreed_schema() const;
  /// This program's own, as it was opened with.
  const Schema& program_schema() const;
  /// From now on this is agreed on; in a transaction of its own. kBadSchema: no allowed move from what was agreed on,
  /// or this program's tables cannot lie beside it.
  Result<void> agree(Schema agreed);
  Db& db();
  void set_source(ChangesetSource* source);
  void set_sealer(Sealer* sealer);

  // -- authors
  /// This replica's short name for a device's log. `writer` is opaque (the person): what the rule `owner` compares. One
  /// device has one writer for good.
  Result<AuthorRef> author(const DeviceId& device, ByteView writer);
  Result<AuthorRef> find_author(const DeviceId& device);  // kNotFound
  void set_self(AuthorRef self);

  // -- local writes. exec outside begin/commit is a transaction of its own without an event.
  Result<void> begin(std::string_view event,
                     std::uint64_t rest_ms = 0);  // rest: how long the tail keeps it before it is sealed
  Result<void> exec(std::string_view sql, std::span<const Value> parameters = {});
  Result<Committed> commit();
  void rollback();
  /// Reads; refuses statements that would write. Inside a transaction it sees that transaction.
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters = {});
  /// How a row came to be what it is (Database::versions).
  Result<std::vector<RowVersion>> versions(std::string_view table, const Value& key);
  /// Called after each commit of a local transaction, for whoever listens (the log, live queries).
  void set_on_commit(std::function<void(const Committed&)> listener);

  // -- merge. Inside a transaction of db() that the caller began (begin_merge) and ends (end_merge): many changesets a
  // transaction.
  Result<void> begin_merge();
  Result<void> end_merge();
  void abort_merge();
  /// The next free place in the journal. Never gives one twice, over restarts too.
  Pos next_pos();
  Result<Applied> merge(const Incoming& incoming);

  // -- judgements of the rooms above. All inside begin_merge/end_merge.
  /// As if these had never been: every cell and row that they touched is recomputed without them. A second retract of
  /// one is nothing.
  Result<void> retract(std::span<const Pos> positions);
  /// Takes a retraction back.
  Result<void> restore(std::span<const Pos> positions);
  /// Their values go from tables, journal (tail bodies) and indexes; their shape stays. Cells that they still hold read
  /// as erased (NULL).
  Result<void> erase(std::span<const Pos> positions);
  /// Takes a transaction of the tail back, leaving nothing (kRefused once it is sealed: then delete what it wrote); its
  /// dependants in the tail must go first (kRefused names them).
  Result<void> take_back(Pos first);

  // -- local tables
  /// Refreshes up to so many of the rows that large merges, or a new declaration, left for later; in a transaction of
  /// its own. How many there were.
  Result<std::size_t> refresh_local(std::size_t rows_max);
  /// How many rows wait for that.
  Result<std::uint64_t> local_backlog();
  Result<bool> has_local_backlog();

  /// Drops every projection and replays the journal: the identical state.
  Result<void> rebuild();

  /// Over rows, stamps, life and conflicts of all tables; not journal, tail marks or local names. Equal on replicas
  /// that merged the same changesets (own unsealed ones included). Erased cells count as erased; with `mask_erased`
  /// their table row contributes nothing but its key, for comparing a replica that erased with one that did not.
  Result<Bytes> state_hash(std::span<const Pos> mask_erased = {});

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The tables below are the store's, in every file. The log room reads and writes the columns marked (log) through db().
//
//   kith_journal(pos INTEGER PRIMARY KEY, author INTEGER, stamp INTEGER, form INTEGER,   -- form 0: body is a plain
//   changeset (the tail); 1: an entry
//                more INTEGER,                                                         -- 1: the transaction goes on at
//                pos + 1 state INTEGER,          -- 0 counts; 1 void; 2 locked: no key here yet; 3 held: ahead of the
//                clock; 4 retracted; 5 no changeset (authority) rest_until INTEGER,     -- tail: do not seal before
//                this wall time (ms) seq INTEGER, kind INTEGER, share INTEGER, tag BLOB, id BLOB, refs BLOB,
//                values_hash BLOB,   -- (log) body BLOB)              -- form 0: varint length of shape ‖ shape ‖
//                values; form 1: payload as signed
//   indexes: (author, seq) unique where seq is not null; (pos) where form = 0; (pos) where kind
//   < 64; (pos) where state in (2, 3) kith_authors(ref INTEGER PRIMARY KEY, device BLOB UNIQUE, writer BLOB)
//   kith_births(tbl, lo, n, pos, op)       local births: rowids [lo, lo + n) of a table were born at pos
//   kith_cells(tbl, row, col, stamp, author, pos, erased)   the winner of each cell that was ever updated
//   kith_rows(tbl, key, row, state, …)      rows that are not plain: dead, waiting for their birth, revived
//   kith_touches(tbl, row, pos)            which entries besides its birth touched a row: history, and what retract
//   recomputes from kith_conflicts(tbl, key, kind, col, pos, …)     what was not dropped silently: second births, edits
//   of deleted rows, refused writes kith_meta(name, value)                 file format version, schema text, next pos,
//   the log's and the space's own small things view kith_<table>: the table's columns and kith_writer, kith_device,
//   kith_stamp (birth), kith_changed (latest cell stamp or NULL), for plain SQL

}  // namespace kith::store
