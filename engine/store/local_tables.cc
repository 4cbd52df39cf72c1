// SPDX-License-Identifier: Apache-2.0
#include "store/local_tables.h"

#include <sqlite3.h>

#include <algorithm>

namespace kith::store {
namespace {

constexpr std::string_view kPrefix = "kith_local_";
constexpr std::string_view kMetaPrefix = "local.";

Error bad(const LocalTable& local, const std::string& cause) {
  return {ErrorCode::kBadSchema, "The local table " + local.name + " cannot be made: " + cause,
          "Correct its declaration."};
}

/// What is compared with the file: any other text is another table.
std::string text_of(const LocalTable& local) {
  std::string text = local.create;
  for (const LocalTable::Source& source : local.sources) {
    text += "\n-- " + source.table;
    for (const std::string& statement : source.take_out) text += "\n" + statement;
    for (const std::string& statement : source.put_in) text += "\n" + statement;
  }
  return text;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= Schema::kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_named_for(std::string_view object, std::string_view name) {
  if (!object.starts_with(kPrefix) || !object.substr(kPrefix.size()).starts_with(name)) return false;
  const std::string_view rest = object.substr(kPrefix.size() + name.size());
  return rest.empty() || rest.front() == '_';
}

std::string text_at(const Rows& rows, std::size_t row, std::size_t column) {
  const auto* text = std::get_if<std::string>(&rows.rows[row][column]);
  return text == nullptr ? std::string() : *text;
}

}  // namespace

Result<void> LocalTables::open(std::vector<LocalTable> declared) {
  declared_ = std::move(declared);
  const auto run = [this]() -> Result<void> {
    if (!declared_.empty()) {
      KITH_TRY(
          db_.exec("CREATE TABLE IF NOT EXISTS kith_stale(tbl INTEGER, row INTEGER, PRIMARY KEY(tbl, row)) "
                   "WITHOUT ROWID"));
    }
    const Rows made = KITH_TRY(db_.query("SELECT substr(name, 7), value FROM kith_meta WHERE name GLOB 'local.*'"));
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < made.rows.size(); ++i) {
      const std::string name = text_at(made, i, 0);
      const bool is_same = std::any_of(declared_.begin(), declared_.end(), [&](const LocalTable& local) {
        return local.name == name && text_of(local) == text_at(made, i, 1);
      });
      if (is_same) {
        kept.push_back(name);
      } else {
        KITH_TRY(drop(name));
      }
    }
    for (const LocalTable& local : declared_) {
      if (std::find(kept.begin(), kept.end(), local.name) == kept.end()) KITH_TRY(make(local));
    }
    return {};
  };
  KITH_TRY(db_.begin());
  if (auto done = run(); !done.ok()) {
    db_.rollback();
    return done;
  }
  KITH_TRY(db_.commit());
  return prepare();
}

Result<void> LocalTables::make(const LocalTable& local) {
  if (!is_name(local.name)) return bad(local, "its name is not made of lower-case letters.");
  const Rows before = KITH_TRY(db_.query("SELECT name FROM sqlite_schema"));
  if (auto done = db_.exec(local.create); !done.ok()) return bad(local, done.error().cause());
  KITH_TRY(check_names(local, before));
  for (const LocalTable::Source& source : local.sources) {
    const Table* table = schema_.find(source.table);
    if (table == nullptr) return bad(local, "the app has no table " + source.table + ".");
    KITH_TRY(mark_stale(*table));
  }
  auto insert = KITH_TRY(db_.cached("INSERT OR REPLACE INTO kith_meta(name, value) VALUES (?1, ?2)"));
  const std::string key = std::string(kMetaPrefix) + local.name;
  const std::string text = text_of(local);
  insert->bind(1, std::string_view(key)).bind(2, std::string_view(text));
  return insert->run();
}

/// Whatever a declaration makes can be found and dropped by its name.
Result<void> LocalTables::check_names(const LocalTable& local, const Rows& before) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < before.rows.size(); ++i) known.push_back(text_at(before, i, 0));
  const Rows after = KITH_TRY(db_.query("SELECT name FROM sqlite_schema WHERE name NOT GLOB 'sqlite_autoindex_*'"));
  bool is_any = false;
  for (std::size_t i = 0; i < after.rows.size(); ++i) {
    const std::string name = text_at(after, i, 0);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    is_any = true;
    if (!is_named_for(name, local.name)) {
      return bad(local, name + " is not named " + std::string(kPrefix) + local.name + ", or that and _….");
    }
  }
  return is_any ? Result<void>() : bad(local, "its declaration makes nothing.");
}

Result<void> LocalTables::drop(const std::string& name) {
  // A virtual table first: it takes its shadow tables with it. Indexes go with their tables.
  for (const char* sql : {"SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'",
                          "SELECT name FROM sqlite_schema WHERE type = 'table'"}) {
    const Rows tables = KITH_TRY(db_.query(sql));
    for (std::size_t i = 0; i < tables.rows.size(); ++i) {
      const std::string table = text_at(tables, i, 0);
      if (is_named_for(table, name)) KITH_TRY(db_.exec("DROP TABLE " + quoted(table)));
    }
  }
  const Rows views = KITH_TRY(db_.query("SELECT name FROM sqlite_schema WHERE type = 'view'"));
  for (std::size_t i = 0; i < views.rows.size(); ++i) {
    const std::string view = text_at(views, i, 0);
    if (is_named_for(view, name)) KITH_TRY(db_.exec("DROP VIEW " + quoted(view)));
  }
  auto remove = KITH_TRY(db_.cached("DELETE FROM kith_meta WHERE name = ?1"));
  const std::string key = std::string(kMetaPrefix) + name;
  remove->bind(1, std::string_view(key));
  return remove->run();
}

Result<void> LocalTables::mark_stale(const Table& table) {
  return db_.exec("INSERT OR IGNORE INTO kith_stale(tbl, row) SELECT " + std::to_string(table.number) +
                  ", rowid FROM " + quoted(table.name));
}

Result<void> LocalTables::prepare() {
  sources_.clear();
  sources_.resize(schema_.tables().size());
  for (const LocalTable& local : declared_) {
    for (const LocalTable::Source& source : local.sources) {
      const Table* table = schema_.find(source.table);
      if (table == nullptr) return bad(local, "the app has no table " + source.table + ".");
      SourceTable& into = sources_[table->number];
      into.is_there = KITH_TRY(db_.prepare("SELECT 1 FROM " + quoted(table->name) + " WHERE rowid = ?1"));
      for (Statement& one : KITH_TRY(prepare_all(local, source.take_out))) into.take_out.push_back(std::move(one));
      for (Statement& one : KITH_TRY(prepare_all(local, source.put_in))) into.put_in.push_back(std::move(one));
    }
  }
  return {};
}

Result<std::vector<Statement>> LocalTables::prepare_all(const LocalTable& local,
                                                        const std::vector<std::string>& texts) {
  std::vector<Statement> out;
  for (const std::string& sql : texts) {
    auto statement = db_.prepare(sql);
    if (!statement.ok()) return bad(local, statement.error().cause());
    if (sqlite3_bind_parameter_count(statement->raw()) != 1) {
      return bad(local, "a statement that refreshes it takes one parameter, the rowid: " + sql);
    }
    out.push_back(std::move(statement).value());
  }
  return out;
}

void LocalTables::row_changed(std::uint32_t table, std::int64_t row) {
  SourceTable& source = sources_[table];
  if (!source.is_there || (!source.changed.empty() && source.changed.back() == row)) return;
  source.changed.push_back(row);
}

void LocalTables::forget_changes() {
  for (SourceTable& source : sources_) source.changed.clear();
}

Result<void> LocalTables::refresh_changed(bool is_local) {
  std::size_t rows = 0;
  for (SourceTable& source : sources_) {
    std::vector<std::int64_t>& changed = source.changed;
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    rows += changed.size();
  }
  const bool is_at_once = is_local || rows <= kAtOnceMax;
  for (std::uint32_t table = 0; table < sources_.size(); ++table) {
    for (const std::int64_t row : sources_[table].changed) {
      KITH_TRY(is_at_once ? refresh(sources_[table], row) : note_stale(table, row));
    }
    sources_[table].changed.clear();
  }
  return {};
}

Result<void> LocalTables::note_stale(std::uint32_t table, std::int64_t row) {
  auto insert = KITH_TRY(db_.cached("INSERT OR IGNORE INTO kith_stale(tbl, row) VALUES (?1, ?2)"));
  insert->bind(1, std::int64_t{table}).bind(2, row);
  return insert->run();
}

Result<void> LocalTables::refresh(SourceTable& source, std::int64_t row) {
  if (!source.is_there) return {};
  const auto run = [row](std::vector<Statement>& statements) -> Result<void> {
    for (Statement& statement : statements) {
      statement.bind(1, row);
      auto done = statement.run();
      if (!done.ok()) {
        statement.reset();
        return done;
      }
    }
    return {};
  };
  KITH_TRY(run(source.take_out));
  source.is_there->bind(1, row);
  const bool is_there = KITH_TRY(source.is_there->step());
  source.is_there->reset();
  return is_there ? run(source.put_in) : Result<void>();
}

Result<std::size_t> LocalTables::refresh_stale(std::size_t rows_max) {
  std::vector<std::pair<std::uint32_t, std::int64_t>> rows;
  {
    auto select = KITH_TRY(db_.cached("SELECT tbl, row FROM kith_stale LIMIT ?1"));
    select->bind(1, static_cast<std::int64_t>(rows_max));
    while (KITH_TRY(select->step())) rows.emplace_back(static_cast<std::uint32_t>(select->int64(0)), select->int64(1));
  }
  for (const auto& [table, row] : rows) {
    if (table < sources_.size()) KITH_TRY(refresh(sources_[table], row));
    auto remove = KITH_TRY(db_.cached("DELETE FROM kith_stale WHERE tbl = ?1 AND row = ?2"));
    remove->bind(1, std::int64_t{table}).bind(2, row);
    KITH_TRY(remove->run());
  }
  return rows.size();
}

Result<bool> LocalTables::has_backlog() {
  if (declared_.empty()) return false;
  auto any = KITH_TRY(db_.cached("SELECT 1 FROM kith_stale LIMIT 1"));
  return any->step();
}

Result<std::uint64_t> LocalTables::backlog() {
  if (declared_.empty()) return std::uint64_t{0};
  auto count = KITH_TRY(db_.cached("SELECT count(*) FROM kith_stale"));
  return KITH_TRY(count->step()) ? static_cast<std::uint64_t>(count->int64(0)) : std::uint64_t{0};
}

}  // namespace kith::store
