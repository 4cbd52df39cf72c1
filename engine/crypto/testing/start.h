// SPDX-License-Identifier: Apache-2.0
// For tests: a test program that includes this starts the crypto library once.
#pragma once

#include <gtest/gtest.h>

#include "base/check.h"
#include "crypto/sign.h"

namespace kith::crypto::testing {

class Start final : public ::testing::Environment {
 public:
  void SetUp() override { CHECK(start().ok()); }
};

inline const auto* const kStart = ::testing::AddGlobalTestEnvironment(new Start);

}  // namespace kith::crypto::testing
