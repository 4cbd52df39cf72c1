// SPDX-License-Identifier: Apache-2.0
// For tests: what spaces are made with, and a directory in which they lie.
#pragma once

#include <string>

#include "sync/testing/house.h"

namespace kith::replica::testing {

using sync::testing::key_of;
using sync::testing::must;

class Desk {
 public:
  explicit Desk(std::uint64_t seed) : random(seed) {}
  space::Environment environment() { return {clock, random, directory.files()}; }
  space::OpenOptions options(const std::string& file) const {
    return {directory.file(file), must(store::Schema::parse(sync::testing::kSchema)), key_of(0x55)};
  }

  store::testing::Directory directory;
  kith::testing::FakeClock clock;
  kith::testing::SeededRandom random;
};

}  // namespace kith::replica::testing
