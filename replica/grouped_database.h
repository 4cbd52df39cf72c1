// SPDX-License-Identifier: Apache-2.0
// A space as an app sees it in a node: writes are committed at once and flushed together with those of other requests,
// before any is answered.
#pragma once

#include <memory>

#include "space/space.h"

namespace kith::replica {

class GroupedDatabase final : public Database {
 public:
  /// The space may come later than this object, but before its first use.
  explicit GroupedDatabase(const std::unique_ptr<space::Space>& space) : space_(space) {}

  Result<WriteReceipt> write(std::string_view event, const WriteOptions& options,
                             const std::function<Result<void>(Writer&)>& body) override {
    return space_->write_deferred(event, options, body);
  }
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override {
    return space_->query(sql, parameters);
  }
  Result<std::vector<RowVersion>> versions(std::string_view table, const Value& key) override {
    return space_->versions(table, key);
  }
  Result<void> take_back(Pos pos) override { return space_->take_back(pos); }
  std::string new_id() override { return space_->new_id(); }
  PersonId person() const override { return space_->person(); }
  std::uint64_t now_ms() override { return space_->now_ms(); }

 private:
  const std::unique_ptr<space::Space>& space_;
};

}  // namespace kith::replica
