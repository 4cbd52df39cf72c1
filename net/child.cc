// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "net/channel.h"

extern char** environ;

namespace kith::net {
namespace {

constexpr int kEndChecksMax = 100;
constexpr useconds_t kEndCheckMicroseconds = 20'000;

struct Pipe {
  int read = -1;
  int write = -1;
};

Result<Pipe> open_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error(ErrorCode::kIo, std::string("A pipe could not be opened: ") + std::strerror(errno) + ".",
                 "Close other programs and try again.");
  }
  return Pipe{ends[0], ends[1]};
}

bool has_ended(int pid) {
  return ::waitpid(pid, nullptr, WNOHANG) != 0;
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(Loop& loop, const std::string& command) {
  const Pipe input = KITH_TRY(open_pipe());
  const Pipe output = KITH_TRY(open_pipe());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO);
  char shell[] = "/bin/sh";
  char flag[] = "-c";
  std::string text = command;
  char* arguments[] = {shell, flag, text.data(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, shell, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input.read);
  ::close(output.write);
  if (failed != 0) {
    ::close(input.write);
    ::close(output.read);
    return Error(ErrorCode::kIo, "The command \"" + command + "\" could not be started: " + std::strerror(failed) + ".",
                 "Try it in a shell first.");
  }
  return std::unique_ptr<Child>(new Child(pid, make_channel(loop, output.read, input.write)));
}

Child::~Child() {
  channel_.reset();
  for (int i = 0; i < kEndChecksMax; ++i) {
    if (has_ended(pid_)) return;
    if (i == kEndChecksMax / 2) ::kill(pid_, SIGTERM);
    ::usleep(kEndCheckMicroseconds);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace kith::net
