// SPDX-License-Identifier: Apache-2.0
// For tests: a directory that goes away, and the stock sqlite3 shell on a file in it.
#pragma once

#include <string>
#include <string_view>

namespace kith::store::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

std::string contents_of(const std::string& path);
/// What /usr/bin/sqlite3 prints, errors included.
std::string run_shell(const std::string& path, std::string_view sql);

}  // namespace kith::store::testing
