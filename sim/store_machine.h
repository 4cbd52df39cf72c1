// SPDX-License-Identifier: Apache-2.0
// A machine with one store and nothing above it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/hybrid_clock.h"
#include "sim/dice.h"
#include "sim/disk.h"
#include "sim/run.h"
#include "sim/timeline.h"
#include "sim/workload.h"
#include "store/store.h"

namespace kith::sim {

/// Names a changeset everywhere: no device gives a stamp twice.
struct ParcelName {
  DeviceId device;
  Stamp stamp;
  friend auto operator<=>(const ParcelName&, const ParcelName&) = default;
};

/// A changeset that has left its machine.
struct Parcel {
  PersonId writer;
  Bytes shape;
  Bytes values;
};

/// What the space has decided, as the log's room would tell the store.
struct Decisions {
  std::set<ParcelName> voided;
  std::set<ParcelName> erased;
};

/// One machine with one store. Its journal holds others' changesets as entries whose body this class can read, as a log
/// would.
class StoreMachine final : public store::ChangesetSource {
 public:
  StoreMachine(std::size_t number, const DeviceId& device, const PersonId& person, std::uint64_t seed,
               const Timeline& timeline, Run& run);
  ~StoreMachine() override;

  /// Opens the store on what the disk has. False: the run has failed, or the power is gone again.
  bool boot();
  void shut_down();
  bool is_up() const { return store_ != nullptr; }
  const std::string& name() const { return name_; }
  const DeviceId& device() const { return device_; }
  Disk& disk() { return disk_; }
  MachineClock& clock() { return clock_; }
  store::Store& store() { return *store_; }
  Workload& workload() { return workload_; }

  /// A transaction of its own, flushed.
  void write();
  /// Takes one of its own back that has not left.
  void take_back(std::uint64_t chance);
  /// Lets own transactions leave: on the medium first, then given away.
  void publish(std::map<ParcelName, Parcel>& parcels);
  /// Merges these in this order, in one transaction, and flushes if `flushes`.
  void accept(const std::vector<ParcelName>& names, const std::map<ParcelName, Parcel>& parcels,
              const Decisions& decisions, bool flushes);
  /// Makes what is here follow the decisions.
  void follow(const Decisions& decisions);
  void flush();
  bool rebuild();

  bool has(const ParcelName& name) { return here().contains(name); }
  std::optional<Bytes> state_hash(const std::set<ParcelName>& mask_erased);
  std::int64_t conflicts();

  Result<std::optional<store::StoredChangeset>> changeset_at(Pos pos) override;

 private:
  /// A line of the journal.
  struct Line {
    Pos pos;
    std::int64_t form;
    std::int64_t state;
    bool is_erased;
  };

  std::map<ParcelName, Line> here();
  Result<void> write_one();
  Result<void> publish_all(std::map<ParcelName, Parcel>& parcels);
  Result<void> accept_all(const std::vector<ParcelName>& names, const std::map<ParcelName, Parcel>& parcels,
                          const Decisions& decisions);
  Result<void> accept_one(const ParcelName& name, const Parcel& parcel, const Decisions& decisions);
  Result<void> follow_all(const Decisions& decisions);
  Result<std::optional<store::StoredChangeset>> tail_at(Pos pos);
  Result<void> drop_values(Pos pos);
  Result<void> merge_at(Pos pos, const ParcelName& name);
  Result<void> in_merge(const std::function<Result<void>()>& body);
  /// An error that no fault explains fails the run.
  bool check(const Result<void>& done, std::string_view doing);
  void note_durable();
  void check_durable();

  std::string name_;
  DeviceId device_;
  PersonId person_;
  Run& run_;
  Dice dice_;
  Disk disk_;
  MachineClock clock_;
  Workload workload_;
  std::unique_ptr<HybridClock> hybrid_;
  std::unique_ptr<store::Store> store_;
  std::set<ParcelName> durable_;  // was here when a flush returned
};

}  // namespace kith::sim
