// SPDX-License-Identifier: Apache-2.0
// Watches a local transaction through SQLite's preupdate hook: which rows were inserted, and what every other row that
// it touched was before. What has become of them is read from the tables at commit; between the two lies the net
// difference.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kith/bytes.h"
#include "store/changeset.h"
#include "store/db.h"
#include "store/schema.h"

struct sqlite3_value;

namespace kith::store {

/// Hears of every row of the app's tables that was inserted, changed, moved or deleted.
class RowListener {
 public:
  virtual ~RowListener() = default;
  virtual void row_changed(std::uint32_t table, std::int64_t row) = 0;
};

struct TableCapture {
  /// A row as it was before the transaction: each column as a value of changesets.
  struct Before {
    std::int64_t row = 0;
    std::size_t begin = 0;  // in `values`
  };

  std::map<std::int64_t, std::int64_t> inserted;  // disjoint ranges: first -> one behind the last
  std::vector<Before> before;
  Bytes values;
  std::unordered_map<std::int64_t, std::size_t> before_of;  // rowid -> index in `before`

  bool is_inserted(std::int64_t row) const;
  void note_inserted(std::int64_t row);
  bool is_empty() const { return inserted.empty() && before.empty(); }
};

class Capture {
 public:
  Capture(Db& db, const Schema& schema) : db_(db), schema_(schema) {}
  ~Capture() { stop(); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Null: nobody.
  void set_listener(RowListener* listener) { listener_ = listener; }
  void start();
  /// Nothing is noted any more, and nothing was; the listener, if there is one, still hears of every row.
  void watch();
  void stop();
  bool is_empty() const;
  TableCapture& of(std::uint32_t table) { return tables_[table]; }

 private:
  static void on_change(void* self, sqlite3* db, int action, const char* database, const char* table, long long old_row,
                        long long new_row);
  /// The number of an app's table; none for the others.
  std::optional<std::uint32_t> find(const char* table);
  void note_before(TableCapture& capture, std::int64_t row);

  Db& db_;
  const Schema& schema_;
  std::vector<TableCapture> tables_;
  const char* last_name_ = nullptr;  // SQLite hands in the same pointer for the same table
  std::optional<std::uint32_t> last_number_;
  RowListener* listener_ = nullptr;
  bool is_noting_ = false;
};

ValueView view_of(sqlite3_value* value);
/// Of the current row of a statement; lives until its next step.
ValueView view_of_column(const Statement& statement, int column);

}  // namespace kith::store
