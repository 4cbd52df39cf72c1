// SPDX-License-Identifier: Apache-2.0
// Who wrote: this replica's short names for logs and their people, kept in kith_authors and in memory.
#pragma once

#include <string>
#include <unordered_map>

#include "kith/ids.h"
#include "kith/result.h"
#include "store/db.h"

namespace kith::store {

struct Author {
  DeviceId device;
  Bytes writer;
  std::int64_t writer_number = 0;  // equal for equal writers
};

class Authors {
 public:
  explicit Authors(Db& db) : db_(db) {}
  /// Creates it if need be. kUsage if the device is known with another writer.
  Result<AuthorRef> ensure(const DeviceId& device, ByteView writer);
  /// kNotFound.
  Result<AuthorRef> find(const DeviceId& device);
  /// Lives until forget().
  Result<const Author*> get(AuthorRef ref);
  /// After a rollback: what was remembered may never have been.
  void forget();

 private:
  Db& db_;
  std::unordered_map<std::int64_t, Author> by_ref_;
  std::unordered_map<DeviceId, AuthorRef, FixedBytesHash> by_device_;
  std::unordered_map<std::string, std::int64_t> writer_numbers_;
};

}  // namespace kith::store
