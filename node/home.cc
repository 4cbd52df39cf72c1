// SPDX-License-Identifier: Apache-2.0
#include "node/home.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace kith::node {
namespace {

/// True if the directory was made now.
Result<bool> ensure_directory(const std::string& path, bool create) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return false;
    return Error(ErrorCode::kUsage, path + " is not a directory.", "Choose another --home.");
  }
  if (errno != ENOENT) return system_error(path + " could not be looked at");
  if (!create) {
    return Error(ErrorCode::kNotFound, "There is nothing at " + path + ".",
                 "Begin with `kith found` or `kith join`, or check --home (KITH_HOME).");
  }
  if (::mkdir(path.c_str(), 0700) != 0) return system_error(path + " could not be made");
  return true;
}

}  // namespace

Result<std::unique_ptr<Home>> Home::open(const std::string& path, bool create) {
  const bool is_new = KITH_TRY(ensure_directory(path, create));
  const std::string at = path + "/" + std::string(kLockFile);
  const int lock = ::open(at.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return system_error(at + " could not be opened");
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Error(ErrorCode::kLocked, "Another process uses " + path + ".", "Stop it first, or use another --home.");
  }
  return std::unique_ptr<Home>(new Home(path, lock, is_new));
}

Home::~Home() {
  ::close(lock_);
}

void Home::discard_files() {
  for (const std::string_view name : {kSpaceFile, kPersonalFile}) {
    for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((file(name) + suffix).c_str());
  }
  for (const std::string_view name : {kKeysFile, kAuthorityFile, kAuthorityKeyFile}) ::unlink(file(name).c_str());
}

void Home::discard() {
  discard_files();
  if (!is_new_) return;
  ::unlink(file(kLockFile).c_str());
  ::rmdir(path_.c_str());
}

}  // namespace kith::node
