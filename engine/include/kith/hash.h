// SPDX-License-Identifier: Apache-2.0
// A plain hash for apps: names and pictures that are derived from keys. Nothing that is signed or kept secret uses it.
#pragma once

#include "kith/bytes.h"
#include "kith/ids.h"

namespace kith {

/// SHA-256 (FIPS 180-4).
FixedBytes<struct Sha256Tag, 32> sha256(ByteView bytes);

}  // namespace kith
