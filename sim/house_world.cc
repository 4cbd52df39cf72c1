// SPDX-License-Identifier: Apache-2.0
#include "sim/house_world.h"

#include <algorithm>

#include "base/check.h"
#include "town/forum/commands.h"

namespace kith::sim {
namespace {

constexpr std::size_t kHousesMin = 2;
constexpr std::size_t kHousesMax = 5;
constexpr std::size_t kActionsMin = 30;
constexpr std::size_t kActionsMax = 80;
constexpr std::uint64_t kBetweenActionsMsMax = 5'000;
constexpr std::uint64_t kAwayMsMax = 20'000;
constexpr std::uint64_t kHealMsMax = 1'800'000;
constexpr std::uint64_t kLookMs = 3'000;
constexpr std::uint64_t kInviteMs = 7ULL * 86'400'000;
constexpr std::uint64_t kYearMs = 365ULL * 86'400'000;
constexpr std::uint64_t kYearsAheadMax = 3;
constexpr std::uint32_t kParcelRecordsMax = 7;
constexpr std::size_t kParcelBytesMax = 64 << 10;
constexpr unsigned kImpostorPercent = 3;          // of those who answer; over libp2p only, as what follows
constexpr unsigned kDeathInHandshakePercent = 2;  // of connections
constexpr std::uint64_t kHandshakeMs = 400;       // that a handshake takes about
constexpr unsigned kImpostorDialsPercent = 15;
constexpr unsigned kBeginsUpdatedPercent = 40;
constexpr unsigned kUpdatedPercent = 25;           // of boots
constexpr std::string_view kPlanted = "planted ";  // every text of the workload begins so

crypto::Key root_of(Dice& dice) {
  crypto::Key root;
  for (std::uint8_t& byte : root.data) byte = static_cast<std::uint8_t>(dice.below(256));
  return root;
}

}  // namespace

HouseWorld::HouseWorld(Run& run)
    : run_(run),
      dice_(run.options().seed * 2 + 2),
      network_(timeline_, dice_.seed(), run.report()),
      impostors_(network_, run.options().seed, run),
      begins_updated_(dice_.percent(kBeginsUpdatedPercent)) {
  network_.set_listener(this);
  const std::size_t count = dice_.between(kHousesMin, kHousesMax);
  for (Place place = 0; place < count; ++place) {
    Beginning beginning = Beginning::kFounds;
    crypto::Key root = root_of(dice_);
    if (place > 0) {
      beginning = dice_.percent(65) ? Beginning::kJoins : Beginning::kIsLinked;
      if (beginning == Beginning::kIsLinked) root = dice_.pick(houses_)->root();
    }
    add_house(beginning, root);
  }
}

HouseWorld::~HouseWorld() = default;

House& HouseWorld::add_house(Beginning beginning, const crypto::Key& root) {
  const Place place = houses_.size();
  houses_.push_back(std::make_unique<House>(place, beginning, root, dice_.seed(), timeline_, network_, run_));
  House& house = *houses_.back();
  if (begins_updated_) house.update();
  house.set_on_collapse([this](House& which) { boot_later(which); });
  house.set_on_sent([this](House& which) { return cut_after_sending(which); });
  house.set_is_forged([this](StreamId stream) { return impostors_.is_forged(stream); });
  for (Place other = 0; other < place; ++other) {
    house.know(other, houses_[other]->host());
    houses_[other]->know(place, house.host());
  }
  return house;
}

void HouseWorld::play() {
  for (const auto& house : houses_) house->boot();
  for (std::size_t n = dice_.between(kActionsMin, kActionsMax); n > 0 && !run_.has_failed(); --n) {
    run_until(timeline_.now_ms() + dice_.below(kBetweenActionsMsMax));
    if (!run_.has_failed()) act();
  }
  if (!run_.has_failed()) heal();
}

// -- NetworkListener

void HouseWorld::opened(StreamId stream, Place at, Place from) {
  if (!run_.options().is_over_libp2p() || !disturb_handshake(stream, at, from)) houses_[at]->opened(stream, from);
}

void HouseWorld::received(StreamId stream, Place at, ByteView bytes) {
  if (!impostors_.received(stream, at, bytes)) houses_[at]->received(stream, bytes);
}

void HouseWorld::closed(StreamId stream, Place at) {
  if (!impostors_.closed(stream, at)) houses_[at]->closed(stream);
}

void HouseWorld::drained(StreamId, Place at) {
  houses_[at]->settle();
}

void HouseWorld::sent(StreamId stream, Place from, ByteView bytes) {
  append(wire_[{stream, from}], bytes);
}

// -- what happens

void HouseWorld::act() {
  House& house = *dice_.pick(houses_);
  if (!house.is_up()) return;
  const std::uint64_t what = dice_.below(100);
  run_.say(house.name() + ": action " + std::to_string(what));
  if (!house.is_member()) {
    if (house.wants_invitation() || house.wants_link()) bring_in(house);
  } else if (what < 38) {
    write(house);
  } else if (what < 52) {
    write_in_town(house);
  } else if (what < 57) {
    house.take_back(dice_.seed());
  } else if (what < 62) {
    invite(house);
  } else if (what < 64) {
    retire(house);
  } else if (what < 67) {
    erase(house);
  } else if (what < 74) {
    House& other = *dice_.pick(houses_);
    if (&other != &house && other.is_up() && other.is_member()) carry(house, other);
  } else if (what < 82) {
    kill(house);
  } else if (what < 87) {
    disturb_disk(house);
  } else if (what < 91) {
    disturb_clock(house);
  } else {
    disturb_network();
  }
  house.settle();
}

void HouseWorld::write(House& house) {
  const std::uint64_t rest_ms = dice_.percent(30) ? 10'000 : 0;
  const auto receipt =
      house.space()->write(dice_.percent(50) ? "letter written" : "something else", {.rest_ms = rest_ms},
                           [&](Writer& writer) { return house.workload().transaction(writer); });
  if (house.workload().must_be_refused()) {
    if (receipt.ok() && receipt->pos != Pos{}) run_.fail(house.name() + " wrote to a row of somebody else's");
    return;
  }
  if (receipt.ok()) {
    house.promise(*receipt, "");
    return;
  }
  const bool waits = house.workload().has_built_shed() && receipt.error().code() == ErrorCode::kRefused;
  run_.report().note(waits ? Seen::kWaitsForSeal : Seen::kWriteFailed);
  house.check(receipt.error(), "writing");
}

void HouseWorld::write_in_town(House& house) {
  const std::uint64_t rest_ms = dice_.percent(50) ? town::forum::kRestMs : 0;
  const std::string body = std::string(kPlanted) + "post of " + house.name();
  auto written = [&]() -> Result<town::forum::Written> {
    if (!posts_.empty() && dice_.percent(40)) {
      run_.report().note(Seen::kReply);
      return town::forum::write_reply(*house.space(), posts_.begin()->first, {.body = body}, rest_ms);
    }
    return town::forum::write_post(*house.space(), {.body = body}, rest_ms);
  }();
  if (written.ok()) {
    house.promise(written->receipt, written->id);
    posts_.emplace(written->id, &house);
    return;
  }
  if (written.error().code() == ErrorCode::kNotFound) return;  // the post to answer is not here yet
  run_.report().note(Seen::kWriteFailed);
  house.check(written.error(), "posting");
}

void HouseWorld::bring_in(House& house) {
  Houses able;
  for (House* other : members()) {
    if (house.wants_invitation() || other->root() == house.root()) able.push_back(other);
  }
  if (able.empty()) return;
  House& other = *dice_.pick(able);
  if (house.wants_link()) {
    if (other.check(other.remember(), "remembering the words")) {
      house.be_linked_by(other);
      other.forget();
    }
    other.settle();
  } else {
    if (const auto invitation = invite(other)) house.set_invitation(*invitation);
  }
}

std::optional<space::Invitation> HouseWorld::invite(House& house) {
  const auto invitation = invite_for_good(house);
  if (invitation && house.space() != nullptr && dice_.percent(15)) {
    const SignPublic key = crypto::derive_invite_key(invitation->secret).public_key();
    if (house.check(house.space()->revoke_invite(key), "revoking")) run_.report().note(Seen::kInviteRevoked);
    house.settle();
  }
  return invitation;
}

std::optional<space::Invitation> HouseWorld::invite_for_good(House& house) {
  auto invitation = house.space()->invite(house.clock().wall_ms() + kInviteMs, 1);
  if (!invitation.ok()) {
    house.check(invitation.error(), "inviting");
    return std::nullopt;
  }
  run_.report().note(Seen::kInvited);
  secrets_.emplace_back("an invitation", to_bytes(invitation->secret));
  house.settle();
  return *invitation;
}

// A device of the same person ends this one, sometimes below what others hold already.
void HouseWorld::retire(House& house) {
  if (members().size() < 3 || house.place() == 0) return;
  for (House* other : members()) {
    const DeviceId device = house.space()->log().own();
    if (other == &house || other->root() != house.root()) continue;
    if (other->space()->authority().device(device) == nullptr) continue;  // it has not heard of it yet
    std::optional<Seq> last;
    const auto frontier = other->space()->log().frontier();
    if (!frontier.ok() || !other->check(other->remember(), "remembering the words")) return;
    for (const log::FrontierItem& item : *frontier) {
      if (item.device == device && dice_.percent(60)) last = Seq(dice_.between(item.low.value, item.high.value));
    }
    other->check(other->space()->retire_device(device, last), "retiring a device");
    other->forget();
    if (retired_at(device)) {
      run_.report().note(Seen::kDeviceRetired);
      run_.say(other->name() + " has retired " + house.name());
    }
    other->settle();
    return;
  }
}

void HouseWorld::kill(House& house) {
  switch (dice_.below(3)) {
    case 0:
      run_.report().note(Seen::kPowerCut);
      house.collapse();
      return;
    case 1:
      run_.report().note(Seen::kPowerCutInWrite);
      house.disk().cut_power_at(dice_.between(1, 40));
      return;
    default:
      run_.report().note(Seen::kProcessKilled);
      survivals_[house.place()] = Survival::kAll;
      house.collapse();
  }
}

bool HouseWorld::cut_after_sending(House& house) {
  if (is_over_) return false;
  run_.report().note(Seen::kSentThenLost);
  run_.say(house.name() + " has sent and loses its power");
  survivals_[house.place()] = Survival::kNone;
  house.disk().cut_power();
  return true;
}

void HouseWorld::boot_later(House& house) {
  timeline_.after(dice_.between(100, kAwayMsMax), [this, &house] {
    if (house.is_up()) return;
    const auto chosen = survivals_.extract(house.place());
    const Survival survival = chosen.empty() ? static_cast<Survival>(dice_.below(4)) : chosen.mapped();
    run_.report().note(seen_of(survival));
    run_.say(house.name() + " has a disk again, survival " + std::to_string(static_cast<int>(survival)));
    house.disk().boot(survival);
    house.disk().set_capacity(std::nullopt);
    if (!house.is_updated() && dice_.percent(kUpdatedPercent)) {
      run_.report().note(Seen::kProgramUpdated);
      house.update();
    }
    if (!is_over_ && dice_.percent(10)) house.disk().cut_power_at(dice_.between(1, 15));  // while it recovers
    if (!is_over_ && dice_.percent(10)) {
      run_.report().note(Seen::kBootedInPast);
      house.clock().set_wall_ms(dice_.below(1'000'000));
    }
    house.boot();
  });
}

void HouseWorld::disturb_disk(House& house) {
  if (dice_.percent(40)) {
    house.disk().set_capacity(std::nullopt);
  } else {
    house.disk().set_capacity(house.disk().used_bytes() + dice_.below(40'000));
  }
}

void HouseWorld::disturb_clock(House& house) {
  const auto jump = static_cast<std::int64_t>(dice_.below(240'000)) - 120'000;
  const std::uint64_t what = dice_.below(10);
  run_.say(house.name() + "'s clock goes wrong, way " + std::to_string(what));
  if (what < 5) {
    house.clock().set_offset_ms(jump);
    run_.report().note(Seen::kClockSkewed);
  } else if (what < 8) {
    house.clock().set_offset_ms(house.clock().offset_ms() + 10 * jump);
    run_.report().note(Seen::kClockJumped);
  } else if (what == 8) {
    house.clock().set_wall_ms(dice_.below(1'000'000));
    run_.report().note(Seen::kBootedInPast);
  } else {
    house.clock().set_offset_ms(static_cast<std::int64_t>(dice_.between(1, kYearsAheadMax) * kYearMs));
    run_.report().note(Seen::kClockYearsAhead);
  }
}

void HouseWorld::disturb_network() {
  if (run_.options().is_over_libp2p() && dice_.percent(kImpostorDialsPercent)) return dial_as_somebody_else();
  const Place one = dice_.below(houses_.size());
  const Place other = dice_.below(houses_.size());
  switch (dice_.below(4)) {
    case 0:
      if (network_.cut_one()) run_.report().note(Seen::kStreamCut);
      return;
    case 1:
      if (one == other) return;
      network_.block(one, other);
      run_.report().note(Seen::kOneWay);
      return;
    case 2:
      for (const auto& house : houses_) {
        if (house->place() == one) continue;
        network_.block(one, house->place());
        network_.block(house->place(), one);
      }
      run_.report().note(Seen::kPartition);
      return;
    default: network_.heal();
  }
}

// True: somebody else than the house answers.
bool HouseWorld::disturb_handshake(StreamId stream, Place at, Place from) {
  if (is_over_ || impostors_.is_forged(stream)) return false;
  if (houses_[at]->is_up() && dice_.percent(kImpostorPercent)) {
    impostors_.answer(stream, at, houses_[at]->identity());
    return true;
  }
  if (dice_.percent(kDeathInHandshakePercent)) {
    House& victim = *houses_[dice_.percent(50) ? at : from];
    timeline_.after(dice_.below(kHandshakeMs), [this, &victim] {
      if (!is_over_) victim.collapse();
    });
  }
  return false;
}

void HouseWorld::dial_as_somebody_else() {
  const Place from = dice_.below(houses_.size());
  const Place to = dice_.below(houses_.size());
  House& shown = *dice_.pick(houses_);
  if (from != to && houses_[from]->is_up() && shown.is_up()) impostors_.dial(from, to, shown.identity());
}

// Entries by hand, each parcel alone: some are lost, some come twice, some overtake others.
void HouseWorld::carry(House& from, House& to) {
  std::vector<Bytes> parcels;
  const auto packed = pack(from, to, parcels);
  if (!from.check(packed, "packing a parcel")) return;
  for (std::size_t i = parcels.size(); i > 1; --i) {
    if (!dice_.percent(30)) continue;
    std::swap(parcels[i - 1], parcels[dice_.below(i)]);
    run_.report().note(Seen::kParcelReordered);
  }
  for (const Bytes& parcel : parcels) {
    if (dice_.percent(15)) {
      run_.report().note(Seen::kParcelLost);
      continue;
    }
    if (dice_.percent(15)) {
      run_.report().note(Seen::kParcelDoubled);
      unpack(to, parcel);
    }
    unpack(to, parcel);
  }
  to.poke();
}

Result<void> HouseWorld::pack(House& from, House& to, std::vector<Bytes>& parcels) {
  log::Log& log = from.space()->log();
  const SpaceId& space = from.space()->id();
  const auto heads = to.space()->log().authority_heads();
  for (const log::AuthorityEntry& entry : KITH_TRY(log.authority_since(heads))) {
    log::RecordEncoder encoder(space);
    KITH_TRY(log.encode_authority(entry, encoder, parcels.emplace_back()));
  }
  auto missing = KITH_TRY(log.missing_at(KITH_TRY(to.space()->log().frontier())));
  for (auto [ranges, newest_first] : {std::pair(&missing.ahead, false), std::pair(&missing.backfill, true)}) {
    while (!ranges->empty()) {
      log::RecordEncoder encoder(space);
      auto window = KITH_TRY(log.next_window(*ranges, newest_first, encoder, kParcelRecordsMax, kParcelBytesMax));
      if (window.count == 0) break;
      parcels.push_back(std::move(window.records));
      if (window.done) break;
    }
  }
  return {};
}

void HouseWorld::unpack(House& to, const Bytes& parcel) {
  if (!to.disk().is_on()) return;
  log::RecordDecoder decoder(to.space()->id());
  const auto accepted = to.space()->log().accept(decoder, parcel);
  if (accepted.ok()) {
    run_.report().note(Seen::kCourierEntry, accepted->fresh);
    run_.report().note(Seen::kLocked, accepted->locked);
    run_.report().note(Seen::kHeld, accepted->held);
    return;
  }
  if (accepted.error().code() == ErrorCode::kNotMember) return;  // its author's first entry got lost
  to.check(accepted.error(), "accepting a parcel");
}

void HouseWorld::erase(House& house) {
  std::vector<EntryId> entries;
  for (const JournalLine& line : house.journal()) {
    if (line.id && line.is_content && dice_.percent(5)) entries.push_back(*line.id);
  }
  erased_.insert(entries.begin(), entries.end());  // also if only saying so failed: then nobody knows
  if (!house.check(house.space()->log().erase(entries), "erasing")) return;
  run_.report().note(Seen::kErased, entries.size());
  for (const EntryId& entry : entries) erased_at_[&house].insert(entry);
}

void HouseWorld::run_until(std::uint64_t ms) {
  while (!run_.has_failed() && timeline_.step(ms)) {
  }
}

// -- what must hold

void HouseWorld::heal() {
  run_.say("healing");
  is_over_ = true;
  run_.heal();
  network_.heal();
  for (const auto& house : houses_) {
    house->disk().set_capacity(std::nullopt);
    house->disk().cut_power_at(0);
    house->clock().set_offset_ms(0);
    house->heal();
    if (house->is_updated()) continue;
    house->update();
    house->collapse();
  }
  if (!wait_until_same()) return;
  check_retired_cannot_read();
  if (!run_.has_failed() && dice_.percent(30)) check_newcomer();
  if (!run_.has_failed()) let_held_entries_come_due();
  if (!run_.has_failed()) check_schemas();
  if (!run_.has_failed()) check_states();
  if (!run_.has_failed()) check_promises();
  if (!run_.has_failed()) check_logs();
  if (!run_.has_failed()) check_erased();
  if (!run_.has_failed()) check_secrets();
  if (!run_.has_failed()) check_rebuild();
}

// As any house knows it: a retirement may stand although the call that made it failed.
std::optional<Seq> HouseWorld::retired_at(const DeviceId& device) {
  for (const auto& house : houses_) {
    if (house->space() == nullptr) continue;
    const space::Device* known = house->space()->authority().device(device);
    if (known != nullptr && known->retired_at) return known->retired_at->first;
  }
  return std::nullopt;
}

bool HouseWorld::is_retired(House& house) {
  return retired_at(house.space()->log().own()).has_value();
}

HouseWorld::Houses HouseWorld::members() {
  Houses found;
  for (const auto& house : houses_) {
    if (house->is_up() && house->is_member() && !is_retired(*house)) {
      found.push_back(house.get());
    }
  }
  return found;
}

bool HouseWorld::wait_until_same() {
  const std::uint64_t end = timeline_.now_ms() + kHealMsMax;
  while (!run_.has_failed() && timeline_.now_ms() < end) {
    run_until(timeline_.now_ms() + kLookMs);
    if (!run_.has_failed() && are_same()) return true;
  }
  if (!run_.has_failed()) run_.fail("the houses did not come to hold the same entries: " + describe());
  return false;
}

bool HouseWorld::are_same() {
  for (const auto& house : houses_) {
    if (!house->is_up() || house->is_joining()) return false;
  }
  std::optional<Hash> first;
  for (House* house : members()) {
    log::Log& log = house->space()->log();
    const auto digest = log.digest();
    if (!house->check_result(digest, "telling its digest") || log.has_tail()) return false;
    if (!first) first = *digest;
    if (*first != *digest) return false;
  }
  return true;
}

std::string HouseWorld::describe() {
  std::string out;
  for (const auto& house : houses_) {
    out += house->name() + (house->is_up() ? "" : " (off)") + (house->is_member() ? "" : " (no member)");
    if (house->is_up() && house->is_member()) {
      const auto counters = house->space()->log().counters();
      const auto digest = house->space()->log().digest();
      if (counters.ok()) {
        out += " entries " + std::to_string(counters->entries) + " authority " + std::to_string(counters->authority) +
               " tail " + std::to_string(counters->tail) + " doubled " + std::to_string(counters->doubled);
      }
      if (digest.ok()) out += " digest " + digest->hex().substr(0, 8);
      if (is_retired(*house)) out += " (retired)";
    }
    out += "; ";
  }
  return out;
}

// What was written years ahead counts when its time has come.
void HouseWorld::let_held_entries_come_due() {
  timeline_.skip((kYearsAheadMax + 1) * kYearMs);
  for (const auto& house : houses_) house->poke();
  wait_until_same();
}

// Everybody runs the newer program by now, so the founder has sealed its tables, and all have heard of it.
void HouseWorld::check_schemas() {
  const std::string first = houses_[0]->space()->store().agreed_schema().canonical();
  for (House* house : members()) {
    if (house->space()->store().agreed_schema().canonical() == first) continue;
    run_.fail(house->name() + " has other tables than house 0");
    return;
  }
  if (first.find("sheds") == std::string::npos) run_.fail("the new tables never became the place's");
  if (!begins_updated_) run_.report().note(Seen::kSchemaMoved);
}

void HouseWorld::check_states() {
  std::optional<Bytes> first;
  for (House* house : members()) {
    const auto hash = masked_state_hash(*house);
    if (!hash) return;
    if (!first) first = hash;
    if (*hash != *first) {
      run_.fail(house->name() + " holds the same entries as house 0 and shows another state");
      return;
    }
    run_.report().note(Seen::kConverged);
  }
}

std::optional<Bytes> HouseWorld::masked_state_hash(House& house) {
  std::vector<Pos> mask;
  for (const JournalLine& line : house.journal()) {
    if (line.id && erased_.contains(*line.id)) mask.push_back(line.pos);
  }
  auto hash = house.space()->store().state_hash(mask);
  if (!house.check_result(hash, "hashing its state")) return std::nullopt;
  return std::move(hash).value();
}

void HouseWorld::check_promises() {
  for (const auto& house : houses_) {
    if (!house->is_member()) continue;
    const DeviceId own = house->space()->log().own();
    const auto retired = retired_at(own);
    std::map<Pos, JournalLine> lines;
    for (const JournalLine& line : house->journal()) lines.emplace(line.pos, line);
    for (const Promise& promise : house->promises()) {
      const auto line = lines.find(promise.pos);
      if (line == lines.end() || !line->second.id) {
        if (retired) continue;
        run_.fail(house->name() + " does not hold a write that it acknowledged");
        return;
      }
      if (retired && *line->second.seq > *retired) continue;
      if (!is_everywhere(own, line->second)) return;
      run_.report().note(Seen::kAcknowledgedWriteFound);
    }
  }
}

bool HouseWorld::is_everywhere(const DeviceId& device, const JournalLine& line) {
  for (House* other : members()) {
    const auto id = other->space()->log().id_at(device, *line.seq);
    if (id.ok() && *id == line.id) continue;
    run_.fail("an acknowledged write (entry " + std::to_string(line.seq->value) + " of " + device.hex().substr(0, 8) +
              ") is not at " + other->name());
    return false;
  }
  return true;
}

void HouseWorld::check_logs() {
  std::map<std::pair<DeviceId, Seq>, EntryId> ids;
  for (const auto& house : houses_) {
    if (house->space() == nullptr) continue;
    for (const JournalLine& line : house->journal()) {
      if (line.state == static_cast<std::int64_t>(2)) run_.report().note(Seen::kLocked);
      if (!line.seq || !line.id) continue;
      const auto [known, is_new] = ids.emplace(std::pair(line.device, *line.seq), *line.id);
      if (!is_new && known->second != *line.id) {
        run_.fail("an honest log was doubled: " + line.device.hex().substr(0, 8) + " has two entries " +
                  std::to_string(line.seq->value));
        return;
      }
    }
    const auto counters = house->space()->log().counters();
    if (counters.ok() && counters->doubled > 0) run_.fail(house->name() + " takes an honest log for doubled");
  }
}

void HouseWorld::check_rebuild() {
  const Houses all = members();
  House& house = *dice_.pick(all);
  const auto before = masked_state_hash(house);
  if (!house.check(house.space()->store().rebuild(), "rebuilding")) return;
  const auto after = masked_state_hash(house);
  if (before && after && *before != *after) run_.fail(house.name() + " shows another state after rebuild");
  run_.report().note(Seen::kRebuilt);
}

// Values that were erased at a house never come back there, whoever still has them.
void HouseWorld::check_erased() {
  for (const auto& [house, entries] : erased_at_) {
    if (house->space() == nullptr) continue;
    for (const JournalLine& line : house->journal()) {
      if (!line.id || !entries.contains(*line.id)) continue;
      const auto stored = house->space()->log().changeset_at(line.pos);
      if (stored.ok() && *stored && (*stored)->values && !(*stored)->values->empty()) {
        run_.fail(house->name() + " shows values again that it had erased");
        return;
      }
    }
  }
}

// Who was retired gets what is written later by hand, and must not be able to open it.
void HouseWorld::check_retired_cannot_read() {
  const bool is_any = std::any_of(houses_.begin(), houses_.end(), [this](const auto& house) {
    return house->space() != nullptr && is_retired(*house);
  });
  if (!is_any || members().empty()) return;
  House& writer = *members().front();
  const auto written =
      town::forum::write_post(*writer.space(), {.body = std::string(kPlanted) + "after the retirement"}, 0);
  if (!written.ok()) {
    writer.check(written.error(), "posting");
    return;
  }
  writer.settle();
  if (!wait_until_same()) return;
  for (const auto& house : houses_) {
    if (!house->is_up() || house->space() == nullptr || !is_retired(*house)) continue;
    if (house->has_words()) continue;
    std::vector<Bytes> parcels;
    if (!writer.check(pack(writer, *house, parcels), "packing a parcel")) return;
    for (const Bytes& parcel : parcels) unpack(*house, parcel);
    Database& database = *house->space();
    const auto rows = database.query("SELECT body FROM posts WHERE id = ?", {written->id});
    if (rows.ok() && !rows->rows.empty()) {
      run_.fail(house->name() + " was retired and reads what was written later");
      return;
    }
    run_.report().note(Seen::kRetiredReadNothing);
  }
}

void HouseWorld::check_secrets() {
  for (const auto& house : houses_) {
    for (auto& secret : house->secrets()) secrets_.push_back(std::move(secret));
  }
  add_epoch_secrets();
  secrets_.emplace_back("a text", to_bytes(as_bytes(kPlanted)));
  for (const auto& [what, secret] : secrets_) {
    run_.report().note(Seen::kSecretLookedFor);
    for (const auto& [stream, bytes] : wire_) {
      if (as_text(bytes).find(as_text(secret)) == std::string_view::npos) continue;
      run_.fail(what + " went over the wire");
      return;
    }
    if (what == "a text") continue;  // (tables are plain: they are for their reader)
    for (const auto& house : houses_) {
      if (!house->disk().contains(secret, ".kith") && !house->disk().contains(secret, ".kith-wal")) continue;
      run_.fail(what + " lies in the clear in the database of " + house->name());
      return;
    }
  }
}

void HouseWorld::add_epoch_secrets() {
  House& house = *members().front();
  const auto rows = house.space()->store().db().query(
      "SELECT DISTINCT a.device, j.tag FROM kith_journal j JOIN kith_authors a ON a.ref = j.author WHERE j.kind >= 64");
  if (!rows.ok()) return;
  for (const auto& row : rows->rows) {
    const auto secret =
        house.space()->epoch_secret(*DeviceId::from(std::get<Bytes>(row[0])), *EpochTag::from(std::get<Bytes>(row[1])));
    if (secret) secrets_.emplace_back("an epoch's secret", to_bytes(secret->view()));
  }
}

// Somebody new gets everything at once, newest first: what she shows is history replayed without what was retracted.
void HouseWorld::check_newcomer() {
  const Houses before = members();
  const auto invitation = invite_for_good(*before.front());
  // Whoever she asks must have heard of her invitation.
  if (!invitation || !wait_until_same()) return;
  House& newcomer = add_house(Beginning::kJoins, root_of(dice_));
  newcomer.set_invitation(*invitation);
  newcomer.boot();
  if (!wait_until_same()) return;
  if (!newcomer.is_member()) {
    run_.fail("somebody with a good invitation could not join a healthy street");
    return;
  }
  run_.report().note(Seen::kReplayedWithout);
}

}  // namespace kith::sim
