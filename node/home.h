// SPDX-License-Identifier: Apache-2.0
// The data directory of one installation (docs/cli.md): keys, one database a space, sockets, and the lock that says
// that a process has it.
#pragma once

#include <memory>
#include <string>

#include "kith/result.h"
#include "node/platform.h"

namespace kith::node {

inline constexpr std::string_view kKeysFile = "keys";
inline constexpr std::string_view kSpaceFile = "space.kith";
inline constexpr std::string_view kPersonalFile = "personal.kith";
inline constexpr std::string_view kAuthorityFile =
    "ca.pem";  // the space's certificate authority, where this house has it
inline constexpr std::string_view kAuthorityKeyFile = "ca.key";  // its key
inline constexpr std::string_view kLockFile = "lock";
inline constexpr std::string_view kSyncSocket = "node.sock";    // where other houses of this machine dial
inline constexpr std::string_view kCableSocket = "node.cable";  // whoever connects here hands us a channel to dial over
inline constexpr std::string_view kControlSocket = "node.ctl";  // HTTP for the command line

/// A locked data directory. The lock goes with the process, however it ends.
class Home {
 public:
  /// Takes the lock; makes the directory (0700) if `create`. kLocked, kNotFound, kPermission.
  static Result<std::unique_ptr<Home>> open(const std::string& path, bool create);
  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return files_.path(name); }
  DirectoryFiles& files() { return files_; }
  /// Removes databases and keys: what an attempt to found or join has left.
  void discard_files();
  /// The same, and the directory itself if this object made it.
  void discard();

 private:
  Home(std::string path, int lock, bool is_new) : path_(path), files_(std::move(path)), lock_(lock), is_new_(is_new) {}
  std::string path_;
  DirectoryFiles files_;
  int lock_;
  bool is_new_;
};

}  // namespace kith::node
