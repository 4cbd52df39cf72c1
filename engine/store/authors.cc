// SPDX-License-Identifier: Apache-2.0
#include "store/authors.h"

namespace kith::store {

Result<AuthorRef> Authors::find(const DeviceId& device) {
  if (const auto found = by_device_.find(device); found != by_device_.end()) return found->second;
  auto select = KITH_TRY(db_.cached("SELECT ref FROM kith_authors WHERE device = ?1"));
  select->bind(1, device.view());
  if (!KITH_TRY(select->step())) {
    return Error(ErrorCode::kNotFound, "The log of the device " + device.hex() + " is not known here.");
  }
  const AuthorRef ref(select->int64(0));
  by_device_.emplace(device, ref);
  return ref;
}

Result<AuthorRef> Authors::ensure(const DeviceId& device, ByteView writer) {
  auto known = find(device);
  if (known.ok()) {
    if (equal(KITH_TRY(get(*known))->writer, writer)) return *known;
    return Error(ErrorCode::kUsage, "The log of the device " + device.hex() + " belongs to another person already.");
  }
  if (known.error().code() != ErrorCode::kNotFound) return known;
  auto insert = KITH_TRY(db_.cached("INSERT INTO kith_authors(device, writer) VALUES (?1, ?2)"));
  insert->bind(1, device.view()).bind(2, writer);
  KITH_TRY(insert->run());
  return find(device);
}

Result<const Author*> Authors::get(AuthorRef ref) {
  if (const auto found = by_ref_.find(ref.value); found != by_ref_.end()) return &found->second;
  auto select = KITH_TRY(db_.cached("SELECT device, writer FROM kith_authors WHERE ref = ?1"));
  select->bind(1, ref.value);
  if (!KITH_TRY(select->step()))
    return Error(ErrorCode::kInternal, "The journal names an author that is not in kith_authors.");
  const auto device = DeviceId::from(select->blob(0));
  if (!device)
    return Error(ErrorCode::kNotDatabase, "kith_authors holds a device of a wrong length.",
                 "Restore the file from a neighbour.");
  Author author{*device, to_bytes(select->blob(1)), 0};
  author.writer_number =
      writer_numbers_.try_emplace(std::string(as_text(author.writer)), writer_numbers_.size()).first->second;
  return &by_ref_.emplace(ref.value, std::move(author)).first->second;
}

void Authors::forget() {
  by_ref_.clear();
  by_device_.clear();
}

}  // namespace kith::store
