// SPDX-License-Identifier: Apache-2.0
// Everything that can be done on the market. Deals are settled in person; here people ask, promise and say what came of
// it. kRefused for who may not: only the author of a listing promises and settles, only the asker withdraws.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"
#include "town/forum/commands.h"
#include "town/market/queries.h"

namespace kith::town::market {

inline constexpr std::size_t kTitleBytesMax = 160;
inline constexpr std::size_t kTextBytesMax = 4'000;
inline constexpr std::size_t kPriceBytesMax = 60;
inline constexpr std::size_t kRequestBytesMax = 1'000;
inline constexpr std::size_t kPlaceBytesMax = 160;
inline constexpr std::uint64_t kPromiseAheadMsMax = 366 * kDayMs;

using forum::kRestMs;
using forum::Written;

struct Offer {
  Kind kind = Kind::kGive;
  std::string title = {};
  std::string text = {};   // empty: none
  std::string price = {};  // empty: none; free words
  std::vector<std::string> tags = {};
  std::vector<std::string> photos = {};
  std::int64_t days = kDays;
};
Result<Written> offer(Database& database, const Offer& offer, std::uint64_t rest_ms = kRestMs);

/// What is not given stays.
struct OfferEdit {
  std::optional<Kind> kind = {};
  std::optional<std::string> title = {};
  std::optional<std::string> text = {};
  std::optional<std::string> price = {};
  std::optional<std::vector<std::string>> tags = {};
  std::optional<std::int64_t> days = {};
};
Result<Written> edit(Database& database, std::string_view id, const OfferEdit& edit, std::uint64_t rest_ms = 0);
/// It stands for its days again, counted from now.
Result<Written> renew(Database& database, std::string_view id, std::uint64_t rest_ms = 0);
/// It stays readable as withdrawn, for those who asked.
Result<Written> withdraw(Database& database, std::string_view id, std::uint64_t rest_ms = 0);

/// kRefused: one's own, or no longer to be had; kExists: asked already.
Result<Written> ask(Database& database, std::string_view listing, std::string_view text,
                    std::uint64_t rest_ms = kRestMs);
Result<Written> unask(Database& database, std::string_view request, std::uint64_t rest_ms = 0);

struct Handover {
  std::optional<std::int64_t> when_ms = {};
  std::string place = {};  // empty: none
};
/// kExists: it is promised to somebody already.
Result<Written> promise(Database& database, std::string_view request, const Handover& handover,
                        std::uint64_t rest_ms = kRestMs);
Result<Written> unpromise(Database& database, std::string_view request, std::uint64_t rest_ms = 0);
/// Done: the listing is done as well. Fell through: it can be promised again.
Result<Written> settle(Database& database, std::string_view request, bool is_done, std::uint64_t rest_ms = 0);

}  // namespace kith::town::market
