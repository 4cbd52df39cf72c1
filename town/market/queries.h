// SPDX-License-Identifier: Apache-2.0
// The market as far as this device knows it. Nobody writes another's row, so states are derived: from the listing (its
// author's), the requests (each its asker's) and the promises (which count where the listing's author wrote them).
// Expiry is display: it compares stamps with this device's clock, and no row depends on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"

namespace kith::town::market {

inline constexpr std::size_t kPageMax = 200;
inline constexpr std::size_t kRequestsMax = 200;  // shown of one listing
inline constexpr std::uint64_t kDayMs = 86'400'000;
inline constexpr std::int64_t kDays = 30;  // a listing stands, unless said otherwise
inline constexpr std::int64_t kDaysMax = 365;

enum class Kind : std::uint8_t { kSell, kGive, kLend, kSwap, kWanted };
enum class State : std::uint8_t { kOpen, kPromised, kDone, kWithdrawn, kExpired };
enum class RequestState : std::uint8_t { kAsked, kPromised, kDone, kFellThrough, kWithdrawn };

std::string_view name_of(Kind kind);
std::string_view name_of(State state);
std::string_view name_of(RequestState state);
std::optional<Kind> kind_of(std::string_view name);
std::optional<State> state_of(std::string_view name);

struct Promise {
  std::string id;
  std::optional<std::int64_t> when_ms;
  std::optional<std::string> place;
  std::uint64_t written_ms = 0;
};

struct Request {
  std::string id;
  std::string listing;
  PersonId person;
  std::optional<std::string> text;
  std::uint64_t written_ms = 0;  // by the asker's clock
  /// The earliest moment at which it can have come here: the latest time on it and on the requests before it.
  std::uint64_t arrived_ms = 0;
  std::uint64_t order = 0;  // from 1, as they arrived at this device
  /// Asked earlier, by its clock, than one that arrived before it.
  bool is_late = false;
  RequestState state = RequestState::kAsked;
  std::optional<Promise> promise;  // while it stands, or the last one that was settled
};

struct Listing {
  std::string id;
  Kind kind = Kind::kGive;
  std::string title;
  std::optional<std::string> text;
  std::optional<std::string> price;
  PersonId person;
  DeviceId device;
  Stamp latest;  // of its birth, or of the last change
  std::uint64_t written_ms = 0;
  std::optional<std::uint64_t> changed_ms;
  std::uint64_t expires_ms = 0;
  State state = State::kOpen;
  std::uint64_t requests = 0;  // that were not withdrawn
  std::optional<PersonId> promised_to;
};

struct ListFilter {
  std::optional<Kind> kind = {};
  std::optional<State> state = {};           // none: all but withdrawn
  std::optional<PersonId> current_for = {};  // then without what is gone or rests; what rests of hers stays
  std::optional<PersonId> person = {};
  std::optional<std::string> tag = {};
  std::optional<std::string> match = {};  // what the index is asked for (search.h); empty: everything
};
struct ListPage {
  std::vector<Listing> listings;
  std::optional<std::string> next;  // hand it in as `before`
};
/// The newest first.
Result<ListPage> list(Database& database, const std::optional<std::string>& before, std::size_t limit,
                      const ListFilter& filter = {});
/// kNotFound says that it may not have arrived yet.
Result<Listing> listing(Database& database, std::string_view id);
/// In the order of their arrival here.
Result<std::vector<Request>> requests(Database& database, const Listing& listing);
/// kNotFound: no such request here.
Result<Request> request(Database& database, std::string_view id);
/// One's own request for a listing that is not withdrawn, or the last one.
std::optional<Request> request_of(const std::vector<Request>& requests, const PersonId& person);

}  // namespace kith::town::market
