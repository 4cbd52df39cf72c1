// SPDX-License-Identifier: Apache-2.0
// For tests: a disk in memory whose power can be cut at any write or sync, and which then forgets, keeps or tears what
// was not synced.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/environment.h"

namespace kith::store::testing {

class FaultFiles : public FileSystem {
 public:
  enum class Loss { kAll, kNone, kTorn };

  Result<std::unique_ptr<File>> open(std::string_view name, bool create) override;
  Result<void> remove(std::string_view name) override;
  bool exists(std::string_view name) override { return disk_.contains(std::string(name)); }
  Result<void> rename(std::string_view from, std::string_view to) override;

  /// Becomes what the other disk holds now.
  void copy_from(const FaultFiles& other);
  /// Writes, truncations and syncs so far.
  std::uint64_t operations() const { return operations_; }
  /// The power goes when that many operations are done: they and all later ones fail.
  void cut_power_at(std::uint64_t operations) { cut_at_ = operations; }
  /// Every write fails for want of space until false again.
  void set_full(bool is_full) { is_full_ = is_full; }
  /// After the crash: what was not synced is lost, kept or torn, and the power is back.
  void restart(Loss loss, std::mt19937& random);

 private:
  friend class FaultFile;
  struct Change {
    std::uint64_t offset = 0;
    Bytes data;
    bool is_truncation = false;
  };
  struct Content {
    Bytes synced;
    Bytes now;
    std::vector<Change> unsynced;
  };
  Result<void> operate();
  static void apply(Bytes& bytes, const Change& change);

  std::map<std::string, std::shared_ptr<Content>> disk_;
  std::uint64_t operations_ = 0;
  std::uint64_t cut_at_ = UINT64_MAX;
  bool is_full_ = false;
};

}  // namespace kith::store::testing
