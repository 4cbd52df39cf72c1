// SPDX-License-Identifier: Apache-2.0
// What can happen in the forum; declared in schema.sql.
#pragma once

#include <string_view>

namespace kith::town::forum {

inline constexpr std::string_view kPostWritten = "post written";
inline constexpr std::string_view kReplyWritten = "reply written";
inline constexpr std::string_view kPostEdited = "post edited";
inline constexpr std::string_view kPostWithdrawn = "post withdrawn";

}  // namespace kith::town::forum
