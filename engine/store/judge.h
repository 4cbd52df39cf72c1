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
  bool is_beyond = false;   // it names what the schema that it may name does not have
  bool has_values = false;  // they are here, and all of them are sound
};

/// `reach` lies within the schema. A changeset that is beyond it is judged no further than its form.
Judgement judge(const Schema& schema, const SchemaReach& reach, ByteView shape, std::optional<ByteView> values,
                const StampBounds& bounds);
/// Does it name anything beyond? False for what does not parse.
bool is_beyond(const SchemaReach& reach, ByteView shape);

}  // namespace kith::store
