// SPDX-License-Identifier: Apache-2.0
// For tests: a store with a clock of its own and a log made of plain rows, which does what the log room does, without
// signatures or keys.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/hybrid_clock.h"
#include "store/store.h"
#include "store/testing/fault_files.h"

namespace kith::store::testing {

class FakeClock : public Clock {
 public:
  std::uint64_t wall_ms() override { return now_ms; }
  std::uint64_t steady_ms() override { return now_ms; }
  std::uint64_t now_ms = 1'790'000'000'000;
};

/// An entry as it travels.
struct Entry {
  DeviceId device;
  std::string writer;
  std::uint64_t seq = 0;
  Stamp stamp;
  Bytes shape;
  std::optional<Bytes> values;
  bool more = false;
  std::pair<DeviceId, std::uint64_t> id() const { return {device, seq}; }
};
using EntryKey = std::pair<DeviceId, std::uint64_t>;
using Entries = std::map<EntryKey, Entry>;

DeviceId device_named(std::string_view name);

class Replica : public ChangesetSource {
 public:
  /// `path` empty: in memory.
  Replica(std::string_view schema, std::string_view device, std::string_view writer, std::string path = "");
  /// On a disk of the caller's.
  Replica(std::string_view schema, std::string_view device, std::string_view writer, FaultFiles& files);
  ~Replica() override;

  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }
  /// Null if it did not open; then see open_error().
  Store* store() { return store_.get(); }
  const Error& open_error() const { return *open_error_; }
  void close() { store_.reset(); }
  void reopen();
  /// By another version of the program. If it does not open: see open_error().
  void reopen_with(std::string_view schema);

  /// One transaction; fails the test unless it commits.
  Committed run(const std::vector<std::string>& statements, std::string_view event = "");
  /// One transaction; the error of the first statement that fails, or of the commit.
  std::optional<Error> try_run(const std::vector<std::string>& statements, std::string_view event = "");
  /// The tail becomes entries.
  void seal();
  /// Everything sealed or received.
  Entries entries();
  Result<Applied> receive(const Entry& entry);
  /// In one SQLite transaction; those that are here are skipped.
  void receive_all(const std::vector<Entry>& entries);
  void receive_all(const Entries& entries);
  Pos pos_of(const EntryKey& id);
  std::vector<Pos> positions(const std::vector<EntryKey>& ids);
  void retract(const std::vector<EntryKey>& ids);
  void restore(const std::vector<EntryKey>& ids);
  /// As the log does: the values go from the bodies of sealed entries too.
  void erase(const std::vector<EntryKey>& ids);
  std::string hash(const std::vector<EntryKey>& masked = {});
  /// One answer as text, columns by '|', rows by newline.
  std::string text(std::string_view sql);
  /// "ok", or what is wrong with the file. As WebAssembly SQLite is built without the question: there it says ok.
  std::string integrity();

  Result<std::optional<StoredChangeset>> changeset_at(Pos pos) override;

  FakeClock clock;
  HybridClock hybrid{clock};
  // From the next reopen on:
  std::vector<LocalTable> local_tables;
  bool is_agreed = true;

 private:
  std::string schema_;
  DeviceId device_;
  std::string writer_;
  std::string path_;
  std::unique_ptr<FaultFiles> own_files_;
  FaultFiles* files_ = nullptr;
  std::unique_ptr<Error> open_error_;
  std::unique_ptr<Store> store_;
};

std::string text_of(const Value& value);

}  // namespace kith::store::testing
