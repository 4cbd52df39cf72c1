// SPDX-License-Identifier: Apache-2.0
// Every test of this room needs the crypto library started once.
#include <gtest/gtest.h>

#include "base/check.h"
#include "crypto/sign.h"

namespace kith::space {
namespace {

class CryptoStart final : public ::testing::Environment {
 public:
  void SetUp() override { CHECK(crypto::start().ok()); }
};

const auto* const kEnvironment = ::testing::AddGlobalTestEnvironment(new CryptoStart);

}  // namespace
}  // namespace kith::space
