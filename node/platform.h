// SPDX-License-Identifier: Apache-2.0
// Time, randomness and files of the operating system, as the engine wants them handed in.
#pragma once

#include <string>

#include "base/environment.h"

namespace kith::node {

class SystemClock final : public Clock {
 public:
  /// `offset_ms` is added to the wall clock: for tests of clocks that are off.
  explicit SystemClock(std::int64_t offset_ms = 0) : offset_ms_(offset_ms) {}
  std::uint64_t wall_ms() override;
  std::uint64_t steady_ms() override;

 private:
  std::int64_t offset_ms_;
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// One directory; names are file names in it. New files are 0600.
class DirectoryFiles final : public FileSystem {
 public:
  explicit DirectoryFiles(std::string directory) : directory_(std::move(directory)) {}
  Result<std::unique_ptr<File>> open(std::string_view name, bool create) override;
  Result<void> remove(std::string_view name) override;
  bool exists(std::string_view name) override;
  Result<bool> is_private(std::string_view name) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }

 private:
  std::string directory_;
};

/// As many open files as the system lets this process have, up to what a node may need: a connection is one.
void raise_file_limit();

/// What errno says, as an Error: kDiskFull, kPermission, kNotFound or kIo.
Error system_error(const std::string& what);

}  // namespace kith::node
