// SPDX-License-Identifier: Apache-2.0
// What every benchmark prints: a table for people, or with --json nothing but one object of key: number.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kith::bench {

class Report {
 public:
  void add(std::string key, double value, std::string unit) {
    lines_.push_back({std::move(key), value, std::move(unit)});
  }
  void print(bool as_json) const {
    if (as_json) {
      std::printf("{");
      for (std::size_t i = 0; i < lines_.size(); ++i) {
        std::printf("%s\n \"%s\": %.6g", i == 0 ? "" : ",", lines_[i].key.c_str(), lines_[i].value);
      }
      std::printf("\n}\n");
      return;
    }
    for (const Line& line : lines_) std::printf("%-44s %14.2f  %s\n", line.key.c_str(), line.value, line.unit.c_str());
  }

 private:
  struct Line {
    std::string key;
    double value;
    std::string unit;
  };
  std::vector<Line> lines_;
};

inline bool has_argument(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i] == name) return true;
  }
  return false;
}

}  // namespace kith::bench
