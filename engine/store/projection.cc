// SPDX-License-Identifier: Apache-2.0
#include "store/projection.h"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "store/capture.h"

namespace kith::store {
namespace {

std::string insert_sql(const TableState& state, const char* verb) {
  std::string sql =
      std::string(verb) + " INTO " + quoted(state.table->name) + "(rowid, " + state.columns_sql + ") VALUES (?1";
  for (std::size_t i = 0; i < state.table->columns.size(); ++i) sql += ", ?" + std::to_string(i + 2);
  return sql + ")";
}

std::string update_sql(const Table& table, std::uint64_t columns) {
  std::string sql = "UPDATE " + quoted(table.name) + " SET ";
  int parameter = 0;
  for (std::uint64_t left = columns; left != 0; left &= left - 1) {
    if (parameter > 0) sql += ", ";
    sql += quoted(table.columns[static_cast<std::size_t>(std::countr_zero(left))].name) + " = ?" +
           std::to_string(++parameter);
  }
  return sql + " WHERE rowid = ?" + std::to_string(parameter + 1);
}

Result<bool> has_rows(Db& db, const std::string& table, std::uint32_t number) {
  return !KITH_TRY(db.query("SELECT 1 FROM " + table + " WHERE tbl = " + std::to_string(number) + " LIMIT 1"))
              .rows.empty();
}

Result<std::int64_t> number(Db& db, const std::string& sql) {
  const Rows rows = KITH_TRY(db.query(sql));
  const std::int64_t* value = rows.rows.empty() ? nullptr : std::get_if<std::int64_t>(&rows.rows[0][0]);
  return value == nullptr ? 0 : *value;
}

}  // namespace

void ValueBinder::bind(Statement& statement, int index, const ValueView& value) {
  switch (value.type) {
    case ValueView::Type::kNull: statement.bind_null(index); return;
    case ValueView::Type::kInteger: statement.bind(index, value.integer); return;
    case ValueView::Type::kReal: sqlite3_bind_double(statement.raw(), index, value.real); return;
    case ValueView::Type::kText: statement.bind(index, as_text(value.bytes)); return;
    case ValueView::Type::kBlob: statement.bind(index, value.bytes); return;
    case ValueView::Type::kUuid: {
      auto& text = uuids_[static_cast<std::size_t>(index) % uuids_.size()];
      Uuid uuid;
      std::memcpy(uuid.data.data(), value.bytes.data(), uuid.data.size());
      uuid.write_text(text);
      statement.bind(index, std::string_view(text.data(), text.size()));
      return;
    }
  }
}

// -- opening

Result<void> Projection::prepare(TableState& state) {
  const std::string table = quoted(state.table->name);
  state.insert = KITH_TRY(db_.prepare(insert_sql(state, "INSERT OR IGNORE")));
  state.replace = KITH_TRY(db_.prepare(insert_sql(state, "INSERT OR REPLACE")));
  state.find = KITH_TRY(db_.prepare("SELECT rowid FROM " + table + " WHERE " +
                                    quoted(state.table->columns[state.table->key_column].name) + " = ?1"));
  state.remove = KITH_TRY(db_.prepare("DELETE FROM " + table + " WHERE rowid = ?1"));
  state.select = KITH_TRY(db_.prepare("SELECT " + state.columns_sql + " FROM " + table + " WHERE rowid = ?1"));
  state.range = KITH_TRY(
      db_.prepare("SELECT " + state.columns_sql + ", rowid FROM " + table + " WHERE rowid >= ?1 AND rowid < ?2"));
  state.move = KITH_TRY(db_.prepare("UPDATE " + table + " SET rowid = ?2 WHERE rowid = ?1"));
  return {};
}

Result<void> Projection::open() {
  states_.clear();
  for (const Table& table : schema_.tables()) {
    TableState& state = states_.emplace_back();
    state.table = &table;
    for (const Column& column : table.columns)
      state.columns_sql += (state.columns_sql.empty() ? "" : ", ") + quoted(column.name);
    KITH_TRY(prepare(state));
    auto select = KITH_TRY(db_.cached("SELECT key FROM kith_rows WHERE tbl = ?1"));
    select->bind(1, std::int64_t{table.number});
    while (KITH_TRY(select->step())) state.special.add(view_of_column(*select, 0));
  }
  return reload();
}

Result<void> Projection::reload() {
  birth_run_.reset();
  for (TableState& state : states_) {
    const std::uint32_t table = state.table->number;
    state.has_cells = KITH_TRY(has_rows(db_, "kith_cells", table));
    state.has_births = KITH_TRY(has_rows(db_, "kith_births", table));
    state.births_end = KITH_TRY(number(
        db_, "SELECT lo + n FROM kith_births WHERE tbl = " + std::to_string(table) + " ORDER BY lo DESC LIMIT 1"));
  }
  const std::int64_t journal = KITH_TRY(number(db_, "SELECT max(pos) FROM kith_journal"));
  const std::int64_t kept = KITH_TRY(number(db_, "SELECT value FROM kith_meta WHERE name = 'next_pos'"));
  next_pos_ = std::max({next_pos_, journal + 1, kept});
  return {};
}

Result<void> Projection::keep_next_pos() {
  auto insert = KITH_TRY(db_.cached("INSERT OR REPLACE INTO kith_meta(name, value) VALUES ('next_pos', ?1)"));
  insert->bind(1, next_pos_);
  return insert->run();
}

// -- finding rows

Result<std::optional<std::int64_t>> Projection::living_row(TableState& state, const ValueView& key) {
  binder_.bind(state.find, 1, key);
  if (!KITH_TRY(state.find.step())) return std::optional<std::int64_t>();
  const std::int64_t row = state.find.int64(0);
  state.find.reset();
  return std::optional<std::int64_t>(row);
}

Result<std::optional<SpecialRow>> Projection::special_row(TableState& state, const ValueView& key) {
  if (!state.special.may_hold(key)) return std::optional<SpecialRow>();
  auto select = KITH_TRY(
      db_.cached("SELECT row, state, birth_pos, birth_op, birth_stamp FROM kith_rows WHERE tbl = ?1 AND key = ?2"));
  select->bind(1, std::int64_t{state.table->number});
  binder_.bind(*select, 2, key);
  if (!KITH_TRY(select->step())) return std::optional<SpecialRow>();
  SpecialRow special{select->int64(0), select->int64(1), std::nullopt};
  if (!select->is_null(2)) {
    special.birth = Birth{Pos(select->int64(2)), static_cast<std::uint32_t>(select->int64(3)), std::nullopt};
    if (!select->is_null(4)) special.birth->own_stamp = Stamp(static_cast<std::uint64_t>(select->int64(4)));
  }
  return std::optional<SpecialRow>(special);
}

Result<std::int64_t> Projection::row_number(TableState& state, const ValueView& key) {
  if (const auto living = KITH_TRY(living_row(state, key))) return *living;
  const auto special = KITH_TRY(special_row(state, key));
  return special ? special->row : 0;
}

Result<Birth> Projection::birth_of(TableState& state, std::int64_t row) {
  const Birth natural{Pos(row >> kRowidOpBits), static_cast<std::uint32_t>(row & ((1 << kRowidOpBits) - 1)),
                      std::nullopt};
  if (!state.has_births || row >= state.births_end) return natural;
  auto select = KITH_TRY(
      db_.cached("SELECT lo, n, pos, op, stamp FROM kith_births WHERE tbl = ?1 AND lo <= ?2 ORDER BY lo DESC LIMIT 1"));
  select->bind(1, std::int64_t{state.table->number}).bind(2, row);
  if (!KITH_TRY(select->step()) || row >= select->int64(0) + select->int64(1)) return natural;
  Birth birth{Pos(select->int64(2)), static_cast<std::uint32_t>(select->int64(3) + row - select->int64(0)),
              std::nullopt};
  if (!select->is_null(4)) birth.own_stamp = Stamp(static_cast<std::uint64_t>(select->int64(4)));
  return birth;
}

Result<BirthAuthor> Projection::birth_author(const Birth& birth) {
  const History::Head head = KITH_TRY(history_.head(birth.pos));
  return BirthAuthor{head.author, birth.own_stamp.value_or(head.stamp)};
}

Result<Stamp> Projection::latest_stamp(TableState& state, std::int64_t row) {
  Stamp latest = KITH_TRY(birth_author(KITH_TRY(birth_of(state, row)))).stamp;
  for (const char* sql : {"SELECT max(stamp) FROM kith_cells WHERE tbl = ?1 AND row = ?2",
                          "SELECT life_stamp FROM kith_rows WHERE tbl = ?1 AND row = ?2"}) {
    auto select = KITH_TRY(db_.cached(sql));
    select->bind(1, std::int64_t{state.table->number}).bind(2, row);
    if (KITH_TRY(select->step()) && !select->is_null(0))
      latest = std::max(latest, Stamp(static_cast<std::uint64_t>(select->int64(0))));
  }
  return latest;
}

Result<Stamp> Projection::latest_stamp_of_absent(TableState& state, const ValueView& key) {
  Stamp latest;
  for (const char* sql : {"SELECT life_stamp FROM kith_rows WHERE tbl = ?1 AND key = ?2",
                          "SELECT max(stamp) FROM kith_conflicts WHERE tbl = ?1 AND key = ?2"}) {
    auto select = KITH_TRY(db_.cached(sql));
    select->bind(1, std::int64_t{state.table->number});
    binder_.bind(*select, 2, key);
    if (KITH_TRY(select->step()) && !select->is_null(0))
      latest = std::max(latest, Stamp(static_cast<std::uint64_t>(select->int64(0))));
  }
  return latest;
}

// -- side tables

Result<void> Projection::set_births(TableState& state, std::int64_t lo, std::int64_t n, const Birth& birth) {
  if (lo < state.births_end) KITH_TRY(carve(state, lo, n));
  auto insert =
      KITH_TRY(db_.cached("INSERT INTO kith_births(tbl, lo, n, pos, op, stamp) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  insert->bind(1, std::int64_t{state.table->number})
      .bind(2, lo)
      .bind(3, n)
      .bind(4, birth.pos.value)
      .bind(5, std::int64_t{birth.op});
  if (birth.own_stamp) {
    insert->bind(6, static_cast<std::int64_t>(birth.own_stamp->value));
  } else {
    insert->bind_null(6);
  }
  KITH_TRY(insert->run());
  state.has_births = true;
  state.births_end = std::max(state.births_end, lo + n);
  return {};
}

/// Takes [lo, lo + n) out of every range there is: rowids are given out again after deletes.
Result<void> Projection::carve(TableState& state, std::int64_t lo, std::int64_t n) {
  struct Range {
    std::int64_t lo, n;
    Birth birth;
  };
  std::vector<Range> touched;
  {
    auto select =
        KITH_TRY(db_.cached("SELECT lo, n, pos, op, stamp FROM kith_births WHERE tbl = ?1 AND lo < ?3 AND lo >= "
                            "coalesce((SELECT max(lo) FROM kith_births WHERE tbl = ?1 AND lo <= ?2), ?2)"));
    select->bind(1, std::int64_t{state.table->number}).bind(2, lo).bind(3, lo + n);
    while (KITH_TRY(select->step())) {
      Range range{select->int64(0),
                  select->int64(1),
                  {Pos(select->int64(2)), static_cast<std::uint32_t>(select->int64(3)), std::nullopt}};
      if (!select->is_null(4)) range.birth.own_stamp = Stamp(static_cast<std::uint64_t>(select->int64(4)));
      if (range.lo + range.n > lo) touched.push_back(range);
    }
  }
  for (const Range& range : touched) {
    auto remove = KITH_TRY(db_.cached("DELETE FROM kith_births WHERE tbl = ?1 AND lo = ?2"));
    remove->bind(1, std::int64_t{state.table->number}).bind(2, range.lo);
    KITH_TRY(remove->run());
  }
  for (const Range& range : touched) {
    const auto put = [&](std::int64_t from, std::int64_t to) -> Result<void> {
      if (from >= to) return {};
      Birth birth = range.birth;
      birth.op += static_cast<std::uint32_t>(from - range.lo);
      auto insert =
          KITH_TRY(db_.cached("INSERT INTO kith_births(tbl, lo, n, pos, op, stamp) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
      insert->bind(1, std::int64_t{state.table->number})
          .bind(2, from)
          .bind(3, to - from)
          .bind(4, birth.pos.value)
          .bind(5, std::int64_t{birth.op});
      insert->bind(6, birth.own_stamp ? Value(static_cast<std::int64_t>(birth.own_stamp->value)) : Value());
      return insert->run();
    };
    KITH_TRY(put(range.lo, lo));
    KITH_TRY(put(lo + n, range.lo + range.n));
  }
  return {};
}

Result<void> Projection::set_cell(TableState& state, std::int64_t row, std::size_t column, const Mark& mark,
                                  bool is_erased) {
  auto insert =
      KITH_TRY(db_.cached("INSERT OR REPLACE INTO kith_cells(tbl, row, col, stamp, author, pos, erased) VALUES (?1, "
                          "?2, ?3, ?4, ?5, ?6, ?7)"));
  insert->bind(1, std::int64_t{state.table->number}).bind(2, row).bind(3, static_cast<std::int64_t>(column));
  insert->bind(4, static_cast<std::int64_t>(mark.stamp.value)).bind(5, mark.author.value).bind(6, mark.pos.value);
  insert->bind(7, std::int64_t{is_erased ? 1 : 0});
  state.has_cells = true;
  return insert->run();
}

Result<void> Projection::add_touch(TableState& state, std::int64_t row, Pos pos) {
  auto insert = KITH_TRY(db_.cached("INSERT OR IGNORE INTO kith_touches(tbl, row, pos) VALUES (?1, ?2, ?3)"));
  insert->bind(1, std::int64_t{state.table->number}).bind(2, row).bind(3, pos.value);
  return insert->run();
}

Result<void> Projection::note_conflict(TableState& state, const ValueView& key, crdt::ConflictKind kind,
                                       std::optional<std::size_t> column, const Mark& mark, const ValueView& value,
                                       bool is_erased) {
  auto insert =
      KITH_TRY(db_.cached("INSERT INTO kith_conflicts(tbl, key, kind, col, pos, stamp, author, value, erased) VALUES "
                          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  insert->bind(1, std::int64_t{state.table->number}).bind(3, static_cast<std::int64_t>(kind));
  binder_.bind(*insert, 2, key);
  insert->bind(4, column ? Value(static_cast<std::int64_t>(*column)) : Value());
  insert->bind(5, mark.pos.value).bind(6, static_cast<std::int64_t>(mark.stamp.value)).bind(7, mark.author.value);
  binder_.bind(*insert, 8, value);
  insert->bind(9, std::int64_t{is_erased ? 1 : 0});
  return insert->run();
}

Result<std::optional<bool>> Projection::is_before(const Mark& a, const Mark& b) {
  if (a.stamp != b.stamp) return std::optional<bool>(a.stamp < b.stamp);
  if (a.author == b.author) return std::optional<bool>();
  return std::optional<bool>(KITH_TRY(authors_.get(a.author))->device < KITH_TRY(authors_.get(b.author))->device);
}

Result<std::optional<bool>> Projection::beats(TableState& state, std::int64_t row, std::size_t column,
                                              const Mark& mark) {
  if (!state.has_cells) return std::optional<bool>(true);
  auto select =
      KITH_TRY(db_.cached("SELECT stamp, author, pos FROM kith_cells WHERE tbl = ?1 AND row = ?2 AND col = ?3"));
  select->bind(1, std::int64_t{state.table->number}).bind(2, row).bind(3, static_cast<std::int64_t>(column));
  if (!KITH_TRY(select->step()) || select->int64(0) == 0) return std::optional<bool>(true);
  const Mark winner{Stamp(static_cast<std::uint64_t>(select->int64(0))), AuthorRef(select->int64(1)),
                    Pos(select->int64(2))};
  select->reset();
  return is_before(winner, mark);
}

Result<bool> Projection::is_allowed(TableState& state, std::int64_t row, AuthorRef author) {
  if (state.table->write_rule == WriteRule::kMembers) return true;
  const BirthAuthor owner = KITH_TRY(birth_author(KITH_TRY(birth_of(state, row))));
  if (owner.author == author) return true;
  const std::int64_t writer = KITH_TRY(authors_.get(owner.author))->writer_number;
  return writer == KITH_TRY(authors_.get(author))->writer_number;
}

// -- merging

Result<void> Projection::apply(const Incoming& incoming, bool has_values) {
  history_.set_current(&incoming);
  const auto run = [&]() -> Result<void> {
    ShapeReader reader = KITH_TRY(ShapeReader::open(incoming.shape));
    ByteReader values(has_values ? *incoming.values : ByteView{});
    Op op;
    while (KITH_TRY(reader.next(op))) {
      if (op.stamp == Stamp{}) op.stamp = incoming.stamp;
      for (std::uint64_t left = op.columns; left != 0; left &= left - 1) {
        cells_[static_cast<std::size_t>(std::countr_zero(left))] = has_values ? take_known_value(values) : ValueView{};
      }
      KITH_TRY(apply_op({incoming, op, reader.count() - 1, has_values}));
    }
    return flush_birth_run();
  };
  auto done = run();
  history_.set_current(nullptr);
  return done;
}

Result<void> Projection::apply_op(const Step& step) {
  TableState& state = states_[step.op.table];
  switch (step.op.kind) {
    case OpKind::kBirth: return apply_birth(state, step);
    case OpKind::kUpdate: return apply_update(state, step);
    case OpKind::kDelete: return apply_delete(state, step);
    case OpKind::kRevive: return touch_and_recompute(state, step);
  }
  return {};
}

Result<void> Projection::touch_and_recompute(TableState& state, const Step& step) {
  KITH_TRY(flush_birth_run());
  return recompute(state, step.op.key, std::pair(step.incoming.pos, step.number));
}

Result<void> Projection::apply_birth(TableState& state, const Step& step) {
  if (KITH_TRY(special_row(state, step.op.key))) return touch_and_recompute(state, step);
  const std::int64_t row = natural_rowid(step.incoming.pos.value, step.number);
  state.insert.bind(1, row);
  const std::size_t columns = state.table->columns.size();
  for (std::size_t i = 0; i < columns; ++i) {
    const bool is_key = i == state.table->key_column;
    const bool is_given = (step.op.columns >> i & 1) != 0;
    binder_.bind(state.insert, static_cast<int>(i) + 2, is_key ? step.op.key : is_given ? cells_[i] : ValueView{});
  }
  KITH_TRY(state.insert.step());
  if (sqlite3_changes(db_.raw()) == 0) return touch_and_recompute(state, step);
  if (!step.has_values) {
    for (std::uint64_t left = step.op.columns; left != 0; left &= left - 1) {
      const Mark of_birth{Stamp{}, step.incoming.author, step.incoming.pos};
      KITH_TRY(set_cell(state, row, static_cast<std::size_t>(std::countr_zero(left)), of_birth, true));
    }
  }
  if (step.op.stamp == step.incoming.stamp) return {};
  return note_birth_run(state, step, row);
}

Result<void> Projection::note_birth_run(TableState& state, const Step& step, std::int64_t row) {
  if (birth_run_ && birth_run_->state == &state && birth_run_->lo + birth_run_->n == row &&
      birth_run_->birth.own_stamp == step.op.stamp) {
    ++birth_run_->n;
    return {};
  }
  KITH_TRY(flush_birth_run());
  birth_run_ = BirthRun{&state, row, 1, {step.incoming.pos, step.number, step.op.stamp}};
  return {};
}

Result<void> Projection::flush_birth_run() {
  if (!birth_run_) return {};
  const BirthRun run = *birth_run_;
  birth_run_.reset();
  return set_births(*run.state, run.lo, run.n, run.birth);
}

Result<void> Projection::apply_update(TableState& state, const Step& step) {
  if (const auto row = KITH_TRY(living_row(state, step.op.key))) return update_living(state, step, *row);
  const auto special = KITH_TRY(special_row(state, step.op.key));
  if (!special) return wait(state, step.op.key, step.incoming.pos, step.number);
  if (special->state == kRowWaiting) return add_touch(state, special->row, step.incoming.pos);
  return touch_and_recompute(state, step);
}

Result<void> Projection::apply_delete(TableState& state, const Step& step) {
  if (const auto row = KITH_TRY(living_row(state, step.op.key))) return delete_living(state, step, *row);
  const auto special = KITH_TRY(special_row(state, step.op.key));
  if (!special) return wait(state, step.op.key, step.incoming.pos, step.number);
  if (special->state == kRowWaiting) return add_touch(state, special->row, step.incoming.pos);
  return touch_and_recompute(state, step);
}

Result<void> Projection::wait(TableState& state, const ValueView& key, Pos pos, std::uint32_t op) {
  const std::int64_t row = -natural_rowid(pos.value, op);
  auto insert = KITH_TRY(db_.cached("INSERT INTO kith_rows(tbl, key, row, state) VALUES (?1, ?2, ?3, ?4)"));
  insert->bind(1, std::int64_t{state.table->number}).bind(3, row).bind(4, kRowWaiting);
  binder_.bind(*insert, 2, key);
  KITH_TRY(insert->run());
  state.special.add(key);
  return add_touch(state, row, pos);
}

Result<void> Projection::note_refused(TableState& state, const Step& step) {
  if (step.op.columns == 0) {
    return note_conflict(state, step.op.key, crdt::ConflictKind::kRefused, std::nullopt, step.mark(), ValueView{},
                         false);
  }
  for (std::uint64_t left = step.op.columns; left != 0; left &= left - 1) {
    const auto column = static_cast<std::size_t>(std::countr_zero(left));
    KITH_TRY(note_conflict(state, step.op.key, crdt::ConflictKind::kRefused, column, step.mark(), cells_[column],
                           !step.has_values));
  }
  return {};
}

Result<void> Projection::update_living(TableState& state, const Step& step, std::int64_t row) {
  if (!KITH_TRY(is_allowed(state, row, step.incoming.author))) {
    KITH_TRY(note_refused(state, step));
    return add_touch(state, row, step.incoming.pos);
  }
  std::uint64_t won = 0;
  for (std::uint64_t left = step.op.columns; left != 0; left &= left - 1) {
    const auto column = static_cast<std::size_t>(std::countr_zero(left));
    const auto wins = KITH_TRY(beats(state, row, column, step.mark()));
    if (!wins) return touch_and_recompute(state, step);
    if (*wins) won |= std::uint64_t{1} << column;
  }
  if (won != 0) KITH_TRY(write_cells(state, row, won, cells_));
  for (std::uint64_t left = won; left != 0; left &= left - 1) {
    KITH_TRY(set_cell(state, row, static_cast<std::size_t>(std::countr_zero(left)), step.mark(), !step.has_values));
  }
  return add_touch(state, row, step.incoming.pos);
}

Result<void> Projection::write_cells(TableState& state, std::int64_t row, std::uint64_t columns,
                                     std::span<const ValueView> values) {
  Statement& update = state.updates[columns];
  if (update.raw() == nullptr) update = KITH_TRY(db_.prepare(update_sql(*state.table, columns)));
  int parameter = 0;
  for (std::uint64_t left = columns; left != 0; left &= left - 1) {
    binder_.bind(update, ++parameter, values[static_cast<std::size_t>(std::countr_zero(left))]);
  }
  update.bind(parameter + 1, row);
  return update.run();
}

Result<void> Projection::delete_living(TableState& state, const Step& step, std::int64_t row) {
  if (!KITH_TRY(is_allowed(state, row, step.incoming.author))) {
    KITH_TRY(note_refused(state, step));
    return add_touch(state, row, step.incoming.pos);
  }
  // A row that was revived, or that has cells as late as the delete, is not simple.
  if (KITH_TRY(special_row(state, step.op.key))) return touch_and_recompute(state, step);
  if (state.has_cells) {
    auto select = KITH_TRY(db_.cached("SELECT 1 FROM kith_cells WHERE tbl = ?1 AND row = ?2 AND stamp >= ?3"));
    select->bind(1, std::int64_t{state.table->number})
        .bind(2, row)
        .bind(3, static_cast<std::int64_t>(step.op.stamp.value));
    if (KITH_TRY(select->step())) return touch_and_recompute(state, step);
  }
  state.remove.bind(1, row);
  KITH_TRY(state.remove.run());
  return bury(state, row, step.op.key, step.mark(), step.number);
}

Result<void> Projection::bury(TableState& state, std::int64_t row, const ValueView& key, const Mark& life,
                              std::uint32_t op) {
  const std::int64_t table = state.table->number;
  const Birth birth = KITH_TRY(birth_of(state, row));
  const std::int64_t dead_row = -natural_rowid(life.pos.value, op);
  auto insert =
      KITH_TRY(db_.cached("INSERT OR REPLACE INTO kith_rows(tbl, key, row, state, life_stamp, life_author, life_pos, "
                          "birth_pos, birth_op, birth_stamp) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"));
  insert->bind(1, table).bind(3, dead_row).bind(4, kRowDead);
  binder_.bind(*insert, 2, key);
  insert->bind(5, static_cast<std::int64_t>(life.stamp.value)).bind(6, life.author.value).bind(7, life.pos.value);
  insert->bind(8, birth.pos.value).bind(9, std::int64_t{birth.op});
  insert->bind(10, birth.own_stamp ? Value(static_cast<std::int64_t>(birth.own_stamp->value)) : Value());
  KITH_TRY(insert->run());
  state.special.add(key);
  if (state.has_cells) {
    auto cells = KITH_TRY(db_.cached("DELETE FROM kith_cells WHERE tbl = ?1 AND row = ?2"));
    cells->bind(1, table).bind(2, row);
    KITH_TRY(cells->run());
  }
  auto touches = KITH_TRY(db_.cached("UPDATE kith_touches SET row = ?3 WHERE tbl = ?1 AND row = ?2"));
  touches->bind(1, table).bind(2, row).bind(3, dead_row);
  KITH_TRY(touches->run());
  return add_touch(state, dead_row, life.pos);
}

Result<void> Projection::clear() {
  for (TableState& state : states_) {
    KITH_TRY(db_.exec("DELETE FROM " + quoted(state.table->name)));
    state.has_cells = state.has_births = false;
    state.births_end = 0;
  }
  return db_.exec(
      "DELETE FROM kith_births; DELETE FROM kith_cells; DELETE FROM kith_rows; DELETE FROM kith_touches; DELETE FROM "
      "kith_conflicts");
}

}  // namespace kith::store
