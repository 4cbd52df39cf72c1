// SPDX-License-Identifier: Apache-2.0
#include "replica/house_operations.h"

#include <algorithm>
#include <map>
#include <set>

#include "crypto/derive.h"
#include "crypto/words.h"
#include "kith/base64.h"
#include "replica/journal.h"
#include "replica/linking.h"
#include "space/rescue.h"

namespace kith::replica {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::int64_t kInviteDays = 7;
constexpr std::int64_t kInviteDaysMax = 365;
constexpr std::int64_t kInviteUsesMax = 1'000;
constexpr std::int64_t kLogPage = 100;
constexpr std::size_t kOutboxMax = 100;
constexpr std::int64_t kDepartedMax = 30;
constexpr std::size_t kExportPieceBytes = 768 * 1024;  // 1 MiB of base64

House& house_of(Place& place) {
  return static_cast<House&>(place);
}

template <typename List, typename ToJson>
Json list(const List& from, ToJson to_json) {
  Json::Array out;
  for (const auto& item : from) out.push_back(to_json(item));
  return out;
}

Json texts(const std::vector<std::string>& from) {
  return list(from, [](const std::string& one) { return Json(one); });
}

std::string text_of(const Json& arguments, const char* name) {
  return arguments.at(name).text().value_or("");
}

Result<std::int64_t> bounded(const Json& arguments, const char* name, std::int64_t otherwise, std::int64_t max) {
  const std::int64_t value = arguments.at(name).is_null() ? otherwise : arguments.at(name).integer().value_or(0);
  if (value >= 1 && value <= max) return value;
  return Error(ErrorCode::kUsage,
               std::string("\"") + name + "\" must be a number from 1 to " + std::to_string(max) + ".",
               "Change it and try again.");
}

template <typename Id>
Result<Id> id_of(const Json& arguments, const char* name) {
  const auto bytes = from_hex(text_of(arguments, name));
  const auto id = bytes ? Id::from(*bytes) : std::nullopt;
  if (id) return *id;
  return Error(ErrorCode::kUsage, std::string("\"") + name + "\" is not one: 64 hexadecimal digits are.",
               "Take it from the list.");
}

/// Looks each name up once.
class Names {
 public:
  explicit Names(House& house) : house_(house) {}
  Json of(const PersonId& person) {
    auto known = names_.find(person);
    if (known == names_.end()) known = names_.emplace(person, house_.name_of(person)).first;
    return known->second.empty() ? Json() : Json(known->second);
  }

 private:
  House& house_;
  std::map<PersonId, std::string> names_;
};

// -- what was written here

/// What it was about, in its own words; null where it has none, or is gone.
Result<Json> title_of(House& house, Pos pos) {
  const auto row = KITH_TRY(row_written_at(*house.shared_space(), pos));
  const std::string title = row ? KITH_TRY(house.title_of(row->table, row->key)) : std::string();
  return title.empty() ? Json() : Json(title);
}

Result<Json> outbox_item(House& house, const JournalLine& line, const Json& rests_until, std::string_view why) {
  return Json::object({{"pos", line.pos.value},
                       {"event", line.event},
                       {"title", KITH_TRY(title_of(house, line.pos))},
                       {"at_ms", line.ms},
                       {"rests_until_ms", rests_until},
                       {"why", why}});
}

Result<std::optional<JournalLine>> line_at(space::Space& space, Pos pos) {
  auto lines = KITH_TRY(journal_page(space, Pos(pos.value - 1), 1));
  if (lines.empty() || lines.front().pos != pos) return std::optional<JournalLine>();
  return std::optional(std::move(lines.front()));
}

/// Newest first: what rests, then what is sealed and has not left.
Result<Json> outbox(Place& place, const Json&) {
  House& house = house_of(place);
  space::Space& space = *house.shared_space();
  const std::string_view on_its_way = house.freshness().in_touch ? "sending" : "offline";
  Json::Array items;
  for (const Resting& one : KITH_TRY(house.resting())) {
    const auto line = KITH_TRY(line_at(space, one.pos));
    const bool rests = one.until_ms > space.now_ms();
    if (line && items.size() < kOutboxMax)
      items.push_back(
          KITH_TRY(outbox_item(house, *line, rests ? Json(one.until_ms) : Json(), rests ? "resting" : on_its_way)));
  }
  const std::array<Value, 2> parameters{to_bytes(space.log().own().view()),
                                        static_cast<std::int64_t>(house.left().value)};
  const Rows sealed = KITH_TRY(space.store().query(
      "SELECT pos FROM kith_journal WHERE author = (SELECT ref FROM kith_authors WHERE device = ?1) "
      "AND seq >= ?2 AND kind >= 64 AND more = 0 ORDER BY seq DESC LIMIT 100",
      parameters));
  for (const auto& row : sealed.rows) {
    const auto* pos = std::get_if<std::int64_t>(&row[0]);
    const auto line = pos == nullptr ? std::optional<JournalLine>() : KITH_TRY(line_at(space, Pos(*pos)));
    if (line && items.size() < kOutboxMax) items.push_back(KITH_TRY(outbox_item(house, *line, Json(), on_its_way)));
  }
  return Json::object({{"items", std::move(items)}});
}

/// Own words that have left this device, the newest first; when, as far as that is still remembered.
Result<Json> departed(Place& place, const Json&) {
  House& house = house_of(place);
  space::Space& space = *house.shared_space();
  auto departures =
      house.memory() == nullptr ? std::vector<Memory::Departure>() : KITH_TRY(house.memory()->departures());
  std::reverse(departures.begin(), departures.end());
  const std::array<Value, 3> parameters{to_bytes(space.log().own().view()),
                                        static_cast<std::int64_t>(house.left().value), kDepartedMax};
  const Rows rows = KITH_TRY(space.store().query(
      "SELECT pos, seq FROM kith_journal WHERE author = (SELECT ref FROM kith_authors WHERE device = ?1) AND seq < ?2 "
      "AND kind >= 64 AND more = 0 ORDER BY seq DESC LIMIT ?3",
      parameters));
  Json::Array items;
  for (const auto& row : rows.rows) {
    const auto line = KITH_TRY(line_at(space, Pos(std::get<std::int64_t>(row[0]))));
    if (!line) continue;
    const auto seq = static_cast<std::uint64_t>(std::get<std::int64_t>(row[1]));
    // The first of the moments at which it had left. The oldest one that is remembered may be later than it was.
    const auto when = std::find_if(departures.begin(), departures.end(),
                                   [&](const Memory::Departure& one) { return seq < one.next.value; });
    const bool is_known =
        when != departures.end() && (when != departures.begin() || departures.size() < Memory::kDeparturesMax);
    items.push_back(Json::object({{"pos", line->pos.value},
                                  {"event", line->event},
                                  {"title", KITH_TRY(title_of(house, line->pos))},
                                  {"at_ms", line->ms},
                                  {"left_ms", is_known ? Json(when->ms) : Json()}}));
  }
  return Json::object({{"items", std::move(items)}});
}

Result<Json> undo(Place& place, const Json& arguments) {
  const auto resting = KITH_TRY(place.resting());
  const auto wanted = arguments.at("pos").integer();
  if (!wanted && resting.empty()) {
    return Error(ErrorCode::kRefused, "Nothing of yours rests here any more.",
                 "What has left can still be deleted: `kith delete <id>`.");
  }
  const Pos pos = wanted ? Pos(*wanted) : resting.front().pos;
  const auto found = std::find_if(resting.begin(), resting.end(), [&](const Resting& one) { return one.pos == pos; });
  KITH_TRY(place.space().take_back(pos));
  return Json::object({{"taken_back", pos.value}, {"event", found == resting.end() ? std::string() : found->event}});
}

Json line_json(const JournalLine& line, Names& names) {
  Json out = Json::object({{"pos", line.pos.value}, {"time_ms", line.ms}, {"kind", line.kind}, {"event", line.event}});
  out.set("state", line.state);
  out.set("seq", line.seq ? Json(line.seq->value) : Json());
  out.set("name", line.person.is_zero() ? Json() : names.of(line.person));
  out.set("person", line.person.is_zero() ? Json() : Json(line.person.hex()));
  out.set("device", line.device.hex());
  return out;
}

Result<Json> log_page(Place& place, const Json& arguments) {
  House& house = house_of(place);
  const Pos after(arguments.at("after").integer().value_or(0));
  const std::int64_t limit =
      KITH_TRY(bounded(arguments, "limit", kLogPage, static_cast<std::int64_t>(kJournalPageMax)));
  const auto lines = KITH_TRY(journal_page(*house.shared_space(), after, static_cast<std::size_t>(limit)));
  Names names(house);
  const bool has_more = lines.size() >= static_cast<std::size_t>(limit);
  return Json::object({{"entries", list(lines, [&](const JournalLine& line) { return line_json(line, names); })},
                       {"next", has_more ? Json(lines.back().pos.value) : Json()}});
}

// -- invitations

Result<Json> invite(Place& place, const Json& arguments) {
  House& house = house_of(place);
  const std::int64_t days = KITH_TRY(bounded(arguments, "days", kInviteDays, kInviteDaysMax));
  const std::int64_t uses = KITH_TRY(bounded(arguments, "uses", 1, kInviteUsesMax));
  const std::string door = text_of(arguments, "door");
  if (!door.empty() && !door.starts_with("https://") && !door.starts_with("http://")) {
    return Error(ErrorCode::kUsage, "\"door\" must be a web address.", "It begins with https:// or http://.");
  }
  space::Space& space = *house.shared_space();
  const std::uint64_t expires = space.now_ms() + static_cast<std::uint64_t>(days) * kDayMs;
  space::Invitation made = KITH_TRY(space.invite(expires, static_cast<std::uint32_t>(uses)));
  made.addresses = house.addresses();
  const std::string id = crypto::derive_invite_key(made.secret).public_key().hex();
  return Json::object(
      {{"id", id},
       {"invite", id},
       {"link", door.empty() ? made.link() : made.link_at(door)},
       {"expires_ms", expires},
       {"uses", uses},
       {"addresses", texts(made.addresses)},
       {"doors", list(house.doors(), [&](const std::string& one) { return Json(made.link_at(one)); })}});
}

Result<Json> invites(Place& place, const Json&) {
  Names names(house_of(place));
  return Json::object(
      {{"invites", list(house_of(place).shared_space()->authority().invites(), [&](const space::InviteState* one) {
          return Json::object({{"invite", one->invite.hex()},
                               {"inviter", one->inviter.hex()},
                               {"name", names.of(one->inviter)},
                               {"expires_ms", one->expires_ms},
                               {"uses", static_cast<std::uint64_t>(one->uses)},
                               {"used", static_cast<std::uint64_t>(one->people.size())},
                               {"revoked", one->is_revoked()}});
        })}});
}

Result<Json> revoke(Place& place, const Json& arguments) {
  KITH_TRY(house_of(place).shared_space()->revoke_invite(KITH_TRY(id_of<SignPublic>(arguments, "invite"))));
  return Json::object({});
}

// -- devices

/// Time of a log's first or last entry here; null: none.
Result<Json> entry_time(space::Space& space, const DeviceId& device, bool is_last) {
  const std::array<Value, 1> parameters{to_bytes(device.view())};
  const Rows rows = KITH_TRY(space.store().query(
      std::string("SELECT stamp FROM kith_journal WHERE author = (SELECT ref FROM kith_authors WHERE device = ?) AND "
                  "seq IS NOT NULL ORDER BY seq ")
          .append(is_last ? "DESC" : "ASC")
          .append(" LIMIT 1"),
      parameters));
  const auto* stamp = rows.rows.empty() ? nullptr : std::get_if<std::int64_t>(&rows.rows[0][0]);
  return stamp == nullptr ? Json() : Json(Stamp(static_cast<std::uint64_t>(*stamp)).ms());
}

/// Her devices in this place, as far as her own space says which they are and knows them itself.
Result<std::vector<OwnDevice>> devices_here(House& house) {
  std::vector<OwnDevice> out = KITH_TRY(house.own_devices());
  std::erase_if(out, [&](const OwnDevice& one) {
    return one.lineage != house.shared_space()->lineage() ||
           house.personal_space()->authority().device(one.personal) == nullptr;
  });
  return out;
}

/// Those that her own space still counts, by their logs in the place.
Result<std::set<DeviceId>> live_in_own_space(House& house) {
  std::set<DeviceId> out;
  for (const OwnDevice& one : KITH_TRY(devices_here(house))) {
    if (!house.personal_space()->authority().device(one.personal)->retired_at) out.insert(one.device);
  }
  return out;
}

Result<Json> devices(Place& place, const Json&) {
  House& house = house_of(place);
  const std::set<DeviceId> live = KITH_TRY(live_in_own_space(house));
  space::Space& space = *house.shared_space();
  Names names(house);
  Json::Array out;
  for (const Member& member : house.members()) {
    for (const DeviceId& id : member.devices) {
      const space::Device* device = space.authority().device(id);
      if (device == nullptr) continue;
      out.push_back(Json::object({{"device", id.hex()},
                                  {"person", member.person.hex()},
                                  {"name", names.of(member.person)},
                                  {"is_this", id == space.log().own()},
                                  {"linked_ms", KITH_TRY(entry_time(space, id, false))},
                                  {"last_ms", KITH_TRY(entry_time(space, id, true))},
                                  {"retired", device->retired_at.has_value()},
                                  {"lingers", device->retired_at && live.contains(id)},
                                  {"doubled", device->doubled_at.has_value()}}));
    }
  }
  return Json::object({{"devices", std::move(out)}});
}

/// Both spaces know the person's root while this lives: from the keyring, or typed for this one act.
class Remembering {
 public:
  explicit Remembering(House& house) : house_(house) {}
  Remembering(const Remembering&) = delete;
  Remembering& operator=(const Remembering&) = delete;
  ~Remembering() {
    crypto::wipe(root_.data);
    if (house_.keyring().root) return;
    for (space::Space* space : {house_.shared_space(), house_.personal_space()}) {
      if (space != nullptr) space->forget();
    }
  }
  Result<void> begin(const Json& arguments) {
    root_ = KITH_TRY(root(arguments));
    if (house_.has_space()) KITH_TRY(house_.shared_space()->remember(root_));
    return house_.personal_space()->remember(root_);
  }

 private:
  Result<crypto::Key> root(const Json& arguments) {
    if (const auto words = arguments.at("words").text()) {
      std::string checked = KITH_TRY(crypto::check_words(*words));
      crypto::Key64 seed = crypto::seed_from_words(checked);
      const crypto::Key out = crypto::derive_root(seed);
      crypto::wipe(seed.data);
      crypto::wipe({reinterpret_cast<std::uint8_t*>(checked.data()), checked.size()});
      return out;
    }
    if (house_.keyring().root) return *house_.keyring().root;
    return Error(ErrorCode::kBadWords, "This device has forgotten your twelve words, as it should.",
                 "Type them once more for this.");
  }

  House& house_;
  crypto::Key root_;
};

/// What has ended stays so: an act that was cut short is done again as a whole.
Result<void> retire_in(space::Space& space, const DeviceId& device) {
  const space::Device* known = space.authority().device(device);
  const bool has_ended = known != nullptr && known->retired_at && known->person == space.person();
  return has_ended ? Result<void>() : space.retire_device(device, {});
}

/// In her own space, as far as that says which log is this device's. False: it does not.
Result<bool> retire_personal(House& house, const DeviceId& device) {
  for (const OwnDevice& one : KITH_TRY(devices_here(house))) {
    if (one.device != device) continue;
    KITH_TRY(retire_in(*house.personal_space(), one.personal));
    return true;
  }
  return false;
}

Result<Json> retire(Place& place, const Json& arguments) {
  House& house = house_of(place);
  const DeviceId device = KITH_TRY(id_of<DeviceId>(arguments, "device"));
  Remembering remembering(house);
  KITH_TRY(remembering.begin(arguments));
  KITH_TRY(retire_in(*house.shared_space(), device));
  return Json::object({{"own_space", KITH_TRY(retire_personal(house, device))}});
}

Result<Json> link(Place& place, const Json& arguments) {
  House& house = house_of(place);
  Remembering remembering(house);
  KITH_TRY(remembering.begin(arguments));
  return Json::object({{"answer", KITH_TRY(answer_link(house, text_of(arguments, "code")))}});
}

Result<Json> rescue(Place& place, const Json&) {
  House& house = house_of(place);
  return Json::object({{"code", space::rescue_code(house.shared_space()->lineage())},
                       {"addresses", texts(house.addresses())},
                       {"others", json_of(KITH_TRY(house.other_places()))}});
}

// -- to take along

/// Everything as it is now, held until its last piece was given. Asked anew, it is made anew.
Result<void> make_file(House& house) {
  auto file = KITH_TRY(store::TableFile::begin());
  KITH_TRY(house.take_along(*file));
  KITH_TRY(file->finish());
  house.taken_along() = TakenAlong{house.personal_space()->new_id(), std::move(file)};
  return {};
}

Result<Json> export_file(Place& place, const Json& arguments) {
  House& house = house_of(place);
  auto& taken = house.taken_along();
  const std::string wanted = text_of(arguments, "file");
  if (wanted.empty()) {
    KITH_TRY(make_file(house));
  } else if (!taken || taken->id != wanted) {
    return Error(ErrorCode::kNotFound, "This file is not held here any more.", "Make it anew, from its beginning.");
  }
  const std::int64_t from = arguments.at("from").integer().value_or(0);
  if (from < 0) return Error(ErrorCode::kUsage, "\"from\" must not be negative.", "Change it and try again.");
  const std::uint64_t at = wanted.empty() ? 0 : static_cast<std::uint64_t>(from);
  const std::uint64_t size = taken->file->size();
  const Bytes piece = taken->file->read(at, kExportPieceBytes);
  const bool is_last = at + piece.size() >= size;
  Json out = Json::object({{"file", taken->id},
                           {"bytes", size},
                           {"data", to_base64(piece)},
                           {"next", is_last ? Json() : Json(at + piece.size())}});
  if (is_last) taken.reset();
  return out;
}

// -- words

std::vector<std::string> split(const std::string& words) {
  std::vector<std::string> out(1);
  for (const char c : words) {
    if (c == ' ') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

Result<std::vector<std::string>> kept_words(House& house) {
  if (house.keyring().entropy) return split(crypto::words_from_entropy(*house.keyring().entropy));
  return Error(ErrorCode::kNotFound, "This device does not keep your twelve words.",
               "They are where you wrote them down.");
}

Result<void> set_words_state(House& house, space::WordsState state) {
  space::Keyring& keyring = house.keyring();
  if (keyring.words >= state) return {};
  keyring.words = state;
  return house.save_keys();
}

Result<Json> show_words(Place& place, const Json&) {
  House& house = house_of(place);
  const auto words = KITH_TRY(kept_words(house));
  KITH_TRY(set_words_state(house, space::WordsState::kSeen));
  return Json::object({{"words", texts(words)}});
}

Result<Json> check_word(Place& place, const Json& arguments) {
  const auto words = KITH_TRY(kept_words(house_of(place)));
  const std::int64_t index = arguments.at("index").integer().value_or(-1);
  if (index < 0 || index >= static_cast<std::int64_t>(words.size())) {
    return Error(ErrorCode::kUsage, "\"index\" must be a number from 0 to 11.", "Change it and try again.");
  }
  return Json::object({{"ok", text_of(arguments, "word") == words[static_cast<std::size_t>(index)]}});
}

Result<Json> practised_words(Place& place, const Json&) {
  KITH_TRY(set_words_state(house_of(place), space::WordsState::kPractised));
  return Json::object({});
}

Result<Json> forget_words(Place& place, const Json&) {
  House& house = house_of(place);
  if (house.keyring().entropy && house.keyring().words == space::WordsState::kUnseen) {
    return Error(ErrorCode::kRefused, "Nobody has seen these words yet: forgotten, they are lost.",
                 "Look at them and write them down first.");
  }
  house.keyring().forget_words();
  for (space::Space* space : {house.shared_space(), house.personal_space()}) {
    if (space != nullptr) space->forget();
  }
  KITH_TRY(house.save_keys());
  return Json::object({});
}

std::vector<NamedType> types() {
  return {
      {"Ms", "number"},
      {"Person", "string"},
      {"OutboxItem",
       "{pos: number; event: string; title: string | null; at_ms: Ms; rests_until_ms: Ms | null; why: 'resting' | "
       "'offline' | 'sending'}"},
      {"Departed", "{pos: number; event: string; title: string | null; at_ms: Ms; left_ms: Ms | null}"},
      {"Device",
       "{device: string; person: Person; name: string | null; is_this: boolean; linked_ms: Ms | null; last_ms: Ms | "
       "null; retired: boolean; lingers: boolean; doubled: boolean}"},
      {"Invite",
       "{invite: string; inviter: Person; name: string | null; expires_ms: Ms; uses: number; used: number; revoked: "
       "boolean}"},
      {"OwnPlace", "{code: string; name: string | null}"},
      {"LogEntry",
       "{pos: number; time_ms: Ms; kind: string; event: string; state: string; seq: number | null; name: string | "
       "null; person: Person | null; device: string}"}};
}

std::vector<Operation> operations() {
  return {
      {"replica.outbox", false, Needs::kSpace, "GET", "/api/outbox", "{}", "{items: OutboxItem[]}", outbox},
      {"replica.departed", false, Needs::kSpace, "GET", "/api/departed", "{}", "{items: Departed[]}", departed},
      {"replica.undo", true, Needs::kSpace, "POST", "/api/undo", "{pos?: number}",
       "{taken_back: number; event: string}", undo},
      {"replica.log", false, Needs::kSpace, "GET", "/api/log", "{after?: number; limit?: number}",
       "{entries: LogEntry[]; next: number | null}", log_page},
      {"replica.invites", false, Needs::kSpace, "GET", "/api/invites", "{}", "{invites: Invite[]}", invites},
      {"replica.invite", true, Needs::kSpace, "POST", "/api/invites", "{days?: number; uses?: number; door?: string}",
       "{id: string; invite: string; link: string; expires_ms: Ms; uses: number; addresses: string[]; doors: string[]}",
       invite},
      {"replica.revoke", true, Needs::kSpace, "DELETE", "/api/invites/{invite}", "{invite: string}", "{}", revoke},
      {"replica.devices", false, Needs::kSpace, "GET", "/api/devices", "{}", "{devices: Device[]}", devices},
      {"replica.retire", true, Needs::kSpace, "POST", "/api/devices/{device}/retire",
       "{device: string; words?: string}", "{own_space: boolean}", retire},
      {"replica.link", true, Needs::kPersonal, "POST", "/api/devices", "{code: string; words?: string}",
       "{answer: string}", link},
      {"replica.rescue", false, Needs::kSpace, "GET", "/api/rescue", "{}",
       "{code: string; addresses: string[]; others: OwnPlace[]}", rescue},
      {"replica.export", false, Needs::kPersonal, "GET", "/api/export", "{file?: string; from?: number}",
       "{file: string; bytes: number; data: string; next: number | null}", export_file},
      {"words.show", true, Needs::kPersonal, "POST", "/api/words/show", "{}", "{words: string[]}", show_words},
      {"words.check", false, Needs::kPersonal, "POST", "/api/words/check", "{word: string; index: number}",
       "{ok: boolean}", check_word},
      {"words.practised", true, Needs::kPersonal, "POST", "/api/words/practised", "{}", "{}", practised_words},
      {"words.forget", true, Needs::kPersonal, "POST", "/api/words/forget", "{}", "{}", forget_words},
  };
}

}  // namespace

std::string_view words_state_name(space::WordsState state) {
  switch (state) {
    case space::WordsState::kUnseen: return "unseen";
    case space::WordsState::kSeen: return "seen";
    case space::WordsState::kPractised: return "practised";
  }
  return "unseen";
}

const OperationTable& house_operations() {
  static const OperationTable kTable{types(), operations()};
  return kTable;
}

}  // namespace kith::replica
