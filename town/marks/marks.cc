// SPDX-License-Identifier: Apache-2.0
#include "town/marks/marks.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "town/row.h"
#include "town/text.h"

namespace kith::town::marks {
namespace {

constexpr TextRule kTag{"A tag", kTagBytesMax, false};

std::string lower_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

/// Own rows of a table about a target, as value of `column` -> id.
Result<std::map<Value, std::string>> own_rows(Database& database, Writer& writer, const std::string& table,
                                              const std::string& column, const std::string& target) {
  const Rows found = KITH_TRY(
      writer.query("SELECT id, " + column + " FROM kith_" + table + " WHERE target = ? AND kith_writer = ? ORDER BY id",
                   {target, blob(database.person())}));
  std::map<Value, std::string> out;
  for (const Row& row : found.rows) out.emplace(row[1], text(row[0]));
  return out;
}

/// Makes `wanted` the target's own rows in `table`.
Result<void> put_rows(Database& database, Writer& writer, const std::string& table, const std::string& column,
                      const std::string& target, const std::vector<Value>& wanted) {
  auto present = KITH_TRY(own_rows(database, writer, table, column, target));
  for (const Value& value : wanted) {
    if (present.erase(value) > 0) continue;
    KITH_TRY(writer.exec("INSERT INTO " + table + "(id, target, " + column + ") VALUES (?, ?, ?)",
                         {database.new_id(), target, value}));
  }
  for (const auto& [value, id] : present) KITH_TRY(writer.exec("DELETE FROM " + table + " WHERE id = ?", {id}));
  return {};
}

Result<std::string> clean_kind(std::string_view kind) {
  std::string clean = KITH_TRY(clean_text({"A reaction", kReactionBytesMax, false}, kind));
  if (clean.find(' ') == std::string::npos) return clean;
  return Error(ErrorCode::kUsage, "A reaction is one word.", "Use \"thanks\".");
}

/// One row a person says that something is so; none that it is not.
Result<WriteReceipt> put_own(Database& database, const std::string& table, std::string_view event,
                             const std::string& where, const std::vector<Value>& values, bool is_on) {
  std::vector<Value> with_writer = values;
  with_writer.push_back(blob(database.person()));
  const Rows own = KITH_TRY(
      database.query("SELECT id FROM kith_" + table + " WHERE " + where + " AND kith_writer = ?", with_writer));
  if (own.rows.empty() != is_on) return WriteReceipt{};
  return database.write(event, {}, [&](Writer& writer) -> Result<void> {
    if (!is_on) {
      for (const Row& row : own.rows) KITH_TRY(writer.exec("DELETE FROM " + table + " WHERE id = ?", {row[0]}));
      return {};
    }
    std::vector<Value> all{database.new_id()};
    all.insert(all.end(), values.begin(), values.end());
    const std::string columns = values.size() == 1 ? "id, target) VALUES (?, ?)" : "id, target, kind) VALUES (?, ?, ?)";
    return writer.exec("INSERT INTO " + table + "(" + columns, all);
  });
}

}  // namespace

Result<std::vector<std::string>> clean_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> out;
  for (const std::string& tag : tags) {
    const std::size_t sign = tag.find_first_not_of("# ");
    std::string clean = lower_ascii(KITH_TRY(clean_text(kTag, sign == std::string::npos ? "" : tag.substr(sign))));
    if (clean.find(',') != std::string::npos)
      return Error(ErrorCode::kUsage, "A tag cannot contain a comma.", "Give several tags one by one.");
    if (std::find(out.begin(), out.end(), clean) == out.end()) out.push_back(std::move(clean));
  }
  if (out.size() <= kTagsMax) return out;
  return Error(ErrorCode::kTooLarge, "There can be " + std::to_string(kTagsMax) + " tags.", "Leave some out.");
}

Result<void> put_tags(Database& database, Writer& writer, const std::string& target,
                      const std::vector<std::string>& tags) {
  return put_rows(database, writer, "tags", "tag", target, std::vector<Value>(tags.begin(), tags.end()));
}

Result<void> put_mentions(Database& database, Writer& writer, const std::string& target,
                          const std::vector<PersonId>& people) {
  std::vector<Value> wanted;
  for (const PersonId& person : people) {
    if (wanted.size() < kMentionsMax) wanted.push_back(blob(person));
  }
  return put_rows(database, writer, "mentions", "person", target, wanted);
}

Result<WriteReceipt> react(Database& database, const std::string& target, std::string_view kind, bool is_on) {
  const std::string clean = KITH_TRY(clean_kind(kind));
  return put_own(database, "reactions", is_on ? kReactionGiven : kReactionTakenBack, "target = ? AND kind = ?",
                 {target, clean}, is_on);
}

Result<WriteReceipt> pin(Database& database, const std::string& target, bool is_on) {
  return put_own(database, "pins", is_on ? kPostPinned : kPostUnpinned, "target = ?", {target}, is_on);
}

Result<std::vector<std::string>> tags_of(Database& database, const std::string& target, const PersonId& author) {
  const Rows found =
      KITH_TRY(database.query("SELECT tag FROM kith_tags WHERE target = ? AND kith_writer = ? ORDER BY id LIMIT ?",
                              {target, blob(author), static_cast<std::int64_t>(kTagsMax)}));
  std::vector<std::string> out;
  for (const Row& row : found.rows) out.push_back(shown_line(text(row[0]), kTagBytesMax));
  return out;
}

Result<std::vector<PersonId>> mentions_of(Database& database, const std::string& target, const PersonId& author) {
  const Rows found = KITH_TRY(
      database.query("SELECT person FROM kith_mentions WHERE target = ? AND kith_writer = ? ORDER BY id LIMIT ?",
                     {target, blob(author), static_cast<std::int64_t>(kMentionsMax)}));
  std::vector<PersonId> out;
  for (const Row& row : found.rows) out.push_back(id_of<PersonId>(row[0]));
  return out;
}

Result<std::vector<Reaction>> reactions_of(Database& database, const std::string& target) {
  const Rows found = KITH_TRY(database.query(
      "SELECT kind, kith_writer FROM kith_reactions WHERE target = ? AND kind IS NOT NULL ORDER BY id", {target}));
  std::vector<Reaction> out;
  std::set<std::pair<std::string, PersonId>> counted;  // somebody's two devices may both have written it
  for (const Row& row : found.rows) {
    const std::string kind = shown_line(text(row[0]), kReactionBytesMax);
    if (!counted.emplace(kind, id_of<PersonId>(row[1])).second) continue;
    auto at = std::find_if(out.begin(), out.end(), [&](const Reaction& one) { return one.kind == kind; });
    if (at == out.end()) at = out.insert(out.end(), Reaction{kind, 0, false, {}});
    const auto person = id_of<PersonId>(row[1]);
    ++at->count;
    at->is_mine |= person == database.person();
    if (at->people.size() < kReactionPeopleMax) at->people.push_back(person);
  }
  std::sort(out.begin(), out.end(),
            [](const Reaction& a, const Reaction& b) { return std::tie(b.count, a.kind) < std::tie(a.count, b.kind); });
  if (out.size() > kReactionKindsMax) out.resize(kReactionKindsMax);
  return out;
}

Result<std::vector<std::string>> pinned(Database& database, const PersonId& founder) {
  constexpr std::int64_t kPinsMax = 100;
  const Rows found = KITH_TRY(database.query(
      "SELECT target FROM kith_pins WHERE kith_writer = ? ORDER BY id DESC LIMIT ?", {blob(founder), kPinsMax}));
  std::vector<std::string> out;
  for (const Row& row : found.rows) out.push_back(text(row[0]));
  return out;
}

Result<std::vector<TagCount>> tag_counts(Database& database, std::size_t limit) {
  const Rows found = KITH_TRY(database.query(
      "SELECT tag, count(DISTINCT target) AS n FROM tags WHERE tag IS NOT NULL AND (EXISTS (SELECT 1 FROM posts WHERE "
      "id = target) OR EXISTS (SELECT 1 FROM listings WHERE id = target)) GROUP BY tag ORDER BY n DESC, tag LIMIT ?",
      {static_cast<std::int64_t>(limit)}));
  std::vector<TagCount> out;
  for (const Row& row : found.rows)
    out.push_back({shown_line(text(row[0]), kTagBytesMax), static_cast<std::uint64_t>(integer(row[1]))});
  return out;
}

}  // namespace kith::town::marks
