// SPDX-License-Identifier: Apache-2.0
// How a replica begins: alone, or as a newcomer with an invitation.
#include <algorithm>
#include <array>

#include "codec/text_codes.h"
#include "crypto/words.h"
#include "replica/doorstep.h"
#include "replica/replica.h"

namespace kith::replica {
namespace {

std::uint64_t bytes_of(const Links& links) {
  std::uint64_t out = 0;
  for (const auto& link : links.links()) {
    if (link->session() != nullptr) out += link->session()->counters().bytes_in + link->session()->counters().bytes_out;
  }
  return out;
}

Error nobody_answers(bool is_restoring) {
  if (is_restoring) {
    return {ErrorCode::kUnreachable, "Nobody could be reached at this address.",
            "Check it, and that this device has a network; any house of your neighbourhood will do."};
  }
  return {ErrorCode::kUnreachable, "Nobody of this neighbourhood could be reached at the invitation's addresses.",
          "Check that this device is in the same network, or ask for a new invitation."};
}

/// A replica, where the operation asks for a place.
Replica& replica_of(Place& place) {
  return static_cast<Replica&>(place);
}

std::string short_text(const Json& value) {
  constexpr std::size_t kShown = 400;
  std::string out = value.text().value_or("");
  return out.size() <= kShown ? out : std::string();
}

Json text_or_null(const Json& value) {
  std::string out = short_text(value);
  return out.empty() ? Json() : Json(std::move(out));
}

Json count_or_null(const Json& value) {
  const auto number = value.integer();
  return number && *number >= 0 ? Json(*number) : Json();
}

/// What a house has told, as far as it is what is looked for: nobody has checked that.
Json heard(const Json& told) {
  constexpr std::size_t kRulesShown = 20;
  static constexpr std::array<std::string_view, 5> kStates = {"open", "spent", "expired", "unknown", "member"};
  Json::Array rules;
  for (const Json& rule : told.at("rules").items()) {
    if (std::string text = short_text(rule); !text.empty() && rules.size() < kRulesShown) rules.emplace_back(text);
  }
  const std::string state = short_text(told.at("state"));
  const std::int64_t enamel = told.at("enamel").integer().value_or(1);
  Json out =
      Json::object({{"state", std::find(kStates.begin(), kStates.end(), state) == kStates.end() ? "open" : state}});
  for (const char* name : {"place", "inviter"}) out.set(name, text_or_null(told.at(name)));
  for (const char* name : {"members", "posts", "expires_ms"}) out.set(name, count_or_null(told.at(name)));
  out.set("enamel", enamel >= 1 && enamel <= 5 ? enamel : 1);
  out.set("rules", std::move(rules));
  out.set("ask", Json());
  return out;
}

Result<Json> heard_at_the_door(const space::Invitation& invitation, const std::string& told) {
  const auto sealed = codec::from_base64url(told);
  if (!sealed) return Error(ErrorCode::kCannotOpen, "This is no answer of a door.", "Ask it once more.");
  return heard(KITH_TRY(Json::parse(KITH_TRY(open_as_holder(invitation, *sealed)))));
}

}  // namespace

void Replica::make_keys(const crypto::Key& root) {
  setup_.random.fill(keyring_.storage_key.data);
  keyring_.root = root;
}

Result<void> Replica::found_personal() {
  space::SpaceKeys keys;
  auto options = KITH_TRY(personal_options());
  personal_ = KITH_TRY(space::Space::found({setup_.clock, setup_.random, &setup_.files}, std::move(options),
                                           *keyring_.root, crypto::personal_lineage(*keyring_.root), HostKey{}, keys));
  keyring_.spaces.push_back(std::move(keys));
  listen_to(*personal_, kPersonalIndex);
  personal_memory_ = KITH_TRY(Memory::open(personal_->store().db()));
  return personal_->store().db().flush();
}

Result<void> Replica::begin_alone(std::string_view name) {
  give_up_choosing();
  if (has_keys_) {
    return Error(ErrorCode::kExists, "This browser has begun already.", "Go on with what is there.");
  }
  KITH_TRY(setup_.app.check_name(name));
  std::array<std::uint8_t, 16> entropy{};
  setup_.random.fill(entropy);
  make_keys(crypto::derive_root(crypto::seed_from_words(crypto::words_from_entropy(entropy))));
  keyring_.entropy = entropy;
  crypto::wipe(entropy);
  KITH_TRY(found_personal());
  // Last: databases without keys count as nothing.
  KITH_TRY(save_keys());
  has_keys_ = true;
  return {};
}

Result<Json> Replica::look(std::string_view link, const std::optional<std::string>& told) {
  const space::Invitation invitation = KITH_TRY(space::Invitation::parse(link));
  const bool is_here =
      space_ && space_->is_member() &&
      std::equal(invitation.space_prefix.begin(), invitation.space_prefix.end(), space_->id().data.begin());
  if (!is_here && told) return heard_at_the_door(invitation, *told);
  Json out = heard(Json::object({{"state", is_here ? "member" : "open"}}));
  if (is_here) {
    const auto place = setup_.app.place_name(*this);
    if (place.ok()) out.set("place", *place);
    out.set("members", static_cast<std::uint64_t>(space_->authority().members().size()));
  } else {
    out.set("ask", doorstep_path(invitation));
  }
  return out;
}

void Replica::join(std::string_view link, std::string_view name, Done done) {
  give_up_choosing();
  const auto begun = [&]() -> Result<void> {
    if (joining_)
      return Error(ErrorCode::kExists, "Joining is under way already.", "Wait until it has come to its end.");
    if (space_) {
      return Error(ErrorCode::kAlreadyMember, "This browser belongs to a neighbourhood already.",
                   "Open the invitation in another browser profile, or at another door.");
    }
    space::Invitation invitation = KITH_TRY(space::Invitation::parse(link));
    KITH_TRY(setup_.app.check_name(name));
    if (!has_keys_) KITH_TRY(begin_alone(name));
    if (!keyring_.root) {
      return Error(ErrorCode::kBadWords, "This device has forgotten your twelve words.",
                   "Type them first: the neighbourhood must know you by them.");
    }
    joining_.emplace(Joining{invitation, std::string(name), {}});
    return {};
  }();
  if (!begun.ok()) return done(begun.error());
  joining_->done = std::move(done);
  joining_->deadline_ms = setup_.clock.steady_ms() + kReachMsMax;
  for (const std::string& door : setup_.doors) links_->learn(door);
  links_->set_invitation(joining_->invitation);
}

/// A newcomer waits for three things: somebody to get through to, to be a member, and that this is said and safe.
void Replica::watch_joining(std::uint64_t now) {
  if (!joining_ || joining_->is_choosing) return;
  if (joining_->restoring && joining_->restoring->is_personal) watch_restoring();
  if (joining_->is_choosing) return;
  if (joining_->is_member && !joining_->restoring) return end_joining(Json::object({}));
  if (joining_->is_member && links_->is_settled()) return end_joining(restored(joining_->is_personal_back));
  if (joining_->failure) return end_joining(*joining_->failure);
  const std::uint64_t bytes = bytes_of(*links_);
  // Who turns her away moves bytes as well, again and again.
  const bool is_heard = links_->is_in_touch() || !joining_->turned_away;
  if (bytes != joining_->moved_bytes && is_heard) {
    joining_->moved_bytes = bytes;
    joining_->deadline_ms = now + kJoinQuietMsMax;
  }
  if (now < joining_->deadline_ms) return;
  if (joining_->is_member) return end_joining(restored(joining_->is_personal_back));
  end_joining(joining_->turned_away.value_or(nobody_answers(joining_->restoring.has_value())));
}

void Replica::end_joining(Result<Json> outcome) {
  if (may_choose_again(outcome)) return choose_again();
  Joining ended = std::move(*joining_);
  joining_.reset();
  if (!ended.is_member && ended.is_personal_back && !outcome.ok() && outcome.error().code() == ErrorCode::kNotMember) {
    // Out of the neighbourhood, and still the person of these notes.
    if (auto alone = stay_alone(); alone.ok()) outcome = restored(true);
  }
  if (ended.restoring && has_keys_) links_->begin_anew();  // as somebody who belongs here
  if (ended.is_member) {
    note(say_name());
    is_changed_ = true;
    if (!outcome.ok()) return ended.done(outcome.error());
    waiting_.push_back({std::move(ended.done), std::move(*outcome)});
    changed_here_ = {"forum", "market", "people", "place", "outbox", "authority"};
    return;
  }
  links_->drop_invitation();
  links_->forget();  // who was asked is nobody of the place that she comes to next
  memory_.reset();
  space_.reset();
  if (!has_keys_) forget_beginning();
  discard_space();
  ended.done(std::move(outcome));
}

/// A new member's first words, once, however often this is cut short.
Result<void> Replica::say_name() {
  const auto name = KITH_TRY(memory_->get(kNameName));
  if (!name || !has_space()) return {};
  KITH_TRY(setup_.app.joined(*this, *name));
  return memory_->forget(kNameName);
}

void Replica::link_ended(const LinkEnd& end) {
  // Whether here or there: waiting does not help, so it is said.
  if (end.refusal && end.fault == sync::fault_name(sync::Fault::kVersion)) trouble_ = end.refusal->message();
  if (!joining_ || joining_->is_choosing || joining_->is_member || joining_->failure || !end.refusal) return;
  // Who could not be reached may be reached at another address.
  const ErrorCode code = end.refusal->code();
  if (code == ErrorCode::kPeerRefused && joining_->restoring && joining_->restoring->is_personal) {
    const auto going_on = joining_->is_personal_back ? Result<void>() : go_on_restoring();
    if (!going_on.ok()) joining_->failure = going_on.error();
    return;
  }
  if (code == ErrorCode::kPeerRefused && joining_->places.size() > 1) {
    joining_->turned_away = *end.refusal;  // a house of another of her places, that was asked for her own space
    return;
  }
  if (code != ErrorCode::kUnreachable && code != ErrorCode::kTimeout && code != ErrorCode::kClosed) {
    joining_->failure = *end.refusal;
  }
}

// --- sync::Spaces

std::vector<space::Space*> Replica::spaces() {
  return space_ ? std::vector{space_.get()} : std::vector<space::Space*>();
}

const crypto::SigningKey* Replica::log_key(const SpaceId& space) {
  for (space::Space* one : own_spaces()) {
    if (one->id() == space) return one->log_key();
  }
  return nullptr;
}

space::Space* Replica::visit(const SpaceId& space) {
  if (joining_ && joining_->restoring && joining_->restoring->is_personal) {
    if (personal_) return personal_->id() == space ? personal_.get() : nullptr;
    auto visited = [&]() -> Result<void> {
      personal_ =
          KITH_TRY(space::Space::visit_to_restore({setup_.clock, setup_.random, &setup_.files},
                                                  KITH_TRY(personal_options()), space, joining_->restoring->lineage));
      return {};
    }();
    if (!visited.ok()) joining_->failure = visited.error();
    return personal_.get();
  }
  if (space_) return space_->id() == space ? space_.get() : nullptr;
  if (!joining_) return nullptr;
  auto visited = [&]() -> Result<void> {
    space_ = KITH_TRY(begin_visit(space));
    return {};
  }();
  if (!visited.ok()) joining_->failure = visited.error();
  return space_.get();
}

Result<void> Replica::authority_complete(space::Space& space) {
  if (!joining_ || joining_->is_member || (&space == personal_.get() && joining_->is_personal_back)) return {};
  auto joined = &space == personal_.get() ? personal_is_back() : become_member(space);
  if (!joined.ok()) joining_->failure = joined.error();
  return joined;
}

/// Everything is on the medium before the session may send the first byte of it; the key file last, because a database
/// without its key counts as nothing.
Result<void> Replica::become_member(space::Space& space) {
  space::SpaceKeys keys;
  KITH_TRY(joining_->restoring ? space.restore(*keyring_.root, keys) : space.join(*keyring_.root, keys));
  KITH_TRY(space.bind_host(host_key_));
  keyring_.spaces.resize(kSpaceIndex);
  keyring_.spaces.push_back(std::move(keys));
  listen_to(space, kSpaceIndex);
  memory_ = KITH_TRY(Memory::open(space.store().db()));
  if (!joining_->restoring) {
    KITH_TRY(memory_->set(kInvitationName, joining_->invitation.link()));
    KITH_TRY(memory_->set(kNameName, joining_->name));
  }
  for (const std::string& address : joining_->invitation.addresses) KITH_TRY(memory_->add_address(address));
  KITH_TRY(space.store().db().flush());
  KITH_TRY(save_keys());
  has_keys_ = true;
  joining_->is_member = true;
  if (!joining_->restoring) links_->set_maybe_known();
  return {};
}

sync::PeerCursor Replica::peer_cursor(const HostKey& peer, const SpaceId& space) {
  std::optional<Memory>& memory = personal_ && personal_->id() == space ? personal_memory_ : memory_;
  return memory ? memory->cursor(peer) : sync::PeerCursor{};
}

void Replica::set_peer_cursor(const HostKey& peer, const SpaceId& space, const sync::PeerCursor& cursor) {
  std::optional<Memory>& memory = personal_ && personal_->id() == space ? personal_memory_ : memory_;
  if (memory) note(memory->set_cursor(peer, cursor));
}

// --- operations

const OperationTable& operations_of_replica() {
  static const OperationTable kTable{
      {
          {"Ms", "number"},
          {"Person", "string"},
          {"OwnPlace", "{code: string; name: string | null}"},
          {"Restored", "{spaces: number; entries: number; choose: OwnPlace[]; others: OwnPlace[]}"},
          {"LinkState", "{address: string; state: string; round_trip_ms: number | null; behind: number; owed: number}"},
          {"Status",
           "{phase: 'empty' | 'alone' | 'joining' | 'member'; place: string; space: string | null; me: {person: "
           "Person; "
           "name: string | null; device: string; personal: Person} | null; members: number; in_touch: boolean; "
           "last_heard_ms: Ms | null; only_here: number; keepers: {houses: number; refused: {code: string; cause: "
           "string; remedy: string} | null}; locked: number; held: number; storage: {kind: 'opfs' | "
           "'indexeddb' | 'memory' | 'disk'; bytes: number; persistent: boolean | null}; words: 'unseen' | 'seen' | "
           "'practised'; links: LinkState[]; version: {core: string; protocol: string; schema: string | null}; update: "
           "string | null; trouble: string | null}"},
      },
      {
          {"replica.status", false, Needs::kNothing, "GET", "/api/replica", "{}", "Status",
           [](Place& place, const Json&) -> Result<Json> { return replica_of(place).status(); }},
          {"begin.alone", true, Needs::kNothing, "POST", "/api/begin/alone", "{name: string}", "{}",
           [](Place& place, const Json& arguments) -> Result<Json> {
             KITH_TRY(replica_of(place).begin_alone(arguments.at("name").text().value_or("")));
             return Json::object({});
           }},
          // Answered when it has come to its end: Replica::call sees to it.
          {"begin.join", true, Needs::kNothing, "POST", "/api/begin/join", "{invite: string; name: string}", "{}", {}},
          {"begin.restore",
           true,
           Needs::kNothing,
           "POST",
           "/api/begin/restore",
           "{words: string; rescue?: string; address?: string; alone?: boolean}",
           "Restored",
           {}},
          // Of the places that begin.restore has named, where she goes back to.
          {"begin.choose", true, Needs::kNothing, "POST", "/api/begin/choose", "{code: string}", "Restored", {}},
          {"begin.request_link", true, Needs::kNothing, "POST", "/api/begin/request_link", "{}", "{code: string}",
           [](Place& place, const Json&) -> Result<Json> {
             return Json::object({{"code", KITH_TRY(replica_of(place).request_link())}});
           }},
          {"begin.link", true, Needs::kNothing, "POST", "/api/begin/link", "{answer: string}", "{}",
           [](Place& place, const Json& arguments) -> Result<Json> {
             KITH_TRY(replica_of(place).take_link(arguments.at("answer").text().value_or("")));
             return Json::object({});
           }},
          {"begin.look", false, Needs::kNothing, "GET", "/api/begin/look", "{invite: string; told?: string}",
           "{place: string | null; inviter: string | null; members: number | null; posts: number | null; state: 'open' "
           "| 'spent' | 'expired' | 'unknown' | 'member'; expires_ms: Ms | null; enamel: number; rules: string[]; ask: "
           "string | null}",
           [](Place& place, const Json& arguments) {
             return replica_of(place).look(arguments.at("invite").text().value_or(""), arguments.at("told").text());
           }},
      }};
  return kTable;
}

}  // namespace kith::replica
