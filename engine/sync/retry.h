// SPDX-License-Identifier: Apache-2.0
// When to dial again: exponential with full jitter, bounded, at once when the network changed (Brooker, "Exponential
// Backoff And Jitter", 2015).
#pragma once

#include "base/environment.h"

namespace kith::sync {

class Retry {
 public:
  static constexpr std::uint64_t kFirstMs = 500;
  static constexpr std::uint64_t kMsMax = 60'000;
  explicit Retry(Random& random) : random_(random) {}
  /// After a failure: how long to wait.
  std::uint64_t next_ms();
  /// After a session that got past hello, or when the network changed.
  void reset() { failures_ = 0; }
  std::uint32_t failures() const { return failures_; }

 private:
  Random& random_;
  std::uint32_t failures_ = 0;
};

}  // namespace kith::sync
