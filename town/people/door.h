// SPDX-License-Identifier: Apache-2.0
// What a person's door is drawn from: eight bytes of a hash of the identity, so that a stranger with a borrowed name
// has another door. It is a picture to know a neighbour by and no proof.
#pragma once

#include <string>

#include "kith/ids.h"

namespace kith::town::people {

/// The first eight bytes of SHA-256 of the identity's public key, in hexadecimal.
std::string door(const PersonId& person);

}  // namespace kith::town::people
