// SPDX-License-Identifier: Apache-2.0
// Notes to oneself, in the personal space.
#pragma once

#include <string>
#include <string_view>

#include "kith/database.h"

namespace kith::town::notes {

inline constexpr std::size_t kNoteBytesMax = 64'000;
inline constexpr std::string_view kNoteWritten = "note written";

/// Its id.
Result<std::string> write_note(Database& personal, std::string_view body);

}  // namespace kith::town::notes
