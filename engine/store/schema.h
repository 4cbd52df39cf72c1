// SPDX-License-Identifier: Apache-2.0
// A schema with sync types: what a .sql file declares. Ordinary CREATE TABLE statements whose column types say how
// concurrent edits meet (design.md 4), with two additions of ours: `) WRITABLE BY OWNER;` behind a table, and `CREATE
// EVENT "post written";`. CREATE INDEX and CREATE VIEW pass through. What cannot be kept yet (UNIQUE, CHECK, FOREIGN
// KEY, other sync types, WITHOUT ROWID, …) is refused with the reason and the remedy. docs/formats/changeset.md and
// docs/schema.md are the manual.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/result.h"

namespace kith::store {

/// How the cells of a column meet. Later: text, counter, set, multi, order, ephemeral (design.md 4).
enum class MergeType : std::uint8_t { kImmutable, kLastWriter };

/// Who may change or delete a row. Later: operators, decision.
enum class WriteRule : std::uint8_t { kMembers, kOwner };

struct Column {
  std::string name;
  std::string declared_type;  // as written: "LWW_TEXT"
  MergeType merge = MergeType::kImmutable;
  bool not_null = false;
  std::string default_sql;  // as written, empty if none
};

struct Table {
  std::uint32_t number = 0;  // its place in the schema: what changesets carry
  std::string name;
  std::vector<Column> columns;
  std::uint32_t key_column = 0;
  WriteRule write_rule = WriteRule::kMembers;

  /// As column masks of a changeset: bit i is the i-th column; the key is in none of them.
  std::uint64_t last_writer_columns = 0;
  std::uint64_t immutable_columns = 0;
  std::uint64_t not_null_columns = 0;
  /// Declared by this program, and not agreed on in the space yet: nothing may be written there. A table that waits
  /// altogether has all of its columns here, the key's too.
  std::uint64_t waiting_columns = 0;

  bool is_waiting() const { return (waiting_columns >> key_column & 1) != 0; }
};

/// How far a schema reaches: what an entry that cites it may name. Schemas only grow at their ends.
struct SchemaReach {
  std::uint32_t events = 0;
  std::vector<std::uint8_t> columns;  // of each table
  friend bool operator==(const SchemaReach&, const SchemaReach&) = default;
};

/// How another schema stands to one.
enum class Growth : std::uint8_t {
  kSame,   // the same text
  kNewer,  // it holds all of the one, and more (or other indexes and views)
  kOlder,  // it lacks something of the one, and has nothing that the one lacks
};

class Schema {
 public:
  static constexpr std::size_t kTablesMax = 1'024;
  static constexpr std::size_t kColumnsMax = 63;  // of a table; the column mask of a changeset is one varint
  static constexpr std::size_t kEventsMax = 4'096;
  static constexpr std::size_t kTextBytesMax = 1 << 20;
  static constexpr std::size_t kNameBytesMax = 128;  // of a table or column

  static Result<Schema> parse(std::string_view sql);
  /// What a space's tables are under `base` once they have grown to hold `other` too: base's tables, columns and events
  /// in their order, and behind them what only `other` has, in its order. Indexes and views are other's. kBadSchema,
  /// naming the place: not an allowed move. A table, column or event is never dropped while something is added, and
  /// never changes its type, NOT NULL, default, key or write rule; a new column of an old table has neither NOT NULL
  /// nor a default, since it is empty in the rows that are there.
  static Result<Schema> grown(const Schema& base, const Schema& other);
  /// kBadSchema as for `grown`.
  static Result<Growth> compare(const Schema& base, const Schema& other);
  /// This schema with the indexes and views of another.
  Schema with_extras_of(const Schema& other) const;
  const SchemaReach& reach() const { return reach_; }
  /// Marks as waiting what lies beyond.
  void set_agreed(const SchemaReach& agreed);
  const std::vector<Table>& tables() const { return tables_; }
  const std::vector<std::string>& events() const { return events_; }
  const Table* find(std::string_view table) const;
  /// The number of a declared event, from 1; 0 if it is not declared.
  std::uint32_t find_event(std::string_view name) const;
  /// The canonical text: same text, same schema, whatever the file's white space and comments. Its hash is what a seal
  /// names (formats 10).
  std::string canonical() const;
  /// Indexes and views, as SQLite gets them.
  const std::vector<std::string>& extras() const { return extras_; }

 private:
  friend class SchemaParser;
  std::vector<Table> tables_;
  std::vector<std::string> events_;
  std::vector<std::string> extras_;  // canonical CREATE INDEX / CREATE VIEW
  SchemaReach reach_;

  void measure();
};

/// What SQLite gets for a table, and for one column of it.
std::string physical_table(const Table& table);
std::string physical_column(const Table& table, std::uint32_t column);

/// An SQL identifier in double quotes, an SQL string in apostrophes.
std::string quoted(std::string_view identifier);
std::string in_apostrophes(std::string_view text);

}  // namespace kith::store
