// SPDX-License-Identifier: Apache-2.0
#include "town/reading/reading.h"

#include <array>

#include "town/row.h"

namespace kith::town::reading {
namespace {

constexpr std::array<std::string_view, 3> kModes = {"none", "follow", "mute"};

/// One row a key: written if it is not there, changed if it is.
Result<void> put(Database& personal, std::string_view event, const std::string& table, const std::string& key_column,
                 const std::string& column, const std::string& key, const Value& value) {
  const Rows found =
      KITH_TRY(personal.query("SELECT " + column + " FROM " + table + " WHERE " + key_column + " = ?", {key}));
  if (!found.rows.empty() && found.rows[0][0] == value) return {};
  KITH_TRY(personal.write(event, {}, [&](Writer& writer) {
    if (found.rows.empty())
      return writer.exec("INSERT INTO " + table + "(" + key_column + ", " + column + ") VALUES (?, ?)", {key, value});
    return writer.exec("UPDATE " + table + " SET " + column + " = ? WHERE " + key_column + " = ?", {value, key});
  }));
  return {};
}

}  // namespace

Mode Reading::mode(const std::string& thread) const {
  const auto found = modes.find(thread);
  return found == modes.end() ? Mode::kNone : found->second;
}

Result<Reading> reading(Database& personal) {
  Reading out;
  for (const Row& row : KITH_TRY(personal.query("SELECT thread, upto FROM reading_marks")).rows)
    out.upto[text(row[0])] = text(row[1]);
  for (const Row& row : KITH_TRY(personal.query("SELECT thread, mode FROM follows")).rows) {
    if (text(row[1]) == kModes[1]) out.modes[text(row[0])] = Mode::kFollow;
    if (text(row[1]) == kModes[2]) out.modes[text(row[0])] = Mode::kMute;
  }
  for (const Row& row : KITH_TRY(personal.query("SELECT person FROM mutes WHERE muted = 1")).rows) {
    const auto bytes = from_hex(text(row[0]));
    const auto person = bytes ? PersonId::from(*bytes) : std::nullopt;
    if (person) out.muted.insert(*person);
  }
  return out;
}

Result<void> read(Database& personal, const std::string& thread, const std::string& upto) {
  const Rows found = KITH_TRY(personal.query("SELECT upto FROM reading_marks WHERE thread = ?", {thread}));
  if (!found.rows.empty() && text(found.rows[0][0]) >= upto) return {};
  return put(personal, kThreadRead, "reading_marks", "thread", "upto", thread, upto);
}

Result<void> follow(Database& personal, const std::string& thread, Mode mode) {
  return put(personal, kThreadFollowed, "follows", "thread", "mode", thread,
             std::string(kModes[static_cast<std::size_t>(mode)]));
}

Result<void> mute(Database& personal, const PersonId& person, bool is_on) {
  return put(personal, kPersonMuted, "mutes", "person", "muted", person.hex(), std::int64_t{is_on});
}

}  // namespace kith::town::reading
