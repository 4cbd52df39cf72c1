// SPDX-License-Identifier: Apache-2.0
// Reads tests/vectors: one truth for bytes across all languages. A file is lines of `name value`; # begins a comment
// line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/testing/file.h"
#include "kith/bytes.h"

namespace kith::testing {

inline std::vector<std::string> vector_lines(const std::string& file) {
  return lines_of_file(std::string(KITH_VECTORS_DIR) + "/" + file);
}

inline Bytes unhex(std::string_view hex) {
  const auto bytes = from_hex(hex);
  CHECK(bytes.has_value());
  return *bytes;
}

/// Golden bytes of tests/vectors/golden.txt by name.
class Golden {
 public:
  Golden() {
    for (const std::string& line : vector_lines("golden.txt")) {
      const std::size_t space = line.find(' ');
      values_[line.substr(0, space)] = line.substr(space + 1);
    }
  }
  std::string text(const std::string& name) const {
    CHECK(values_.contains(name));
    return values_.at(name);
  }
  Bytes bytes(const std::string& name) const { return unhex(text(name)); }
  /// As a strong type: golden.as<EntryId>("entry_id").
  template <typename T>
  T as(const std::string& name) const {
    const auto value = T::from(bytes(name));
    CHECK(value.has_value());
    return *value;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace kith::testing
