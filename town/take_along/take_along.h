// SPDX-License-Identifier: Apache-2.0
// Everything that a person can see of her place, as plain tables with names and times that are readable as they are:
// what she takes along (replica.export). Keys, devices and how she reads are not in it.
#pragma once

#include "kith/place.h"
#include "kith/tables.h"

namespace kith::town {

/// about, people, posts, tags, reactions, listings, requests, photos (with the pictures that are here), photos_on,
/// my_notes, my_drafts; without a neighbourhood what is only hers.
Result<void> take_along(Place& place, Tables& tables);

}  // namespace kith::town
