// SPDX-License-Identifier: Apache-2.0
// Which changesets count: verdicts that every replica with this schema reaches alike. The shape alone decides, because
// the values of one and the same entry may be here and erased elsewhere. Values that break a rule are therefore read as
// if they had been erased.
#pragma once

#include <optional>

#include "kith/ids.h"
#include "store/changeset.h"
#include "store/schema.h"

namespace kith::store {

/// Upper and lower bound of the stamps of a changeset's cells.
struct StampBounds {
  Stamp entry;  // not later than this; what an unstamped shape stands for
  Stamp floor;  // later than this
};

struct Judgement {
  bool is_void = false;
  bool has_values = false;  // they are here, and all of them are sound
};

Judgement judge(const Schema& schema, ByteView shape, std::optional<ByteView> values, const StampBounds& bounds);

}  // namespace kith::store
