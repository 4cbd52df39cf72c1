// SPDX-License-Identifier: Apache-2.0
// The tables as a function of the changesets that count: applying them one by one (fast where a row is plain), and
// computing a row anew from its whole history where it is not (crdt/row_fold.h). Both ways lead to the same state; that
// is the law that the property tests hold it to.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/uuid7.h"
#include "crdt/row_fold.h"
#include "store/authors.h"
#include "store/db.h"
#include "store/history.h"
#include "store/key_filter.h"
#include "store/layout.h"
#include "store/schema.h"

namespace kith::store {

/// Where a living row was born.
struct Birth {
  Pos pos;
  std::uint32_t op = 0;
  std::optional<Stamp> own_stamp;  // if it is not the journal's
  friend bool operator==(const Birth&, const Birth&) = default;
};

struct BirthAuthor {
  AuthorRef author;
  Stamp stamp;
};

/// A line of kith_rows.
struct SpecialRow {
  std::int64_t row = 0;  // the rowid of a living row; a negative number of its own for the others
  std::int64_t state = 0;
  std::optional<Birth> birth;  // of a dead row
};

/// Who wrote a cell or decided on a life, and when.
struct Mark {
  Stamp stamp;
  AuthorRef author;
  Pos pos;
};

/// One table: its masks, what is known of its side tables, its statements.
struct TableState {
  const Table* table = nullptr;
  KeyFilter special;                           // of its keys in kith_rows
  bool has_cells = false;                      // likewise kith_cells
  bool has_births = false;                     // likewise kith_births
  std::int64_t births_end = 0;                 // beyond the last range of kith_births
  std::string columns_sql;                     // "id", "body", …
  Statement insert;                            // OR IGNORE; ?1 the rowid, ?2 … the columns
  Statement replace;                           // the same, OR REPLACE
  Statement find;                              // key -> rowid
  Statement remove;                            // by rowid
  Statement select;                            // the columns, by rowid
  Statement range;                             // the columns and the rowid, from ?1 to before ?2
  Statement move;                              // gives the row ?1 the rowid ?2
  std::map<std::uint64_t, Statement> updates;  // by column mask: ?1 … the values, then the rowid
};

/// Binds a value; the text of a UUID is kept until the next value is bound at the same index.
class ValueBinder {
 public:
  void bind(Statement& statement, int index, const ValueView& value);

 private:
  std::array<std::array<char, Uuid::kTextBytes>, 128> uuids_;
};

class Projection {
 public:
  Projection(Db& db, const Schema& schema, Authors& authors, History& history)
      : db_(db), schema_(schema), authors_(authors), history_(history) {}

  /// Reads what side tables there are, and the next place. Again when the tables lie otherwise.
  Result<void> open();
  /// After a rollback: nothing that was remembered of the file may be relied on.
  Result<void> reload();

  // -- merging
  /// A changeset that has been judged; `has_values`: all are there and sound.
  Result<void> apply(const Incoming& incoming, bool has_values);
  /// As if these had never been: takes the entry out of every row that it touched. Its journal row must not count any
  /// more.
  Result<void> take_out(Pos pos, const Changeset& changeset);
  /// Puts it back. Its journal row must count again.
  Result<void> put_back(Pos pos, const Changeset& changeset);
  /// Computes its rows anew, as after an erasure.
  Result<void> refresh(const Changeset& changeset);
  /// Empties every table of the projection.
  Result<void> clear();

  // -- what local commits need
  TableState& state(std::uint32_t table) { return states_[table]; }
  Pos take_pos() { return Pos(next_pos_++); }
  std::int64_t next_pos() const { return next_pos_; }
  /// Nothing below is ever given out again, though the journal may have no row there.
  Result<void> keep_next_pos();
  Result<std::optional<std::int64_t>> living_row(TableState& state, const ValueView& key);
  Result<std::optional<SpecialRow>> special_row(TableState& state, const ValueView& key);
  /// The row's number in the side tables; 0 if nothing is known of it.
  Result<std::int64_t> row_number(TableState& state, const ValueView& key);
  Result<Birth> birth_of(TableState& state, std::int64_t row);
  Result<BirthAuthor> birth_author(const Birth& birth);
  Result<void> set_births(TableState& state, std::int64_t lo, std::int64_t n, const Birth& birth);
  Result<void> set_cell(TableState& state, std::int64_t row, std::size_t column, const Mark& mark, bool is_erased);
  Result<void> add_touch(TableState& state, std::int64_t row, Pos pos);
  /// The row has died by `op` of life.pos and is in its table no more: notes that, and what is kept of it.
  Result<void> bury(TableState& state, std::int64_t row, const ValueView& key, const Mark& life, std::uint32_t op);
  /// Computes the row anew from everything that touched it. `fresh`: one more entry that touches it.
  Result<void> recompute(TableState& state, const ValueView& key, std::optional<std::pair<Pos, std::uint32_t>> fresh);
  /// The latest stamp on anything of the row: what a write to it must come after.
  Result<Stamp> latest_stamp(TableState& state, std::int64_t row);
  /// The same for a row that is dead or waits.
  Result<Stamp> latest_stamp_of_absent(TableState& state, const ValueView& key);

 private:
  struct Row;  // one row while it is computed anew (projection.cc)
  /// Consecutive births of one table whose stamp is not their entry's.
  struct BirthRun {
    TableState* state;
    std::int64_t lo;
    std::int64_t n;
    Birth birth;
  };

  struct Step {
    const Incoming& incoming;
    const Op& op;
    std::uint32_t number;
    bool has_values;
    Mark mark() const { return {op.stamp, incoming.author, incoming.pos}; }
  };

  Result<void> apply_op(const Step& step);
  Result<void> apply_birth(TableState& state, const Step& step);
  Result<void> apply_update(TableState& state, const Step& step);
  Result<void> apply_delete(TableState& state, const Step& step);
  Result<void> update_living(TableState& state, const Step& step, std::int64_t row);
  Result<void> delete_living(TableState& state, const Step& step, std::int64_t row);
  /// Not simple: the entry is noted as touching the row, and the row is computed anew.
  Result<void> touch_and_recompute(TableState& state, const Step& step);
  Result<void> wait(TableState& state, const ValueView& key, Pos pos, std::uint32_t op);
  Result<bool> is_allowed(TableState& state, std::int64_t row, AuthorRef author);
  Result<void> note_refused(TableState& state, const Step& step);
  Result<void> note_conflict(TableState& state, const ValueView& key, crdt::ConflictKind kind,
                             std::optional<std::size_t> column, const Mark& mark, const ValueView& value,
                             bool is_erased);
  /// Is the cell's winner before `mark`? nullopt: a tie that the marks do not decide.
  Result<std::optional<bool>> beats(TableState& state, std::int64_t row, std::size_t column, const Mark& mark);
  Result<std::optional<bool>> is_before(const Mark& a, const Mark& b);
  Result<void> write_cells(TableState& state, std::int64_t row, std::uint64_t columns,
                           std::span<const ValueView> values);

  Result<void> gather(Row& row, Pos pos);
  Result<void> find_identity(Row& row);
  Result<void> store_nothing(Row& row);
  Result<void> store_waiting(Row& row);
  Result<void> store_dead(Row& row);
  Result<void> store_living(Row& row);
  Result<void> store_values(Row& row, std::int64_t rowid);
  Result<void> store_conflicts(Row& row);
  Result<void> store_special(Row& row, std::int64_t row_id, std::int64_t state);
  Result<void> rename(Row& row, std::int64_t row_id);
  Result<std::int64_t> free_rowid(Row& row, std::int64_t wanted);
  Result<void> forget_row(TableState& state, std::int64_t row, const ValueView& key);
  Result<void> carve(TableState& state, std::int64_t lo, std::int64_t n);
  Result<void> prepare(TableState& state);
  Result<void> note_birth_run(TableState& state, const Step& step, std::int64_t row);
  Result<void> flush_birth_run();

  Db& db_;
  const Schema& schema_;
  Authors& authors_;
  History& history_;
  std::vector<TableState> states_;
  std::int64_t next_pos_ = 1;
  ValueBinder binder_;
  std::optional<BirthRun> birth_run_;
  std::array<ValueView, crdt::FoldedRow::kColumnsMax> cells_;  // of the op that is being applied
};

}  // namespace kith::store
