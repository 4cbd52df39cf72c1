// SPDX-License-Identifier: Apache-2.0
// How a person comes to a replica who is somebody already: by her words, or linked by another device of hers.
#include <algorithm>

#include "crypto/words.h"
#include "replica/replica.h"
#include "space/rescue.h"

namespace kith::replica {
namespace {

/// Where a page's node is reached: https://host:port becomes a multiaddr. Multiaddrs stay as they are.
std::string address_of(std::string_view text) {
  const bool is_secure = text.starts_with("https://");
  if (!is_secure && !text.starts_with("http://")) return std::string(text);
  std::string_view host = text.substr(text.find("//") + 2);
  host = host.substr(0, host.find('/'));
  std::string_view port = is_secure ? "443" : "80";
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  const bool is_ip6 = host.starts_with('[') && host.ends_with(']');
  if (is_ip6) host = host.substr(1, host.size() - 2);
  const bool is_ip4 = !is_ip6 && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return std::string(is_ip6   ? "/ip6/"
                     : is_ip4 ? "/ip4/"
                              : "/dns/")
      .append(host)
      .append("/tcp/")
      .append(port)
      .append(is_secure ? "/tls/ws" : "/ws");
}

Error nobody_keeps() {
  return {ErrorCode::kNotFound, "Nobody at this address keeps anything for these twelve words.",
          "Type the rescue code that you wrote down beside them, or ask at another house of your neighbourhood."};
}

/// As the neighbourhood itself says it, so that one way leads on.
Error not_there_any_more() {
  return {ErrorCode::kNotMember, "Your own notes are kept here, but they name no neighbourhood.",
          "Join one by an invitation."};
}

Error has_begun() {
  return {ErrorCode::kExists, "This browser has begun already.",
          "Use another browser profile, so that nothing of what is here is lost."};
}

}  // namespace

void Replica::restore(const Return& how, Done done) {
  const auto begun = begin_restoring(how);
  if (!begun.ok()) return done(begun.error());
  joining_->done = std::move(done);
  joining_->deadline_ms = setup_.clock.steady_ms() + kReachMsMax;
  if (how.address.empty()) {
    for (const std::string& door : setup_.doors) links_->learn(door);
  } else {
    links_->learn(address_of(how.address));
  }
  links_->begin_anew();  // who had nothing for us a moment ago is asked something else
}

/// Nothing is saved before she is back.
Result<void> Replica::begin_restoring(const Return& how) {
  give_up_choosing();
  if (has_keys_ || joining_) return has_begun();
  std::string checked = KITH_TRY(crypto::check_words(how.words));
  std::optional<Lineage> lineage;
  if (!how.rescue.empty()) lineage = KITH_TRY(space::parse_rescue_code(how.rescue));
  crypto::Key64 seed = crypto::seed_from_words(checked);
  make_keys(crypto::derive_root(seed));
  crypto::wipe(seed.data);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(checked.data()), checked.size()});
  keyring_.words = space::WordsState::kPractised;  // typed, all twelve
  joining_.emplace(Joining{});
  joining_->rescue = lineage;
  joining_->is_alone = how.is_alone;
  KITH_TRY(ask_for(crypto::personal_lineage(*keyring_.root)));
  joining_->restoring->is_personal = true;
  return {};
}

/// From the next session on.
Result<void> Replica::ask_for(const Lineage& lineage) {
  crypto::Key person_root = crypto::derive_person_root(*keyring_.root, lineage);
  joining_->restoring.emplace(sync::Restoring{lineage, crypto::derive_identity(person_root)});
  crypto::wipe(person_root.data);
  return {};
}

Result<void> Replica::personal_is_back() {
  space::SpaceKeys keys;
  KITH_TRY(personal_->restore(*keyring_.root, keys));
  keyring_.spaces.assign(1, std::move(keys));
  listen_to(*personal_, kPersonalIndex);
  personal_memory_ = KITH_TRY(Memory::open(personal_->store().db()));
  joining_->is_personal_back = true;
  return personal_->store().db().flush();
}

/// All of the personal space is here: on to what it names.
void Replica::watch_restoring() {
  if (!joining_->is_personal_back || !links_->is_settled()) return;
  const auto going_on = go_on_restoring();
  if (!going_on.ok()) joining_->failure = going_on.error();
}

Result<void> Replica::go_on_restoring() {
  std::vector<KnownPlace>& places = joining_->places;
  if (joining_->is_personal_back) places = KITH_TRY(known_places());
  if (joining_->is_alone) places.clear();
  if (joining_->rescue) put_first(places, *joining_->rescue);
  if (places.empty()) return joining_->is_personal_back ? not_there_any_more() : nobody_keeps();
  if (!joining_->is_personal_back) KITH_TRY(found_personal());
  if (joining_->rescue || places.size() == 1) return go_back_to_first();
  ask_which();
  return {};
}

Result<void> Replica::go_back_to_first() {
  const KnownPlace& place = joining_->places.front();
  KITH_TRY(ask_for(place.lineage));
  for (const std::string& address : place.addresses) links_->learn(address);
  joining_->deadline_ms = setup_.clock.steady_ms() + kReachMsMax;
  links_->resume();
  links_->begin_anew();
  return {};
}

/// An installation holds one neighbourhood: which, nobody but she can say.
void Replica::ask_which() {
  joining_->is_choosing = true;
  links_->pause();
  const auto own = personal_->log().counters();
  std::exchange(joining_->done, {})(Json::object({{"spaces", 0},
                                                  {"entries", own.ok() ? own->entries : 0},
                                                  {"choose", json_of(joining_->places)},
                                                  {"others", Json::Array()}}));
}

void Replica::choose(std::string_view code, Done done) {
  const auto chosen = [&]() -> Result<void> {
    const Lineage lineage = KITH_TRY(space::parse_rescue_code(code));
    const bool is_known = joining_ && joining_->is_choosing &&
                          std::any_of(joining_->places.begin(), joining_->places.end(),
                                      [&](const KnownPlace& one) { return one.lineage == lineage; });
    if (!is_known) {
      return Error(ErrorCode::kUsage, "There is no such place to choose from.", "Type your twelve words again.");
    }
    put_first(joining_->places, lineage);
    return go_back_to_first();
  }();
  if (!chosen.ok()) return done(chosen.error());
  joining_->is_choosing = false;
  joining_->done = std::move(done);
}

/// She does not belong there any more, and there are others.
bool Replica::may_choose_again(const Result<Json>& outcome) const {
  return !joining_->is_member && joining_->is_personal_back && !joining_->rescue && joining_->places.size() > 1 &&
         !outcome.ok() && outcome.error().code() == ErrorCode::kNotMember;
}

void Replica::choose_again() {
  links_->begin_anew();  // sessions before the space that they speak of
  memory_.reset();
  space_.reset();
  discard_file(kSpaceFile);
  joining_->failure.reset();
  joining_->places.erase(joining_->places.begin());
  ask_which();
}

/// She begins otherwise instead: nothing of it was saved.
void Replica::give_up_choosing() {
  if (!joining_ || !joining_->is_choosing) return;
  joining_.reset();
  links_->resume();
  forget_beginning();
  discard_space();
}

/// Back with the personal space alone.
Result<void> Replica::stay_alone() {
  KITH_TRY(save_keys());
  has_keys_ = true;
  return {};
}

/// What a beginning that failed has made, before anything was saved.
void Replica::forget_beginning() {
  personal_memory_.reset();
  personal_.reset();
  keyring_.forget_words();
  keyring_.words = space::WordsState::kUnseen;
  keyring_.spaces.clear();
}

Result<Json> Replica::restored(bool is_personal_back) {
  const std::uint64_t own = is_personal_back ? KITH_TRY(personal_->log().counters()).entries : 0;
  const std::uint64_t shared = has_space() ? KITH_TRY(space_->log().counters()).entries : 0;
  return Json::object({{"spaces", has_space() ? 1 : 0},
                       {"entries", own + shared},
                       {"choose", Json::Array()},
                       {"others", json_of(KITH_TRY(other_places()))}});
}

const sync::Restoring* Replica::restoring() {
  return joining_ && joining_->restoring && !joining_->is_member ? &*joining_->restoring : nullptr;
}

Result<std::unique_ptr<space::Space>> Replica::begin_visit(const SpaceId& space) {
  const space::Environment environment{setup_.clock, setup_.random, &setup_.files};
  auto options = KITH_TRY(space_options());
  return joining_->restoring
             ? space::Space::visit_to_restore(environment, std::move(options), space, joining_->restoring->lineage)
             : space::Space::visit(environment, std::move(options), space, joining_->invitation);
}

Result<std::string> Replica::request_link() {
  give_up_choosing();
  if (has_keys_ || joining_) return has_begun();
  // The same code while it is shown: an answer to an earlier one would not fit.
  if (!link_request_) link_request_.emplace(make_link_request(setup_.random));
  return link_request_->code();
}

Result<void> Replica::take_link(std::string_view text) {
  if (has_keys_ || joining_) return has_begun();
  if (!link_request_) {
    return Error(ErrorCode::kUsage, "This device has not asked to be linked.",
                 "Show its code to your other device first.");
  }
  const LinkAnswer answer = KITH_TRY(parse_link_answer(text));
  auto linked = [&]() -> Result<void> {
    const space::Environment environment{setup_.clock, setup_.random, &setup_.files};
    setup_.random.fill(keyring_.storage_key.data);
    space::SpaceKeys keys = link_request_->personal_keys;
    personal_ = KITH_TRY(
        space::Space::link(environment, KITH_TRY(personal_options()), link_request_->personal, answer.personal, keys));
    keyring_.spaces.push_back(keys);
    if (answer.space) {
      keys = link_request_->space_keys;
      space_ = KITH_TRY(
          space::Space::link(environment, KITH_TRY(space_options()), link_request_->space, *answer.space, keys));
      keyring_.spaces.push_back(keys);
      KITH_TRY(space_->bind_host(host_key_));
      memory_ = KITH_TRY(Memory::open(space_->store().db()));
      for (const std::string& address : answer.addresses) KITH_TRY(memory_->add_address(address));
      KITH_TRY(space_->store().db().flush());
    }
    keyring_.words = space::WordsState::kPractised;  // they are with the other device's person
    return save_keys();
  }();
  if (!linked.ok()) {
    memory_.reset();
    space_.reset();
    forget_beginning();
    discard_space();
    return linked;
  }
  has_keys_ = true;
  link_request_.reset();
  return settle_in();
}

}  // namespace kith::replica
