// SPDX-License-Identifier: Apache-2.0
#include "town/notes/commands.h"

#include "town/text.h"

namespace kith::town::notes {
namespace {

constexpr TextRule kNote{"A note", kNoteBytesMax, true};

Result<std::string> existing(Database& personal, std::string_view id) {
  std::string key(id);
  if (!KITH_TRY(personal.query("SELECT 1 FROM notes WHERE id = ?", {key})).rows.empty()) return key;
  return Error(ErrorCode::kNotFound, "There is no such note.", "`kith notes` lists them.");
}

}  // namespace

Result<std::string> write_note(Database& personal, std::string_view body) {
  const std::string clean = KITH_TRY(clean_text(kNote, body));
  const std::string id = personal.new_id();
  KITH_TRY(personal.write(kNoteWritten, {}, [&](Writer& writer) {
    return writer.exec("INSERT INTO notes(id, body) VALUES (?, ?)", {id, clean});
  }));
  return id;
}

Result<void> edit_note(Database& personal, std::string_view id, std::string_view body) {
  const std::string clean = KITH_TRY(clean_text(kNote, body));
  const std::string key = KITH_TRY(existing(personal, id));
  KITH_TRY(personal.write(kNoteEdited, {}, [&](Writer& writer) {
    return writer.exec("UPDATE notes SET body = ? WHERE id = ?", {clean, key});
  }));
  return {};
}

Result<void> drop_note(Database& personal, std::string_view id) {
  const std::string key = KITH_TRY(existing(personal, id));
  KITH_TRY(personal.write(kNoteDropped, {},
                          [&](Writer& writer) { return writer.exec("DELETE FROM notes WHERE id = ?", {key}); }));
  return {};
}

}  // namespace kith::town::notes
