// SPDX-License-Identifier: Apache-2.0
#include "town/search/search.h"

#include <algorithm>
#include <array>
#include <map>

#include "town/row.h"
#include "town/search/snippet.h"
#include "town/text.h"

namespace kith::town::search {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"post", "listing", "person", "note"};

// Every kind has rows of its own in one index: rowid * 4 + kind.
std::string put_in(int kind, const std::string& table, const std::string& title, const std::string& body) {
  const auto of_row = [&](const std::string& value) {
    return "(SELECT " + value + " FROM " + table + " WHERE rowid = ?1)";
  };
  return "INSERT INTO kith_local_search(rowid, title, body) VALUES (?1 * 4 + " + std::to_string(kind) + ", " +
         of_row(title) + ", " + of_row(body) + ")";
}
std::string take_out(int kind) {
  return "DELETE FROM kith_local_search WHERE rowid = ?1 * 4 + " + std::to_string(kind);
}

/// The tokenizer takes accents away; prefixes of two and three letters have lists of their own. Deleted words really go
/// (FTS5's secure-delete), so that what was erased is not left in the index.
std::string create(const std::string& table, const std::string& columns) {
  return "CREATE VIRTUAL TABLE " + table + " USING fts5(" + columns +
         ", tokenize = \"unicode61 remove_diacritics 2\", prefix = '2 3'); INSERT INTO " + table + "(" + table +
         ", rank) VALUES ('secure-delete', 1);";
}

std::string with_all(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Words hold no quotes. One letter is a word, not a beginning: half of all words begin with it. The tokenizer knows
/// that "u" may stand for "ü", but not that "ss" and "ß" are one.
std::string match_of(const std::vector<Wanted>& words) {
  const auto quoted = [](const std::string& word) { return "\"" + word + (word.size() > 1 ? "\"*" : "\""); };
  std::string out;
  for (const Wanted& word : words) {
    const std::string sharp = with_all(word.typed, "ss", "ß");
    const std::string plain = with_all(word.typed, "ß", "ss");
    if (!out.empty()) out += " AND ";
    out += sharp == plain ? quoted(word.typed) : "(" + quoted(sharp) + " OR " + quoted(plain) + ")";
  }
  return out;
}

Result<std::vector<Wanted>> checked_words(std::string_view text) {
  if (text.size() <= kTextBytesMax) return words_of(text);
  return Error(ErrorCode::kTooLarge, "What is looked for can have " + std::to_string(kTextBytesMax) + " bytes.",
               "Look for a few words.");
}

/// Which rows match, people first, then the newest.
constexpr std::string_view kFind =
    "WITH found AS MATERIALIZED (SELECT at FROM (SELECT rowid AS at FROM kith_local_search WHERE kith_local_search "
    "MATCH ?1 ORDER BY rowid DESC LIMIT ?2) UNION SELECT at FROM (SELECT rowid AS at FROM kith_local_search WHERE "
    "kith_local_search MATCH ?1 ORDER BY rowid LIMIT ?2)) SELECT kind, id FROM (SELECT 0 AS kind, p.id AS id FROM "
    "found JOIN posts p ON p.rowid = at >> 2 WHERE at & 3 = 0 UNION ALL SELECT 1, l.id FROM found JOIN listings l ON "
    "l.rowid = at >> 2 WHERE at & 3 = 1 UNION ALL SELECT 2, f.id FROM found JOIN profiles f ON f.rowid = at >> 2 "
    "WHERE at & 3 = 2) WHERE (?4 >> kind) & 1 ORDER BY kind = 2 DESC, id DESC LIMIT ?3";

/// Hits of one kind as rows of id, title, body, person, stamp, thread.
constexpr std::array<std::string_view, 3> kDetails = {
    "SELECT p.id, coalesce(p.title, (SELECT r.title FROM posts r WHERE r.id = p.thread)), p.body, p.kith_writer, "
    "p.kith_stamp, p.thread FROM kith_posts p WHERE p.id IN (",
    "SELECT id, title, text, kith_writer, kith_stamp, NULL FROM kith_listings WHERE id IN (",
    "SELECT id, name, coalesce(street || ' · ', '') || coalesce(about, ''), kith_writer, kith_stamp, NULL FROM "
    "kith_profiles WHERE id IN ("};

void describe(Hit& hit, const Row& row, const std::vector<Wanted>& words) {
  constexpr std::size_t kTitleBytesMax = 200;
  if (hit.kind == Kind::kPerson) hit.id.clear();
  hit.title = shown_line(text(row[1]), kTitleBytesMax);
  hit.snippet = snippet(shown_text(text(row[2]), 64'000), words);
  hit.person = id_of<PersonId>(row[3]);
  hit.at_ms = ms_of(row[4]);
  hit.thread = optional_text(row[5]);
}

/// What is shown of those hits that are of this kind, in one statement.
Result<void> describe(Database& database, Kind kind, std::vector<Hit>& hits, const std::vector<Wanted>& words) {
  std::map<std::string, Hit*> by_id;
  std::vector<Value> ids;
  for (Hit& hit : hits) {
    if (hit.kind == kind && by_id.emplace(hit.id, &hit).second) ids.emplace_back(hit.id);
  }
  if (ids.empty()) return {};
  std::string sql(kDetails[static_cast<std::size_t>(kind)]);
  for (std::size_t i = 0; i < ids.size(); ++i) sql += i == 0 ? "?" : ",?";
  const Rows found = KITH_TRY(database.query(sql + ")", ids));
  for (const Row& row : found.rows) {
    const auto hit = by_id.find(text(row[0]));
    if (hit != by_id.end()) describe(*hit->second, row, words);
  }
  return {};
}

Result<std::uint64_t> count(Database& database, const std::string& table) {
  const Rows rows = KITH_TRY(database.query("SELECT count(*) FROM " + table + "_docsize"));
  return static_cast<std::uint64_t>(integer(rows.rows[0][0]));
}

std::int64_t bounded(std::size_t limit) {
  return static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, kHitsMax));
}

}  // namespace

std::string_view name_of(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kind_of(std::string_view name) {
  const auto found = std::find(kKinds.begin(), kKinds.end(), name);
  return found == kKinds.end() ? std::nullopt : std::optional(static_cast<Kind>(found - kKinds.begin()));
}

Result<std::string> match_of(std::string_view text) {
  return match_of(KITH_TRY(checked_words(text)));
}

Result<Hits> find(Database& database, std::string_view text, const std::vector<Kind>& kinds, std::size_t limit) {
  const auto words = KITH_TRY(checked_words(text));
  Hits out;
  out.searched = KITH_TRY(count(database, "kith_local_search"));
  if (words.empty()) return out;
  std::int64_t wanted = kinds.empty() ? 7 : 0;
  for (const Kind kind : kinds) wanted |= std::int64_t{1} << static_cast<int>(kind);
  const Rows found = KITH_TRY(
      database.query(kFind, {match_of(words), static_cast<std::int64_t>(kLookedAtMax / 2), bounded(limit), wanted}));
  for (const Row& row : found.rows) {
    Hit& hit = out.hits.emplace_back();
    hit.kind = static_cast<Kind>(integer(row[0]));
    hit.id = town::text(row[1]);
  }
  for (const Kind kind : {Kind::kPost, Kind::kListing, Kind::kPerson}) {
    KITH_TRY(describe(database, kind, out.hits, words));
  }
  return out;
}

Result<Hits> find_notes(Database& personal, std::string_view text, std::size_t limit) {
  const auto words = KITH_TRY(checked_words(text));
  Hits out;
  out.searched = KITH_TRY(count(personal, "kith_local_notes"));
  if (words.empty()) return out;
  const Rows found =
      KITH_TRY(personal.query("SELECT n.id, n.body, n.kith_stamp FROM kith_local_notes f JOIN notes m ON m.rowid = "
                              "f.rowid JOIN kith_notes n ON "
                              "n.id = m.id WHERE kith_local_notes MATCH ? ORDER BY n.id DESC LIMIT ?",
                              {match_of(words), bounded(limit)}));
  for (const Row& row : found.rows) {
    Hit hit;
    hit.kind = Kind::kNote;
    hit.id = town::text(row[0]);
    hit.snippet = snippet(town::text(row[1]), words);
    hit.person = personal.person();
    hit.at_ms = ms_of(row[2]);
    out.hits.push_back(std::move(hit));
  }
  return out;
}

LocalTable index() {
  return {.name = "search",
          .create = create("kith_local_search", "title, body"),
          .sources = {{"posts", {take_out(0)}, {put_in(0, "posts", "title", "body")}},
                      {"listings", {take_out(1)}, {put_in(1, "listings", "title", "text")}},
                      {"profiles",
                       {take_out(2)},
                       {put_in(2, "profiles", "name", "coalesce(street, '') || ' ' || coalesce(about, '')")}}}};
}

LocalTable note_index() {
  return {.name = "notes",
          .create = create("kith_local_notes", "body"),
          .sources = {{"notes",
                       {"DELETE FROM kith_local_notes WHERE rowid = ?1"},
                       {"INSERT INTO kith_local_notes(rowid, body) VALUES (?1, (SELECT body FROM notes WHERE rowid = "
                        "?1))"}}}};
}

}  // namespace kith::town::search
