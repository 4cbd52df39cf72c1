// SPDX-License-Identifier: Apache-2.0
// What can happen on the market; declared in schema.sql.
#pragma once

#include <string_view>

namespace kith::town::market {

inline constexpr std::string_view kOffered = "listing offered";
inline constexpr std::string_view kChanged = "listing changed";
inline constexpr std::string_view kRenewed = "listing renewed";
inline constexpr std::string_view kWithdrawn = "listing withdrawn";
inline constexpr std::string_view kRequested = "listing requested";
inline constexpr std::string_view kRequestWithdrawn = "request withdrawn";
inline constexpr std::string_view kPromised = "listing promised";
inline constexpr std::string_view kPromiseTakenBack = "promise taken back";
inline constexpr std::string_view kDone = "deal done";
inline constexpr std::string_view kFellThrough = "deal fell through";

}  // namespace kith::town::market
