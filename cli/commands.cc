// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <cstdlib>
#include <map>

#include "cli/run.h"
#include "cli/town_commands.h"

namespace kith::cli {

std::int64_t Run::clock_offset_ms() {
  const char* offset = std::getenv("KITH_CLOCK_OFFSET_MS");
  return offset == nullptr ? 0 : std::atoll(offset);
}

Result<void> run_command(const Arguments& arguments) {
  static const std::map<std::string, Result<void> (Run::*)()> kCommands = {
      {"found", &Run::found},     {"demo", &Run::demo},         {"serve", &Run::serve},
      {"invite", &Run::invite},   {"join", &Run::join},         {"words check", &Run::words_check},
      {"restore", &Run::restore}, {"link", &Run::link},         {"devices", &Run::devices},
      {"retire", &Run::retire},   {"rescue", &Run::rescue},     {"undo", &Run::undo},
      {"status", &Run::status},   {"export", &Run::take_along}, {"log", &Run::log},
      {"sync", &Run::sync},       {"peers", &Run::peers},       {"dial", &Run::dial}};

  const auto command = kCommands.find(arguments.command);
  const bool is_town = find_town_command(arguments.command) != nullptr;
  if (command == kCommands.end() && !is_town)
    return Error(ErrorCode::kUsage, "There is no such command.", "Try `kith --help`.");
  KITH_TRY(crypto::start());
  Run run(arguments);
  return is_town ? run.town() : (run.*command->second)();
}

}  // namespace kith::cli
