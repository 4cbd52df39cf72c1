// SPDX-License-Identifier: Apache-2.0
#include "store/judge.h"

#include <bit>

namespace kith::store {
namespace {

bool is_key_of(const ValueView& key, const Column& column) {
  if (column.declared_type == "TEXT") return key.type == ValueView::Type::kText || key.type == ValueView::Type::kUuid;
  if (column.declared_type == "BLOB") return key.type == ValueView::Type::kBlob;
  return key.type == ValueView::Type::kInteger;
}

bool are_columns_allowed(const Op& op, const Table& table) {
  const std::uint64_t changeable = table.last_writer_columns;
  const std::uint64_t required = table.not_null_columns;
  switch (op.kind) {
    case OpKind::kBirth:
      return (op.columns & ~(changeable | table.immutable_columns)) == 0 && (required & ~op.columns) == 0;
    case OpKind::kRevive: return (op.columns & ~changeable) == 0 && (required & changeable & ~op.columns) == 0;
    case OpKind::kUpdate: return op.columns != 0 && (op.columns & ~changeable) == 0;
    case OpKind::kDelete: return true;
  }
  return false;
}

bool is_stamp_allowed(Stamp stamp, const StampBounds& bounds) {
  return stamp <= bounds.entry && stamp > bounds.floor;
}

bool are_values_sound(const Op& op, const Table& table, ByteReader& values) {
  // In a birth or revival an absent column is NULL: a present one never is.
  const std::uint64_t never_null = op.kind == OpKind::kUpdate ? table.not_null_columns : op.columns;
  for (std::uint64_t left = op.columns; left != 0; left &= left - 1) {
    const auto value = take_value(values);
    if (!value || (value->is_null() && (never_null >> std::countr_zero(left) & 1) != 0)) return false;
  }
  return true;
}

bool is_beyond(const SchemaReach& reach, const Op& op) {
  return op.table >= reach.columns.size() || op.columns >> reach.columns[op.table] != 0;
}

}  // namespace

bool is_beyond(const SchemaReach& reach, ByteView shape) {
  auto reader = ShapeReader::open(shape);
  if (!reader.ok()) return false;
  bool is_any = reader->head().event > reach.events;
  Op op;
  for (;;) {
    const auto more = reader->next(op);
    if (!more.ok()) return false;
    if (!*more) return is_any;
    is_any = is_any || is_beyond(reach, op);
  }
}

Judgement judge(const Schema& schema, const SchemaReach& reach, ByteView shape, std::optional<ByteView> values,
                const StampBounds& bounds) {
  constexpr Judgement kVoid{.is_void = true, .is_beyond = false, .has_values = false};
  auto reader = ShapeReader::open(shape);
  if (!reader.ok()) return kVoid;
  if (reader->head().transaction != Stamp{} && !is_stamp_allowed(reader->head().transaction, bounds)) return kVoid;
  bool is_any_beyond = reader->head().event > reach.events;
  ByteReader in(values.value_or(ByteView{}));
  bool has_values = values.has_value();
  Op op;
  for (;;) {
    auto more = reader->next(op);
    if (!more.ok()) return kVoid;
    if (!*more) break;
    if (op.stamp != Stamp{} && !is_stamp_allowed(op.stamp, bounds)) return kVoid;
    is_any_beyond = is_any_beyond || is_beyond(reach, op);
    if (is_any_beyond) continue;
    const Table& table = schema.tables()[op.table];
    if (!is_key_of(op.key, table.columns[table.key_column]) || !are_columns_allowed(op, table)) return kVoid;
    has_values = has_values && are_values_sound(op, table, in);
  }
  if (is_any_beyond) return {.is_void = true, .is_beyond = true, .has_values = false};
  return {.is_void = false, .is_beyond = false, .has_values = has_values && in.at_end()};
}

}  // namespace kith::store
