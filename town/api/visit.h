// SPDX-License-Identifier: Apache-2.0
// One call at its place: arguments by name (their types have been checked against the table), what it needs to know
// once, and the JSON that several operations give.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kith/json.h"
#include "kith/operation.h"
#include "kith/place.h"
#include "town/forum/commands.h"
#include "town/forum/queries.h"
#include "town/market/queries.h"
#include "town/photos/photos.h"
#include "town/reading/reading.h"

namespace kith::town {

inline constexpr std::size_t kPage = 20;  // of one answer, unless asked otherwise
inline constexpr std::size_t kRepliesPage = 200;
inline constexpr std::uint64_t kRestMsMax = 600'000;

class Visit {
 public:
  Visit(Place& place, const Json& arguments) : place_(place), arguments_(arguments) {}

  Place& place() { return place_; }
  Database& space() { return place_.space(); }
  Database& personal() { return place_.personal(); }
  PersonId me() { return place_.space().person(); }

  // -- arguments
  bool has(std::string_view name) const { return !arguments_.at(name).is_null(); }
  std::string text(std::string_view name) const { return arguments_.at(name).text().value_or(""); }
  std::optional<std::string> optional_text(std::string_view name) const { return arguments_.at(name).text(); }
  std::optional<std::int64_t> integer(std::string_view name) const { return arguments_.at(name).integer(); }
  bool flag(std::string_view name) const { return arguments_.at(name).boolean().value_or(false); }
  std::vector<std::string> texts(std::string_view name) const;
  std::optional<std::vector<std::string>> optional_texts(std::string_view name) const;
  const Json& json(std::string_view name) const { return arguments_.at(name); }
  std::size_t limit(std::size_t otherwise) const;
  /// How long what is written stays here; `otherwise` where the call does not say. kUsage: beyond what a write may
  /// rest.
  Result<std::uint64_t> rest(std::uint64_t otherwise = forum::kRestMs) const;
  /// kUsage: no 64 hexadecimal digits.
  Result<PersonId> person(std::string_view name) const;

  // -- what is known
  Result<void> load_names();
  Result<void> load_reading();
  /// null where it is not here yet. After load_names().
  Json name_of(const PersonId& person) const;
  std::optional<PersonId> founder();
  Json audience();

  /// The newest post of a thread that counts as read: posts from before one's joining are old news. After
  /// load_reading().
  Result<std::string> read_upto(const std::string& thread);
  bool is_pinned(const std::string& thread) const;
  Result<void> load_pins();
  const reading::Reading& reading() const { return reading_; }

  // -- answers
  Result<Json> photo_list(const std::string& target, const PersonId& author);
  Result<Json> post(const forum::Post& post);
  Result<Json> card(const forum::ThreadSummary& thread);
  Result<Json> listing(const market::Listing& listing, const std::vector<market::Request>& requests);
  Json request(const market::Request& request);
  Result<Json> written_post(const forum::Written& written, std::uint64_t rest_ms);
  static Json written(const forum::Written& written, std::uint64_t rest_ms);

 private:
  Result<void> set_sending(Json& out, const PersonId& writer, const DeviceId& device, Stamp latest);
  Place& place_;
  const Json& arguments_;
  std::map<PersonId, std::string> names_;
  reading::Reading reading_;
  std::vector<std::string> pinned_;
  std::optional<std::string> joined_id_;
};

Json photo_json(const photos::Photo& photo);

template <typename List, typename ToJson>
Json json_list(const List& from, ToJson to_json) {
  Json::Array out;
  for (const auto& item : from) out.push_back(to_json(item));
  return out;
}
/// The same where an item may fail.
template <typename List, typename ToJson>
Result<Json> json_results(const List& from, ToJson to_json) {
  Json::Array out;
  for (const auto& item : from) out.push_back(KITH_TRY(to_json(item)));
  return Json(std::move(out));
}

}  // namespace kith::town
