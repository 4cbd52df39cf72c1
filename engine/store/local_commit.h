// SPDX-License-Identifier: Apache-2.0
// Turns what a local transaction did to the tables into its changeset: the net difference of each row, judged by the
// write rules, stamped after all that it changes, noted in the side tables and in the tail of the journal.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hybrid_clock.h"
#include "store/capture.h"
#include "store/parts.h"
#include "store/projection.h"
#include "store/store.h"

namespace kith::store {

struct LocalEvent {
  std::uint32_t number = 0;  // declared, or
  std::string name;          // not
  std::int64_t rest_until_ms = 0;
};

class LocalCommit {
 public:
  LocalCommit(Db& db, Projection& projection, Authors& authors, History& history, Capture& capture, HybridClock& hybrid,
              AuthorRef self)
      : db_(db),
        projection_(projection),
        authors_(authors),
        history_(history),
        capture_(capture),
        hybrid_(hybrid),
        self_(self) {}

  /// Inside the SQLite transaction. `sealer` may be null. `latest`: no stamp in this file is later; raised to this
  /// transaction's.
  Result<Committed> run(const Schema& schema, const LocalEvent& event, Sealer* sealer, Stamp& latest);
  /// The log holds the transaction already, or was about to when something failed.
  bool may_be_sealed() const { return may_be_sealed_; }

 private:
  /// An update, delete or revival, or a birth that others' edits wait for.
  struct Change {
    OpKind kind;
    TableState* state;
    std::int64_t row;  // its number in the side tables (not of revivals and births)
    std::uint64_t columns;
    Parts::Place place;
    Bytes key;
    std::int64_t moved_to = 0;  // the number that the row goes by now, if its old one was given to another
  };
  /// A row that INSERT OR REPLACE gave a new rowid.
  struct Move {
    TableState* state;
    std::int64_t from;  // where it is
    std::int64_t to;    // where it was, and belongs
    Birth birth;
  };
  struct BirthRun {
    TableState* state;
    std::int64_t lo;
    std::int64_t n;
    Parts::Place place;
  };

  Result<void> diff_table(TableState& state, TableCapture& capture);
  Result<void> diff_before(TableState& state, TableCapture& capture);
  Result<void> diff_inserted(TableState& state, TableCapture& capture);
  Result<void> diff_deleted(TableState& state, TableCapture& capture);
  Result<void> add_update(TableState& state, const TableCapture& capture, std::size_t before, const Statement& now);
  Result<void> add_inserted(TableState& state, const TableCapture& capture, const Statement& now, std::int64_t row);
  Result<void> add_birth(TableState& state, const Statement& now, std::int64_t row, const ValueView& key);
  Result<void> add_revival(TableState& state, const Statement& now, const ValueView& key, const SpecialRow& dead);
  Result<void> check_owner(TableState& state, AuthorRef owner);
  /// Adds to the changeset what may be in it: nothing that waits for an agreement.
  Result<Parts::Place> add_op(OpKind kind, const TableState& state, const ValueView& key, std::uint64_t columns);
  Result<void> check_key(const TableState& state, const ValueView& key);
  Result<void> put_checked(const TableState& state, std::size_t column, const ValueView& value);
  Result<std::uint64_t> put_given(TableState& state, const Statement& now, std::uint64_t columns);

  Result<void> check_rowids();
  Result<Stamp> latest_of_changes();
  Result<void> note_changes();
  Result<void> note_deletes();
  Result<void> note_births();
  Result<void> note_moves();
  Result<void> rename_side_rows(const std::vector<Move>& moves);
  Result<void> note_updates();
  Result<void> write_journal(const std::vector<Parts::Changeset>& parts, const LocalEvent& event, Sealer* sealer);
  Result<void> recompute_revived();

  Pos pos_of(const Parts::Place& place) const { return Pos(first_.value + place.part); }
  Mark mark_of(const Parts::Place& place) const { return {stamp_, self_, pos_of(place)}; }

  Db& db_;
  Projection& projection_;
  Authors& authors_;
  History& history_;
  Capture& capture_;
  HybridClock& hybrid_;
  AuthorRef self_;

  Parts parts_;
  Stamp stamp_;
  Pos first_;
  std::vector<Change> changes_;
  std::vector<Move> moves_;
  std::vector<BirthRun> births_;
  std::unordered_map<std::string, std::size_t> missing_;  // key -> row of `before` that is not where it was
  std::vector<std::int64_t> in_place_;                    // rowids that hold the row they held before
  Bytes scratch_;
  bool may_be_sealed_ = false;
};

}  // namespace kith::store
