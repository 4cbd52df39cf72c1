// SPDX-License-Identifier: Apache-2.0
#include "store/versions.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace kith::store {
namespace {

/// The places of all entries that touched the row, its birth first.
Result<std::vector<Pos>> places(Db& db, const TableState& state, std::int64_t row, const Birth& birth) {
  std::vector<Pos> out{birth.pos};
  auto select = KITH_TRY(db.cached("SELECT pos FROM kith_touches WHERE tbl = ?1 AND row = ?2"));
  select->bind(1, std::int64_t{state.table->number}).bind(2, row);
  while (KITH_TRY(select->step())) {
    if (select->int64(0) != birth.pos.value) out.emplace_back(select->int64(0));
  }
  return out;
}

RowVersion version(const Table& table, const Changeset& changeset, std::uint32_t number, const Author& author) {
  const Op& op = changeset.ops()[number].op;
  RowVersion out;
  out.person = PersonId::from(author.writer).value_or(PersonId{});
  out.stamp = op.stamp;
  out.is_erased = !changeset.has_values();
  for (std::uint64_t left = op.columns; left != 0; left &= left - 1) {
    const auto column = static_cast<std::size_t>(std::countr_zero(left));
    out.cells.emplace_back(table.columns[column].name, changeset.value(number, column).to_value());
  }
  return out;
}

}  // namespace

Result<std::vector<RowVersion>> row_versions(Db& db, Projection& projection, History& history, Authors& authors,
                                             const Table& table, const Value& key) {
  std::vector<RowVersion> out;
  TableState& state = projection.state(table.number);
  const auto row = KITH_TRY(projection.living_row(state, view_of(key)));
  if (!row) return out;
  const Birth birth = KITH_TRY(projection.birth_of(state, *row));
  Bytes owner;
  for (const Pos pos : KITH_TRY(places(db, state, *row, birth))) {
    const auto changeset = KITH_TRY(history.at(pos));
    if (changeset == nullptr) continue;
    const Author* author = KITH_TRY(authors.get(changeset->author()));
    if (pos == birth.pos) owner = author->writer;
    if (table.write_rule == WriteRule::kOwner && author->writer != owner) continue;
    for (const std::uint32_t number : changeset->ops_on(row_name(table.number, view_of(key)))) {
      if (changeset->ops()[number].op.kind != OpKind::kDelete)
        out.push_back(version(table, *changeset, number, *author));
    }
  }
  std::sort(out.begin(), out.end(), [](const RowVersion& a, const RowVersion& b) {
    return std::tie(a.stamp, a.person) < std::tie(b.stamp, b.person);
  });
  return out;
}

}  // namespace kith::store
