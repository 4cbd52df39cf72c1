// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <algorithm>
#include <array>
#include <utility>

#include "store/changeset.h"
#include "store/tokens.h"

namespace kith::store {
namespace {

struct TypeName {
  std::string_view name;
  MergeType merge;
};

constexpr std::array kTypes = {
    TypeName{"LWW_TEXT", MergeType::kLastWriter},      TypeName{"LWW_INTEGER", MergeType::kLastWriter},
    TypeName{"LWW_REAL", MergeType::kLastWriter},      TypeName{"LWW_BLOB", MergeType::kLastWriter},
    TypeName{"LWW_JSON_TEXT", MergeType::kLastWriter}, TypeName{"TEXT", MergeType::kImmutable},
    TypeName{"INTEGER", MergeType::kImmutable},        TypeName{"INT", MergeType::kImmutable},
    TypeName{"REAL", MergeType::kImmutable},           TypeName{"BLOB", MergeType::kImmutable}};

constexpr std::array<std::string_view, 10> kLaterTypes = {
    "COUNTER_INTEGER", "REALTIME_TEXT",  "MULTI_TEXT",        "MULTI_INTEGER", "SET_TEXT",
    "ORDER_TEXT",      "EPHEMERAL_TEXT", "EPHEMERAL_INTEGER", "AUDIENCE",      "DECISION"};

// kith_<name> are the engine's own tables: a view of that name would hide them.
constexpr std::array<std::string_view, 8> kOwnTables = {"JOURNAL", "AUTHORS", "BIRTHS",    "CELLS",
                                                        "ROWS",    "TOUCHES", "CONFLICTS", "META"};
constexpr std::array<std::string_view, 3> kRowidNames = {"ROWID", "_ROWID_", "OID"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_reserved(std::string_view upper) {
  return upper.starts_with("KITH_") || upper.starts_with("SQLITE_");
}

void set_masks(Table& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i == table.key_column) continue;
    const std::uint64_t bit = std::uint64_t{1} << i;
    (table.columns[i].merge == MergeType::kLastWriter ? table.last_writer_columns : table.immutable_columns) |= bit;
    if (table.columns[i].not_null) table.not_null_columns |= bit;
  }
}

}  // namespace

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

std::string in_apostrophes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

// NOT NULL is not in the physical table: a cell whose value was erased reads as NULL. INTEGER PRIMARY KEY would make
// the key SQLite's rowid, which is ours: INT does not. FAIL differs from ABORT in nothing for one row, and spares every
// INSERT a statement journal beside the guard triggers.
std::string physical_column(const Table& table, std::uint32_t number) {
  const Column& column = table.columns[number];
  if (number == table.key_column) {
    return quoted(column.name) + " " + (column.declared_type == "INTEGER" ? "INT" : column.declared_type) +
           " PRIMARY KEY ON CONFLICT FAIL NOT NULL ON CONFLICT FAIL";
  }
  return quoted(column.name) + " " + column.declared_type +
         (column.default_sql.empty() ? "" : " DEFAULT " + column.default_sql);
}

std::string physical_table(const Table& table) {
  std::string sql = "CREATE TABLE " + quoted(table.name) + "(";
  for (std::uint32_t i = 0; i < table.columns.size(); ++i) sql += (i > 0 ? ", " : "") + physical_column(table, i);
  return sql + ")";
}

/// Reads the statements of a schema one after another.
class SchemaParser {
 public:
  explicit SchemaParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Schema> run() {
    while (peek().kind != Token::Kind::kEnd) {
      if (peek().is_symbol(';')) {
        ++at_;
        continue;
      }
      KITH_TRY(statement());
    }
    schema_.measure();
    return std::move(schema_);
  }

 private:
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[std::min(at_++, tokens_.size() - 1)]; }
  bool take_word(std::string_view upper) {
    if (!peek().is_word(upper)) return false;
    ++at_;
    return true;
  }
  bool take_symbol(char c) {
    if (!peek().is_symbol(c)) return false;
    ++at_;
    return true;
  }

  Error refuse(std::string what, std::string remedy) const {
    return {ErrorCode::kBadSchema, "Line " + std::to_string(peek().line) + " of the schema: " + std::move(what),
            std::move(remedy)};
  }
  Error unexpected(std::string_view wanted) const {
    const std::string found = peek().kind == Token::Kind::kEnd ? "the end" : "'" + peek().text + "'";
    return refuse(std::string(wanted) + " was expected, not " + found + ".", "Correct the statement.");
  }

  Result<void> expect_symbol(char c) {
    if (take_symbol(c)) return {};
    return unexpected(std::string("'") + c + "'");
  }
  Result<std::string> name(std::string_view of_what) {
    if (!peek().is_name()) return unexpected(of_what);
    if (peek().content.empty() || peek().content.size() > Schema::kNameBytesMax || !is_clean_text(peek().content)) {
      return refuse(std::string(of_what) + " is empty, longer than " + std::to_string(Schema::kNameBytesMax) +
                        " bytes, or not UTF-8.",
                    "Choose another name.");
    }
    return take().content;
  }

  Result<void> statement() {
    if (!take_word("CREATE")) {
      return refuse(
          "only CREATE TABLE, CREATE EVENT, CREATE INDEX and CREATE VIEW belong here, not '" + peek().text + "'.",
          "Write data through the program, not in the schema.");
    }
    if (take_word("TABLE")) return table();
    if (take_word("EVENT")) return event();
    if (peek().is_word("INDEX")) return index();
    if (peek().is_word("VIEW")) return view();
    if (peek().is_word("UNIQUE")) {
      return refuse("UNIQUE cannot be kept yet: two devices that are apart may both write the same value.",
                    "Use CREATE INDEX, and let the app deal with duplicates.");
    }
    if (peek().is_word("TRIGGER")) {
      return refuse("a TRIGGER would run again at every replica.",
                    "Write what it would write in the same transaction.");
    }
    return refuse("CREATE " + to_upper(peek().text) + " is not supported.",
                  "Declare tables, events, indexes and views.");
  }

  // -- CREATE TABLE

  Result<void> table() {
    if (take_word("IF")) {
      if (!take_word("NOT") || !take_word("EXISTS")) return unexpected("IF NOT EXISTS");
    }
    Table table;
    table.number = static_cast<std::uint32_t>(schema_.tables_.size());
    table.name = KITH_TRY(name("the table's name"));
    KITH_TRY(check_table_name(table.name));
    if (peek().is_word("AS")) return refuse("CREATE TABLE … AS copies data.", "List the columns.");
    KITH_TRY(expect_symbol('('));
    std::optional<std::uint32_t> key;
    do {
      if (is_table_constraint()) {
        KITH_TRY(table_constraint(table, key));
      } else {
        KITH_TRY(column(table, key));
      }
    } while (take_symbol(','));
    KITH_TRY(expect_symbol(')'));
    KITH_TRY(table_options(table));
    KITH_TRY(check_key(table, key));
    schema_.tables_.push_back(std::move(table));
    return {};
  }

  Result<void> check_table_name(const std::string& table) const {
    const std::string upper = to_upper(table);
    if (schema_.tables_.size() >= Schema::kTablesMax) {
      return refuse("there are more than " + std::to_string(Schema::kTablesMax) + " tables.", "Use fewer.");
    }
    if (is_reserved(upper) || contains(kOwnTables, upper)) {
      return refuse("the name " + table + " is the engine's own (kith_" + table +
                        " is one of its tables, or would look like one).",
                    "Choose another name.");
    }
    if (schema_.find(table) != nullptr) return refuse("the table " + table + " is declared twice.", "Take one out.");
    return {};
  }

  bool is_table_constraint() const {
    if (peek().kind != Token::Kind::kWord) return false;
    for (const std::string_view word : {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}) {
      if (peek().is_word(word)) return true;
    }
    return false;
  }

  Result<void> table_constraint(Table& table, std::optional<std::uint32_t>& key) {
    if (take_word("CONSTRAINT")) KITH_TRY(name("the constraint's name"));
    if (!peek().is_word("PRIMARY")) return refused_constraint();
    at_ += 1;
    if (!take_word("KEY")) return unexpected("KEY");
    KITH_TRY(expect_symbol('('));
    const std::string column = KITH_TRY(name("the key's column"));
    if (peek().is_symbol(','))
      return refuse("a key of several columns is not supported.", "Give each row one key, best a UUIDv7.");
    KITH_TRY(expect_symbol(')'));
    for (std::uint32_t i = 0; i < table.columns.size(); ++i) {
      if (to_upper(table.columns[i].name) == to_upper(column)) return set_key(key, i);
    }
    return refuse("the key's column " + column + " is not declared before.", "Declare it first.");
  }

  Result<void> set_key(std::optional<std::uint32_t>& key, std::uint32_t column) const {
    if (key) return refuse("a table has one PRIMARY KEY.", "Take one out.");
    key = column;
    return {};
  }

  Error refused_constraint() const {
    if (peek().is_word("UNIQUE")) {
      return refuse("UNIQUE cannot be kept yet: two devices that are apart may both write the same value.",
                    "Make it the primary key, or let the app deal with duplicates.");
    }
    if (peek().is_word("CHECK")) {
      return refuse("CHECK cannot be kept yet: the outcome of a merge might break it.",
                    "Check in the command that writes.");
    }
    if (peek().is_word("FOREIGN") || peek().is_word("REFERENCES")) {
      return refuse("FOREIGN KEY cannot be kept yet: the parent may arrive later, or have been deleted elsewhere.",
                    "Store the parent's key in a plain column, and join.");
    }
    return unexpected("PRIMARY KEY");
  }

  Result<void> column(Table& table, std::optional<std::uint32_t>& key) {
    if (table.columns.size() >= Schema::kColumnsMax) {
      return refuse("a table has at most " + std::to_string(Schema::kColumnsMax) + " columns.", "Split it.");
    }
    Column column;
    column.name = KITH_TRY(name("a column's name"));
    const std::string upper = to_upper(column.name);
    if (is_reserved(upper) || contains(kRowidNames, upper)) {
      return refuse("the column name " + column.name + " is the engine's own.", "Choose another name.");
    }
    for (const Column& other : table.columns) {
      if (to_upper(other.name) == upper)
        return refuse("the column " + column.name + " is declared twice.", "Take one out.");
    }
    KITH_TRY(column_type(column));
    const auto number = static_cast<std::uint32_t>(table.columns.size());
    while (!peek().is_symbol(',') && !peek().is_symbol(')')) KITH_TRY(column_constraint(column, number, key));
    table.columns.push_back(std::move(column));
    return {};
  }

  Result<void> column_type(Column& column) {
    if (peek().kind != Token::Kind::kWord || is_column_constraint()) {
      return refuse("the column " + column.name + " has no type.", "Give it one: LWW_TEXT, TEXT, LWW_INTEGER, …");
    }
    column.declared_type = to_upper(take().text);
    if (contains(kLaterTypes, column.declared_type)) {
      return refuse("the type " + column.declared_type + " comes with a later version.",
                    "Use an LWW_ type until then.");
    }
    for (const TypeName& type : kTypes) {
      if (type.name != column.declared_type) continue;
      column.merge = type.merge;
      return {};
    }
    return refuse("the type " + column.declared_type + " says nothing about how concurrent edits meet.",
                  "Use LWW_TEXT, LWW_INTEGER, LWW_REAL, LWW_BLOB or LWW_JSON_TEXT, or TEXT, INTEGER, REAL or BLOB for "
                  "what never changes.");
  }

  bool is_column_constraint() const {
    for (const std::string_view word : {"PRIMARY", "NOT", "NULL", "DEFAULT", "UNIQUE", "CHECK", "REFERENCES", "COLLATE",
                                        "GENERATED", "AS", "CONSTRAINT"}) {
      if (peek().is_word(word)) return true;
    }
    return false;
  }

  Result<void> column_constraint(Column& column, std::uint32_t number, std::optional<std::uint32_t>& key) {
    if (take_word("CONSTRAINT")) KITH_TRY(name("the constraint's name"));
    if (take_word("NOT")) {
      if (!take_word("NULL")) return unexpected("NULL");
      column.not_null = true;
      return no_conflict_clause();
    }
    if (take_word("NULL")) return {};
    if (take_word("DEFAULT")) return column_default(column);
    if (take_word("PRIMARY")) {
      if (!take_word("KEY")) return unexpected("KEY");
      KITH_TRY(set_key(key, number));
      return no_conflict_clause();
    }
    if (peek().is_word("COLLATE")) {
      return refuse("COLLATE on a column would make keys and comparisons differ from the bytes that are merged.",
                    "Write COLLATE in the index or the query.");
    }
    if (peek().is_word("GENERATED") || peek().is_word("AS")) {
      return refuse("a generated column cannot be merged.", "Compute it in a view.");
    }
    return refused_constraint();
  }

  Result<void> no_conflict_clause() const {
    if (peek().is_word("AUTOINCREMENT")) {
      return refuse("AUTOINCREMENT cannot be kept: two devices that are apart would give out the same number.",
                    "Use a UUIDv7 as the key.");
    }
    if (peek().is_word("ON"))
      return refuse("ON CONFLICT in a declaration is not supported.", "Write INSERT OR … in the statement.");
    if (peek().is_word("ASC") || peek().is_word("DESC")) {
      return refuse("a key has no direction.", "Leave ASC and DESC to indexes and queries.");
    }
    return {};
  }

  Result<void> column_default(Column& column) {
    if (peek().is_symbol('(') || peek().is_word("CURRENT_TIMESTAMP") || peek().is_word("CURRENT_DATE") ||
        peek().is_word("CURRENT_TIME")) {
      return refuse("a default that is computed would differ from device to device.",
                    "Hand the value in with the INSERT.");
    }
    std::string sign;
    if (peek().is_symbol('-') || peek().is_symbol('+')) sign = take().text;
    const Token& token = peek();
    const bool is_number = token.kind == Token::Kind::kNumber;
    const bool is_text = token.kind == Token::Kind::kString || token.kind == Token::Kind::kBlob;
    const bool is_word = token.is_word("NULL") || token.is_word("TRUE") || token.is_word("FALSE");
    if (!is_number && (!sign.empty() || (!is_text && !is_word)))
      return unexpected("a number, a string in apostrophes, TRUE, FALSE or NULL");
    column.default_sql = sign + (is_word ? to_upper(token.text) : token.text);
    ++at_;
    return {};
  }

  Result<void> table_options(Table& table) {
    if (take_word("WRITABLE")) {
      if (!take_word("BY")) return unexpected("BY");
      if (take_word("OWNER")) {
        table.write_rule = WriteRule::kOwner;
      } else if (!take_word("MEMBERS")) {
        return refuse("the write rule " + peek().text + " is not known here.",
                      "Use WRITABLE BY OWNER or WRITABLE BY MEMBERS.");
      }
    }
    if (peek().is_word("WITHOUT")) {
      return refuse("WITHOUT ROWID is not supported: a row's number tells where it was born.", "Leave it out.");
    }
    if (peek().is_word("STRICT"))
      return refuse("STRICT is not supported: it does not know the sync types.", "Leave it out.");
    return end_of_statement();
  }

  Result<void> end_of_statement() {
    if (peek().kind == Token::Kind::kEnd || take_symbol(';')) return {};
    return unexpected("';'");
  }

  Result<void> check_key(Table& table, std::optional<std::uint32_t> key) const {
    if (!key)
      return refuse("the table " + table.name + " has no PRIMARY KEY.",
                    "Declare one: id TEXT PRIMARY KEY, best a UUIDv7.");
    Column& column = table.columns[*key];
    const std::string& type = column.declared_type;
    if (type != "TEXT" && type != "INTEGER" && type != "INT" && type != "BLOB") {
      return refuse("the key " + column.name + " is of the type " + type + ", and a key never changes.",
                    "Make it TEXT, INTEGER or BLOB.");
    }
    if (!column.default_sql.empty()) return refuse("a key has no default.", "Hand it in with the INSERT.");
    column.not_null = true;
    table.key_column = *key;
    set_masks(table);
    return {};
  }

  // -- CREATE EVENT, INDEX, VIEW

  Result<void> event() {
    if (!peek().is_name() && peek().kind != Token::Kind::kString) return unexpected("the event's name");
    const std::string& event = peek().content;
    if (event.empty() || event.size() > kEventNameBytesMax || !is_clean_text(event)) {
      return refuse(
          "an event's name is empty, longer than " + std::to_string(kEventNameBytesMax) + " bytes, or not UTF-8.",
          "Choose another name.");
    }
    if (schema_.find_event(event) != 0) return refuse("the event " + event + " is declared twice.", "Take one out.");
    if (schema_.events_.size() >= Schema::kEventsMax) {
      return refuse("there are more than " + std::to_string(Schema::kEventsMax) + " events.", "Use fewer.");
    }
    schema_.events_.push_back(take().content);
    return end_of_statement();
  }

  Result<void> index() {
    const std::size_t begin = at_++;
    KITH_TRY(extra_name());
    if (!take_word("ON")) return unexpected("ON");
    const std::string table = KITH_TRY(name("the table's name"));
    if (schema_.find(table) == nullptr)
      return refuse("the index is on " + table + ", which is not declared before.", "Declare the table first.");
    return extra(begin);
  }

  Result<void> view() {
    const std::size_t begin = at_++;
    KITH_TRY(extra_name());
    return extra(begin);
  }

  Result<void> extra_name() {
    if (peek().is_word("IF")) return refuse("IF NOT EXISTS has no meaning in a schema.", "Leave it out.");
    const std::string extra = KITH_TRY(name("a name"));
    if (is_reserved(to_upper(extra)))
      return refuse("the name " + extra + " is the engine's own.", "Choose another name.");
    return {};
  }

  Result<void> extra(std::size_t begin) {
    std::string sql = "CREATE";
    at_ = begin;
    while (peek().kind != Token::Kind::kEnd && !peek().is_symbol(';')) sql += " " + take().text;
    schema_.extras_.push_back(std::move(sql));
    return end_of_statement();
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Schema schema_;
};

Result<Schema> Schema::parse(std::string_view sql) {
  if (sql.size() > kTextBytesMax)
    return Error(ErrorCode::kBadSchema, "The schema is larger than 1 MiB.", "Shorten it.");
  return SchemaParser(KITH_TRY(tokenize(sql))).run();
}

const Table* Schema::find(std::string_view table) const {
  const std::string upper = to_upper(table);
  for (const Table& candidate : tables_) {
    if (to_upper(candidate.name) == upper) return &candidate;
  }
  return nullptr;
}

std::uint32_t Schema::find_event(std::string_view name) const {
  const auto found = std::find(events_.begin(), events_.end(), name);
  return found == events_.end() ? 0 : static_cast<std::uint32_t>(found - events_.begin()) + 1;
}

std::string Schema::canonical() const {
  std::string out;
  for (const Table& table : tables_) {
    out += "CREATE TABLE " + quoted(table.name) + " (";
    for (std::uint32_t i = 0; i < table.columns.size(); ++i) {
      const Column& column = table.columns[i];
      out += (i > 0 ? ", " : "") + quoted(column.name) + " " + column.declared_type;
      if (i == table.key_column) out += " PRIMARY KEY";
      if (column.not_null && i != table.key_column) out += " NOT NULL";
      if (!column.default_sql.empty()) out += " DEFAULT " + column.default_sql;
    }
    out += table.write_rule == WriteRule::kOwner ? ") WRITABLE BY OWNER;\n" : ");\n";
  }
  for (const std::string& extra : extras_) out += extra + ";\n";
  for (const std::string& event : events_) out += "CREATE EVENT " + in_apostrophes(event) + ";\n";
  return out;
}

// -- growing

namespace {

/// One schema laid over another: what the other adds, and whether it lacks something.
class Overlay {
 public:
  explicit Overlay(const std::vector<Table>& base) : tables(base) {}

  Result<void> add(const Table& other) {
    Table* own = find(other.name);
    if (own != nullptr) return add_columns(*own, other);
    tables.push_back(other);
    tables.back().number = static_cast<std::uint32_t>(tables.size()) - 1;
    note_more("the table " + other.name);
    return {};
  }

  void note_lack(std::string what) {
    if (lacks.empty()) lacks = std::move(what);
  }
  void note_more(std::string what) {
    if (adds.empty()) adds = std::move(what);
  }

  std::vector<Table> tables;
  std::string lacks;  // the first thing that the other lacks
  std::string adds;   // the first thing that only the other has

 private:
  Table* find(std::string_view name) {
    const std::string upper = to_upper(name);
    for (Table& table : tables) {
      if (to_upper(table.name) == upper) return &table;
    }
    return nullptr;
  }

  static const Column* find(const Table& table, std::string_view name) {
    const std::string upper = to_upper(name);
    for (const Column& column : table.columns) {
      if (to_upper(column.name) == upper) return &column;
    }
    return nullptr;
  }

  static Error refuse(const std::string& what) {
    return {ErrorCode::kBadSchema, "The tables cannot change like this: " + what + ".",
            "Leave what is there as it was, and add a new table or column instead."};
  }

  Result<void> add_columns(Table& own, const Table& other) {
    if (own.write_rule != other.write_rule) return refuse("who may write to " + own.name + " was agreed on");
    if (to_upper(own.columns[own.key_column].name) != to_upper(other.columns[other.key_column].name)) {
      return refuse("the key of " + own.name + " is another");
    }
    for (const Column& column : own.columns) {
      if (find(other, column.name) == nullptr) note_lack("the column " + own.name + "." + column.name);
    }
    const std::size_t known = own.columns.size();
    for (const Column& column : other.columns) {
      const Column* same = find(own, column.name);
      if (same == nullptr) {
        KITH_TRY(add_column(own, column));
      } else if (same->declared_type != column.declared_type || same->not_null != column.not_null ||
                 same->default_sql != column.default_sql) {
        return refuse("the column " + own.name + "." + column.name + " is declared otherwise than before");
      }
    }
    if (own.columns.size() > known) set_masks(own);
    return {};
  }

  Result<void> add_column(Table& own, const Column& column) {
    if (column.not_null || !column.default_sql.empty()) {
      return refuse("the new column " + own.name + "." + column.name +
                    " has NOT NULL or a default, and is empty in the rows that are there");
    }
    if (own.columns.size() >= Schema::kColumnsMax) return refuse(own.name + " would have too many columns");
    own.columns.push_back(column);
    note_more("the column " + own.name + "." + column.name);
    return {};
  }
};

Result<Overlay> overlay(const Schema& base, const Schema& other) {
  Overlay both(base.tables());
  for (const Table& table : base.tables()) {
    if (other.find(table.name) == nullptr) both.note_lack("the table " + table.name);
  }
  for (const std::string& event : base.events()) {
    if (other.find_event(event) == 0) both.note_lack("the event " + event);
  }
  for (const Table& table : other.tables()) KITH_TRY(both.add(table));
  for (const std::string& event : other.events()) {
    if (base.find_event(event) == 0) both.note_more("the event " + event);
  }
  if (both.lacks.empty() || both.adds.empty()) return both;
  return Error(ErrorCode::kBadSchema,
               "The tables cannot change like this: " + both.lacks + " is gone, though " + both.adds + " is new.",
               "Nothing is ever dropped or renamed: keep what was there beside the new.");
}

}  // namespace

Result<Schema> Schema::grown(const Schema& base, const Schema& other) {
  Overlay both = KITH_TRY(overlay(base, other));
  Schema out;
  out.tables_ = std::move(both.tables);
  out.events_ = base.events_;
  for (const std::string& event : other.events_) {
    if (base.find_event(event) == 0) out.events_.push_back(event);
  }
  out.extras_ = other.extras_;
  out.measure();
  if (out.tables_.size() <= kTablesMax && out.events_.size() <= kEventsMax) return out;
  return Error(ErrorCode::kBadSchema, "The tables, or the events, would be too many.", "Declare fewer.");
}

Result<Growth> Schema::compare(const Schema& base, const Schema& other) {
  const Overlay both = KITH_TRY(overlay(base, other));
  if (!both.lacks.empty()) return Growth::kOlder;
  return both.adds.empty() && base.extras_ == other.extras_ ? Growth::kSame : Growth::kNewer;
}

Schema Schema::with_extras_of(const Schema& other) const {
  Schema out = *this;
  out.extras_ = other.extras_;
  return out;
}

void Schema::measure() {
  reach_ = {static_cast<std::uint32_t>(events_.size()), {}};
  for (const Table& table : tables_) reach_.columns.push_back(static_cast<std::uint8_t>(table.columns.size()));
}

void Schema::set_agreed(const SchemaReach& agreed) {
  for (Table& table : tables_) {
    const std::uint64_t all = (std::uint64_t{1} << table.columns.size()) - 1;  // at most 63
    const std::uint64_t columns = table.number < agreed.columns.size() ? agreed.columns[table.number] : 0;
    table.waiting_columns = all & ~((std::uint64_t{1} << columns) - 1);
  }
}

}  // namespace kith::store
