// SPDX-License-Identifier: Apache-2.0
#include "town/app.h"

#include "town/api/api.h"
#include "town/people/commands.h"
#include "town/people/houses.h"
#include "town/people/queries.h"
#include "town/photos/tidy.h"
#include "town/places/places.h"
#include "town/take_along/take_along.h"
#include "town/take_along/title.h"
#include "town/town.h"

namespace kith::town {

std::string App::schema() const {
  return town::schema();
}

std::string App::personal_schema() const {
  return town::personal_schema();
}

std::vector<LocalTable> App::local_tables() const {
  return town::local_tables();
}

std::vector<LocalTable> App::personal_local_tables() const {
  return town::personal_local_tables();
}

const OperationTable& App::operations() const {
  return town::operations();
}

Result<void> App::check_name(std::string_view name) const {
  KITH_TRY(people::check_name(name));
  return {};
}

Result<void> App::founded(Place& place, std::string_view name, std::string_view person) {
  KITH_TRY(people::name_place(place.space(), name));
  return joined(place, person);
}

Result<void> App::joined(Place& place, std::string_view person) {
  KITH_TRY(people::choose_name(place.space(), person));
  return {};
}

Result<void> App::listens(Place& place, const std::string& peer, const std::vector<std::string>& addresses) {
  KITH_TRY(people::announce_house(place.space(), peer, addresses));
  return {};
}

Result<std::vector<std::string>> App::addresses(Place& place) {
  return people::house_addresses(place.space());
}

Result<void> App::note_place(Database& personal, const KnownPlace& place) {
  return places::note(personal, place);
}

Result<std::vector<KnownPlace>> App::known_places(Database& personal) {
  return places::noted(personal);
}

Result<void> App::note_device(Database& personal, const OwnDevice& device) {
  return places::note_device(personal, device);
}

Result<std::vector<OwnDevice>> App::own_devices(Database& personal) {
  return places::devices(personal);
}

Result<std::string> App::place_name(Place& place) {
  for (const Member& member : place.members()) {
    if (member.is_founder) return people::place_name(place.space(), member.person);
  }
  return std::string();
}

Result<App::Names> App::names(Place& place) {
  return people::names(place.space());
}

Result<Json> App::introduction(Place& place) {
  people::PlaceText about;
  for (const Member& member : place.members()) {
    if (member.is_founder) about = KITH_TRY(people::place(place.space(), member.person));
  }
  Json::Array rules;
  for (const std::string& rule : about.rules) rules.emplace_back(rule);
  const Rows posts = KITH_TRY(place.space().query("SELECT count(*) FROM posts"));
  return Json::object({{"place", about.name},
                       {"enamel", about.enamel},
                       {"rules", std::move(rules)},
                       {"posts", std::get<std::int64_t>(posts.rows[0][0])}});
}

Result<std::string> App::title_of(Place& place, std::string_view table, const std::string& key) {
  return town::title_of(place.space(), table, key);
}

Result<void> App::tidy(Place& place) {
  return photos::drop_left_over(place);
}

Result<void> App::take_along(Place& place, Tables& tables) {
  return town::take_along(place, tables);
}

}  // namespace kith::town
