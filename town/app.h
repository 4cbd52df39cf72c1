// SPDX-License-Identifier: Apache-2.0
// The town, as the app that every installation runs.
#pragma once

#include "kith/app.h"

namespace kith::town {

class App final : public kith::App {
 public:
  std::string schema() const override;
  std::string personal_schema() const override;
  std::vector<LocalTable> local_tables() const override;
  std::vector<LocalTable> personal_local_tables() const override;
  const OperationTable& operations() const override;
  Result<void> check_name(std::string_view name) const override;
  Result<void> founded(Place& place, std::string_view name, std::string_view person) override;
  Result<void> joined(Place& place, std::string_view person) override;
  Result<void> listens(Place& place, const std::string& peer, const std::vector<std::string>& addresses) override;
  Result<std::vector<std::string>> addresses(Place& place) override;
  Result<std::string> place_name(Place& place) override;
  Result<Names> names(Place& place) override;
  Result<Json> introduction(Place& place) override;
  Result<std::string> title_of(Place& place, std::string_view table, const std::string& key) override;
  Result<void> tidy(Place& place) override;
  Result<void> take_along(Place& place, Tables& tables) override;
  Result<void> note_place(Database& personal, const KnownPlace& place) override;
  Result<std::vector<KnownPlace>> known_places(Database& personal) override;
  Result<void> note_device(Database& personal, const OwnDevice& device) override;
  Result<std::vector<OwnDevice>> own_devices(Database& personal) override;
};

}  // namespace kith::town
