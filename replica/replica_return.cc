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

Error has_begun() {
  return {ErrorCode::kExists, "This browser has begun already.",
          "Use another browser profile, so that nothing of what is here is lost."};
}

}  // namespace

void Replica::restore(std::string_view words, std::string_view rescue, std::string_view address, Done done) {
  const auto begun = begin_restoring(words, rescue);
  if (!begun.ok()) return done(begun.error());
  joining_->done = std::move(done);
  joining_->deadline_ms = setup_.clock.steady_ms() + kReachMsMax;
  for (const std::string& door : setup_.doors) links_->learn(door);
  if (!address.empty()) links_->learn(address_of(address));
}

/// Nothing is saved before she is back.
Result<void> Replica::begin_restoring(std::string_view words, std::string_view rescue) {
  if (has_keys_ || joining_) return has_begun();
  std::string checked = KITH_TRY(crypto::check_words(words));
  const Lineage lineage = KITH_TRY(space::parse_rescue_code(rescue));
  crypto::Key64 seed = crypto::seed_from_words(checked);
  make_keys(crypto::derive_root(seed));
  crypto::wipe(seed.data);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(checked.data()), checked.size()});
  keyring_.words = space::WordsState::kPractised;  // typed, all twelve
  auto founded = found_personal();
  if (!founded.ok()) {
    forget_beginning();
    return founded;
  }
  crypto::Key person_root = crypto::derive_person_root(*keyring_.root, lineage);
  joining_.emplace(Joining{});
  joining_->restoring.emplace(sync::Restoring{lineage, crypto::derive_identity(person_root)});
  crypto::wipe(person_root.data);
  return {};
}

/// What a beginning that failed has made, before anything was saved.
void Replica::forget_beginning() {
  personal_.reset();
  keyring_.forget_words();
  keyring_.words = space::WordsState::kUnseen;
  keyring_.spaces.clear();
}

Result<Json> Replica::restored() {
  const auto counters = KITH_TRY(space_->log().counters());
  return Json::object({{"spaces", 1}, {"entries", counters.entries}});
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
