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

/// A script of Node's, as a child process.
class Child {
 public:
  /// `script`: a path from the top of the source tree.
  Child(const std::string& script, const std::vector<std::string>& arguments);
  /// Waits for its end, which should follow the end of its input.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  void say(const std::string& command);
  /// For poll: readable when an answer comes, or the end.
  int output_fd() const { return output_; }
  /// Reads what is there; a whole line if there is one.
  std::optional<std::string> take_line();
  /// It has closed its output, and every line was taken.
  bool is_over() const { return is_over_ && seen_.empty(); }
  /// The process ends at once, without a word to anybody.
  void kill();

 protected:
  std::string wait_line();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string seen_;
  bool is_over_ = false;
};

/// peer.js: js-libp2p that does what it is told.
class JsPeer : public Child {
 public:
  explicit JsPeer(const std::vector<std::string>& arguments = {});
  /// /ip4/127.0.0.1/tcp/…/p2p/…
  const std::string& address() const { return address_; }
  /// The same over /ws; empty unless it was told to listen there ("--web-socket").
  const std::string& web_socket_address() const { return web_socket_address_; }

 private:
  std::string address_;
  std::string web_socket_address_;
};

}  // namespace kith::interop
