// SPDX-License-Identifier: Apache-2.0
// A disk in memory that keeps what was synced and may lose the rest: the file system that a simulated machine hands to
// the engine. Writes are visible at once and volatile until sync(); when the power goes, each unsynced write may be
// there, be gone, or be there in part, and later ones may survive earlier ones.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "sim/dice.h"

namespace kith::sim {

/// What becomes of unsynced writes when the power goes.
enum class Survival : std::uint8_t {
  kNone,    // all are lost
  kAll,     // all were written (or only the process died, and its system wrote them)
  kPrefix,  // the first ones; the last of them perhaps in part
  kSubset,  // any of their sectors, in any order
};

class Disk final : public FileSystem {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  explicit Disk(std::uint64_t seed) : dice_(seed) {}

  Result<std::unique_ptr<File>> open(std::string_view name, bool create) override;
  Result<void> remove(std::string_view name) override;
  bool exists(std::string_view name) override;
  Result<void> rename(std::string_view from, std::string_view to) override;

  // -- faults
  /// Writes that would need more than this fail with kDiskFull. None: no limit.
  void set_capacity(std::optional<std::uint64_t> bytes) { capacity_ = bytes; }
  /// The power goes during the n-th operation that changes something, counted from now (1: the next). It fails, and so
  /// does everything after it.
  void cut_power_at(std::uint64_t operation) { operations_left_ = operation; }
  void cut_power() { is_on_ = false; }
  bool is_on() const { return is_on_; }
  /// Decides what survived, and starts again. Files that were open before stay dead.
  void boot(Survival survival);
  /// A broken disk: sync() of write-ahead logs says "done" and keeps nothing. Breaks persist-before-send.
  void set_sync_lies(bool lies) { sync_lies_ = lies; }

  // -- what there is
  std::uint64_t used_bytes() const;
  /// Operations that changed something, over all boots.
  std::uint64_t operations() const { return operations_; }
  bool has_unsynced() const;
  bool contains(ByteView needle) const;
  /// The same in all files whose name ends so.
  bool contains(ByteView needle, std::string_view name_end) const;
  std::vector<std::string> names() const;

 private:
  friend class DiskFile;

  struct Write {
    std::uint64_t offset = 0;
    Bytes data;
    std::optional<std::uint64_t> truncate_to;
  };
  struct Content {
    Bytes now;
    Bytes durable;
    std::vector<Write> unsynced;
    bool is_name_durable = false;
  };
  using Shared = std::shared_ptr<Content>;

  /// False: the power goes during this one.
  bool change_begins();
  Result<void> check_room(const Content& content, std::uint64_t size) const;
  static void apply(Bytes& bytes, const Write& write);
  void settle(Content& content, Survival survival);
  void apply_some_sectors(Bytes& bytes, const Write& write);
  void apply_part(Bytes& bytes, const Write& write);

  Dice dice_;
  std::map<std::string, Shared, std::less<>> files_;
  std::map<std::string, Shared, std::less<>> removed_;  // may come back when the power goes
  std::optional<std::uint64_t> capacity_;
  std::uint64_t operations_left_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t boots_ = 0;
  bool is_on_ = true;
  bool sync_lies_ = false;
};

}  // namespace kith::sim
