// SPDX-License-Identifier: Apache-2.0
// SQLite on a kith::FileSystem (a browser's OPFS folder, a simulated disk): a SQLite VFS without shared memory and
// without locks, because one connection alone uses such a database.
#pragma once

#include <string>

#include "base/environment.h"

struct sqlite3_vfs;

namespace kith::store {

/// Registered under a name of its own while it lives; outlives every connection opened through it.
class FileVfs {
 public:
  explicit FileVfs(FileSystem& files);
  ~FileVfs();
  FileVfs(const FileVfs&) = delete;
  FileVfs& operator=(const FileVfs&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  sqlite3_vfs* vfs_;
};

}  // namespace kith::store
