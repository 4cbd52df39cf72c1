// SPDX-License-Identifier: Apache-2.0
#include "replica/keeper.h"

#include <algorithm>
#include <cstdlib>

namespace kith::replica {
namespace {

constexpr std::string_view kListName = "kept";  // in Memory: "space person bytes gate gone", one a line
constexpr std::string_view kNone = "-";

std::string file_of(const SpaceId& id) {
  return "kept-" + id.hex() + ".kith";
}

template <typename Id>
std::optional<Id> id_of(std::string_view hex) {
  const auto bytes = from_hex(hex);
  return bytes ? Id::from(*bytes) : std::nullopt;
}

std::string_view next_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

}  // namespace

Result<Keeper> Keeper::open(Setup setup) {
  Keeper out(std::move(setup));
  KITH_TRY(out.load());
  return out;
}

Result<void> Keeper::load() {
  for (const std::string& line : KITH_TRY(setup_.memory.list(kListName))) {
    std::string_view rest = line;
    const auto space = id_of<SpaceId>(next_word(rest));
    const auto person = id_of<PersonId>(next_word(rest));
    if (!space || !person) continue;
    Kept& kept = kept_[*space];
    kept.person = *person;
    kept.bytes = std::strtoull(std::string(next_word(rest)).c_str(), nullptr, 10);
    kept.gate = id_of<crypto::Key>(next_word(rest));
    const std::string gone(next_word(rest));
    if (!gone.empty() && gone != kNone) kept.gone_ms = std::strtoull(gone.c_str(), nullptr, 10);
  }
  return {};
}

Result<void> Keeper::save() {
  std::vector<std::string> lines;
  for (const auto& [id, kept] : kept_) {
    lines.push_back(id.hex() + " " + kept.person.hex() + " " + std::to_string(kept.bytes) + " " +
                    (kept.gate ? kept.gate->hex() : std::string(kNone)) + " " +
                    (kept.gone_ms ? std::to_string(*kept.gone_ms) : std::string(kNone)));
  }
  return setup_.memory.set_list(kListName, lines);
}

std::uint64_t Keeper::bytes() const {
  std::uint64_t out = 0;
  for (const auto& [id, kept] : kept_) out += kept.bytes;
  return out;
}

std::uint64_t Keeper::bytes_of(const PersonId& person, const SpaceId& except) const {
  std::uint64_t out = 0;
  for (const auto& [id, kept] : kept_) {
    if (kept.person == person && id != except) out += kept.bytes;
  }
  return out;
}

Result<std::shared_ptr<space::Space>> Keeper::keep(const PersonId& person, const SpaceId& space) {
  const auto known = kept_.find(space);
  if (known != kept_.end()) {
    if (known->second.person == person) return open_kept(space);
    return Error(ErrorCode::kRefused, "This space is kept for another member.", "");
  }
  const auto own =
      std::count_if(kept_.begin(), kept_.end(), [&](const auto& item) { return item.second.person == person; });
  if (static_cast<std::size_t>(own) >= kPersonSpacesMax || kept_.size() >= kSpacesMax) {
    return Error(ErrorCode::kRefused, "No more spaces are kept here for this person.", "");
  }
  if (bytes() >= kBytesMax || bytes_of(person, space) >= setup_.person_bytes_max) {
    return Error(ErrorCode::kTooLarge, "There is no room here for another space.", "");
  }
  kept_[space].person = person;
  auto opened = open_kept(space);
  if (!opened.ok()) {
    kept_.erase(space);
    return opened;
  }
  KITH_TRY(save());
  return opened;
}

Result<std::shared_ptr<space::Space>> Keeper::open_kept(const SpaceId& space) {
  const auto known = kept_.find(space);
  if (known == kept_.end()) return Error(ErrorCode::kNotFound, "This space is not kept here.", "");
  if (!known->second.space) KITH_TRY(open_file(space, known->second));
  return known->second.space;
}

Result<void> Keeper::open_file(const SpaceId& id, Kept& kept) {
  if (!make_way()) return Error(ErrorCode::kLocked, "Too many kept spaces are in use.", "Try again in a minute.");
  const std::uint64_t others = bytes_of(kept.person, id);
  const std::uint64_t room = setup_.person_bytes_max - std::min(others, setup_.person_bytes_max);
  kept.space =
      KITH_TRY(space::Space::keep(setup_.environment, {setup_.path(file_of(id)), {}, setup_.storage_key}, id, room));
  kept.memory = KITH_TRY(Memory::open(kept.space->store().db()));
  return {};
}

/// False: all that are open are in use.
bool Keeper::make_way() {
  const auto open = std::count_if(kept_.begin(), kept_.end(), [](const auto& item) { return item.second.space; });
  if (static_cast<std::size_t>(open) < kOpenMax) return true;
  const auto idle =
      std::find_if(kept_.begin(), kept_.end(), [](const auto& item) { return item.second.space.use_count() == 1; });
  if (idle == kept_.end()) return false;
  note(idle->second);
  idle->second.memory.reset();
  idle->second.space.reset();
  return true;
}

/// True: something is to be written down.
bool Keeper::note(Kept& kept) {
  if (!kept.space) return false;
  const auto size = kept.space->kept_bytes();
  const bool has_grown = size.ok() && *size != kept.bytes;
  if (has_grown) kept.bytes = *size;
  const auto founder = kept.gate ? std::nullopt : kept.space->founder();
  if (founder) kept.gate = crypto::derive_kept_gate_key(kept.space->lineage(), *founder);
  return has_grown || founder;
}

std::vector<sync::Restorable> Keeper::restorable() {
  // Of several of one person the largest: what she has lost, not what she founded meanwhile.
  std::map<crypto::Key, std::pair<std::uint64_t, SpaceId>> best;
  for (auto& [id, kept] : kept_) {
    note(kept);
    if (kept.gate) best[*kept.gate] = std::max(best[*kept.gate], std::pair(kept.bytes, id));
  }
  std::vector<sync::Restorable> out;
  for (const auto& [gate, one] : best) out.push_back({one.second, gate});
  return out;
}

std::vector<SpaceId> Keeper::open_spaces() const {
  std::vector<SpaceId> out;
  for (const auto& [id, kept] : kept_) {
    if (kept.space) out.push_back(id);
  }
  return out;
}

Memory* Keeper::memory_of(const SpaceId& space) {
  const auto known = kept_.find(space);
  return known == kept_.end() || !known->second.memory ? nullptr : &*known->second.memory;
}

std::size_t Keeper::leaving() const {
  return static_cast<std::size_t>(
      std::count_if(kept_.begin(), kept_.end(), [](const auto& item) { return item.second.gone_ms.has_value(); }));
}

/// True: something is to be written down.
bool Keeper::note_gone(Kept& kept) {
  const std::uint64_t now = setup_.environment.clock.wall_ms();
  const auto before = kept.gone_ms;
  if (setup_.is_member(kept.person)) {
    kept.gone_ms.reset();
  } else {
    // A clock that was ahead when it was seen must not keep it for ever.
    kept.gone_ms = std::min(before.value_or(now), now);
  }
  return kept.gone_ms != before;
}

/// The files first: what is still in the list is deleted again after a crash. What a session speaks of waits for its
/// end.
Result<bool> Keeper::delete_gone() {
  const std::uint64_t now = setup_.environment.clock.wall_ms();
  bool is_news = false;
  for (auto one = kept_.begin(); one != kept_.end();) {
    const Kept& kept = one->second;
    if (kept.space || !kept.gone_ms || now < *kept.gone_ms + kGraceMs) {
      ++one;
      continue;
    }
    for (const char* end : {"", "-wal", "-journal", "-shm"}) KITH_TRY(setup_.remove(file_of(one->first) + end));
    one = kept_.erase(one);
    is_news = true;
  }
  return is_news;
}

Result<void> Keeper::tick() {
  bool is_news = false;
  for (auto& [id, kept] : kept_) {
    is_news = note_gone(kept) || is_news;
    if (!kept.space) continue;
    KITH_TRY(kept.space->tick());
    is_news = note(kept) || is_news;
    if (kept.space.use_count() > 1) continue;
    kept.memory.reset();
    kept.space.reset();
  }
  is_news = KITH_TRY(delete_gone()) || is_news;
  return is_news ? save() : Result<void>();
}

}  // namespace kith::replica
