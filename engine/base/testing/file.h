// SPDX-License-Identifier: Apache-2.0
// For tests: whole files by name. Through <cstdio>, because the library of tests as WebAssembly has no streams of
// files.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace kith::testing {

/// What is in a file that must be there.
inline std::string content_of(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  CHECK(file != nullptr);
  std::string content;
  char block[4096];
  for (std::size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) content.append(block, n);
  CHECK(std::ferror(file) == 0);
  std::fclose(file);
  return content;
}

/// The lines of such a file, but empty ones and comments, which # begins.
inline std::vector<std::string> lines_of_file(const std::string& path) {
  const std::string content = content_of(path);
  std::vector<std::string> lines;
  for (std::size_t at = 0, end = 0; at < content.size(); at = end + 1) {
    end = std::min(content.find('\n', at), content.size());
    if (end > at && content[at] != '#') lines.push_back(content.substr(at, end - at));
  }
  return lines;
}

inline void write_file(const std::string& path, std::string_view content) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  CHECK(file != nullptr);
  CHECK(std::fwrite(content.data(), 1, content.size(), file) == content.size());
  CHECK(std::fclose(file) == 0);
}

}  // namespace kith::testing
