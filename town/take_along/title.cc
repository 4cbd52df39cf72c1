// SPDX-License-Identifier: Apache-2.0
#include "town/take_along/title.h"

#include <array>

#include "town/row.h"
#include "town/text.h"

namespace kith::town {
namespace {

constexpr std::size_t kTitleShownMax = 80;

struct TableWords {
  std::string_view table;
  const char* select;
};
constexpr std::array kWords = {
    TableWords{"posts", "SELECT coalesce(nullif(title, ''), body) FROM posts WHERE id = ?"},
    TableWords{"listings", "SELECT title FROM listings WHERE id = ?"},
    TableWords{"requests", "SELECT l.title FROM requests r JOIN listings l ON l.id = r.listing WHERE r.id = ?"},
    TableWords{"promises",
               "SELECT l.title FROM promises p JOIN requests r ON r.id = p.request JOIN listings l ON l.id = r.listing "
               "WHERE p.id = ?"},
    TableWords{"reactions",
               "SELECT coalesce(nullif(p.title, ''), p.body, l.title) FROM reactions r LEFT JOIN posts p ON p.id = "
               "r.target LEFT JOIN listings l ON l.id = r.target WHERE r.id = ?"},
    TableWords{"profiles", "SELECT name FROM profiles WHERE id = ?"},
    TableWords{"places", "SELECT name FROM places WHERE id = ?"},
    TableWords{"photos", "SELECT alt FROM photos WHERE id = ?"},
};

}  // namespace

Result<std::string> title_of(Database& space, std::string_view table, const std::string& key) {
  for (const TableWords& words : kWords) {
    if (words.table != table) continue;
    const Rows found = KITH_TRY(space.query(words.select, {key}));
    return found.rows.empty() ? std::string() : shown_line(text(found.rows[0][0]), kTitleShownMax);
  }
  return std::string();
}

}  // namespace kith::town
