// SPDX-License-Identifier: Apache-2.0
// A row computed anew: everything that touched it is read from the journal, folded (crdt/row_fold.h), and what comes
// out is stored.
#include <algorithm>
#include <bit>

#include "store/projection.h"

namespace kith::store {

struct Projection::Row {
  struct Source {
    Pos pos;
    std::shared_ptr<const Changeset> changeset;
    std::uint32_t op = 0;

    const Op& op_of() const { return changeset->ops()[op].op; }
    /// It gave the column a value, and the value is gone.
    bool is_erased(std::size_t column) const {
      return !changeset->has_values() && (op_of().columns >> column & 1) != 0;
    }
    Mark mark() const { return {op_of().stamp, changeset->author(), pos}; }
    Birth birth() const {
      Birth birth{pos, op, std::nullopt};
      if (op_of().stamp != changeset->entry()) birth.own_stamp = op_of().stamp;
      return birth;
    }
  };

  TableState& state;
  const ValueView key;
  std::string name;
  std::int64_t id = 0;  // as stored now: the rowid if it lives, negative if it is dead or waits, 0 if there is nothing
  bool is_special = false;
  std::optional<Birth> stored_birth;
  std::vector<Source> sources;
  std::vector<crdt::Touch> touches;  // of the sources, one by one
  crdt::FoldedRow folded;

  std::int64_t table() const { return state.table->number; }
  const Source& birth() const { return sources[folded.birth]; }
};

Result<void> Projection::find_identity(Row& row) {
  if (const auto special = KITH_TRY(special_row(row.state, row.key))) {
    row.is_special = true;
    row.id = special->row;
    row.stored_birth = special->birth;
  }
  if (const auto living = KITH_TRY(living_row(row.state, row.key))) {
    if (row.id <
        0) {  // just inserted here, under a key that is dead or waits: it will be stored again in its right place
      row.state.remove.bind(1, *living);
      return row.state.remove.run();
    }
    row.id = *living;
    row.stored_birth = KITH_TRY(birth_of(row.state, *living));
  }
  return {};
}

Result<void> Projection::gather(Row& row, Pos pos) {
  const auto changeset = KITH_TRY(history_.at(pos));
  if (changeset == nullptr) return {};
  const Author* author = KITH_TRY(authors_.get(changeset->author()));
  for (const std::uint32_t number : changeset->ops_on(row.name)) {
    const Op& op = changeset->ops()[number].op;
    crdt::Touch touch;
    touch.kind = static_cast<crdt::TouchKind>(op.kind);
    touch.columns = op.columns;
    touch.stamp = op.stamp;
    touch.device = &author->device;
    touch.entry = changeset->entry();
    touch.op = number;
    touch.writer = author->writer_number;
    row.touches.push_back(touch);
    row.sources.push_back({pos, changeset, number});
  }
  return {};
}

Result<void> Projection::recompute(TableState& state, const ValueView& key,
                                   std::optional<std::pair<Pos, std::uint32_t>> fresh) {
  Row row{state, key, row_name(state.table->number, key), 0, false, std::nullopt, {}, {}, {}};
  KITH_TRY(find_identity(row));
  std::vector<Pos> positions;
  if (row.stored_birth) positions.push_back(row.stored_birth->pos);
  if (fresh) positions.push_back(fresh->first);
  if (row.id != 0) {
    auto select = KITH_TRY(db_.cached("SELECT pos FROM kith_touches WHERE tbl = ?1 AND row = ?2"));
    select->bind(1, row.table()).bind(2, row.id);
    while (KITH_TRY(select->step())) positions.emplace_back(select->int64(0));
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  for (const Pos pos : positions) KITH_TRY(gather(row, pos));
  if (row.sources.empty()) return store_nothing(row);
  row.folded = crdt::fold_row(row.touches, {.last_writer_columns = state.table->last_writer_columns,
                                            .is_owner_only = state.table->write_rule == WriteRule::kOwner});
  if (row.folded.birth == crdt::FoldedRow::kNone) return store_waiting(row);
  return row.folded.is_alive ? store_living(row) : store_dead(row);
}

/// Gives the row another number, and notes every entry that touches it under that number.
Result<void> Projection::rename(Row& row, std::int64_t row_id) {
  if (row.id != 0 && row.id != row_id) {
    auto update = KITH_TRY(db_.cached("UPDATE OR REPLACE kith_touches SET row = ?3 WHERE tbl = ?1 AND row = ?2"));
    update->bind(1, row.table()).bind(2, row.id).bind(3, row_id);
    KITH_TRY(update->run());
  }
  row.id = row_id;
  for (const Row::Source& source : row.sources) KITH_TRY(add_touch(row.state, row_id, source.pos));
  if (row.folded.birth == crdt::FoldedRow::kNone) return {};
  auto remove = KITH_TRY(db_.cached("DELETE FROM kith_touches WHERE tbl = ?1 AND row = ?2 AND pos = ?3"));
  remove->bind(1, row.table()).bind(2, row_id).bind(3, row.birth().pos.value);
  return remove->run();
}

Result<void> Projection::forget_row(TableState& state, std::int64_t row, const ValueView& key) {
  if (row > 0) {
    state.remove.bind(1, row);
    KITH_TRY(state.remove.run());
  }
  auto cells = KITH_TRY(db_.cached("DELETE FROM kith_cells WHERE tbl = ?1 AND row = ?2"));
  cells->bind(1, std::int64_t{state.table->number}).bind(2, row);
  KITH_TRY(cells->run());
  auto conflicts = KITH_TRY(db_.cached("DELETE FROM kith_conflicts WHERE tbl = ?1 AND key = ?2"));
  conflicts->bind(1, std::int64_t{state.table->number});
  binder_.bind(*conflicts, 2, key);
  return conflicts->run();
}

Result<void> Projection::store_special(Row& row, std::int64_t row_id, std::int64_t state) {
  auto insert =
      KITH_TRY(db_.cached("INSERT OR REPLACE INTO kith_rows(tbl, key, row, state, life_stamp, life_author, life_pos, "
                          "birth_pos, birth_op, birth_stamp) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"));
  insert->bind(1, row.table()).bind(3, row_id).bind(4, state);
  binder_.bind(*insert, 2, row.key);
  for (int parameter = 5; parameter <= 10; ++parameter) insert->bind_null(parameter);
  if (state != kRowWaiting) {
    const Mark life = row.sources[row.folded.life].mark();
    insert->bind(5, static_cast<std::int64_t>(life.stamp.value)).bind(6, life.author.value).bind(7, life.pos.value);
  }
  if (state == kRowDead) {
    const Birth birth = row.birth().birth();
    insert->bind(8, birth.pos.value).bind(9, std::int64_t{birth.op});
    if (birth.own_stamp) insert->bind(10, static_cast<std::int64_t>(birth.own_stamp->value));
  }
  row.state.special.add(row.key);
  return insert->run();
}

Result<void> Projection::store_nothing(Row& row) {
  KITH_TRY(forget_row(row.state, row.id, row.key));
  auto touches = KITH_TRY(db_.cached("DELETE FROM kith_touches WHERE tbl = ?1 AND row = ?2"));
  touches->bind(1, row.table()).bind(2, row.id);
  KITH_TRY(touches->run());
  auto special = KITH_TRY(db_.cached("DELETE FROM kith_rows WHERE tbl = ?1 AND key = ?2"));
  special->bind(1, row.table());
  binder_.bind(*special, 2, row.key);
  return special->run();
}

Result<void> Projection::store_waiting(Row& row) {
  KITH_TRY(forget_row(row.state, row.id, row.key));
  const Row::Source& first = row.sources.front();
  KITH_TRY(rename(row, row.id < 0 ? row.id : -natural_rowid(first.pos.value, first.op)));
  return store_special(row, row.id, kRowWaiting);
}

Result<void> Projection::store_dead(Row& row) {
  KITH_TRY(forget_row(row.state, row.id, row.key));
  const Row::Source& life = row.sources[row.folded.life];
  KITH_TRY(rename(row, row.id < 0 ? row.id : -natural_rowid(life.pos.value, life.op)));
  KITH_TRY(store_conflicts(row));
  return store_special(row, row.id, kRowDead);
}

Result<std::int64_t> Projection::free_rowid(Row& row, std::int64_t wanted) {
  Statement& select = row.state.select;
  select.bind(1, wanted);
  const bool is_taken = KITH_TRY(select.step());
  select.reset();
  if (!is_taken) return wanted;
  const Pos burnt = take_pos();
  KITH_TRY(keep_next_pos());
  return natural_rowid(burnt.value, 0);
}

Result<void> Projection::store_living(Row& row) {
  const Birth birth = row.birth().birth();
  const std::int64_t rowid = row.id > 0 ? row.id : KITH_TRY(free_rowid(row, natural_rowid(birth.pos.value, birth.op)));
  KITH_TRY(forget_row(row.state, row.id, row.key));
  KITH_TRY(rename(row, rowid));
  KITH_TRY(store_values(row, rowid));
  if (KITH_TRY(birth_of(row.state, rowid)) != birth) KITH_TRY(set_births(row.state, rowid, 1, birth));
  KITH_TRY(store_conflicts(row));
  if (row.folded.life != crdt::FoldedRow::kNone) return store_special(row, rowid, kRowRevived);
  if (!row.is_special) return {};
  auto special = KITH_TRY(db_.cached("DELETE FROM kith_rows WHERE tbl = ?1 AND key = ?2"));
  special->bind(1, row.table());
  binder_.bind(*special, 2, row.key);
  return special->run();
}

Result<void> Projection::store_values(Row& row, std::int64_t rowid) {
  Statement& replace = row.state.replace;
  replace.bind(1, rowid);
  for (std::size_t i = 0; i < row.state.table->columns.size(); ++i) {
    const bool is_key = i == row.state.table->key_column;
    const std::size_t winner = row.folded.cells[i] == crdt::FoldedRow::kNone ? row.folded.birth : row.folded.cells[i];
    const Row::Source& source = row.sources[winner];
    binder_.bind(replace, static_cast<int>(i) + 2, is_key ? row.key : source.changeset->value(source.op, i));
    if (is_key || (winner == row.folded.birth && !source.is_erased(i))) continue;
    Mark mark = source.mark();
    if (winner == row.folded.birth) mark.stamp = Stamp{};
    KITH_TRY(set_cell(row.state, rowid, i, mark, source.is_erased(i)));
  }
  return replace.run();
}

Result<void> Projection::store_conflicts(Row& row) {
  for (const crdt::Conflict& conflict : row.folded.conflicts) {
    const Row::Source& source = row.sources[conflict.touch];
    if (conflict.columns == 0)
      KITH_TRY(note_conflict(row.state, row.key, conflict.kind, std::nullopt, source.mark(), ValueView{}, false));
    for (std::uint64_t left = conflict.columns; left != 0; left &= left - 1) {
      const auto column = static_cast<std::size_t>(std::countr_zero(left));
      KITH_TRY(note_conflict(row.state, row.key, conflict.kind, column, source.mark(),
                             source.changeset->value(source.op, column), source.is_erased(column)));
    }
  }
  return {};
}

// -- whole entries

Result<void> Projection::take_out(Pos pos, const Changeset& changeset) {
  for (const Changeset::PlacedOp& placed : changeset.ops()) {
    TableState& state = states_[placed.op.table];
    Row row{state, placed.op.key, {}, 0, false, std::nullopt, {}, {}, {}};
    KITH_TRY(find_identity(row));
    if (row.id == 0) continue;
    auto remove = KITH_TRY(db_.cached("DELETE FROM kith_touches WHERE tbl = ?1 AND row = ?2 AND pos = ?3"));
    remove->bind(1, row.table()).bind(2, row.id).bind(3, pos.value);
    KITH_TRY(remove->run());
    KITH_TRY(recompute(state, placed.op.key, std::nullopt));
  }
  return {};
}

Result<void> Projection::put_back(Pos pos, const Changeset& changeset) {
  for (std::uint32_t i = 0; i < changeset.ops().size(); ++i) {
    const Op& op = changeset.ops()[i].op;
    KITH_TRY(recompute(states_[op.table], op.key, std::pair(pos, i)));
  }
  return {};
}

Result<void> Projection::refresh(const Changeset& changeset) {
  for (const Changeset::PlacedOp& placed : changeset.ops())
    KITH_TRY(recompute(states_[placed.op.table], placed.op.key, std::nullopt));
  return {};
}

}  // namespace kith::store
