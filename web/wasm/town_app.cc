// SPDX-License-Identifier: Apache-2.0
#include "web/wasm/town_app.h"

#include "town/api/api.h"
#include "town/people/commands.h"
#include "town/people/houses.h"
#include "town/people/queries.h"
#include "town/town.h"

namespace kith::wasm {

std::string TownApp::schema() const {
  return town::schema();
}

std::string TownApp::personal_schema() const {
  return town::personal_schema();
}

std::vector<LocalTable> TownApp::local_tables() const {
  return town::local_tables();
}

std::vector<LocalTable> TownApp::personal_local_tables() const {
  return town::personal_local_tables();
}

const OperationTable& TownApp::operations() const {
  return town::operations();
}

Result<void> TownApp::check_name(std::string_view person) const {
  KITH_TRY(town::people::check_name(person));
  return {};
}

Result<void> TownApp::joined(Place& place, std::string_view person) {
  KITH_TRY(town::people::choose_name(place.space(), person));
  return {};
}

Result<std::string> TownApp::place_name(Place& place) {
  for (const Member& member : place.members()) {
    if (member.is_founder) return town::people::place_name(place.space(), member.person);
  }
  return std::string();
}

Result<std::vector<std::string>> TownApp::addresses(Place& place) {
  return town::people::house_addresses(place.space());
}

Result<std::string> TownApp::name_of(Place& place, const PersonId& person) {
  const auto names = KITH_TRY(town::people::names(place.space()));
  const auto at = names.find(person);
  return at == names.end() ? std::string() : at->second;
}

}  // namespace kith::wasm
