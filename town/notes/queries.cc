// SPDX-License-Identifier: Apache-2.0
#include "town/notes/queries.h"

#include <algorithm>

#include "town/row.h"

namespace kith::town::notes {

Result<NotesPage> notes(Database& personal, const std::optional<std::string>& before, std::size_t limit) {
  const std::size_t count = std::clamp<std::size_t>(limit, 1, kPageMax);
  // '~' sorts behind every id.
  const Rows found = KITH_TRY(
      personal.query("SELECT id, body, kith_stamp, kith_changed FROM kith_notes WHERE id < ? ORDER BY id DESC LIMIT ?",
                     {before.value_or("~"), static_cast<std::int64_t>(count + 1)}));
  NotesPage page;
  for (const Row& row : found.rows) {
    if (page.notes.size() == count) {
      page.next = page.notes.back().id;
      break;
    }
    page.notes.push_back({text(row[0]), text(row[1]), ms_of(row[2]), optional_ms(row[3])});
  }
  return page;
}

}  // namespace kith::town::notes
