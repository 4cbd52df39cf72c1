// SPDX-License-Identifier: Apache-2.0
// What every benchmark needs: how it ends when something is wrong, CPU time, medians; and what it prints: a table for
// people, or with --json nothing but one object of key: number.
#pragma once

#include <errno.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kith/result.h"

namespace kith::bench {

[[noreturn]] inline void stop(const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, why.c_str());
  std::_Exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) stop(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

/// Of this process, all threads.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// p from 0 to 1; 0.5 is the median.
inline double percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<std::size_t>(p * static_cast<double>(values.size() - 1)));
}

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
