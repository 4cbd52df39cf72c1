// SPDX-License-Identifier: Apache-2.0
// Notes to oneself, in the personal space.
#pragma once

#include <string>
#include <string_view>

#include "kith/database.h"

namespace kith::town::notes {

inline constexpr std::size_t kNoteBytesMax = 64'000;
inline constexpr std::string_view kNoteWritten = "note written";
inline constexpr std::string_view kNoteEdited = "note edited";
inline constexpr std::string_view kNoteDropped = "note dropped";

/// Its id.
Result<std::string> write_note(Database& personal, std::string_view body);
/// kNotFound: no such note.
Result<void> edit_note(Database& personal, std::string_view id, std::string_view body);
Result<void> drop_note(Database& personal, std::string_view id);

}  // namespace kith::town::notes
