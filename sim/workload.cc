// SPDX-License-Identifier: Apache-2.0
#include "sim/workload.h"

namespace kith::sim {
namespace {

constexpr std::size_t kStepsMax = 3;
constexpr std::uint64_t kSharedKeys = 6;

}  // namespace

std::string Workload::schema() {
  return R"sql(
CREATE TABLE letters (id TEXT PRIMARY KEY, place TEXT, body LWW_TEXT, mood LWW_INTEGER) WRITABLE BY OWNER;
CREATE TABLE things (id TEXT PRIMARY KEY, kind TEXT, keeper LWW_TEXT, amount LWW_INTEGER, weight LWW_REAL, picture LWW_BLOB);
CREATE EVENT "letter written";
CREATE EVENT "things moved";
)sql";
}

std::string Workload::later_schema() {
  return "CREATE TABLE sheds (id TEXT PRIMARY KEY, builder TEXT, door LWW_TEXT);\n"
         "CREATE EVENT \"shed built\";\n";
}

Result<void> Workload::transaction(Writer& writer) {
  static constexpr Step kSteps[] = {
      &Workload::insert_letter,    &Workload::insert_letter,     &Workload::edit_own_letter, &Workload::edit_own_letter,
      &Workload::delete_something, &Workload::insert_again,      &Workload::insert_thing,    &Workload::insert_thing,
      &Workload::edit_thing,       &Workload::replace_thing,     &Workload::upsert_thing,    &Workload::insert_shared,
      &Workload::insert_shared,    &Workload::insert_and_delete, &Workload::build_shed};
  must_be_refused_ = false;
  has_built_shed_ = false;
  if (dice_.percent(8)) return edit_others_letter(writer);
  for (std::size_t n = dice_.between(1, kStepsMax); n > 0; --n) {
    KITH_TRY((this->*kSteps[dice_.below(std::size(kSteps))])(writer));
  }
  return {};
}

Result<void> Workload::insert_letter(Writer& writer) {
  const std::string key = new_key();
  const std::string text = new_text();
  KITH_TRY(writer.exec("INSERT INTO letters(id, place, body, mood) VALUES (?, ?, ?, ?)",
                       {key, "at the door", text, static_cast<std::int64_t>(dice_.below(5))}));
  run_.report().note(Seen::kPost);
  return expect(writer, "SELECT body FROM letters WHERE id = ?", key, text);
}

Result<void> Workload::edit_own_letter(Writer& writer) {
  const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM kith_letters WHERE kith_writer = ?", true));
  if (key.empty()) return {};
  run_.report().note(Seen::kEdit);
  const std::string text = new_text();
  if (dice_.percent(30)) {
    KITH_TRY(writer.exec("UPDATE letters SET body = ?, mood = NULL WHERE id = ?", {text, key}));
  } else {
    KITH_TRY(writer.exec("UPDATE letters SET body = ? WHERE id = ?", {text, key}));
  }
  return expect(writer, "SELECT body FROM letters WHERE id = ?", key, text);
}

Result<void> Workload::edit_others_letter(Writer& writer) {
  const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM kith_letters WHERE kith_writer <> ?", true));
  if (key.empty()) return {};
  run_.report().note(Seen::kEditRefused);
  must_be_refused_ = true;
  if (dice_.percent(40)) return writer.exec("DELETE FROM letters WHERE id = ?", {key});
  return writer.exec("UPDATE letters SET body = ? WHERE id = ?", {new_text(), key});
}

Result<void> Workload::delete_something(Writer& writer) {
  if (dice_.percent(50)) {
    const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM things", false));
    if (key.empty()) return {};
    run_.report().note(Seen::kDelete);
    return writer.exec("DELETE FROM things WHERE id = ?", {key});
  }
  const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM kith_letters WHERE kith_writer = ?", true));
  if (key.empty()) return {};
  run_.report().note(Seen::kDelete);
  return writer.exec("DELETE FROM letters WHERE id = ?", {key});
}

Result<void> Workload::insert_again(Writer& writer) {
  const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM things WHERE kind = 'plain'", false));
  if (key.empty()) return {};
  KITH_TRY(writer.exec("DELETE FROM things WHERE id = ?", {key}));
  if (dice_.percent(30)) return {};  // so that a later transaction inserts it again
  run_.report().note(Seen::kReinsert);
  return writer.exec("INSERT INTO things(id, kind, keeper, amount) VALUES (?, 'plain', ?, ?)",
                     {key, new_text(), static_cast<std::int64_t>(dice_.below(1000))});
}

Result<void> Workload::insert_thing(Writer& writer) {
  const std::string key = new_key();
  KITH_TRY(writer.exec(
      "INSERT INTO things(id, kind, keeper, amount, weight, picture) VALUES (?, 'plain', ?, ?, ?, ?)",
      {key, new_text(), static_cast<std::int64_t>(dice_.below(1000)), random_real(), Bytes(dice_.below(40), 0xb1)}));
  return expect(writer, "SELECT kind FROM things WHERE id = ?", key, std::string("plain"));
}

Result<void> Workload::edit_thing(Writer& writer) {
  const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM things", false));
  if (key.empty()) return {};
  run_.report().note(Seen::kEdit);
  switch (dice_.below(4)) {
    case 0: return writer.exec("UPDATE things SET amount = coalesce(amount, 0) + 1 WHERE id = ?", {key});
    case 1:
      return writer.exec("UPDATE things SET keeper = ?, weight = ? WHERE id = ?", {new_text(), random_real(), key});
    case 2: return writer.exec("UPDATE things SET picture = ? WHERE id = ?", {Bytes(dice_.below(20), 0xe7), key});
    default: return writer.exec("UPDATE things SET keeper = NULL WHERE id = ?", {key});
  }
}

Result<void> Workload::replace_thing(Writer& writer) {
  const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM things WHERE kind = 'plain'", false));
  run_.report().note(Seen::kReplace);
  return writer.exec("INSERT OR REPLACE INTO things(id, kind, keeper, amount) VALUES (?, 'plain', ?, ?)",
                     {key.empty() ? new_key() : key, new_text(), static_cast<std::int64_t>(dice_.below(9))});
}

Result<void> Workload::upsert_thing(Writer& writer) {
  const std::string key = KITH_TRY(pick_key(writer, "SELECT id FROM things WHERE kind = 'plain'", false));
  run_.report().note(Seen::kUpsert);
  return writer.exec(
      "INSERT INTO things(id, kind, keeper, amount) VALUES (?, 'plain', ?, 1) ON CONFLICT(id) DO UPDATE SET "
      "amount = coalesce(amount, 0) + 10",
      {key.empty() || dice_.percent(30) ? new_key() : key, new_text()});
}

// A key that other devices take as well, without knowing of each other: second births, with immutable columns that
// differ.
Result<void> Workload::insert_shared(Writer& writer) {
  const std::string key = "shared-" + std::to_string(dice_.below(kSharedKeys));
  const std::string table = dice_.percent(50) ? "letters" : "things";
  const std::string column = table == "letters" ? "place" : "kind";
  const Rows here = KITH_TRY(writer.query("SELECT 1 FROM " + table + " WHERE id = ?", {key}));
  if (!here.rows.empty()) return {};
  run_.report().note(Seen::kBornTwice);
  auto done =
      writer.exec("INSERT INTO " + table + "(id, " + column + ") VALUES (?, ?)", {key, person_.hex().substr(0, 6)});
  // It may lie there dead, with another birth: then its immutable columns cannot be written again.
  if (!done.ok() && (done.error().code() == ErrorCode::kConstraint || done.error().code() == ErrorCode::kRefused)) {
    return {};
  }
  return done;
}

Result<void> Workload::insert_and_delete(Writer& writer) {
  const std::string key = new_key();
  KITH_TRY(writer.exec("INSERT INTO things(id, kind, keeper) VALUES (?, 'plain', ?)", {key, new_text()}));
  return writer.exec("DELETE FROM things WHERE id = ?", {key});
}

Result<void> Workload::build_shed(Writer& writer) {
  const Rows known = KITH_TRY(writer.query("SELECT 1 FROM sqlite_schema WHERE name = 'sheds'"));
  if (known.rows.empty()) return {};
  const std::string key = new_key();
  const std::string text = new_text();
  has_built_shed_ = true;
  KITH_TRY(writer.exec("INSERT INTO sheds(id, builder, door) VALUES (?, ?, ?)", {key, person_.hex(), text}));
  return expect(writer, "SELECT door FROM sheds WHERE id = ?", key, text);
}

std::string Workload::new_text() {
  Bytes noise(12);
  for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(dice_.below(256));
  texts_.push_back("planted " + to_hex(noise));
  return texts_.back();
}

std::string Workload::new_key() {
  Bytes key(16);
  for (std::uint8_t& byte : key) byte = static_cast<std::uint8_t>(dice_.below(256));
  const std::string hex = to_hex(key);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-7" + hex.substr(13, 3) + "-a" + hex.substr(17, 3) + "-" +
         hex.substr(20);
}

Value Workload::random_real() {
  return static_cast<double>(dice_.below(10'000)) / 8;
}

Result<std::string> Workload::pick_key(Writer& writer, std::string_view sql, bool with_person) {
  std::vector<Value> parameters;
  if (with_person) parameters.emplace_back(to_bytes(person_.view()));
  const Rows rows = KITH_TRY(writer.query(std::string(sql) + " ORDER BY 1", parameters));
  if (rows.rows.empty()) return std::string();
  return std::get<std::string>(dice_.pick(rows.rows)[0]);
}

Result<void> Workload::expect(Writer& writer, std::string_view sql, const std::string& key, const Value& value) {
  const Rows rows = KITH_TRY(writer.query(sql, {key}));
  run_.report().note(Seen::kRead);
  if (rows.rows.size() != 1 || rows.rows[0][0] != value) {
    run_.fail("a transaction did not read what it had written to " + key);
  }
  return {};
}

bool is_expected(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kIo:
    case ErrorCode::kDiskFull:
    case ErrorCode::kRefused:
    case ErrorCode::kConstraint:
    case ErrorCode::kClockAhead:
    case ErrorCode::kNotMember: return true;  // its device was retired
    default: return false;
  }
}

}  // namespace kith::sim
