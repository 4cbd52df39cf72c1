// SPDX-License-Identifier: Apache-2.0
// Keeps an app's local tables (kith/local_table.h) current: rows that a transaction changed are refreshed inside it,
// or, if a merge changed many, written down in kith_stale and refreshed in slices later.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kith/local_table.h"
#include "store/capture.h"
#include "store/db.h"
#include "store/schema.h"

namespace kith::store {

class LocalTables final : public RowListener {
 public:
  /// Rows of a merge that are refreshed at once; with more, all of its rows wait in kith_stale.
  static constexpr std::size_t kAtOnceMax = 256;

  LocalTables(Db& db, const Schema& schema) : db_(db), schema_(schema) {}

  /// Makes what is new or declared otherwise than in the file, drops what is not declared any more; all rows of their
  /// sources are stale then. kBadSchema: the declaration does not run, or makes something under another's name.
  Result<void> open(std::vector<LocalTable> declared);
  /// After the numbers or names of tables have changed: the same declarations over another schema.
  Result<void> prepare();
  bool is_empty() const { return declared_.empty(); }

  void row_changed(std::uint32_t table, std::int64_t row) override;
  void forget_changes();
  /// Inside the transaction that made the changes. `is_local`: a person waits for it.
  Result<void> refresh_changed(bool is_local);
  /// The next rows of kith_stale; inside a transaction. How many there were.
  Result<std::size_t> refresh_stale(std::size_t rows_max);
  Result<std::uint64_t> backlog();
  Result<bool> has_backlog();

 private:
  struct SourceTable {
    std::vector<Statement> take_out;  // of every local table that has this source
    std::vector<Statement> put_in;
    std::optional<Statement> is_there;
    std::vector<std::int64_t> changed;  // in this transaction, with repetitions
  };

  Result<void> make(const LocalTable& local);
  Result<void> drop(const std::string& name);
  Result<void> check_names(const LocalTable& local, const Rows& before);
  Result<void> mark_stale(const Table& table);
  Result<void> note_stale(std::uint32_t table, std::int64_t row);
  Result<std::vector<Statement>> prepare_all(const LocalTable& local, const std::vector<std::string>& texts);
  Result<void> refresh(SourceTable& source, std::int64_t row);

  Db& db_;
  const Schema& schema_;
  std::vector<LocalTable> declared_;
  std::vector<SourceTable> sources_;  // by the number of the app's table; empty: nothing depends on it
};

}  // namespace kith::store
