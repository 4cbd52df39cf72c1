// SPDX-License-Identifier: Apache-2.0
// What the engine is handed and never takes by itself: time, randomness, files. A daemon passes the
// system's, the simulator passes its own, and the same code runs in both.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "kith/bytes.h"
#include "kith/result.h"

namespace kith {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Unix milliseconds by this device's wall clock. May jump; no rule of the state reads it.
  virtual std::uint64_t wall_ms() = 0;
  /// Milliseconds since some moment; never goes back. For timeouts and retries.
  virtual std::uint64_t steady_ms() = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  std::uint64_t u64() {
    std::uint8_t b[8];
    fill(b);
    std::uint64_t v = 0;
    for (const std::uint8_t x : b) v = v << 8 | x;
    return v;
  }
};

/// An open file. Offsets and sizes in bytes. Every write may be lost until sync() has returned.
class File {
 public:
  virtual ~File() = default;
  /// Reads up to out.size() bytes; returns how many there were.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
  virtual Result<void> write_at(std::uint64_t offset, ByteView data) = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
};

/// A flat place for files: one data directory, one OPFS folder, one simulated disk.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Opens for reading and writing; creates it (mode 0600 where there are modes) if `create`.
  virtual Result<std::unique_ptr<File>> open(std::string_view name, bool create) = 0;
  virtual Result<void> remove(std::string_view name) = 0;
  virtual bool exists(std::string_view name) = 0;
  /// Can nobody but this user read it (file 0600 in a directory 0700, where there are modes)?
  virtual Result<bool> is_private(std::string_view) { return true; }
  /// Replaces `to` in one step; durable once it returns.
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
};

}  // namespace kith
