// SPDX-License-Identifier: Apache-2.0
// Photos that nobody needs any more: let go of by the draft that they were added for, or left over. A photo is a
// transaction of its own from the moment it is chosen, so it goes by another one.
#pragma once

#include <string_view>

#include "kith/place.h"

namespace kith::town::photos {

inline constexpr std::string_view kPhotoWithdrawn = "photo withdrawn";
/// What hangs nowhere for so long is forgotten. A draft may have been typed and not yet kept, or an undo be under way.
inline constexpr std::uint64_t kLeftOverMs = 86'400'000;

/// A draft's fields were `before` and are `after` now (JSON, empty: there is none): those of one's own photos that only
/// `before` names go, unless they hang on something or another draft names them.
Result<void> let_go(Place& place, std::string_view before, std::string_view after);
/// Those that this device added a day ago and that hang on nothing of one's own and are in no draft. While something
/// rests nothing is done: taking it back could need them.
Result<void> drop_left_over(Place& place);

}  // namespace kith::town::photos
