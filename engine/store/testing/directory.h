// SPDX-License-Identifier: Apache-2.0
// For tests: a directory that goes away with what is in it. As WebAssembly, which has none, a disk in memory.
#pragma once

#include <string>
#include <string_view>

#ifdef __wasi__
#include "store/testing/memory_disk.h"
#else
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/environment.h"
#endif

namespace kith::store::testing {

#ifdef __wasi__

class Directory {
 public:
  /// What to open its files through; null: the platform's.
  FileSystem* files() { return &disk_; }
  std::string file(std::string_view name) const { return std::string(name); }
  std::string content(std::string_view name) {
    const auto file = disk_.open(name, false);
    std::string out(file.ok() ? (*file)->size().value() : 0, '\0');
    if (file.ok()) {
      static_cast<void>((*file)->read_at(0, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()}));
    }
    return out;
  }

 private:
  MemoryDisk disk_;
};

#else

class Directory {
 public:
  Directory() {
    // In memory where there is such a place: these tests flush after every note.
    const std::filesystem::path memory = "/dev/shm";
    std::error_code none;
    const bool has_memory = std::filesystem::is_directory(memory, none);
    const auto base = has_memory ? memory : std::filesystem::temp_directory_path();
    std::string name = (base / "kith-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  FileSystem* files() { return nullptr; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string content(std::string_view name) {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string path_;
};

#endif

}  // namespace kith::store::testing
