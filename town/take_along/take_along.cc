// SPDX-License-Identifier: Apache-2.0
#include "town/take_along/take_along.h"

#include <chrono>
#include <cstdio>
#include <map>

#include "town/market/queries.h"
#include "town/people/queries.h"
#include "town/photos/photos.h"
#include "town/row.h"

namespace kith::town {
namespace {

constexpr std::int64_t kBatch = 500;

/// "2026-11-21 19:46:42", UTC: what SQLite's own functions take for a time.
std::string time_text(std::uint64_t ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return out;
}

Value time_or_null(std::uint64_t ms) {
  return ms == 0 ? Value() : Value(time_text(ms));
}

class Packing {
 public:
  Packing(Place& place, Tables& tables) : place_(place), tables_(tables) {}

  Result<void> run() {
    if (place_.has_space()) names_ = KITH_TRY(people::names(place_.space()));
    KITH_TRY(about());
    if (place_.has_space()) {
      KITH_TRY(people());
      KITH_TRY(spoken());
      KITH_TRY(market());
      KITH_TRY(photos());
    }
    return own();
  }

 private:
  Result<void> about() {
    Rows rows{{"what", "says"}, {}};
    const auto say = [&](const char* what, Value says) { rows.rows.push_back({std::string(what), std::move(says)}); };
    say("made", time_text(place_.personal().now_ms()));
    if (place_.has_space()) {
      for (const Member& member : place_.members()) {
        if (member.is_founder) say("place", KITH_TRY(people::place_name(place_.space(), member.person)));
      }
      say("by", name_of(place_.space().person()));
    }
    say("times", std::string("UTC, by the clock of who wrote it"));
    say("posts.thread", std::string("the post that a reply belongs to; NULL for one that opens a thread"));
    say("photos.picture", std::string("NULL where not all of it had come to this device"));
    return tables_.add("about", rows);
  }

  Result<void> people() {
    const auto profiles = KITH_TRY(people::profiles(place_.space()));
    Rows rows{{"person", "name", "about", "street", "joined", "founder", "me"}, {}};
    for (const Member& member : place_.members()) {
      const auto found = profiles.find(member.person);
      const people::Profile profile = found == profiles.end() ? people::Profile{} : found->second;
      rows.rows.push_back({member.person.hex(), null_if_empty(profile.name), or_null(profile.about),
                           or_null(profile.street), time_or_null(profile.joined_ms), std::int64_t{member.is_founder},
                           std::int64_t{member.person == place_.space().person()}});
    }
    return tables_.add("people", rows);
  }

  Result<void> spoken() {
    Database& space = place_.space();
    KITH_TRY(copy("posts", space,
                  "SELECT id, thread, parent, title, body, category, lang, kith_writer AS person, kith_stamp AS "
                  "written, kith_changed AS changed FROM kith_posts"));
    KITH_TRY(copy("tags", space, "SELECT id, target, tag, kith_writer AS person FROM kith_tags"));
    return copy("reactions", space,
                "SELECT id, target, kind, kith_writer AS person, kith_stamp AS written FROM kith_reactions");
  }

  /// With the states that follow from who asked and what was promised.
  Result<void> market() {
    Rows listings{{"id", "kind", "title", "text", "price", "person", "name", "written", "changed", "expires", "state"},
                  {}};
    Rows requests{{"id", "listing", "text", "person", "name", "written", "state", "promised_for", "promised_at"}, {}};
    std::optional<std::string> before;
    do {
      const auto page = KITH_TRY(market::list(place_.space(), before, market::kPageMax));
      for (const market::Listing& one : page.listings) {
        listings.rows.push_back({one.id, std::string(market::name_of(one.kind)), one.title, or_null(one.text),
                                 or_null(one.price), one.person.hex(), name_of(one.person), time_text(one.written_ms),
                                 time_or_null(one.changed_ms.value_or(0)), time_text(one.expires_ms),
                                 std::string(market::name_of(one.state))});
        for (const market::Request& asked : KITH_TRY(market::requests(place_.space(), one))) add(requests, asked);
      }
      before = page.next;
    } while (before);
    KITH_TRY(tables_.add("listings", listings));
    return tables_.add("requests", requests);
  }

  void add(Rows& requests, const market::Request& asked) {
    const auto& promise = asked.promise;
    const bool has_time = promise && promise->when_ms.value_or(0) > 0;
    requests.rows.push_back({asked.id, asked.listing, or_null(asked.text), asked.person.hex(), name_of(asked.person),
                             time_text(asked.written_ms), std::string(market::name_of(asked.state)),
                             has_time ? Value(time_text(static_cast<std::uint64_t>(*promise->when_ms))) : Value(),
                             promise ? or_null(promise->place) : Value()});
  }

  /// One by one: each may have half a megabyte.
  Result<void> photos() {
    Database& space = place_.space();
    std::string after;
    for (bool is_last = false; !is_last;) {
      Rows one =
          KITH_TRY(space.query("SELECT id, format, width, height, alt, kith_writer AS person, kith_stamp AS "
                               "written, NULL AS picture FROM kith_photos WHERE id > ? ORDER BY id LIMIT 1",
                               {after}));
      is_last = one.rows.empty();
      if (!is_last) {
        after = text(one.rows[0][0]);
        one.rows[0].back() = KITH_TRY(picture(after));
      }
      readable(one);
      KITH_TRY(tables_.add("photos", one));
    }
    return copy("photos_on", space, "SELECT id, target, photo, place FROM kith_attachments");
  }

  Result<Value> picture(const std::string& photo) {
    auto bytes = photos::bytes_of(place_.space(), photo);
    if (bytes.ok()) return Value(std::move(*bytes));
    return bytes.error().code() == ErrorCode::kNotFound ? Result<Value>(Value()) : std::move(bytes).error();
  }

  Result<void> own() {
    KITH_TRY(copy("my_notes", place_.personal(),
                  "SELECT id, body, kith_stamp AS written, kith_changed AS changed FROM kith_notes"));
    return copy("my_drafts", place_.personal(),
                "SELECT id, kind, target, fields, kith_stamp AS written, kith_changed AS changed FROM kith_drafts");
  }

  /// What the statement gives, batch by batch along its ids.
  Result<void> copy(const char* table, Database& from, const std::string& select) {
    std::string after;
    for (;;) {
      Rows batch = KITH_TRY(from.query(select + " WHERE id > ? ORDER BY id LIMIT ?", {after, kBatch}));
      if (!batch.rows.empty()) after = text(batch.rows.back()[0]);
      const bool is_last = batch.rows.size() < static_cast<std::size_t>(kBatch);
      readable(batch);
      KITH_TRY(tables_.add(table, batch));
      if (is_last) return {};
    }
  }

  /// Stamps become times, a person's key hexadecimal digits with the name behind.
  void readable(Rows& rows) const {
    const std::size_t columns = rows.columns.size();
    for (std::size_t i = 0; i < columns; ++i) {
      const std::string column = rows.columns[i];
      if (column == "person") rows.columns.emplace_back("name");
      for (Row& row : rows.rows) {
        if (column == "written" || column == "changed") row[i] = is_null(row[i]) ? Value() : time_text(ms_of(row[i]));
        if (column != "person") continue;
        const auto person = id_of<PersonId>(row[i]);
        row[i] = person.hex();
        row.push_back(name_of(person));
      }
    }
  }

  Value name_of(const PersonId& person) const {
    const auto found = names_.find(person);
    return found == names_.end() ? Value() : Value(found->second);
  }

  Place& place_;
  Tables& tables_;
  std::map<PersonId, std::string> names_;
};

}  // namespace

Result<void> take_along(Place& place, Tables& tables) {
  return Packing(place, tables).run();
}

}  // namespace kith::town
