// SPDX-License-Identifier: Apache-2.0
// Database: what an app sees of a space. Plain SQL over the tables that its schema declares; every write is a named
// event, signed and carried to everybody else by the engine. There is no sync code in an app.
//
//   auto id = database.new_id();
//   KITH_TRY(database.write("post written", {.rest_ms = 10'000}, [&](Writer& writer) {
//     return writer.exec("INSERT INTO posts(id, body) VALUES (?, ?)", {id, text});
//   }));
//   auto feed = KITH_TRY(database.query("SELECT * FROM kith_posts ORDER BY id DESC LIMIT 20"));
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kith/ids.h"
#include "kith/result.h"
#include "kith/value.h"

namespace kith {

/// Inside one transaction.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual Result<void> exec(std::string_view sql, std::span<const Value> parameters) = 0;
  /// Reads see what was written before in this transaction.
  virtual Result<Rows> query(std::string_view sql, std::span<const Value> parameters) = 0;
  Result<void> exec(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return exec(sql, std::span(parameters.begin(), parameters.size()));
  }
  Result<Rows> query(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return query(sql, std::span(parameters.begin(), parameters.size()));
  }
};

struct WriteOptions {
  /// How long this device keeps the transaction to itself, so that its author can take it back.
  std::uint64_t rest_ms = 0;
};

/// A committed transaction of this device.
struct WriteReceipt {
  Pos pos;  // zero: nothing changed
  Stamp stamp;
};

/// One write to a row, as the log has it.
struct RowVersion {
  PersonId person;  // who wrote it
  Stamp stamp;
  std::vector<std::pair<std::string, Value>> cells;  // what it wrote, by column
  bool is_erased = false;                            // the values are gone, or cannot be read here
};

class Database {
 public:
  virtual ~Database() = default;
  /// Runs `body` in one transaction, commits it with the event's name, and returns when it is on the medium ("saved"
  /// means flushed). If `body` fails, nothing has happened.
  virtual Result<WriteReceipt> write(std::string_view event, const WriteOptions& options,
                                     const std::function<Result<void>(Writer&)>& body) = 0;
  virtual Result<Rows> query(std::string_view sql, std::span<const Value> parameters) = 0;
  Result<Rows> query(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return query(sql, std::span(parameters.begin(), parameters.size()));
  }
  /// The writes that made a row what it is, oldest first: its birth, then updates, whether or not they won. Empty if no
  /// such row lives here. kUsage: no such table.
  virtual Result<std::vector<RowVersion>> versions(std::string_view table, const Value& key) = 0;
  /// Takes a transaction back that has not left this device; kRefused once it has (then delete it).
  virtual Result<void> take_back(Pos pos) = 0;
  /// A fresh UUIDv7 in text form.
  virtual std::string new_id() = 0;
  /// Whose device this is.
  virtual PersonId person() const = 0;
  virtual std::uint64_t now_ms() = 0;
};

}  // namespace kith
