// SPDX-License-Identifier: Apache-2.0
#include "store/testing/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace kith::store::testing {
namespace {

struct Edit {
  OpKind kind;
  std::map<std::size_t, std::string> cells;  // the columns it writes; "ERASED" where the value is gone
  std::tuple<Stamp, DeviceId, Stamp, std::size_t> when;
  std::string writer;
};

bool earlier(const Edit& a, const Edit& b) {
  return a.when < b.when;
}

std::string mark(const Edit& edit) {
  return std::to_string(std::get<0>(edit.when).value) + "@" +
         std::string(as_text(std::get<1>(edit.when).view()).substr(0, 3));
}

using Rows = std::map<std::pair<std::uint32_t, std::string>, std::vector<Edit>>;

void read(const Schema& schema, const Entry& entry, Rows& rows) {
  auto reader = ShapeReader::open(entry.shape);
  ByteReader values(entry.values ? ByteView(*entry.values) : ByteView{});
  Op op;
  for (std::size_t number = 0; *reader->next(op); ++number) {
    const Table& table = schema.tables()[op.table];
    Edit edit{
        op.kind, {}, {op.stamp == Stamp{} ? entry.stamp : op.stamp, entry.device, entry.stamp, number}, entry.writer};
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i == table.key_column) continue;
      const bool is_given = (op.columns >> i & 1) != 0;
      if (is_given) edit.cells[i] = entry.values ? text_of(take_value(values)->to_value()) : "ERASED";
      const bool writes_all = op.kind == OpKind::kBirth || op.kind == OpKind::kRevive;
      if (!is_given && writes_all) edit.cells[i] = "NULL";
    }
    rows[{op.table, text_of(op.key.to_value())}].push_back(edit);
  }
}

void fold(const Table& table, const std::string& key, std::vector<Edit> edits, std::vector<std::string>& out) {
  std::sort(edits.begin(), edits.end(), earlier);
  const std::string name = table.name + " " + key;
  const auto birth =
      std::find_if(edits.begin(), edits.end(), [](const Edit& edit) { return edit.kind == OpKind::kBirth; });
  if (birth == edits.end()) {
    out.push_back(name + " waits");
    return;
  }
  std::map<std::size_t, std::string> values = birth->cells;
  std::map<std::size_t, const Edit*> winners;
  const Edit* life = nullptr;
  for (const Edit& edit : edits) {
    if (&edit == &*birth || edit.kind == OpKind::kDelete) continue;
    const bool refused = table.write_rule == WriteRule::kOwner && edit.writer != birth->writer;
    for (const auto& [column, value] : edit.cells) {
      if (table.columns[column].merge != MergeType::kLastWriter) continue;
      if (edit.kind == OpKind::kBirth)
        out.push_back(name + " second birth " + table.columns[column].name + "=" + value + " " + mark(edit));
      if (edit.kind != OpKind::kBirth && refused)
        out.push_back(name + " refused " + table.columns[column].name + "=" + value + " " + mark(edit));
      if (refused) continue;
      values[column] = value;
      winners[column] = &edit;
    }
  }
  for (const Edit& edit : edits) {
    if (edit.kind != OpKind::kDelete && edit.kind != OpKind::kRevive) continue;
    const bool refused = table.write_rule == WriteRule::kOwner && edit.writer != birth->writer;
    if (refused && edit.kind == OpKind::kDelete) out.push_back(name + " refused delete " + mark(edit));
    if (!refused) life = &edit;
  }
  const bool is_alive = life == nullptr || life->kind == OpKind::kRevive;
  std::string line = name + (is_alive ? " lives" : " dead") + " born " + mark(*birth) + " by " + birth->writer;
  if (life != nullptr) line += " life " + mark(*life);
  if (is_alive) {
    for (const auto& [column, value] : values) {
      line += " " + table.columns[column].name + "=" + (value == "ERASED" ? "NULL erased" : value);
      if (winners.contains(column)) line += " " + mark(*winners[column]);
    }
  } else {
    for (const auto& [column, winner] : winners) {
      if (earlier(*life, *winner))
        out.push_back(name + " edit of deleted " + table.columns[column].name + "=" + values[column] + " " +
                      mark(*winner));
    }
  }
  out.push_back(line);
}

std::string joined(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::string device_mark(Replica& replica, const std::string& stamp, const std::string& author) {
  return stamp + "@" +
         replica.text("SELECT cast(substr(device, 1, 3) AS TEXT) FROM kith_authors WHERE ref = " + author);
}

}  // namespace

std::string model_of(const Schema& schema, const Entries& entries, const std::set<EntryKey>& without) {
  Rows rows;
  for (const auto& [id, entry] : entries) {
    if (!without.contains(id)) read(schema, entry, rows);
  }
  std::vector<std::string> lines;
  for (const auto& [row, edits] : rows) fold(schema.tables()[row.first], row.second, edits, lines);
  return joined(std::move(lines));
}

std::string tables_of(Replica& replica) {
  std::vector<std::string> lines;
  const auto query = [&](const std::string& sql) { return std::move(replica->db().query(sql)).value().rows; };
  for (const Table& table : replica->schema().tables()) {
    const std::string number = std::to_string(table.number);
    for (const auto& row :
         query("SELECT t.*, v.kith_stamp, cast(substr(v.kith_device, 1, 3) AS TEXT), cast(v.kith_writer AS TEXT), "
               "t.rowid FROM " +
               store::quoted(table.name) + " t JOIN " + store::quoted("kith_" + table.name) + " v ON v.id = t.id")) {
      const std::size_t n = table.columns.size();
      const std::string rowid = text_of(row[n + 3]);
      std::string line = table.name + " " + text_of(row[table.key_column]) + " lives born " + text_of(row[n]) + "@" +
                         text_of(row[n + 1]) + " by " + text_of(row[n + 2]);
      for (const auto& life :
           query("SELECT life_stamp, life_author FROM kith_rows WHERE tbl = " + number + " AND row = " + rowid)) {
        line += " life " + device_mark(replica, text_of(life[0]), text_of(life[1]));
      }
      for (std::size_t i = 0; i < n; ++i) {
        if (i == table.key_column) continue;
        line += " " + table.columns[i].name + "=" + text_of(row[i]);
        for (const auto& cell : query("SELECT stamp, author, erased FROM kith_cells WHERE tbl = " + number +
                                      " AND row = " + rowid + " AND col = " + std::to_string(i))) {
          if (text_of(cell[2]) == "1") line += " erased";
          if (text_of(cell[0]) != "0") line += " " + device_mark(replica, text_of(cell[0]), text_of(cell[1]));
        }
      }
      lines.push_back(line);
    }
    for (const auto& row : query("SELECT r.key, r.state, r.life_stamp, r.life_author, coalesce(r.birth_stamp, "
                                 "j.stamp), j.author FROM kith_rows r "
                                 "LEFT JOIN kith_journal j ON j.pos = r.birth_pos WHERE r.state <> 3 AND r.tbl = " +
                                 number)) {
      std::string line = table.name + " " + text_of(row[0]);
      if (text_of(row[1]) == "1") {
        line += " waits";
      } else {
        line += " dead born " + device_mark(replica, text_of(row[4]), text_of(row[5])) + " by " +
                replica.text("SELECT cast(writer AS TEXT) FROM kith_authors WHERE ref = " + text_of(row[5])) +
                " life " + device_mark(replica, text_of(row[2]), text_of(row[3]));
      }
      lines.push_back(line);
    }
    for (const auto& row :
         query("SELECT key, kind, col, value, stamp, author, erased FROM kith_conflicts WHERE tbl = " + number)) {
      const char* const kinds[] = {" second birth ", " edit of deleted ", " refused "};
      std::string line = table.name + " " + text_of(row[0]) + kinds[std::get<std::int64_t>(row[1])];
      if (is_null(row[2])) {
        line += "delete ";
      } else {
        line += table.columns[static_cast<std::size_t>(std::get<std::int64_t>(row[2]))].name + "=" +
                (text_of(row[6]) == "1" ? "ERASED" : text_of(row[3])) + " ";
      }
      lines.push_back(line + device_mark(replica, text_of(row[4]), text_of(row[5])));
    }
  }
  return joined(std::move(lines));
}

TEST(Model, agrees_on_one_row) {
  constexpr std::string_view kSchema = "CREATE TABLE t(id TEXT PRIMARY KEY, v LWW_TEXT)";
  Replica ana(kSchema, "ana", "Ana");
  ana.run({"INSERT INTO t VALUES ('k', 'v')"});
  ana.seal();
  EXPECT_EQ(model_of(ana->schema(), ana.entries()), tables_of(ana));
  EXPECT_NE(tables_of(ana).find("t k lives born "), std::string::npos);
}

}  // namespace kith::store::testing
