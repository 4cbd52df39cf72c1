// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "base/check.h"
#include "base/environment.h"

namespace kith::p2p::testing {

/// Gives the bytes it was made with, in order, as if they were drawn: recorded sessions can be repeated.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(Bytes script) : script_(std::move(script)) {}
  void add(ByteView more) { append(script_, more); }
  void fill(std::span<std::uint8_t> out) override {
    CHECK(script_.size() - at_ >= out.size());
    std::memcpy(out.data(), script_.data() + at_, out.size());
    at_ += out.size();
  }

 private:
  Bytes script_;
  std::size_t at_ = 0;
};

}  // namespace kith::p2p::testing
