// SPDX-License-Identifier: Apache-2.0
// What an app is to an installation: two schemas, its operations, and what is written when somebody comes in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kith/local_table.h"
#include "kith/operation.h"

namespace kith::replica {

class App {
 public:
  virtual ~App() = default;
  virtual std::string schema() const = 0;
  virtual std::string personal_schema() const = 0;
  /// What is kept beside their tables on this device alone: indexes of search.
  virtual std::vector<LocalTable> local_tables() const = 0;
  virtual std::vector<LocalTable> personal_local_tables() const = 0;
  virtual const OperationTable& operations() const = 0;
  /// Would this do? Asked before any key is made.
  virtual Result<void> check_name(std::string_view person) const = 0;
  /// First words of a new member.
  virtual Result<void> joined(Place& place, std::string_view person) = 0;
  virtual Result<std::string> place_name(Place& place) = 0;
  /// Where the neighbourhood's nodes say that they are reached: full multiaddrs. Whoever writes there may be wrong.
  virtual Result<std::vector<std::string>> addresses(Place& place) = 0;
  /// What this person is called there; empty: nothing is known.
  virtual Result<std::string> name_of(Place& place, const PersonId& person) = 0;
};

}  // namespace kith::replica
