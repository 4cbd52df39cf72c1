// SPDX-License-Identifier: Apache-2.0
#include "store/testing/temporary_directory.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace kith::store::testing {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "kith-store-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string run_shell(const std::string& path, std::string_view sql) {
  const std::string script = path + ".sql";
  std::ofstream(script) << sql << ";\n";
  FILE* pipe = popen(("/usr/bin/sqlite3 '" + path + "' < '" + script + "' 2>&1").c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
  pclose(pipe);
  return out;
}

TEST(TemporaryDirectory, holds_files_and_the_shell_reads_them) {
  const TemporaryDirectory directory;
  EXPECT_EQ(run_shell(directory.file("a.db"), "SELECT 1+1"), "2\n");
}

}  // namespace kith::store::testing
