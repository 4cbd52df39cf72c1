// SPDX-License-Identifier: Apache-2.0
// The `kith` command.
#include <sys/stat.h>

#include <cstdio>
#include <exception>

#include "cli/commands.h"
#include "cli/exit_codes.h"

int main(int count, char** values) {
  // What this program writes is its user's alone.
  ::umask(077);
  try {
    const auto parsed = kith::cli::parse_arguments(count, values);
    if (const int* code = std::get_if<int>(&parsed)) return *code;
    const auto done = kith::cli::run_command(std::get<kith::cli::Arguments>(parsed));
    if (done.ok()) return 0;
    std::fprintf(stderr, "kith: %s\n", done.error().message().c_str());
    return kith::cli::exit_code(done.error().code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kith: Something went wrong inside: %s. Please report this.\n", error.what());
    return kith::cli::exit_code(kith::ErrorCode::kInternal);
  }
}
