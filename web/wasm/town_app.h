// SPDX-License-Identifier: Apache-2.0
// The town, as the app that a replica in a browser runs.
#pragma once

#include "replica/app.h"

namespace kith::wasm {

class TownApp final : public replica::App {
 public:
  std::string schema() const override;
  std::string personal_schema() const override;
  std::vector<LocalTable> local_tables() const override;
  std::vector<LocalTable> personal_local_tables() const override;
  const OperationTable& operations() const override;
  Result<void> check_name(std::string_view person) const override;
  Result<void> joined(Place& place, std::string_view person) override;
  Result<std::string> place_name(Place& place) override;
  Result<std::vector<std::string>> addresses(Place& place) override;
  Result<std::string> name_of(Place& place, const PersonId& person) override;
};

}  // namespace kith::wasm
