// SPDX-License-Identifier: Apache-2.0
#include "store/capture.h"

#include <sqlite3.h>

#include <cstring>

namespace kith::store {
namespace {

ValueView sized(ValueView::Type type, const void* data, int size) {
  ValueView view;
  view.type = type;
  view.bytes = {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
  return view;
}

ValueView integer(std::int64_t v) {
  ValueView view;
  view.type = ValueView::Type::kInteger;
  view.integer = v;
  return view;
}

ValueView real(double v) {
  ValueView view;
  view.type = ValueView::Type::kReal;
  view.real = v;
  return view;
}

}  // namespace

ValueView view_of(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return integer(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return real(sqlite3_value_double(value));
    case SQLITE_TEXT: {
      const void* text = sqlite3_value_text(value);
      return sized(ValueView::Type::kText, text, sqlite3_value_bytes(value));
    }
    case SQLITE_BLOB: {
      const void* blob = sqlite3_value_blob(value);
      return sized(ValueView::Type::kBlob, blob, sqlite3_value_bytes(value));
    }
    default: return {};
  }
}

ValueView view_of_column(const Statement& statement, int column) {
  sqlite3_stmt* raw = statement.raw();
  switch (sqlite3_column_type(raw, column)) {
    case SQLITE_INTEGER: return integer(sqlite3_column_int64(raw, column));
    case SQLITE_FLOAT: return real(sqlite3_column_double(raw, column));
    case SQLITE_TEXT: {
      const void* text = sqlite3_column_text(raw, column);
      return sized(ValueView::Type::kText, text, sqlite3_column_bytes(raw, column));
    }
    case SQLITE_BLOB: {
      const void* blob = sqlite3_column_blob(raw, column);
      return sized(ValueView::Type::kBlob, blob, sqlite3_column_bytes(raw, column));
    }
    default: return {};
  }
}

bool TableCapture::is_inserted(std::int64_t row) const {
  auto after = inserted.upper_bound(row);
  return after != inserted.begin() && row < (--after)->second;
}

void TableCapture::note_inserted(std::int64_t row) {
  if (!inserted.empty() && inserted.rbegin()->second == row) {  // as a rule: one more at the end
    ++inserted.rbegin()->second;
    return;
  }
  if (!is_inserted(row)) inserted.emplace(row, row + 1);
}

void Capture::start() {
  tables_.resize(schema_.tables().size());
  for (TableCapture& table : tables_) {
    if (!table.is_empty()) table = TableCapture();
  }
  last_name_ = nullptr;
  is_noting_ = true;
  sqlite3_preupdate_hook(db_.raw(), on_change, this);
}

void Capture::watch() {
  if (listener_ == nullptr) return stop();
  last_name_ = nullptr;
  is_noting_ = false;
  sqlite3_preupdate_hook(db_.raw(), on_change, this);
}

void Capture::stop() {
  sqlite3_preupdate_hook(db_.raw(), nullptr, nullptr);
}

bool Capture::is_empty() const {
  for (const TableCapture& table : tables_) {
    if (!table.is_empty()) return false;
  }
  return true;
}

std::optional<std::uint32_t> Capture::find(const char* table) {
  if (table == last_name_) return last_number_;
  if (std::strncmp(table, "kith_", 5) == 0) return std::nullopt;  // ours, and written in between
  last_name_ = table;
  const Table* found = schema_.find(table);
  last_number_ = found == nullptr ? std::nullopt : std::optional(found->number);
  return last_number_;
}

void Capture::note_before(TableCapture& capture, std::int64_t row) {
  if (capture.is_inserted(row) || !capture.before_of.emplace(row, capture.before.size()).second) return;
  capture.before.push_back({row, capture.values.size()});
  const int columns = sqlite3_preupdate_count(db_.raw());
  for (int i = 0; i < columns; ++i) {
    sqlite3_value* value = nullptr;
    sqlite3_preupdate_old(db_.raw(), i, &value);
    put_value(capture.values, value == nullptr ? ValueView{} : view_of(value));
  }
}

void Capture::on_change(void* self, sqlite3*, int action, const char* database, const char* table, long long old_row,
                        long long new_row) {
  if (std::strcmp(database, "main") != 0) return;
  auto& capture = *static_cast<Capture*>(self);
  const auto number = capture.find(table);
  if (!number) return;
  if (capture.listener_ != nullptr) {
    if (action != SQLITE_INSERT) capture.listener_->row_changed(*number, old_row);
    if (action != SQLITE_DELETE) capture.listener_->row_changed(*number, new_row);
  }
  if (!capture.is_noting_) return;
  TableCapture& changes = capture.tables_[*number];
  if (action != SQLITE_INSERT) capture.note_before(changes, old_row);
  if (action == SQLITE_INSERT || (action == SQLITE_UPDATE && old_row != new_row)) changes.note_inserted(new_row);
}

}  // namespace kith::store
