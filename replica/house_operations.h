// SPDX-License-Identifier: Apache-2.0
// What every installation answers, whatever its app: outbox, undo, log, invitations, devices, words. Run with a House
// as the place.
#pragma once

#include "kith/operation.h"
#include "replica/house.h"

namespace kith::replica {

const OperationTable& house_operations();

/// "unseen", "seen", "practised".
std::string_view words_state_name(space::WordsState state);

}  // namespace kith::replica
