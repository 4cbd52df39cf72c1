// SPDX-License-Identifier: Apache-2.0
#include "store/testing/shell.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "store/testing/directory.h"

namespace kith::store::testing {

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

TEST(Shell, runs_on_a_file) {
  const Directory directory;
  EXPECT_EQ(run_shell(directory.file("a.db"), "SELECT 1+1"), "2\n");
}

}  // namespace kith::store::testing
