// SPDX-License-Identifier: Apache-2.0
// The town's commands on the command line: which operation each one is, and how its answer is shown. Arguments become
// what the operation's type says of them (kith/shape.h).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kith/json.h"

namespace kith::cli {

struct TownOption {
  const char* flag;      // "--title"
  const char* argument;  // of the operation
  const char* about;
  bool is_number = false;  // from 1 to 1,000
};

/// What an argument is where it is not given.
struct TownDefault {
  const char* argument = nullptr;
  const char* value = nullptr;
};

struct TownCommand {
  const char* name;
  const char* operation;
  const char* about;
  const char* example;
  std::vector<const char*> words;  // arguments that stand without a flag, in order
  std::size_t words_needed;
  std::vector<TownOption> options;
  bool can_rest;      // --rest SECONDS
  const char* items;  // of a list: what --json prints line by line; null otherwise
  const char* done;   // what is said when a command has written; null: `show` says it
  void (*show)(const Json& answer);
  std::vector<TownDefault> defaults = {};
};

std::span<const TownCommand> town_commands();
/// Null: no command of the town.
const TownCommand* find_town_command(std::string_view name);

}  // namespace kith::cli
