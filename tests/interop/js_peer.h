// SPDX-License-Identifier: Apache-2.0
// peer.js as a child process: commands in, answers out, one JSON line each.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "p2p/testing/libp2p_vectors.h"

namespace kith::interop {

using p2p::testing::Json;

/// Where node is, if script/setup has installed it.
std::optional<std::string> node_program();

class JsPeer {
 public:
  explicit JsPeer(const std::vector<std::string>& arguments = {});
  ~JsPeer();
  JsPeer(const JsPeer&) = delete;
  JsPeer& operator=(const JsPeer&) = delete;
  /// /ip4/127.0.0.1/tcp/…/p2p/…
  const std::string& address() const { return address_; }
  void say(const std::string& command);
  /// For poll: readable when an answer comes.
  int output_fd() const { return output_; }
  /// Reads what is there; a whole line if there is one.
  std::optional<std::string> take_line();
  /// The process ends at once, without a word to anybody.
  void kill();

 private:
  std::string wait_line();
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string seen_;
  std::string address_;
};

}  // namespace kith::interop
