// SPDX-License-Identifier: Apache-2.0
// UUID version 7 (RFC 9562): keys that whoever creates a row makes alone, sortable by time. Monotonic per
// generator by method 1 of section 6.2: rand_a is a counter that starts low in each millisecond.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/environment.h"

namespace kith {

struct Uuid {
  std::array<std::uint8_t, 16> data{};
  /// "0191e4a0-5b7c-7000-8000-000000000000", lower case.
  std::string text() const;
  static constexpr std::size_t kTextBytes = 36;
  /// The same into a buffer, without allocating.
  void write_text(std::span<char, kTextBytes> out) const;
  /// Exactly the form that text() writes.
  static std::optional<Uuid> parse(std::string_view text);
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

class Uuid7Generator {
 public:
  Uuid7Generator(Clock& clock, Random& random) : clock_(clock), random_(random) {}
  /// Greater than every one before, also when the wall clock goes back.
  Uuid next();

 private:
  Clock& clock_;
  Random& random_;
  std::uint64_t ms_ = 0;
  std::uint16_t counter_ = 0;
};

}  // namespace kith
