// SPDX-License-Identifier: Apache-2.0
#include "town/market/commands.h"

#include "town/market/events.h"
#include "town/marks/marks.h"
#include "town/photos/photos.h"
#include "town/row.h"
#include "town/text.h"

namespace kith::town::market {
namespace {

constexpr TextRule kTitle{"A title", kTitleBytesMax, false};
constexpr TextRule kText{"A description", kTextBytesMax, true};
constexpr TextRule kPrice{"A price", kPriceBytesMax, false};
constexpr TextRule kRequestText{"A request", kRequestBytesMax, true};
constexpr TextRule kPlace{"A place", kPlaceBytesMax, false};

Error not_yours(std::string_view act) {
  return {ErrorCode::kRefused, "Only who offered it can " + std::string(act) + ".", "Ask them."};
}

Result<Listing> own_listing(Database& database, std::string_view id, std::string_view act) {
  Listing found = KITH_TRY(listing(database, id));
  if (found.person != database.person()) return not_yours(act);
  return found;
}

/// A request for one's own listing, and the listing.
struct Asked {
  Listing listing;
  Request request;
};
Result<Asked> asked_of_me(Database& database, std::string_view id, std::string_view act) {
  Request found = KITH_TRY(request(database, id));
  Listing of = KITH_TRY(own_listing(database, found.listing, act));
  return Asked{std::move(of), std::move(found)};
}

Result<std::int64_t> checked_days(std::int64_t days) {
  if (days >= 1 && days <= kDaysMax) return days;
  return Error(ErrorCode::kUsage, "A listing stands for 1 to " + std::to_string(kDaysMax) + " days.",
               "Choose another number; it can be renewed.");
}

/// One statement, in a transaction of its own.
Result<Written> write_one(Database& database, std::string_view event, std::string_view id, std::uint64_t rest_ms,
                          std::string_view sql, std::vector<Value> values) {
  Written written{std::string(id), {}};
  written.receipt =
      KITH_TRY(database.write(event, {.rest_ms = rest_ms}, [&](Writer& writer) { return writer.exec(sql, values); }));
  return written;
}

Error gone(State state) {
  const std::string what = state == State::kDone        ? "This has found its taker."
                           : state == State::kWithdrawn ? "This was withdrawn."
                                                        : "This has expired.";
  return {ErrorCode::kRefused, what,
          state == State::kExpired ? "Ask its author to renew it." : "Look for another one, or ask in the forum."};
}

}  // namespace

Result<Written> offer(Database& database, const Offer& offer, std::uint64_t rest_ms) {
  const std::string title = KITH_TRY(clean_text(kTitle, offer.title));
  const std::string text = KITH_TRY(clean_optional(kText, offer.text));
  const std::string price = KITH_TRY(clean_optional(kPrice, offer.price));
  const std::int64_t days = KITH_TRY(checked_days(offer.days));
  const auto tags = KITH_TRY(marks::clean_tags(offer.tags));
  KITH_TRY(photos::check_own(database, offer.photos));
  Written written{database.new_id(), {}};
  written.receipt = KITH_TRY(database.write(kOffered, {.rest_ms = rest_ms}, [&](Writer& writer) -> Result<void> {
    KITH_TRY(writer.exec(
        "INSERT INTO listings(id, kind, title, text, price, days) VALUES (?, ?, ?, ?, ?, ?)",
        {written.id, std::string(name_of(offer.kind)), title, null_if_empty(text), null_if_empty(price), days}));
    if (!tags.empty()) KITH_TRY(marks::put_tags(database, writer, written.id, tags));
    return photos::attach(database, writer, written.id, offer.photos);
  }));
  return written;
}

Result<Written> edit(Database& database, std::string_view id, const OfferEdit& edit, std::uint64_t rest_ms) {
  const Listing before = KITH_TRY(own_listing(database, id, "change it"));
  std::vector<std::pair<const char*, Value>> cells;
  if (edit.kind) cells.emplace_back("kind", std::string(name_of(*edit.kind)));
  if (edit.title) cells.emplace_back("title", KITH_TRY(clean_text(kTitle, *edit.title)));
  if (edit.text) cells.emplace_back("text", null_if_empty(KITH_TRY(clean_optional(kText, *edit.text))));
  if (edit.price) cells.emplace_back("price", null_if_empty(KITH_TRY(clean_optional(kPrice, *edit.price))));
  if (edit.days) cells.emplace_back("days", KITH_TRY(checked_days(*edit.days)));
  const auto tags = KITH_TRY(marks::clean_tags(edit.tags.value_or(std::vector<std::string>())));
  Written written{before.id, {}};
  written.receipt = KITH_TRY(database.write(kChanged, {.rest_ms = rest_ms}, [&](Writer& writer) -> Result<void> {
    for (const auto& [column, value] : cells)
      KITH_TRY(writer.exec("UPDATE listings SET " + std::string(column) + " = ? WHERE id = ?", {value, before.id}));
    if (edit.tags) KITH_TRY(marks::put_tags(database, writer, before.id, tags));
    return {};
  }));
  return written;
}

Result<Written> renew(Database& database, std::string_view id, std::uint64_t rest_ms) {
  const Listing before = KITH_TRY(own_listing(database, id, "renew it"));
  if (before.state == State::kDone || before.state == State::kWithdrawn) {
    return Error(ErrorCode::kRefused, "This is over.", "Offer it anew.");
  }
  return write_one(database, kRenewed, before.id, rest_ms, "UPDATE listings SET renewed_ms = ? WHERE id = ?",
                   {static_cast<std::int64_t>(database.now_ms()), before.id});
}

Result<Written> withdraw(Database& database, std::string_view id, std::uint64_t rest_ms) {
  const Listing before = KITH_TRY(own_listing(database, id, "withdraw it"));
  return write_one(database, kWithdrawn, before.id, rest_ms, "UPDATE listings SET closed = 'withdrawn' WHERE id = ?",
                   {before.id});
}

Result<Written> ask(Database& database, std::string_view id, std::string_view text, std::uint64_t rest_ms) {
  const std::string clean = KITH_TRY(clean_optional(kRequestText, text));
  const Listing wanted = KITH_TRY(listing(database, id));
  if (wanted.person == database.person())
    return Error(ErrorCode::kRefused, "This is your own.", "Wait for a neighbour to ask.");
  // What is promised can still be asked for: promises fall through.
  if (wanted.state != State::kOpen && wanted.state != State::kPromised) return gone(wanted.state);
  const auto mine = request_of(KITH_TRY(requests(database, wanted)), database.person());
  if (mine && (mine->state == RequestState::kAsked || mine->state == RequestState::kPromised)) {
    return Error(ErrorCode::kExists, "You have asked for this already.", "Withdraw that request to ask anew.");
  }
  const std::string request = database.new_id();
  return write_one(database, kRequested, request, rest_ms, "INSERT INTO requests(id, listing, text) VALUES (?, ?, ?)",
                   {request, wanted.id, null_if_empty(clean)});
}

Result<Written> unask(Database& database, std::string_view id, std::uint64_t rest_ms) {
  const Request before = KITH_TRY(request(database, id));
  if (before.person != database.person())
    return Error(ErrorCode::kRefused, "Only who asked can withdraw a request.", "Ask them.");
  return write_one(database, kRequestWithdrawn, before.id, rest_ms, "UPDATE requests SET withdrawn = 1 WHERE id = ?",
                   {before.id});
}

Result<Written> promise(Database& database, std::string_view id, const Handover& handover, std::uint64_t rest_ms) {
  const std::string place = KITH_TRY(clean_optional(kPlace, handover.place));
  const auto now = static_cast<std::int64_t>(database.now_ms());
  if (handover.when_ms && (*handover.when_ms < now - static_cast<std::int64_t>(kDayMs) ||
                           *handover.when_ms > now + static_cast<std::int64_t>(kPromiseAheadMsMax))) {
    return Error(ErrorCode::kUsage, "The time of a promise lies in the past, or more than a year ahead.",
                 "Choose another time, or none.");
  }
  const Asked asked = KITH_TRY(asked_of_me(database, id, "promise it"));
  if (asked.listing.state == State::kDone || asked.listing.state == State::kWithdrawn) return gone(asked.listing.state);
  if (asked.request.state == RequestState::kWithdrawn)
    return Error(ErrorCode::kRefused, "This request was withdrawn.", "Promise it to somebody else.");
  if (asked.listing.state == State::kPromised) {
    return Error(ErrorCode::kExists, "This is promised already.", "Take that promise back first.");
  }
  const std::string promise = database.new_id();
  return write_one(
      database, kPromised, promise, rest_ms, "INSERT INTO promises(id, request, when_ms, place) VALUES (?, ?, ?, ?)",
      {promise, asked.request.id, handover.when_ms ? Value(*handover.when_ms) : Value(), null_if_empty(place)});
}

namespace {

/// The promise that stands, for a command of who made it.
Result<Asked> promised_by_me(Database& database, std::string_view id, std::string_view act) {
  Asked asked = KITH_TRY(asked_of_me(database, id, act));
  if (asked.request.promise && asked.request.state == RequestState::kPromised) return asked;
  return Error(ErrorCode::kRefused, "Nothing is promised to this request.", "Promise it first.");
}

}  // namespace

Result<Written> unpromise(Database& database, std::string_view id, std::uint64_t rest_ms) {
  const Asked asked = KITH_TRY(promised_by_me(database, id, "take a promise back"));
  return write_one(database, kPromiseTakenBack, asked.request.id, rest_ms,
                   "UPDATE promises SET outcome = 'taken_back' WHERE id = ?", {asked.request.promise->id});
}

Result<Written> settle(Database& database, std::string_view id, bool is_done, std::uint64_t rest_ms) {
  const Asked asked = KITH_TRY(promised_by_me(database, id, "say what came of it"));
  return write_one(database, is_done ? kDone : kFellThrough, asked.request.id, rest_ms,
                   "UPDATE promises SET outcome = ? WHERE id = ?",
                   {std::string(is_done ? "done" : "fell_through"), asked.request.promise->id});
}

}  // namespace kith::town::market
