// SPDX-License-Identifier: Apache-2.0
#include "replica/house.h"

#include <algorithm>

#include "replica/journal.h"
#include "space/rescue.h"

namespace kith::replica {

std::vector<space::Space*> House::own_spaces() {
  std::vector<space::Space*> out{shared_space(), personal_space()};
  std::erase(out, nullptr);
  return out;
}

Json json_of(const KnownPlace& place) {
  return Json::object(
      {{"code", space::rescue_code(place.lineage)}, {"name", place.name.empty() ? Json() : Json(place.name)}});
}

Json json_of(const std::vector<KnownPlace>& places) {
  Json::Array out;
  for (const KnownPlace& place : places) out.push_back(json_of(place));
  return out;
}

void put_first(std::vector<KnownPlace>& places, const Lineage& lineage) {
  auto known =
      std::find_if(places.begin(), places.end(), [&](const KnownPlace& one) { return one.lineage == lineage; });
  if (known == places.end()) known = places.insert(places.end(), KnownPlace{lineage, {}});
  std::rotate(places.begin(), known, known + 1);
}

Result<std::vector<KnownPlace>> House::other_places() {
  std::vector<KnownPlace> out = KITH_TRY(known_places());
  std::erase_if(out, [&](const KnownPlace& one) { return has_space() && one.lineage == shared_space()->lineage(); });
  return out;
}

bool House::is_tidying_due(std::uint64_t steady_ms) {
  if (!tidy_at_ms_) tidy_at_ms_ = steady_ms + kFirstTidyMs;
  if (steady_ms < *tidy_at_ms_) return false;
  tidy_at_ms_ = steady_ms + kTidyMs;
  return true;
}

Result<void> House::note_own_device() {
  return note_device({personal_space()->log().own(), shared_space()->lineage(), shared_space()->log().own()});
}

std::vector<Member> House::members() {
  std::vector<Member> out;
  for (const space::Person* person : shared_space()->authority().members()) {
    out.push_back({person->id, person->devices, !person->joined_by.has_value()});
  }
  return out;
}

Result<std::vector<Resting>> House::resting() {
  return resting_transactions(*shared_space());
}

Result<std::optional<SendingState>> House::sending(const DeviceId& device, Stamp stamp) {
  return sending_state(*shared_space(), device, stamp, left());
}

}  // namespace kith::replica
