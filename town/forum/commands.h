// SPDX-License-Identifier: Apache-2.0
// Everything that can be done in the forum.
#pragma once

#include <string>
#include <string_view>

#include "kith/database.h"

namespace kith::town::forum {

inline constexpr std::size_t kBodyBytesMax = 8'000;
/// How long a new post stays on its author's device, so that it can be taken back.
inline constexpr std::uint64_t kRestMs = 10'000;

struct Written {
  std::string id;
  WriteReceipt receipt;
};

/// Opens a thread.
Result<Written> write_post(Database& database, std::string_view body, std::uint64_t rest_ms = kRestMs);
/// Answers a post or a reply; kNotFound if it is not here.
Result<Written> write_reply(Database& database, std::string_view to, std::string_view body,
                            std::uint64_t rest_ms = kRestMs);
/// kRefused for anybody but the author.
Result<Written> edit_post(Database& database, std::string_view id, std::string_view body);
/// Deletes it for everybody; replies to it stay. kRefused for anybody but the author.
Result<Written> withdraw_post(Database& database, std::string_view id);

}  // namespace kith::town::forum
