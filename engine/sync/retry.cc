// SPDX-License-Identifier: Apache-2.0
#include "sync/retry.h"

#include <algorithm>

namespace kith::sync {

std::uint64_t Retry::next_ms() {
  constexpr std::uint32_t kDoublingsMax = 16;
  const std::uint64_t ceiling = std::min(kMsMax, kFirstMs << std::min(failures_, kDoublingsMax));
  if (failures_ < UINT32_MAX) ++failures_;
  // Full jitter spreads a crowd that lost the same peer; the floor keeps one of them from dialling in a tight loop.
  constexpr std::uint64_t kFloorMs = 50;
  return kFloorMs + random_.u64() % (ceiling - kFloorMs + 1);
}

}  // namespace kith::sync
