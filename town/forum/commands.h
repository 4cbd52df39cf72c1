// SPDX-License-Identifier: Apache-2.0
// Everything that can be done in the forum.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"

namespace kith::town::forum {

inline constexpr std::size_t kTitleBytesMax = 160;
inline constexpr std::size_t kBodyBytesMax = 8'000;
inline constexpr std::size_t kCategoryBytesMax = 40;
/// How long a new post stays on its author's device, so that it can be taken back.
inline constexpr std::uint64_t kRestMs = 10'000;

struct Written {
  std::string id;
  WriteReceipt receipt;
};

/// What a post can say; of a reply only body, lang and photos count.
struct PostText {
  std::string title = {};  // empty: none
  std::string body = {};
  std::string category = {};  // empty: none
  std::string lang = {};      // empty: not said
  std::vector<std::string> tags = {};
  std::vector<std::string> photos = {};  // ids of photos that the writer has added
};

/// Opens a thread. People whom the body names with "@" and their whole name are mentioned.
Result<Written> write_post(Database& database, const PostText& post, std::uint64_t rest_ms = kRestMs);
/// Answers a post or a reply; kNotFound if it is not here.
Result<Written> write_reply(Database& database, std::string_view to, const PostText& reply,
                            std::uint64_t rest_ms = kRestMs);

/// What changes; what is not given stays. Empty texts take title, category or all tags away.
struct PostEdit {
  std::optional<std::string> title = {};
  std::optional<std::string> body = {};
  std::optional<std::string> category = {};
  std::optional<std::vector<std::string>> tags = {};
};
/// kRefused for anybody but the author.
Result<Written> edit_post(Database& database, std::string_view id, const PostEdit& edit, std::uint64_t rest_ms = 0);
/// Deletes it for everybody; replies to it stay. kRefused for anybody but the author.
Result<Written> withdraw_post(Database& database, std::string_view id, std::uint64_t rest_ms = 0);

}  // namespace kith::town::forum
