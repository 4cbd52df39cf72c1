// SPDX-License-Identifier: Apache-2.0
#include "store/parts.h"

#include "store/store.h"

namespace kith::store {
namespace {

constexpr std::size_t kHeadBytesMax = 4 + kEventNameBytesMax + 8;

const Bytes kPlainHead = {0};  // no event, no stamp: with it the ops can be read as a shape

}  // namespace

std::size_t Parts::Part::bytes() const {
  return kHeadBytesMax + ops.size() + values.size() + count;  // one byte an op, should it be stamped
}

Result<Parts::Place> Parts::add(OpKind kind, std::uint32_t table, const ValueView& key, std::uint64_t columns) {
  const std::size_t ops_end = parts_.back().ops.size();
  put_op(parts_.back().ops, kind, table, key, columns);
  ++parts_.back().count;
  if (parts_.back().bytes() > Store::kPartBytesMax) {
    if (parts_.back().count == 1) {
      return Error(ErrorCode::kTooLarge, "One row holds more than 1 MiB.",
                   "Store large things as files, and their names in rows.");
    }
    if (parts_.size() == Store::kPartsMax) {
      return Error(ErrorCode::kTooLarge, "The transaction is larger than 4 GiB.", "Write it in several transactions.");
    }
    Part next;
    Part& full = parts_.back();
    next.ops.assign(full.ops.begin() + static_cast<std::ptrdiff_t>(ops_end), full.ops.end());
    next.values.assign(full.values.begin() + static_cast<std::ptrdiff_t>(values_end_), full.values.end());
    next.count = 1;
    full.ops.resize(ops_end);
    full.values.resize(values_end_);
    --full.count;
    parts_.push_back(std::move(next));
    if (parts_.back().bytes() > Store::kPartBytesMax) {
      return Error(ErrorCode::kTooLarge, "One row holds more than 1 MiB.",
                   "Store large things as files, and their names in rows.");
    }
  }
  values_end_ = parts_.back().values.size();
  return Place{count() - 1, parts_.back().count - 1};
}

Result<std::vector<Parts::Changeset>> Parts::finish(std::uint32_t event, std::string_view event_name,
                                                    Stamp transaction) {
  std::vector<Changeset> out;
  const bool is_stamped = parts_.size() > 1;
  for (Part& part : parts_) {
    Changeset& changeset = out.emplace_back();
    ShapeWriter writer(changeset.shape, event, event_name, is_stamped ? transaction : Stamp{});
    if (is_stamped) {
      Bytes plain = kPlainHead;
      append(plain, part.ops);
      ShapeReader reader = KITH_TRY(ShapeReader::open(plain));
      Op op;
      while (KITH_TRY(reader.next(op))) writer.op(op.kind, op.table, op.key, op.columns, 0);
    } else {
      append(changeset.shape, part.ops);
    }
    changeset.values = std::move(part.values);
  }
  return out;
}

}  // namespace kith::store
