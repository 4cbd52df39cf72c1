// SPDX-License-Identifier: Apache-2.0
// Says of most keys, without a look into the file, that kith_rows holds no row of theirs: a Bloom filter of two bits a
// key. Nothing is ever taken out of it, so it stays right when rows go or a transaction is rolled back.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include "kith/ids.h"
#include "store/changeset.h"

namespace kith::store {

class KeyFilter {
 public:
  void add(const ValueView& key) {
    if (bits_.empty()) bits_.resize(kBits);
    for (const std::size_t place : places(key)) bits_[place] = true;
  }
  /// False: surely not.
  bool may_hold(const ValueView& key) const {
    if (bits_.empty()) return false;
    for (const std::size_t place : places(key)) {
      if (!bits_[place]) return false;
    }
    return true;
  }
  bool is_empty() const { return bits_.empty(); }

 private:
  static constexpr std::size_t kBits = std::size_t{1} << 17;

  static std::array<std::size_t, 2> places(const ValueView& key) {
    // Spread over 64 bits first: where pointers have 32, so have hashes.
    const std::uint64_t hash = std::uint64_t{hash_of(key)} * 0x9e3779b97f4a7c15;
    return {static_cast<std::size_t>(hash % kBits), static_cast<std::size_t>((hash >> 32) % kBits)};
  }
  /// A UUID counts as its text: in the file it is one.
  static std::size_t hash_of(const ValueView& key) {
    if (key.type == ValueView::Type::kInteger) return std::hash<std::int64_t>()(key.integer);
    if (key.type != ValueView::Type::kUuid) return std::hash<std::string_view>()(as_text(key.bytes));
    std::array<char, Uuid::kTextBytes> text;
    Uuid uuid;
    std::memcpy(uuid.data.data(), key.bytes.data(), uuid.data.size());
    uuid.write_text(text);
    return std::hash<std::string_view>()({text.data(), text.size()});
  }

  std::vector<bool> bits_;
};

}  // namespace kith::store
