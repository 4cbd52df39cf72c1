// SPDX-License-Identifier: Apache-2.0
// Notes, newest first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kith/database.h"

namespace kith::town::notes {

inline constexpr std::size_t kPageMax = 200;

struct Note {
  std::string id;
  std::string body;
  std::uint64_t written_ms = 0;
  std::optional<std::uint64_t> changed_ms;
};

struct NotesPage {
  std::vector<Note> notes;
  std::optional<std::string> next;  // hand it in as `before` for older ones
};

Result<NotesPage> notes(Database& personal, const std::optional<std::string>& before, std::size_t limit);

}  // namespace kith::town::notes
