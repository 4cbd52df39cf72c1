// SPDX-License-Identifier: Apache-2.0
// The changeset of a local transaction while it is written, cut into parts that each fit a payload.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kith/bytes.h"
#include "kith/result.h"
#include "store/changeset.h"

namespace kith::store {

class Parts {
 public:
  /// Where an op came to lie.
  struct Place {
    std::uint32_t part = 0;
    std::uint32_t op = 0;
  };
  struct Changeset {
    Bytes shape;
    Bytes values;
  };

  Parts() : parts_(1) {}
  /// Where the values of the next op are written, in the order of its columns. Then call add().
  Bytes& values() { return parts_.back().values; }
  /// kTooLarge: a row that fits no payload, or too many parts.
  Result<Place> add(OpKind kind, std::uint32_t table, const ValueView& key, std::uint64_t columns);
  std::uint32_t count() const { return static_cast<std::uint32_t>(parts_.size()); }
  bool is_empty() const { return parts_.size() == 1 && parts_[0].count == 0; }
  /// The parts in their final form. Several carry the transaction's stamp, one alone stands for its entry's.
  Result<std::vector<Changeset>> finish(std::uint32_t event, std::string_view event_name, Stamp transaction);

 private:
  struct Part {
    Bytes ops;
    Bytes values;
    std::uint32_t count = 0;
    std::size_t bytes() const;
  };
  std::vector<Part> parts_;
  std::size_t values_end_ = 0;  // of the ops that are in the last part
};

}  // namespace kith::store
