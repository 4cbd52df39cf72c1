// SPDX-License-Identifier: Apache-2.0
// What somebody began to write: in the personal space, so that it is on all her devices, survives everything and is
// seen by nobody. What the fields mean is the page's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"
#include "kith/json.h"

namespace kith::town::drafts {

inline constexpr std::size_t kFieldsBytesMax = 64'000;
inline constexpr std::size_t kDraftsMax = 200;  // listed

inline constexpr std::string_view kDraftSaved = "draft saved";
inline constexpr std::string_view kDraftDropped = "draft dropped";

struct Draft {
  std::string id;
  std::string kind;  // post, reply or listing
  std::optional<std::string> to;
  Json fields;
  std::uint64_t changed_ms = 0;
};

/// Its id: the one given, or a new one. A draft that another device dropped meanwhile is written anew.
Result<std::string> save(Database& personal, const std::optional<std::string>& id, std::string_view kind,
                         const std::optional<std::string>& to, const Json& fields);
/// As JSON; empty where there is no such draft.
Result<std::string> fields_of(Database& personal, std::string_view id);
/// What is not there any more stays so.
Result<void> drop(Database& personal, std::string_view id);
/// The one changed last first.
Result<std::vector<Draft>> drafts(Database& personal);

}  // namespace kith::town::drafts
