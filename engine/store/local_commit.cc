// SPDX-License-Identifier: Apache-2.0
#include "store/local_commit.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"

namespace kith::store {
namespace {

std::string column_name(const TableState& state, std::size_t column) {
  return state.table->name + "." + state.table->columns[column].name;
}

/// The encoded values of a row as it was, one view a column.
std::vector<ByteView> columns_before(const TableState& state, const TableCapture& capture, std::size_t before) {
  std::vector<ByteView> columns;
  ByteReader in(ByteView(capture.values).subspan(capture.before[before].begin));
  for (std::size_t i = 0; i < state.table->columns.size(); ++i) {
    const ByteView rest = in.rest();
    take_known_value(in);
    columns.push_back(rest.first(rest.size() - in.left()));
  }
  return columns;
}

ValueView value_of(ByteView encoded) {
  ByteReader in(encoded);
  return take_known_value(in);
}

}  // namespace

// -- the net difference

Result<void> LocalCommit::diff_table(TableState& state, TableCapture& capture) {
  missing_.clear();
  in_place_.clear();
  std::sort(capture.before.begin(), capture.before.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  KITH_TRY(diff_before(state, capture));
  KITH_TRY(diff_inserted(state, capture));
  return diff_deleted(state, capture);
}

/// Rows that were there: changed in place, or gone from their place.
Result<void> LocalCommit::diff_before(TableState& state, TableCapture& capture) {
  for (std::size_t i = 0; i < capture.before.size(); ++i) {
    const std::int64_t row = capture.before[i].row;
    const std::vector<ByteView> before = columns_before(state, capture, i);
    const ByteView key = before[state.table->key_column];
    state.select.bind(1, row);
    if (KITH_TRY(state.select.step())) {
      scratch_.clear();
      put_value(scratch_, view_of_column(state.select, static_cast<int>(state.table->key_column)));
      if (equal(scratch_, key)) {
        if (capture.is_inserted(row)) in_place_.push_back(row);
        auto done = add_update(state, capture, i, state.select);
        state.select.reset();
        KITH_TRY(std::move(done));
        continue;
      }
      state.select.reset();
    }
    missing_.emplace(std::string(as_text(key)), i);
  }
  return {};
}

Result<void> LocalCommit::diff_inserted(TableState& state, TableCapture& capture) {
  const int rowid_column = static_cast<int>(state.table->columns.size());
  for (const auto& [lo, hi] : capture.inserted) {
    state.range.bind(1, lo).bind(2, hi);
    const auto scan = [&]() -> Result<void> {
      while (KITH_TRY(state.range.step())) {
        const std::int64_t row = state.range.int64(rowid_column);
        if (!in_place_.empty() && std::binary_search(in_place_.begin(), in_place_.end(), row)) continue;
        KITH_TRY(add_inserted(state, capture, state.range, row));
      }
      return {};
    };
    auto done = scan();
    state.range.reset();
    KITH_TRY(std::move(done));
  }
  return {};
}

Result<void> LocalCommit::diff_deleted(TableState& state, TableCapture& capture) {
  std::vector<std::size_t> deleted;
  for (const auto& [key, before] : missing_) deleted.push_back(before);
  std::sort(deleted.begin(), deleted.end());
  for (const std::size_t before : deleted) {
    const std::int64_t row = capture.before[before].row;
    const ByteView key = columns_before(state, capture, before)[state.table->key_column];
    KITH_TRY(check_owner(state, KITH_TRY(projection_.birth_author(KITH_TRY(projection_.birth_of(state, row)))).author));
    const Parts::Place place = KITH_TRY(add_op(OpKind::kDelete, state, value_of(key), 0));
    changes_.push_back({OpKind::kDelete, &state, row, 0, place, to_bytes(key)});
  }
  return {};
}

Result<void> LocalCommit::add_inserted(TableState& state, const TableCapture& capture, const Statement& now,
                                       std::int64_t row) {
  const ValueView key = view_of_column(now, static_cast<int>(state.table->key_column));
  if (!missing_.empty()) {
    scratch_.clear();
    put_value(scratch_, key);
    const auto replaced = missing_.find(std::string(as_text(scratch_)));
    if (replaced != missing_.end()) {
      const std::size_t before = replaced->second;
      missing_.erase(replaced);
      const std::int64_t old_row = capture.before[before].row;
      moves_.push_back({&state, row, old_row, KITH_TRY(projection_.birth_of(state, old_row))});
      return add_update(state, capture, before, now);
    }
  }
  const auto special = KITH_TRY(projection_.special_row(state, key));
  if (special && special->state == kRowDead) return add_revival(state, now, key, *special);
  KITH_TRY(add_birth(state, now, row, key));
  if (!special) return {};
  Change waited{OpKind::kBirth,
                &state,
                row,
                0,
                {births_.back().place.part, births_.back().place.op + static_cast<std::uint32_t>(births_.back().n) - 1},
                {}};
  put_value(waited.key, key);
  changes_.push_back(std::move(waited));
  return {};
}

Result<void> LocalCommit::add_birth(TableState& state, const Statement& now, std::int64_t row, const ValueView& key) {
  KITH_TRY(check_key(state, key));
  const std::uint64_t columns =
      KITH_TRY(put_given(state, now, state.table->immutable_columns | state.table->last_writer_columns));
  const Parts::Place place = KITH_TRY(add_op(OpKind::kBirth, state, key, columns));
  if (!births_.empty()) {
    BirthRun& last = births_.back();
    const bool follows = last.state == &state && last.lo + last.n == row && last.place.part == place.part &&
                         last.place.op + last.n == place.op;
    if (follows) {
      ++last.n;
      return {};
    }
  }
  births_.push_back({&state, row, 1, place});
  return {};
}

Result<Parts::Place> LocalCommit::add_op(OpKind kind, const TableState& state, const ValueView& key,
                                         std::uint64_t columns) {
  const Table& table = *state.table;
  if (!table.is_waiting() && (columns & table.waiting_columns) == 0) {
    return parts_.add(kind, table.number, key, columns);
  }
  const std::uint64_t waiting = columns & table.waiting_columns;
  const std::string what =
      table.is_waiting() ? table.name : column_name(state, static_cast<std::size_t>(std::countr_zero(waiting)));
  return Error(ErrorCode::kRefused, "This place has not agreed on " + what + " yet.",
               "It comes when the founder's house runs this version of the program; what was there before works on.");
}

/// Writes the values that are not NULL; returns which.
Result<std::uint64_t> LocalCommit::put_given(TableState& state, const Statement& now, std::uint64_t columns) {
  std::uint64_t given = 0;
  for (std::uint64_t left = columns; left != 0; left &= left - 1) {
    const auto column = static_cast<std::size_t>(std::countr_zero(left));
    const ValueView value = view_of_column(now, static_cast<int>(column));
    if (!value.is_null()) given |= std::uint64_t{1} << column;
    KITH_TRY(put_checked(state, column, value));
  }
  return given;
}

/// Appends the value, unless it is the NULL of a birth. Refuses what no changeset can hold.
Result<void> LocalCommit::put_checked(const TableState& state, std::size_t column, const ValueView& value) {
  if (value.is_null()) {
    if ((state.table->not_null_columns >> column & 1) == 0) return {};
    return Error(ErrorCode::kConstraint, column_name(state, column) + " must not be NULL.", "Give it a value.");
  }
  if (value.type == ValueView::Type::kText && !is_clean_text(as_text(value.bytes))) {
    return Error(ErrorCode::kConstraint,
                 "The text for " + column_name(state, column) + " is not UTF-8, or has a NUL in it.",
                 "Store it as a BLOB, or mend the text.");
  }
  put_value(parts_.values(), value);
  return {};
}

Result<void> LocalCommit::check_key(const TableState& state, const ValueView& key) {
  const Column& column = state.table->columns[state.table->key_column];
  const ValueView::Type wanted = column.declared_type == "TEXT"   ? ValueView::Type::kText
                                 : column.declared_type == "BLOB" ? ValueView::Type::kBlob
                                                                  : ValueView::Type::kInteger;
  if (key.type != wanted) {
    return Error(ErrorCode::kConstraint,
                 "A key of " + state.table->name + " is not of the type " + column.declared_type + ".",
                 "Give it such a key.");
  }
  if (key.bytes.size() > kKeyBytesMax) {
    return Error(ErrorCode::kConstraint,
                 "A key of " + state.table->name + " is longer than " + std::to_string(kKeyBytesMax) + " bytes.",
                 "Use a UUIDv7 as the key, and another column for the text.");
  }
  if (key.type == ValueView::Type::kText && !is_clean_text(as_text(key.bytes))) {
    return Error(ErrorCode::kConstraint, "A key of " + state.table->name + " is not UTF-8, or has a NUL in it.",
                 "Use a UUIDv7 as the key.");
  }
  return {};
}

Result<void> LocalCommit::check_owner(TableState& state, AuthorRef owner) {
  if (state.table->write_rule != WriteRule::kOwner || owner == self_) return {};
  const std::int64_t writer = KITH_TRY(authors_.get(owner))->writer_number;
  if (writer == KITH_TRY(authors_.get(self_))->writer_number) return {};
  return Error(ErrorCode::kRefused,
               "A row of " + state.table->name + " can be changed or deleted only by the person who wrote it.",
               "Write a row of your own, or ask them.");
}

Result<void> LocalCommit::add_update(TableState& state, const TableCapture& capture, std::size_t before,
                                     const Statement& now) {
  const std::vector<ByteView> old = columns_before(state, capture, before);
  std::uint64_t columns = 0;
  for (std::size_t i = 0; i < old.size(); ++i) {
    const ValueView value = view_of_column(now, static_cast<int>(i));
    scratch_.clear();
    put_value(scratch_, value);
    if (equal(scratch_, old[i])) continue;
    if (state.table->columns[i].merge == MergeType::kImmutable) {
      return Error(ErrorCode::kConstraint, column_name(state, i) + " is written once and never changes.",
                   "Delete the row and write a new one under a new key, or give the column an LWW_ type.");
    }
    columns |= std::uint64_t{1} << i;
    KITH_TRY(put_checked(state, i, value));
    if (value.is_null()) append(parts_.values(), scratch_);
  }
  if (columns == 0) return {};
  const std::int64_t row = capture.before[before].row;
  KITH_TRY(check_owner(state, KITH_TRY(projection_.birth_author(KITH_TRY(projection_.birth_of(state, row)))).author));
  const Parts::Place place = KITH_TRY(add_op(OpKind::kUpdate, state, value_of(old[state.table->key_column]), columns));
  changes_.push_back({OpKind::kUpdate, &state, row, columns, place, {}});
  return {};
}

Result<void> LocalCommit::add_revival(TableState& state, const Statement& now, const ValueView& key,
                                      const SpecialRow& dead) {
  CHECK(dead.birth.has_value());
  KITH_TRY(check_owner(state, KITH_TRY(projection_.birth_author(*dead.birth)).author));
  const auto birth = KITH_TRY(history_.at(dead.birth->pos));
  for (std::uint64_t left = state.table->immutable_columns; left != 0; left &= left - 1) {
    const auto column = static_cast<std::size_t>(std::countr_zero(left));
    scratch_.clear();
    if (birth != nullptr) put_value(scratch_, birth->value(dead.birth->op, column));
    Bytes value;
    put_value(value, view_of_column(now, static_cast<int>(column)));
    if (equal(value, scratch_)) continue;
    return Error(ErrorCode::kConstraint,
                 "The key belongs to a deleted row of " + state.table->name + " whose " + column_name(state, column) +
                     " was another.",
                 "Take a new key.");
  }
  const std::uint64_t columns = KITH_TRY(put_given(state, now, state.table->last_writer_columns));
  const Parts::Place place = KITH_TRY(add_op(OpKind::kRevive, state, key, columns));
  Change revival{OpKind::kRevive, &state, 0, columns, place, {}};
  put_value(revival.key, key);
  changes_.push_back(std::move(revival));
  return {};
}

// -- stamping and noting

Result<Stamp> LocalCommit::latest_of_changes() {
  Stamp latest;
  for (const Change& change : changes_) {
    if (change.kind == OpKind::kUpdate || change.kind == OpKind::kDelete) {
      latest = std::max(latest, KITH_TRY(projection_.latest_stamp(*change.state, change.row)));
    } else {
      latest = std::max(latest, KITH_TRY(projection_.latest_stamp_of_absent(*change.state, value_of(change.key))));
    }
  }
  return latest;
}

/// A rowid that the app chose itself may lie where others' rows will come.
Result<void> LocalCommit::check_rowids() {
  const std::int64_t end = natural_rowid(first_.value + parts_.count(), 0);
  for (const BirthRun& run : births_) {
    if (run.lo >= 1 && run.lo + run.n <= end) continue;
    return Error(ErrorCode::kConstraint,
                 "A row of " + run.state->table->name + " was inserted with a rowid of its own.",
                 "Leave the rowid out: the engine gives it.");
  }
  return {};
}

Result<void> LocalCommit::note_changes() {
  KITH_TRY(note_deletes());
  KITH_TRY(note_births());
  KITH_TRY(note_moves());
  return note_updates();
}

Result<void> LocalCommit::note_deletes() {
  for (const Change& change : changes_) {
    if (change.kind != OpKind::kDelete) continue;
    KITH_TRY(projection_.bury(*change.state, change.row, value_of(change.key), mark_of(change.place), change.place.op));
  }
  return {};
}

Result<void> LocalCommit::note_births() {
  for (const BirthRun& run : births_) {
    Birth birth{pos_of(run.place), run.place.op, std::nullopt};
    if (run.place.part > 0) birth.own_stamp = stamp_;  // the entry of a later part has a stamp of its own
    KITH_TRY(projection_.set_births(*run.state, run.lo, run.n, birth));
  }
  return {};
}

/// Puts replaced rows back to their rowids. Where that is taken (rowids of deleted rows are given out again), what is
/// known of the row moves instead.
Result<void> LocalCommit::note_moves() {
  std::vector<Move> stay;
  for (const Move& move : moves_) {
    Statement& select = move.state->select;
    select.bind(1, move.to);
    const bool is_taken = KITH_TRY(select.step());
    select.reset();
    if (is_taken) {
      stay.push_back(move);
      continue;
    }
    move.state->move.bind(1, move.from).bind(2, move.to);
    KITH_TRY(move.state->move.run());
  }
  if (stay.empty()) return {};
  KITH_TRY(rename_side_rows(stay));
  for (const Move& move : stay) KITH_TRY(projection_.set_births(*move.state, move.from, 1, move.birth));
  return {};
}

Result<void> LocalCommit::rename_side_rows(const std::vector<Move>& moves) {
  const auto rename = [&](const TableState& state, std::int64_t from, std::int64_t to) -> Result<void> {
    for (const char* sql : {"UPDATE kith_cells SET row = ?3 WHERE tbl = ?1 AND row = ?2",
                            "UPDATE kith_touches SET row = ?3 WHERE tbl = ?1 AND row = ?2",
                            "UPDATE kith_rows SET row = ?3 WHERE tbl = ?1 AND row = ?2"}) {
      auto update = KITH_TRY(db_.cached(sql));
      update->bind(1, std::int64_t{state.table->number}).bind(2, from).bind(3, to);
      KITH_TRY(update->run());
    }
    return {};
  };
  // Two steps, because two rows may have swapped their rowids.
  for (std::size_t i = 0; i < moves.size(); ++i) {
    KITH_TRY(rename(*moves[i].state, moves[i].to, -natural_rowid(first_.value, static_cast<std::uint32_t>(i))));
  }
  for (std::size_t i = 0; i < moves.size(); ++i) {
    KITH_TRY(rename(*moves[i].state, -natural_rowid(first_.value, static_cast<std::uint32_t>(i)), moves[i].from));
    for (Change& change : changes_) {
      if (change.kind == OpKind::kUpdate && change.state == moves[i].state && change.row == moves[i].to &&
          change.moved_to == 0) {
        change.moved_to = moves[i].from;
      }
    }
  }
  return {};
}

Result<void> LocalCommit::note_updates() {
  for (const Change& change : changes_) {
    if (change.kind != OpKind::kUpdate) continue;
    const std::int64_t row = change.moved_to != 0 ? change.moved_to : change.row;
    for (std::uint64_t left = change.columns; left != 0; left &= left - 1) {
      KITH_TRY(projection_.set_cell(*change.state, row, static_cast<std::size_t>(std::countr_zero(left)),
                                    mark_of(change.place), false));
    }
    KITH_TRY(projection_.add_touch(*change.state, row, pos_of(change.place)));
  }
  return {};
}

Result<void> LocalCommit::write_journal(const std::vector<Parts::Changeset>& parts, const LocalEvent& event,
                                        Sealer* sealer) {
  if (sealer != nullptr && event.rest_until_ms == 0 && parts.size() == 1) {
    may_be_sealed_ = true;
    may_be_sealed_ = KITH_TRY(sealer->seal(first_, self_, stamp_, parts[0].shape, parts[0].values));
    if (may_be_sealed_) return {};
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto insert =
        KITH_TRY(db_.cached("INSERT INTO kith_journal(pos, author, stamp, form, more, state, rest_until, body) VALUES "
                            "(?1, ?2, ?3, 0, ?4, 0, ?5, ?6)"));
    const Bytes body = make_tail_body(parts[i].shape, parts[i].values);
    insert->bind(1, first_.value + static_cast<std::int64_t>(i)).bind(2, self_.value);
    insert->bind(3, static_cast<std::int64_t>(stamp_.value + i)).bind(4, std::int64_t{i + 1 < parts.size() ? 1 : 0});
    insert->bind(5, event.rest_until_ms).bind(6, ByteView(body));
    KITH_TRY(insert->run());
  }
  return {};
}

/// Rows under keys that had a past: their whole history decides.
Result<void> LocalCommit::recompute_revived() {
  for (const Change& change : changes_) {
    if (change.kind != OpKind::kRevive && change.kind != OpKind::kBirth) continue;
    KITH_TRY(
        projection_.recompute(*change.state, value_of(change.key), std::pair(pos_of(change.place), change.place.op)));
  }
  return {};
}

Result<Committed> LocalCommit::run(const Schema& schema, const LocalEvent& event, Sealer* sealer, Stamp& latest) {
  for (const Table& table : schema.tables()) {
    TableCapture& capture = capture_.of(table.number);
    if (!capture.is_empty()) KITH_TRY(diff_table(projection_.state(table.number), capture));
  }
  if (parts_.is_empty()) {
    KITH_TRY(note_moves());
    return Committed{};
  }
  first_ = Pos(projection_.next_pos());
  KITH_TRY(check_rowids());
  stamp_ = hybrid_.next();
  if (stamp_ <= latest) stamp_ = hybrid_.next(KITH_TRY(latest_of_changes()));
  const std::vector<Parts::Changeset> parts = KITH_TRY(parts_.finish(event.number, event.name, stamp_));
  for (std::size_t i = 0; i < parts.size(); ++i) projection_.take_pos();
  const Stamp last(stamp_.value + parts.size() - 1);
  hybrid_.restore(last);
  latest = std::max(latest, last);
  KITH_TRY(note_changes());
  KITH_TRY(write_journal(parts, event, sealer));
  KITH_TRY(recompute_revived());
  return Committed{first_, parts_.count(), stamp_};
}

}  // namespace kith::store
