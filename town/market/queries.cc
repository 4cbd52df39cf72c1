// SPDX-License-Identifier: Apache-2.0
#include "town/market/queries.h"

#include <algorithm>
#include <array>

#include "town/market/commands.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::market {
namespace {

constexpr std::array<std::string_view, 5> kKinds = {"sell", "give", "lend", "swap", "wanted"};
constexpr std::array<std::string_view, 5> kStates = {"open", "promised", "done", "withdrawn", "expired"};
constexpr std::array<std::string_view, 5> kRequestStates = {"asked", "promised", "done", "fell_through", "withdrawn"};

template <typename Enum, std::size_t N>
std::optional<Enum> by_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

constexpr std::string_view kSelectListing =
    "SELECT l.id, l.kind, l.title, l.text, l.price, l.days, l.renewed_ms, l.closed, l.kith_writer, l.kith_device, "
    "l.kith_stamp, l.kith_changed FROM kith_listings l";

std::optional<std::string> line(const Value& value, std::size_t bytes_max) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || text->empty() ? std::nullopt : std::optional(shown_line(*text, bytes_max));
}

/// A renewal cannot be later than the stamp of the write that says so.
std::uint64_t expiry(std::uint64_t written_ms, std::optional<std::uint64_t> changed_ms, const Value& days,
                     const Value& renewed_ms) {
  std::uint64_t from = written_ms;
  const auto renewed = optional_integer(renewed_ms);
  if (renewed && *renewed > 0)
    from = std::max(from, std::min<std::uint64_t>(*renewed, changed_ms.value_or(written_ms)));
  return from +
         static_cast<std::uint64_t>(std::clamp<std::int64_t>(optional_integer(days).value_or(kDays), 1, kDaysMax)) *
             kDayMs;
}

Listing to_listing(const Row& row) {
  Listing out;
  out.id = text(row[0]);
  out.kind = kind_of(text(row[1])).value_or(Kind::kGive);
  out.title = shown_line(text(row[2]), kTitleBytesMax);
  if (const auto body = optional_text(row[3])) out.text = shown_text(*body, kTextBytesMax);
  out.price = line(row[4], kPriceBytesMax);
  out.person = id_of<PersonId>(row[8]);
  out.device = id_of<DeviceId>(row[9]);
  out.latest = latest_of(row[10], row[11]);
  out.written_ms = ms_of(row[10]);
  out.changed_ms = optional_ms(row[11]);
  out.expires_ms = expiry(out.written_ms, out.changed_ms, row[5], row[6]);
  const std::string closed = text(row[7]);
  if (closed == "done") out.state = State::kDone;
  if (closed == "withdrawn") out.state = State::kWithdrawn;
  return out;
}

/// What became of a request: the last promise that the listing's author wrote for it and did not take back.
Result<void> read_promise(Database& database, const PersonId& author, Request& request) {
  const Rows found = KITH_TRY(database.query(
      "SELECT id, when_ms, place, outcome, kith_stamp FROM kith_promises WHERE request = ? AND kith_writer = ? ORDER "
      "BY id DESC",
      {request.id, blob(author)}));
  for (const Row& row : found.rows) {
    const std::string outcome = text(row[3]);
    if (outcome == "taken_back") continue;
    Promise promise{text(row[0]), optional_integer(row[1]), line(row[2], kPlaceBytesMax), ms_of(row[4])};
    request.promise = std::move(promise);
    request.state = outcome == "done"           ? RequestState::kDone
                    : outcome == "fell_through" ? RequestState::kFellThrough
                                                : RequestState::kPromised;
    return {};
  }
  return {};
}

Request to_request(const Row& row) {
  Request out;
  out.id = text(row[0]);
  out.listing = text(row[1]);
  if (const auto words = optional_text(row[2])) out.text = shown_text(*words, kRequestBytesMax);
  out.person = id_of<PersonId>(row[4]);
  out.written_ms = ms_of(row[5]);
  return out;
}

Result<std::vector<Request>> read_requests(Database& database, const std::string& listing, const PersonId& author) {
  // Rows are numbered as they come to this replica (docs/formats/store.md), so the rowid tells the order of arrival.
  const Rows found =
      KITH_TRY(database.query("SELECT k.id, k.listing, k.text, k.withdrawn, k.kith_writer, k.kith_stamp FROM requests "
                              "r JOIN kith_requests k ON "
                              "k.id = r.id WHERE r.listing = ? ORDER BY r.rowid LIMIT ?",
                              {listing, static_cast<std::int64_t>(kRequestsMax)}));
  std::vector<Request> out;
  std::uint64_t latest = 0;
  for (const Row& row : found.rows) {
    Request request = to_request(row);
    KITH_TRY(read_promise(database, author, request));
    const bool is_open = request.state == RequestState::kAsked || request.state == RequestState::kPromised;
    if (integer(row[3]) != 0 && is_open) request.state = RequestState::kWithdrawn;
    request.is_late = request.written_ms < latest;
    latest = std::max(latest, request.written_ms);
    request.arrived_ms = latest;
    request.order = out.size() + 1;
    out.push_back(std::move(request));
  }
  return out;
}

/// The state that follows from requests and promises, and from this device's clock.
void derive(Listing& listing, const std::vector<Request>& requests, std::uint64_t now_ms) {
  const Request* promised = nullptr;
  bool is_done = false;
  for (const Request& request : requests) {
    if (request.state != RequestState::kWithdrawn) ++listing.requests;
    is_done |= request.state == RequestState::kDone;
    const bool is_promised = request.state == RequestState::kPromised || request.state == RequestState::kDone;
    // Of two promises, made on two devices of the author, the earlier one is shown.
    if (is_promised && (promised == nullptr || request.promise->written_ms < promised->promise->written_ms))
      promised = &request;
  }
  if (promised != nullptr) listing.promised_to = promised->person;
  if (listing.state != State::kOpen) return;
  if (is_done) {
    listing.state = State::kDone;
  } else if (promised != nullptr) {
    listing.state = State::kPromised;
  } else if (listing.expires_ms <= now_ms) {
    listing.state = State::kExpired;
  }
}

bool is_wanted(const Listing& listing, const ListFilter& filter) {
  if (filter.state) return listing.state == *filter.state;
  if (filter.current_for && listing.state == State::kDone) return false;
  if (filter.current_for && listing.state == State::kExpired) return listing.person == *filter.current_for;
  return listing.state != State::kWithdrawn;
}

std::string conditions(const ListFilter& filter, std::vector<Value>& values) {
  std::string out = " WHERE l.id < ?";
  if (filter.kind) {
    out += " AND l.kind = ?";
    values.emplace_back(std::string(name_of(*filter.kind)));
  }
  if (filter.person) {
    out += " AND l.kith_writer = ?";
    values.push_back(blob(*filter.person));
  }
  if (filter.tag) {
    out += " AND l.id IN (SELECT target FROM tags WHERE tag = ?)";
    values.emplace_back(*filter.tag);
  }
  if (filter.match && !filter.match->empty()) {
    out +=
        " AND l.id IN (SELECT m.id FROM kith_local_search JOIN listings m ON m.rowid = kith_local_search.rowid >> 2 "
        "WHERE kith_local_search MATCH ? AND kith_local_search.rowid & 3 = 1)";
    values.emplace_back(*filter.match);
  }
  return out;
}

}  // namespace

std::string_view name_of(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::string_view name_of(State state) {
  return kStates[static_cast<std::size_t>(state)];
}
std::string_view name_of(RequestState state) {
  return kRequestStates[static_cast<std::size_t>(state)];
}
std::optional<Kind> kind_of(std::string_view name) {
  return by_name<Kind>(kKinds, name);
}
std::optional<State> state_of(std::string_view name) {
  return by_name<State>(kStates, name);
}

Result<ListPage> list(Database& database, const std::optional<std::string>& before, std::size_t limit,
                      const ListFilter& filter) {
  const std::size_t count = std::clamp<std::size_t>(limit, 1, kPageMax);
  const std::string due = first_id_at(database.now_ms() + kEarlyMsMax);
  std::string below = before ? std::min(*before, due) : due;
  ListPage page;
  // The state is derived row by row, so pages are read until enough of the wanted state are found.
  for (;;) {
    std::vector<Value> values{below};
    const std::string sql = std::string(kSelectListing) + conditions(filter, values) + " ORDER BY l.id DESC LIMIT ?";
    values.emplace_back(static_cast<std::int64_t>(count + 1));
    const Rows found = KITH_TRY(database.query(sql, values));
    for (const Row& row : found.rows) {
      Listing listing = to_listing(row);
      below = listing.id;
      derive(listing, KITH_TRY(read_requests(database, listing.id, listing.person)), database.now_ms());
      if (!is_wanted(listing, filter)) continue;
      if (page.listings.size() == count) {
        page.next = page.listings.back().id;
        return page;
      }
      page.listings.push_back(std::move(listing));
    }
    if (found.rows.size() <= count) return page;
  }
}

Result<Listing> listing(Database& database, std::string_view id) {
  const Rows found = KITH_TRY(database.query(std::string(kSelectListing) + " WHERE l.id = ?", {std::string(id)}));
  if (found.rows.empty()) {
    return Error(ErrorCode::kNotFound, "There is no listing \"" + shown_line(id, 64) + "\" here.",
                 "It may not have arrived yet; `kith market` lists what is here.");
  }
  Listing out = to_listing(found.rows[0]);
  derive(out, KITH_TRY(read_requests(database, out.id, out.person)), database.now_ms());
  return out;
}

Result<std::vector<Request>> requests(Database& database, const Listing& listing) {
  return read_requests(database, listing.id, listing.person);
}

Result<Request> request(Database& database, std::string_view id) {
  const Rows found = KITH_TRY(database.query("SELECT listing FROM requests WHERE id = ?", {std::string(id)}));
  if (!found.rows.empty()) {
    const Listing of = KITH_TRY(listing(database, text(found.rows[0][0])));
    for (Request& one : KITH_TRY(requests(database, of))) {
      if (one.id == id) return std::move(one);
    }
  }
  return Error(ErrorCode::kNotFound, "There is no request \"" + shown_line(id, 64) + "\" here.",
               "It may have been withdrawn, or not have arrived yet.");
}

std::optional<Request> request_of(const std::vector<Request>& requests, const PersonId& person) {
  std::optional<Request> out;
  for (const Request& request : requests) {
    if (request.person != person) continue;
    if (!out || out->state == RequestState::kWithdrawn || request.state != RequestState::kWithdrawn) out = request;
  }
  return out;
}

}  // namespace kith::town::market
