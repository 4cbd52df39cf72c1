// SPDX-License-Identifier: Apache-2.0
#include "store/state_hash.h"

#include "store/capture.h"
#include "store/digest.h"

namespace kith::store {
namespace {

enum Section : std::uint64_t { kLiving = 1, kAbsent = 2, kConflict = 3, kMasked = 4 };

class Hasher {
 public:
  Hasher(Db& db, Projection& projection, Authors& authors, const std::unordered_set<std::string>& masked)
      : db_(db), projection_(projection), authors_(authors), masked_(masked) {}

  Result<void> table(const Table& table) {
    state_ = &projection_.state(table.number);
    table_ = table.number;
    KITH_TRY(living());
    KITH_TRY(absent());
    return conflicts();
  }
  Bytes finish() { return digest_.finish(); }

 private:
  void add_value(const ValueView& value) {
    scratch_.clear();
    put_value(scratch_, value);
    digest_.add(ByteView(scratch_));
  }

  Result<void> add_mark(std::int64_t stamp, std::int64_t author) {
    digest_.add(static_cast<std::uint64_t>(stamp));
    digest_.add(KITH_TRY(authors_.get(AuthorRef(author)))->device.view());
    return {};
  }

  Result<void> add_birth(const Birth& birth) {
    const BirthAuthor author = KITH_TRY(projection_.birth_author(birth));
    return add_mark(static_cast<std::int64_t>(author.stamp.value), author.author.value);
  }

  /// Adds section and key; true if nothing else of the row counts.
  bool begin(Section section, const ValueView& key) {
    const bool is_masked = !masked_.empty() && masked_.contains(row_name(table_, key));
    digest_.add(is_masked ? kMasked : section);
    digest_.add(table_);
    add_value(key);
    return is_masked;
  }

  Result<void> living() {
    const Table& table = *state_->table;
    Statement select = KITH_TRY(db_.prepare("SELECT " + state_->columns_sql + ", rowid FROM " + quoted(table.name) +
                                            " ORDER BY " + quoted(table.columns[table.key_column].name)));
    const int rowid_column = static_cast<int>(table.columns.size());
    while (KITH_TRY(select.step())) {
      if (begin(kLiving, view_of_column(select, static_cast<int>(table.key_column)))) continue;
      const std::int64_t row = select.int64(rowid_column);
      KITH_TRY(add_birth(KITH_TRY(projection_.birth_of(*state_, row))));
      for (int i = 0; i < rowid_column; ++i) {
        const bool is_waiting = (table.waiting_columns >> i & 1) != 0;
        if (!is_waiting) add_value(view_of_column(select, i));
      }
      if (state_->has_cells) KITH_TRY(cells(row));
      if (!state_->special.is_empty()) KITH_TRY(life(row));
    }
    return {};
  }

  Result<void> cells(std::int64_t row) {
    auto select = KITH_TRY(
        db_.cached("SELECT col, stamp, author, erased FROM kith_cells WHERE tbl = ?1 AND row = ?2 ORDER BY col"));
    select->bind(1, std::int64_t{table_}).bind(2, row);
    while (KITH_TRY(select->step())) {
      digest_.add(static_cast<std::uint64_t>(select->int64(0)));
      KITH_TRY(add_mark(select->int64(1), select->int64(2)));
      digest_.add(static_cast<std::uint64_t>(select->int64(3)));
    }
    return {};
  }

  Result<void> life(std::int64_t row) {
    auto select = KITH_TRY(db_.cached("SELECT life_stamp, life_author FROM kith_rows WHERE tbl = ?1 AND row = ?2"));
    select->bind(1, std::int64_t{table_}).bind(2, row);
    if (!KITH_TRY(select->step())) return {};
    return add_mark(select->int64(0), select->int64(1));
  }

  Result<void> absent() {
    Statement select =
        KITH_TRY(db_.prepare("SELECT key, row, state, life_stamp, life_author, birth_pos, birth_op, birth_stamp FROM "
                             "kith_rows WHERE tbl = ?1 AND state <> 3 ORDER BY key"));
    select.bind(1, std::int64_t{table_});
    while (KITH_TRY(select.step())) {
      if (begin(kAbsent, view_of_column(select, 0))) continue;
      digest_.add(static_cast<std::uint64_t>(select.int64(2)));
      KITH_TRY(touches(select.int64(1)));
      if (select.int64(2) != kRowDead) continue;
      KITH_TRY(add_mark(select.int64(3), select.int64(4)));
      Birth birth{Pos(select.int64(5)), static_cast<std::uint32_t>(select.int64(6)), std::nullopt};
      if (!select.is_null(7)) birth.own_stamp = Stamp(static_cast<std::uint64_t>(select.int64(7)));
      KITH_TRY(add_birth(birth));
    }
    return {};
  }

  /// What waits, or lies under a delete, counts by who wrote it when.
  Result<void> touches(std::int64_t row) {
    auto select =
        KITH_TRY(db_.cached("SELECT j.stamp, j.author FROM kith_touches t JOIN kith_journal j ON j.pos = t.pos JOIN "
                            "kith_authors a ON a.ref = j.author "
                            "WHERE t.tbl = ?1 AND t.row = ?2 ORDER BY j.stamp, a.device"));
    select->bind(1, std::int64_t{table_}).bind(2, row);
    while (KITH_TRY(select->step())) KITH_TRY(add_mark(select->int64(0), select->int64(1)));
    return {};
  }

  Result<void> conflicts() {
    Statement select =
        KITH_TRY(db_.prepare("SELECT c.key, c.kind, c.col, c.stamp, c.author, c.erased, c.value FROM kith_conflicts c "
                             "JOIN kith_authors a ON a.ref = c.author "
                             "WHERE c.tbl = ?1 ORDER BY c.key, c.kind, c.stamp, a.device, c.col"));
    select.bind(1, std::int64_t{table_});
    while (KITH_TRY(select.step())) {
      if (begin(kConflict, view_of_column(select, 0))) continue;
      digest_.add(static_cast<std::uint64_t>(select.int64(1)));
      add_value(view_of_column(select, 2));
      KITH_TRY(add_mark(select.int64(3), select.int64(4)));
      digest_.add(static_cast<std::uint64_t>(select.int64(5)));
      add_value(view_of_column(select, 6));
    }
    return {};
  }

  Db& db_;
  Projection& projection_;
  Authors& authors_;
  const std::unordered_set<std::string>& masked_;
  Digest digest_;
  TableState* state_ = nullptr;
  std::uint32_t table_ = 0;
  Bytes scratch_;
};

}  // namespace

Result<Bytes> state_hash(Db& db, const Schema& schema, Projection& projection, Authors& authors,
                         const std::unordered_set<std::string>& masked) {
  Hasher hasher(db, projection, authors, masked);
  for (const Table& table : schema.tables()) KITH_TRY(hasher.table(table));
  return hasher.finish();
}

}  // namespace kith::store
