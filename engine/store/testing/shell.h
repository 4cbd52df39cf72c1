// SPDX-License-Identifier: Apache-2.0
// For tests: the stock sqlite3 shell.
#pragma once

#include <string>
#include <string_view>

namespace kith::store::testing {

/// What /usr/bin/sqlite3 prints, errors included.
std::string run_shell(const std::string& path, std::string_view sql);

}  // namespace kith::store::testing
