// SPDX-License-Identifier: Apache-2.0
#include "node/platform.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "base/check.h"

namespace kith::node {
namespace {

/// A descriptor that closes itself.
class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error(path_ + " could not be read");
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<void> write_at(std::uint64_t offset, ByteView data) override {
    std::size_t done = 0;
    while (done < data.size()) {
      const ssize_t n = ::pwrite(fd_, data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error(path_ + " could not be written");
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return system_error(path_ + " could not be cut");
    return {};
  }

  Result<void> sync() override {
    if (::fsync(fd_) != 0) return system_error(path_ + " could not be put on the disk");
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat info{};
    if (::fstat(fd_, &info) != 0) return system_error(path_ + " could not be looked at");
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  int fd_;
  std::string path_;
};

std::uint64_t ms(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

void raise_file_limit() {
  constexpr rlim_t kFilesWanted = 4'096;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kFilesWanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, kFilesWanted);
  // With fewer it serves fewer.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

Error system_error(const std::string& what) {
  const std::string cause = what + ": " + std::strerror(errno) + ".";
  switch (errno) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::kDiskFull, cause, "Make room on the disk and try again; what was saved before is kept."};
    case EACCES:
    case EPERM:
    case EROFS: return {ErrorCode::kPermission, cause, "Check whose the file is, or use another --home."};
    case ENOENT: return {ErrorCode::kNotFound, cause, "Check --home."};
    default: return {ErrorCode::kIo, cause, "Check the disk."};
  }
}

std::uint64_t SystemClock::wall_ms() {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(ms(std::chrono::system_clock::now().time_since_epoch())) +
                                    offset_ms_);
}

std::uint64_t SystemClock::steady_ms() {
  return ms(std::chrono::steady_clock::now().time_since_epoch());
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  // getrandom gives at most 256 bytes without being interrupted.
  constexpr std::size_t kChunk = 256;
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), std::min(out.size(), kChunk), 0);
    CHECK(n > 0 || errno == EINTR);
    if (n > 0) out = out.subspan(static_cast<std::size_t>(n));
  }
}

Result<std::unique_ptr<File>> DirectoryFiles::open(std::string_view name, bool create) {
  const std::string at = path(name);
  const int fd = ::open(at.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
  if (fd < 0) return system_error(at + " could not be opened");
  return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, at));
}

Result<void> DirectoryFiles::remove(std::string_view name) {
  const std::string at = path(name);
  if (::unlink(at.c_str()) != 0 && errno != ENOENT) return system_error(at + " could not be removed");
  return {};
}

bool DirectoryFiles::exists(std::string_view name) {
  return ::access(path(name).c_str(), F_OK) == 0;
}

Result<bool> DirectoryFiles::is_private(std::string_view name) {
  struct stat file{}, directory{};
  if (::stat(path(name).c_str(), &file) != 0 || ::stat(directory_.c_str(), &directory) != 0) {
    return system_error(path(name) + " could not be looked at");
  }
  return ((file.st_mode | directory.st_mode) & 077) == 0;
}

Result<void> DirectoryFiles::rename(std::string_view from, std::string_view to) {
  if (::rename(path(from).c_str(), path(to).c_str()) != 0) return system_error(path(from) + " could not be renamed");
  const int fd = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(directory_ + " could not be opened");
  const bool is_synced = ::fsync(fd) == 0;
  ::close(fd);
  if (!is_synced) return system_error(directory_ + " could not be put on the disk");
  return {};
}

}  // namespace kith::node
