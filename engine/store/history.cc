// SPDX-License-Identifier: Apache-2.0
#include "store/history.h"

#include <algorithm>
#include <bit>

#include "store/judge.h"
#include "store/layout.h"

namespace kith::store {

std::string row_name(std::uint32_t table, const ValueView& key) {
  Bytes name;
  ByteWriter(name).u32(table);
  put_value(name, key);
  return std::string(as_text(name));
}

// -- Changeset

Result<Changeset> Changeset::read(const Schema& schema, StoredChangeset stored) {
  Changeset changeset;
  changeset.stored_ = std::move(stored);
  const StoredChangeset& own = changeset.stored_;
  const std::optional<ByteView> values = own.values ? std::optional<ByteView>(*own.values) : std::nullopt;
  const Judgement judgement = judge(schema, schema.reach(), own.shape, values, {.entry = own.stamp, .floor = Stamp{}});
  if (judgement.is_void) {
    return Error(ErrorCode::kNotDatabase, "The journal holds a changeset that does not fit the schema.",
                 "Restore the file from a backup or from a neighbour.");
  }
  changeset.has_values_ = judgement.has_values;
  ShapeReader reader = KITH_TRY(ShapeReader::open(own.shape));
  changeset.head_ = reader.head();
  ByteReader in(changeset.has_values_ ? ByteView(*own.values) : ByteView{});
  PlacedOp placed;
  while (KITH_TRY(reader.next(placed.op))) {
    if (placed.op.stamp == Stamp{}) placed.op.stamp = own.stamp;
    if (changeset.has_values_) {
      placed.values_at = own.values->size() - in.left();
      for (int n = std::popcount(placed.op.columns); n > 0; --n) take_known_value(in);
    }
    changeset.by_row_.emplace(row_name(placed.op.table, placed.op.key), changeset.ops_.size());
    changeset.ops_.push_back(placed);
  }
  return changeset;
}

std::vector<std::uint32_t> Changeset::ops_on(const std::string& row) const {
  std::vector<std::uint32_t> found;
  const auto [begin, end] = by_row_.equal_range(row);
  for (auto it = begin; it != end; ++it) found.push_back(it->second);
  std::sort(found.begin(), found.end());
  return found;
}

ValueView Changeset::value(std::uint32_t op, std::size_t column) const {
  const PlacedOp& placed = ops_[op];
  const std::uint64_t bit = std::uint64_t{1} << column;
  if (!has_values_ || (placed.op.columns & bit) == 0) return {};
  ByteReader in(ByteView(*stored_.values).subspan(placed.values_at));
  for (int n = std::popcount(placed.op.columns & (bit - 1)); n > 0; --n) take_known_value(in);
  return take_known_value(in);
}

// -- History

Result<std::optional<StoredChangeset>> History::load(Pos pos) {
  if (current_ != nullptr && current_->pos == pos) {
    StoredChangeset stored{current_->author, current_->stamp, to_bytes(current_->shape), std::nullopt};
    if (current_->values) stored.values = to_bytes(*current_->values);
    return std::optional<StoredChangeset>(std::move(stored));
  }
  auto select = KITH_TRY(db_.cached("SELECT author, stamp, form, body FROM kith_journal WHERE pos = ?1"));
  select->bind(1, pos.value);
  if (!KITH_TRY(select->step())) return std::optional<StoredChangeset>();
  if (select->int64(2) != kFormTail) {
    select->reset();
    if (source_ == nullptr) return std::optional<StoredChangeset>();
    return source_->changeset_at(pos);
  }
  StoredChangeset stored{AuthorRef(select->int64(0)), Stamp(static_cast<std::uint64_t>(select->int64(1))), {}, {}};
  const TailBody body = KITH_TRY(split_tail_body(select->blob(3)));
  stored.shape = to_bytes(body.shape);
  stored.values = to_bytes(body.values);
  return std::optional<StoredChangeset>(std::move(stored));
}

Result<std::shared_ptr<const Changeset>> History::at(Pos pos) {
  if (current_ != nullptr && current_->pos == pos) return at_whatever_state(pos);
  auto select = KITH_TRY(db_.cached("SELECT state FROM kith_journal WHERE pos = ?1"));
  select->bind(1, pos.value);
  if (!KITH_TRY(select->step()) || select->int64(0) != kStateCounts) return std::shared_ptr<const Changeset>();
  return at_whatever_state(pos);
}

Result<std::shared_ptr<const Changeset>> History::at_whatever_state(Pos pos) {
  if (const auto found = kept_.find(pos.value); found != kept_.end()) {
    order_.splice(order_.begin(), order_, found->second.order);
    return found->second.changeset;
  }
  std::optional<StoredChangeset> stored = KITH_TRY(load(pos));
  if (!stored) return std::shared_ptr<const Changeset>();
  if (erased_.contains(pos.value)) stored->values.reset();
  auto changeset = std::make_shared<const Changeset>(KITH_TRY(Changeset::read(schema_, std::move(*stored))));
  make_room();
  kept_bytes_ += changeset->bytes();
  order_.push_front(pos.value);
  kept_.emplace(pos.value, Kept{changeset, order_.begin()});
  return changeset;
}

Result<History::Head> History::head(Pos pos) {
  if (current_ != nullptr && current_->pos == pos) return Head{current_->author, current_->stamp};
  auto select = KITH_TRY(db_.cached("SELECT author, stamp FROM kith_journal WHERE pos = ?1"));
  select->bind(1, pos.value);
  if (KITH_TRY(select->step()))
    return Head{AuthorRef(select->int64(0)), Stamp(static_cast<std::uint64_t>(select->int64(1)))};
  return Error(ErrorCode::kNotDatabase, "A row names a place of its birth where the journal has nothing.",
               "Run rebuild, or restore the file from a backup or from a neighbour.");
}

void History::make_room() {
  while (!order_.empty() && (order_.size() >= kKeptMax || kept_bytes_ > kKeptBytesMax)) forget(Pos(order_.back()));
}

void History::forget(Pos pos) {
  const auto found = kept_.find(pos.value);
  if (found == kept_.end()) return;
  kept_bytes_ -= found->second.changeset->bytes();
  order_.erase(found->second.order);
  kept_.erase(found);
}

void History::forget_all() {
  kept_.clear();
  order_.clear();
  kept_bytes_ = 0;
  erased_.clear();
}

void History::mark_erased(Pos pos) {
  erased_.insert(pos.value);
  forget(pos);
}

}  // namespace kith::store
