// SPDX-License-Identifier: Apache-2.0
// What a row is, from everything that was ever done to it: its birth, which touch gives each cell, whether it lives,
// what lost. A pure function of the set of touches, so that every replica that has the same ones shows the same row, in
// whatever order they came.
//
//   * births: the lowest (stamp, device) is the birth; it gives the owner and the immutable columns, and lies below
//   every update, whatever the stamps
//     say. A later birth counts as an update of all last-writer columns, and is a conflict of its own.
//   * write rule `owner`: touches by another writer than the birth's are refused, and are conflicts.
//   * cells: the last of updates, revivals (of all last-writer columns) and later births; else the birth.
//   * life: the last of deletes and revivals; a row without any lives. Cells written after the delete of a dead row are
//   conflicts.
//   * no birth here: everything waits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kith/ids.h"

namespace kith::crdt {

enum class TouchKind : std::uint8_t { kBirth, kUpdate, kDelete, kRevival };

/// One change of one row.
struct Touch {
  TouchKind kind = TouchKind::kBirth;
  std::uint64_t columns = 0;  // an update's; the others concern all last-writer columns
  // The order, most significant first. (stamp, device) is unique to an honest transaction; the rest breaks ties that
  // only a liar makes.
  Stamp stamp;
  const DeviceId* device = nullptr;
  Stamp entry;              // the entry's own time
  std::uint32_t op = 0;     // number within the entry
  std::int64_t writer = 0;  // equal numbers, same person
};

/// Is a before b?
bool is_before(const Touch& a, const Touch& b);

struct RowRules {
  std::uint64_t last_writer_columns = 0;
  bool is_owner_only = false;
};

enum class ConflictKind : std::uint8_t { kSecondBirth = 0, kEditOfDeleted = 1, kRefused = 2 };

struct Conflict {
  ConflictKind kind = ConflictKind::kSecondBirth;
  std::size_t touch = 0;      // index of the touch
  std::uint64_t columns = 0;  // which of its cells; none for a delete
};

struct FoldedRow {
  static constexpr std::size_t kNone = SIZE_MAX;
  static constexpr std::size_t kColumnsMax = 64;

  std::size_t birth = kNone;  // index of the touch; none: the others wait
  std::size_t life = kNone;   // the last delete or revival; none: never deleted
  bool is_alive = false;
  std::array<std::size_t, kColumnsMax>
      cells{};                      // for each last-writer column the touch that gives it; kNone: the birth
  std::vector<Conflict> conflicts;  // in the order of the touches given
};

FoldedRow fold_row(std::span<const Touch> touches, const RowRules& rules);

}  // namespace kith::crdt
