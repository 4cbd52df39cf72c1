// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <cstdlib>
#include <map>

#include "cli/run.h"

namespace kith::cli {

std::int64_t Run::clock_offset_ms() {
  const char* offset = std::getenv("KITH_CLOCK_OFFSET_MS");
  return offset == nullptr ? 0 : std::atoll(offset);
}

Result<void> run_command(const Arguments& arguments) {
  static const std::map<std::string, Result<void> (Run::*)()> kCommands = {{"found", &Run::found},
                                                                           {"serve", &Run::serve},
                                                                           {"invite", &Run::invite},
                                                                           {"join", &Run::join},
                                                                           {"words check", &Run::words_check},
                                                                           {"post", &Run::post},
                                                                           {"reply", &Run::reply},
                                                                           {"edit", &Run::edit},
                                                                           {"delete", &Run::remove},
                                                                           {"undo", &Run::undo},
                                                                           {"note", &Run::note},
                                                                           {"feed", &Run::feed},
                                                                           {"thread", &Run::thread},
                                                                           {"members", &Run::members},
                                                                           {"status", &Run::status},
                                                                           {"log", &Run::log},
                                                                           {"notes", &Run::notes},
                                                                           {"sync", &Run::sync},
                                                                           {"peers", &Run::peers},
                                                                           {"dial", &Run::dial}};
  const auto command = kCommands.find(arguments.command);
  if (command == kCommands.end()) return Error(ErrorCode::kUsage, "There is no such command.", "Try `kith --help`.");
  KITH_TRY(crypto::start());
  Run run(arguments);
  return (run.*command->second)();
}

}  // namespace kith::cli
