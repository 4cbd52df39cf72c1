// SPDX-License-Identifier: Apache-2.0
#include "crypto/noise_primitives.h"
#include "kith/hash.h"

namespace kith {

FixedBytes<struct Sha256Tag, 32> sha256(ByteView bytes) {
  FixedBytes<struct Sha256Tag, 32> out;
  out.data = crypto::sha256({bytes}).data;
  return out;
}

}  // namespace kith
