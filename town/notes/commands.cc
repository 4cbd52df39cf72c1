// SPDX-License-Identifier: Apache-2.0
#include "town/notes/commands.h"

#include "town/text.h"

namespace kith::town::notes {

Result<std::string> write_note(Database& personal, std::string_view body) {
  const std::string clean = KITH_TRY(clean_text({"A note", kNoteBytesMax, true}, body));
  const std::string id = personal.new_id();
  KITH_TRY(personal.write(kNoteWritten, {}, [&](Writer& writer) {
    return writer.exec("INSERT INTO notes(id, body) VALUES (?, ?)", {id, clean});
  }));
  return id;
}

}  // namespace kith::town::notes
