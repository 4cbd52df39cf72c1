// SPDX-License-Identifier: Apache-2.0
// What people of the demonstration neighbourhood say and trade. Invented; any likeness is the street's own doing.
#pragma once

#include <span>
#include <vector>

namespace kith::cli::demo {

struct Person {
  const char* name;
  const char* street;
  const char* about;
};

struct Thread {
  const char* lang;
  const char* category;
  const char* tag;
  const char* title;
  const char* body;
  std::vector<const char*> replies;
};

struct Thing {
  const char* kind;  // sell, give, lend, swap, wanted
  const char* title;
  const char* text;
  const char* price;
  const char* tag;
};

inline constexpr const char* kPlaceName = "Elm Street";
std::span<const Person> people();
std::span<const Thread> threads();
std::span<const Thing> things();
/// What somebody says who asks for a thing; where things are handed over; the rules of the place.
std::span<const char* const> requests();
std::span<const char* const> handovers();
std::span<const char* const> rules();
/// Short answers that fit everywhere.
std::span<const char* const> answers(const char* lang);

}  // namespace kith::cli::demo
