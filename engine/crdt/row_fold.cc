// SPDX-License-Identifier: Apache-2.0
#include "crdt/row_fold.h"

#include <bit>
#include <tuple>

namespace kith::crdt {
namespace {

constexpr std::size_t kNone = FoldedRow::kNone;

std::size_t first_birth(std::span<const Touch> touches) {
  std::size_t first = kNone;
  for (std::size_t i = 0; i < touches.size(); ++i) {
    if (touches[i].kind != TouchKind::kBirth) continue;
    if (first == kNone || is_before(touches[i], touches[first])) first = i;
  }
  return first;
}

/// Makes `candidate` the winner if it is later than the one so far.
void raise(std::span<const Touch> touches, std::size_t& winner, std::size_t candidate) {
  if (winner == kNone || is_before(touches[winner], touches[candidate])) winner = candidate;
}

std::uint64_t columns_written(const Touch& touch, const RowRules& rules) {
  switch (touch.kind) {
    case TouchKind::kUpdate: return touch.columns & rules.last_writer_columns;
    case TouchKind::kBirth:
    case TouchKind::kRevival: return rules.last_writer_columns;
    case TouchKind::kDelete: return 0;
  }
  return 0;
}

void list_edits_of_deleted(std::span<const Touch> touches, const RowRules& rules, FoldedRow& row) {
  std::vector<std::uint64_t> late(touches.size(), 0);
  for (std::uint64_t left = rules.last_writer_columns; left != 0; left &= left - 1) {
    const auto column = static_cast<std::size_t>(std::countr_zero(left));
    const std::size_t winner = row.cells[column];
    if (winner != kNone && is_before(touches[row.life], touches[winner])) late[winner] |= std::uint64_t{1} << column;
  }
  for (std::size_t i = 0; i < touches.size(); ++i) {
    if (late[i] != 0) row.conflicts.push_back({ConflictKind::kEditOfDeleted, i, late[i]});
  }
}

}  // namespace

bool is_before(const Touch& a, const Touch& b) {
  return std::tie(a.stamp, *a.device, a.entry, a.op) < std::tie(b.stamp, *b.device, b.entry, b.op);
}

FoldedRow fold_row(std::span<const Touch> touches, const RowRules& rules) {
  FoldedRow row;
  row.cells.fill(kNone);
  row.birth = first_birth(touches);
  if (row.birth == kNone) return row;
  const std::int64_t owner = touches[row.birth].writer;
  for (std::size_t i = 0; i < touches.size(); ++i) {
    if (i == row.birth) continue;
    const Touch& touch = touches[i];
    const std::uint64_t columns = columns_written(touch, rules);
    const bool is_refused = rules.is_owner_only && touch.writer != owner;
    if (touch.kind == TouchKind::kBirth) {
      row.conflicts.push_back({ConflictKind::kSecondBirth, i, columns});
    } else if (is_refused) {
      row.conflicts.push_back({ConflictKind::kRefused, i, columns});
    }
    if (is_refused) continue;
    for (std::uint64_t left = columns; left != 0; left &= left - 1) {
      raise(touches, row.cells[static_cast<std::size_t>(std::countr_zero(left))], i);
    }
    if (touch.kind == TouchKind::kDelete || touch.kind == TouchKind::kRevival) raise(touches, row.life, i);
  }
  row.is_alive = row.life == kNone || touches[row.life].kind == TouchKind::kRevival;
  if (!row.is_alive) list_edits_of_deleted(touches, rules, row);
  return row;
}

}  // namespace kith::crdt
