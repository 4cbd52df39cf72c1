// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file of the folders given. An empty folder is an error: it would pass for a test that
// it is not.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "fuzz/fuzz.h"

int main(int count, char** folders) {
  std::set<std::filesystem::path> files;
  for (int i = 1; i < count; ++i) {
    for (const auto& file : std::filesystem::directory_iterator(folders[i])) files.insert(file.path());
  }
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const kith::Bytes input{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::fprintf(stderr, "%s\n", file.c_str());
    kith::fuzz::run(input);
  }
  std::fprintf(stderr, "%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
