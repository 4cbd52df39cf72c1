// SPDX-License-Identifier: Apache-2.0
// Changesets by their place in the journal, taken apart and kept for a while: what a row is computed from when it is
// not plain.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/changeset.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

namespace kith::store {

/// A changeset with its ops found. Views point into itself.
class Changeset {
 public:
  struct PlacedOp {
    Op op;  // the stamp is never zero here
    std::size_t values_at = 0;
  };

  /// The shape has been judged before.
  static Result<Changeset> read(const Schema& schema, StoredChangeset stored);

  AuthorRef author() const { return stored_.author; }
  Stamp entry() const { return stored_.stamp; }
  ByteView shape() const { return stored_.shape; }
  /// Only if has_values().
  ByteView values() const { return *stored_.values; }
  bool has_values() const { return has_values_; }
  const ShapeHead& head() const { return head_; }
  const std::vector<PlacedOp>& ops() const { return ops_; }
  /// Numbers of the ops on this row, ascending. `row` as made by row_name.
  std::vector<std::uint32_t> ops_on(const std::string& row) const;
  /// The value that op gives a column: NULL if it gives none or the values are gone.
  ValueView value(std::uint32_t op, std::size_t column) const;
  std::size_t bytes() const { return stored_.shape.size() + (stored_.values ? stored_.values->size() : 0); }

 private:
  StoredChangeset stored_;
  ShapeHead head_;
  bool has_values_ = false;
  std::vector<PlacedOp> ops_;
  std::unordered_multimap<std::string, std::uint32_t> by_row_;
};

/// Names a row across tables: the table's number and the key's bytes.
std::string row_name(std::uint32_t table, const ValueView& key);

class History {
 public:
  static constexpr std::size_t kKeptMax = 64;
  static constexpr std::size_t kKeptBytesMax = 32 << 20;

  History(Db& db, const Schema& schema) : db_(db), schema_(schema) {}
  void set_source(ChangesetSource* source) { source_ = source; }
  /// The changeset that is being merged: it counts, whether or not its row is in the journal yet. Null when the merge
  /// is over.
  void set_current(const Incoming* incoming) { current_ = incoming; }
  /// The changeset at a place, if it counts and can be read; null otherwise.
  Result<std::shared_ptr<const Changeset>> at(Pos pos);
  /// The same for one that has been retracted.
  Result<std::shared_ptr<const Changeset>> at_whatever_state(Pos pos);
  /// Author and stamp of an entry.
  struct Head {
    AuthorRef author;
    Stamp stamp;
  };
  Result<Head> head(Pos pos);
  void forget(Pos pos);
  /// After a rollback: what the journal says counts, and what mark_erased() said no longer.
  void forget_all();
  /// Its values are gone, though the source may still have them until the transaction is through.
  void mark_erased(Pos pos);

 private:
  struct Kept {
    std::shared_ptr<const Changeset> changeset;
    std::list<std::int64_t>::iterator order;
  };

  Result<std::optional<StoredChangeset>> load(Pos pos);
  void make_room();

  Db& db_;
  const Schema& schema_;
  ChangesetSource* source_ = nullptr;
  const Incoming* current_ = nullptr;
  std::unordered_map<std::int64_t, Kept> kept_;
  std::list<std::int64_t> order_;  // the latest used first
  std::size_t kept_bytes_ = 0;
  std::unordered_set<std::int64_t> erased_;
};

}  // namespace kith::store
