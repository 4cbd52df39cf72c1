// SPDX-License-Identifier: Apache-2.0
#include "space/authority.h"

#include <algorithm>
#include <tuple>

#include "log/evidence.h"
#include "space/seal_chain.h"

namespace kith::space {
namespace {

/// A total order of entries that no arrival changes: an honest earlier entry is lower.
bool is_before(const Fact& a, const Fact& b) {
  return std::pair(a.time, a.id) < std::pair(b.time, b.id);
}

std::uint8_t rights_needed(log::Kind kind) {
  const bool is_act = kind == log::Kind::kInvite || kind == log::Kind::kUnilateral;
  return is_act ? kRightActs : kRightContent | kRightActs;
}

}  // namespace

bool Device::covers(Seq seq, Stamp time, const EntryId& id, bool is_on_chosen_branch) const {
  if (not_after_ms != 0 && time.ms() > not_after_ms) return false;
  const bool is_doubled = doubled_at && seq >= *doubled_at;
  if (!retired_at) return !is_doubled;
  if (seq > retired_at->first) return false;
  if (seq == retired_at->first) return id == retired_at->second;
  return !is_doubled || is_on_chosen_branch;
}

// -- AuthorityState

bool operator==(const AuthorityState& a, const AuthorityState& b) {
  const auto parts = [](const AuthorityState& s) {
    return std::tie(s.lineage_, s.seals_, s.constitution_, s.persons_, s.devices_, s.invites_, s.epochs_, s.wraps_);
  };
  return parts(a) == parts(b);
}

Hash AuthorityState::schema_hash() const {
  return seals_.empty() ? Hash{} : list_hash(List::kSchema, seals_.back().list(List::kSchema));
}

std::string AuthorityState::schema_text() const {
  return seals_.empty() ? std::string() : std::string(as_text(seals_.back().list(List::kSchema)));
}

const Person* AuthorityState::person(const PersonId& id) const& {
  const auto found = persons_.find(id);
  return found == persons_.end() ? nullptr : &found->second;
}

const Device* AuthorityState::device(const DeviceId& id) const& {
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : &found->second;
}

std::vector<const Person*> AuthorityState::members() const& {
  std::vector<const Person*> out;
  for (const auto& [id, person] : persons_) {
    if (person.is_member) out.push_back(&person);
  }
  return out;
}

const InviteState* AuthorityState::invite(const SignPublic& invite) const& {
  // Somebody may have put another's invitation into her own log: the members' one counts, among several the one with
  // the lowest inviter.
  const auto from = invites_.lower_bound({invite, PersonId{}});
  for (auto at = from; at != invites_.end() && at->first.first == invite; ++at) {
    const Person* inviter = person(at->first.second);
    if (inviter != nullptr && inviter->is_member) return &at->second;
  }
  return nullptr;
}

std::vector<const InviteState*> AuthorityState::invites() const& {
  std::vector<const InviteState*> out;
  for (const auto& [key, state] : invites_) {
    const Person* inviter = person(key.second);
    if (inviter != nullptr && inviter->is_member) out.push_back(&state);
  }
  return out;
}

InviteStanding InviteState::standing(std::uint64_t at_ms) const {
  if (is_revoked()) return InviteStanding::kRevoked;
  if (is_spent()) return InviteStanding::kSpent;
  return at_ms > expires_ms ? InviteStanding::kExpired : InviteStanding::kOpen;
}

Readers AuthorityState::readers(std::uint64_t at_ms) const {
  Readers out;
  for (const Person* person : members()) {
    if (person->wrap() == nullptr) continue;
    std::vector<AnyOf>& sources = out[*person->wrap()];
    sources.push_back(person->wrap_entries.back());
    if (person->confirmed_by) sources.push_back({*person->confirmed_by});
  }
  for (const InviteState* invite : invites()) {
    const bool is_open = invite->standing(at_ms) == InviteStanding::kOpen;
    if (is_open && may_open(*invite)) out[invite->box].push_back({invite->entry});
  }
  return out;
}

Losses AuthorityState::losses(std::uint64_t at_ms) const {
  Losses out;
  for (const auto& [device, retirement] : retirements_) out.known_by.push_back(retirement);
  for (const Person* person : members()) {
    for (std::size_t n = 1; n < person->wrap_entries.size(); ++n) out.known_by.push_back(person->wrap_entries[n]);
  }
  for (const InviteState* invite : invites()) {
    for (const InviteState::Join& join : invite->joins) {
      if (!persons_.at(join.person).is_member) out.excluded.emplace_back(join.person, join.entry);
    }
    if (!may_open(*invite)) continue;
    if (invite->is_revoked()) {
      out.known_by.push_back(invite->revocations);
    } else if (invite->expires_ms < at_ms) {
      out.expired_ms = std::max(out.expired_ms, invite->expires_ms);
    }
  }
  return out;
}

bool AuthorityState::may_open(const InviteState& invite) const {
  return invite.opens && constitution_ && constitution_->opens;
}

// -- Judgement: from facts to the state, one rule after the other, each over all facts. Nothing here knows in which
// order they came: facts are taken by id, and where two say different things, a stated order decides.

class Judgement {
 public:
  Judgement(FactBook& book, std::vector<const Fact*> facts, const FactBook::Doublings& doublings)
      : book_(book), facts_(std::move(facts)), doublings_(doublings) {
    std::sort(facts_.begin(), facts_.end(), [](const Fact* a, const Fact* b) { return a->id < b->id; });
  }

  AuthorityState run() {
    found();
    certify();
    end_devices();
    read_invites();
    read_joins();
    admit();
    read_wrap_keys();
    read_hosts();
    read_epochs();
    read_seals();
    return std::move(state_);
  }

 private:
  struct Join {
    const Fact* fact;
    PersonId person;
    std::optional<EntryId> confirmed_by;
  };
  struct Invite {
    const Fact* fact = nullptr;
    std::vector<const Fact*> revocations;
    std::vector<Join> joins;
  };
  using Invites = std::map<std::pair<SignPublic, PersonId>, Invite>;

  template <typename T>
  static const T* as(const Fact& fact) {
    return std::get_if<T>(&fact.payload);
  }

  /// The genesis: the space's id is its hash, so there is one.
  void found() {
    for (const Fact* fact : facts_) {
      const GenesisPayload* genesis = as<GenesisPayload>(*fact);
      if (genesis == nullptr) continue;
      const auto list = [genesis](List which) { return ByteView(genesis->lists[static_cast<std::size_t>(which)]); };
      state_.lineage_ = genesis->lineage;
      state_.seals_ = {{Hash{fact->id.data}, 0, genesis->seal.level, genesis->lists, {fact->id}}};
      state_.constitution_ = Constitution::decode(list(List::kConstitution)).value();
      founder_ = person_of(genesis->certificate.identity);
    }
  }

  static const DeviceCertificate* certificate_in(const Fact& fact) {
    if (const auto* genesis = as<GenesisPayload>(fact)) return &genesis->certificate;
    if (const auto* join = as<JoinPayload>(fact)) return &join->certificate;
    return as<DeviceCertificate>(fact);
  }

  /// Entry 0 of a log says whose it is. Of two the lower id: such a log is doubled from its first number on.
  void certify() {
    for (const Fact* fact : facts_) {
      const DeviceCertificate* certificate = certificate_in(*fact);
      if (certificate == nullptr || state_.devices_.contains(fact->author)) continue;
      const PersonId id = person_of(certificate->identity);
      Device& device = state_.devices_[fact->author];
      device.log = fact->author;
      device.box = certificate->box;
      device.person = id;
      device.rights = certificate->rights;
      device.not_after_ms = certificate->not_after_ms;
      Person& person = state_.persons_[id];
      person.id = id;
      person.identity = certificate->identity;
      person.devices.push_back(fact->author);
    }
    for (auto& [id, person] : state_.persons_) std::sort(person.devices.begin(), person.devices.end());
  }

  Device* find_device(const DeviceId& id) {
    const auto found = state_.devices_.find(id);
    return found == state_.devices_.end() ? nullptr : &found->second;
  }

  /// Retirements and doublings prove themselves: it does not matter whose log carries them. Of two retirements the one
  /// that leaves less; a doubling begins at the lowest number that was proved.
  void end_devices() {
    for (const Fact* fact : facts_) {
      if (const auto* retire = as<RetirePayload>(*fact)) end_retired(fact->id, *retire);
      if (fact->convicted) end_doubled(fact->convicted->first, fact->convicted->second);
    }
    for (const auto& [id, seq] : doublings_) end_doubled(id, seq);
  }

  void end_retired(const EntryId& entry, const RetirePayload& retire) {
    Device* device = find_device(retire.log);
    if (device == nullptr || device->person != person_of(retire.identity)) return;
    state_.retirements_[retire.log].push_back(entry);
    const std::pair last(retire.last_seq, retire.last_id);
    if (!device->retired_at || last < *device->retired_at) device->retired_at = last;
  }

  void end_doubled(const DeviceId& id, Seq seq) {
    Device* device = find_device(id);
    if (device != nullptr && (!device->doubled_at || seq < *device->doubled_at)) device->doubled_at = seq;
  }

  /// Whose act it is, if her device may act so and the entry is before the device's end. Whether she is a member is
  /// another question: `admit` answers it.
  std::optional<PersonId> actor(const Fact& fact) {
    const Device* device = find_device(fact.author);
    if (device == nullptr || (device->rights & rights_needed(fact.kind)) == 0) return std::nullopt;
    // Above a doubling, authority entries are on the chosen branch if its last entry reaches them.
    const bool is_chosen =
        device->doubled_at && device->retired_at && book_.reaches(device->retired_at->second, fact.id);
    if (!device->covers(fact.seq, fact.time, fact.id, is_chosen)) return std::nullopt;
    return device->person;
  }

  bool is_member(const PersonId& id) const {
    const Person* person = state_.person(id);
    return person != nullptr && person->is_member;
  }

  /// An invitation is one person's: who repeats another's only adds her own voucher. Of one person's two the earlier.
  void read_invites() {
    for (const Fact* fact : facts_) {
      const auto* said = as<InvitePayload>(*fact);
      const auto inviter = said == nullptr ? std::nullopt : actor(*fact);
      if (!inviter) continue;
      Invite& invite = invites_[{said->invite, *inviter}];
      if (said->uses == 0) {
        invite.revocations.push_back(fact);
      } else if (invite.fact == nullptr || is_before(*fact, *invite.fact)) {
        invite.fact = fact;
      }
    }
    std::erase_if(invites_, [](const auto& item) { return item.second.fact == nullptr; });
  }

  void read_joins() {
    std::map<EntryId, std::map<PersonId, EntryId>> confirmations;
    for (const Fact* fact : facts_) {
      const auto* confirm = as<ConfirmPayload>(*fact);
      const auto by = confirm == nullptr ? std::nullopt : actor(*fact);
      if (by) confirmations[confirm->join].emplace(*by, fact->id);
    }
    for (const Fact* fact : facts_) {
      const auto* join = as<JoinPayload>(*fact);
      if (join == nullptr) continue;
      for (auto at = invites_.lower_bound({join->invite, PersonId{}});
           at != invites_.end() && at->first.first == join->invite; ++at) {
        if (!is_in_time(*fact, at->second)) continue;
        Join found{fact, person_of(join->certificate.identity), std::nullopt};
        const auto& by = confirmations[fact->id];
        if (const auto own = by.find(at->first.second); own != by.end()) found.confirmed_by = own->second;
        at->second.joins.push_back(found);
      }
    }
  }

  /// Expiry is judged by the join's own stamp: no clock is read. Whoever knew that the invitation was withdrawn comes
  /// too late; whoever did not may still be confirmed.
  bool is_in_time(const Fact& join, const Invite& invite) {
    return join.time.ms() <= as<InvitePayload>(*invite.fact)->expires_ms && book_.reaches(join.id, invite.fact->id) &&
           std::none_of(invite.revocations.begin(), invite.revocations.end(),
                        [&](const Fact* revocation) { return book_.reaches(join.id, revocation->id); });
  }

  /// Joins beyond the uses, or beside a revocation that does not know of them, count once the inviter confirms them.
  bool needs_confirmation(const Join& join, const Invite& invite, const InviteState& state) {
    return state.people.size() > state.uses ||
           std::any_of(invite.revocations.begin(), invite.revocations.end(),
                       [&](const Fact* revocation) { return !book_.reaches(revocation->id, join.fact->id); });
  }

  /// Membership spreads from the founder along invitations. Each step depends only on the inviter's being a member, so
  /// the order of steps does not matter.
  void admit() {
    std::map<PersonId, std::vector<Invites::const_iterator>> by_inviter;
    for (auto at = invites_.cbegin(); at != invites_.cend(); ++at) {
      list_invite(at->first, at->second);
      by_inviter[at->first.second].push_back(at);
    }
    std::vector<PersonId> fresh;
    if (founder_) fresh.push_back(*founder_);
    std::set<PersonId> seen(fresh.begin(), fresh.end());
    while (!fresh.empty()) {
      const PersonId inviter = fresh.back();
      fresh.pop_back();
      for (const auto& at : by_inviter[inviter]) {
        for (const Join& join : at->second.joins) {
          if (!admit_join(join, at->second, state_.invites_.at(at->first), inviter)) continue;
          if (seen.insert(join.person).second) fresh.push_back(join.person);
        }
      }
    }
    for (const PersonId& id : seen) state_.persons_[id].is_member = true;
    for (auto& [id, device] : state_.devices_) device.is_members = is_member(device.person);
  }

  void list_invite(const std::pair<SignPublic, PersonId>& key, const Invite& invite) {
    const auto& said = *as<InvitePayload>(*invite.fact);
    InviteState& state = state_.invites_[key];
    state.invite = said.invite;
    state.box = said.box;
    state.entry = invite.fact->id;
    state.inviter = key.second;
    state.expires_ms = said.expires_ms;
    state.uses = said.uses;
    state.opens = said.opens;
    for (const Fact* revocation : invite.revocations) state.revocations.push_back(revocation->id);
    for (const Join& join : invite.joins) {
      state.joins.push_back({join.fact->id, join.person, join.confirmed_by});
      state.people.insert(join.person);
    }
  }

  /// Of several ways in, the join with the lowest id is named.
  bool admit_join(const Join& join, const Invite& invite, const InviteState& state, const PersonId& inviter) {
    const bool is_needed = needs_confirmation(join, invite, state);
    if (is_needed && !join.confirmed_by) return false;
    Person& person = state_.persons_[join.person];
    const std::pair way(join.fact->id, inviter);
    const bool is_better = !person.joined_by || way < std::pair(*person.joined_by, *person.inviter);
    if (join.person != *founder_ && is_better) {
      person.joined_by = way.first;
      person.inviter = inviter;
      person.confirmed_by = is_needed ? join.confirmed_by : std::nullopt;
    }
    return true;
  }

  /// Wrap keys are said by the identity; an honest one says each number once, since they are derived. Of two that
  /// differ the one in the lower entry. A number counts when all below it are there.
  void read_wrap_keys() {
    using Saying = std::pair<const Fact*, const WrapKeyStatement*>;
    std::map<PersonId, std::map<std::uint32_t, std::vector<Saying>>> said;
    for (const Fact* fact : facts_) {
      const Device* device = find_device(fact->author);
      if (device == nullptr) continue;
      const WrapKeyStatement* statement = wrap_key_in(*fact, state_.persons_.at(device->person));
      if (statement != nullptr) said[device->person][statement->n].emplace_back(fact, statement);
    }
    for (const auto& [id, numbers] : said) {
      Person& person = state_.persons_.at(id);
      for (const auto& [n, sayings] : numbers) {
        if (n != person.wrap_publics.size()) break;
        const WrapKeyStatement& first = *sayings.front().second;
        person.wrap_publics.push_back(first.wrap);
        person.vote_publics.push_back(first.vote);
        AnyOf& entries = person.wrap_entries.emplace_back();
        for (const auto& [fact, statement] : sayings) {
          if (statement->wrap == first.wrap) entries.push_back(fact->id);
        }
      }
    }
  }

  const WrapKeyStatement* wrap_key_in(const Fact& fact, const Person& person) {
    if (const auto* genesis = as<GenesisPayload>(fact)) return &genesis->wrap_key;
    if (const auto* join = as<JoinPayload>(fact)) return &join->wrap_key;
    const auto* keys = as<KeysPayload>(fact);
    return keys != nullptr && book_.holds(fact, *keys, person.identity) ? &keys->wrap_key : nullptr;
  }

  /// The newest a device says; numbers of one log are ordered.
  void read_hosts() {
    std::map<DeviceId, Seq> newest;
    for (const Fact* fact : facts_) {
      const auto* host = as<HostPayload>(*fact);
      if (host == nullptr || !actor(*fact)) continue;
      const auto [at, is_first] = newest.try_emplace(fact->author, fact->seq);
      if (!is_first && fact->seq < at->second) continue;
      at->second = fact->seq;
      find_device(fact->author)->host = host->host;
    }
  }

  void read_epochs() {
    for (const Fact* fact : facts_) {
      const auto* epoch = as<EpochPayload>(*fact);
      const auto* wrap = as<WrapPayload>(*fact);
      if (epoch == nullptr && wrap == nullptr) continue;
      const auto maker = actor(*fact);
      const bool is_by_member = maker && is_member(*maker);
      if (epoch != nullptr) {
        state_.epochs_.push_back({epoch->epoch, fact->id, fact->author, is_by_member && epoch->is_space_wide});
      } else if (is_by_member) {
        state_.wraps_.push_back({wrap->epoch, fact->id});
      }
    }
  }

  /// What was sealed since the founding, and the constitution of the latest seal.
  void read_seals() {
    if (state_.seals_.empty()) return;
    SealChain(book_, facts_, state_).extend(state_.seals_);
    const Bytes& constitution = state_.seals_.back().list(List::kConstitution);
    state_.constitution_ = Constitution::decode(constitution).value();  // checked before it was taken
  }

  AuthorityState state_;
  FactBook& book_;
  std::vector<const Fact*> facts_;  // by id
  const FactBook::Doublings& doublings_;
  std::optional<PersonId> founder_;
  Invites invites_;
};

// -- FactBook

bool FactBook::add(const log::AuthorityEntry& entry, bool is_checked) {
  if (index_.contains(entry.id)) return false;
  Fact& fact = facts_.emplace_back();
  fact.id = entry.id;
  fact.author = entry.header.device;
  fact.seq = entry.header.seq;
  fact.time = entry.header.time;
  fact.kind = static_cast<log::Kind>(entry.header.kind);
  fact.refs = entry.header.refs;
  checker_.set_checked_before(is_checked);
  check(entry, fact);
  checker_.set_checked_before(false);
  index_.emplace(entry.id, facts_.size() - 1);
  for (const EntryId& ref : fact.refs) {
    if (!index_.contains(ref)) missing_.insert(ref);
  }
  if (missing_.erase(entry.id) > 0) {
    // It came after an entry that cites it: closures were kept without it.
    closures_.clear();
    is_ordered_ = false;
  }
  return true;
}

bool FactBook::is_said(const EntryId& entry) const {
  const Fact* fact = find(entry);
  return fact != nullptr && !std::holds_alternative<std::monostate>(fact->payload);
}

void FactBook::check(const log::AuthorityEntry& entry, Fact& fact) {
  auto decoded = decode_payload(fact.kind, entry.payload);
  if (!decoded.ok()) return;
  const auto is_first_of = [&](const DeviceCertificate& certificate) {
    return fact.seq == Seq(0) && certificate.log == fact.author;
  };
  bool is_said = true;
  if (const auto* genesis = std::get_if<GenesisPayload>(&*decoded)) {
    is_said = fact.id.data == space_.data && is_first_of(genesis->certificate) && checker_.genesis(*genesis);
  } else if (const auto* certificate = std::get_if<DeviceCertificate>(&*decoded)) {
    is_said = is_first_of(*certificate) && checker_.device(space_, *certificate);
  } else if (const auto* join = std::get_if<JoinPayload>(&*decoded)) {
    is_said = is_first_of(join->certificate) && checker_.join(space_, *join);
  } else if (const auto* retire = std::get_if<RetirePayload>(&*decoded)) {
    is_said = checker_.retire(space_, *retire);
  } else if (const auto* doubling = std::get_if<DoublingPayload>(&*decoded)) {
    const auto proven = log::decode_doubling(doubling->proof, space_);
    is_said = proven.ok();
    if (is_said) fact.convicted = std::pair(proven->device, proven->seq);
  }
  if (is_said) fact.payload = std::move(decoded).value();
}

bool FactBook::holds(const Fact& fact, const KeysPayload& keys, const SignPublic& identity) {
  const KeysVerdict key(fact.id, identity);
  const auto known = keys_verdicts_.find(key);
  if (known != keys_verdicts_.end()) return known->second;
  return keys_verdicts_[key] = checker_.wrap_key(space_, identity, keys.wrap_key);
}

void FactBook::add_doubling(const DeviceId& device, Seq seq) {
  const auto [known, is_new] = doublings_.emplace(device, seq);
  if (!is_new) known->second = std::min(known->second, seq);
}

const Fact* FactBook::find(const EntryId& id) const {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &facts_[found->second];
}

AuthorityState FactBook::state() {
  std::vector<const Fact*> all;
  all.reserve(facts_.size());
  for (const Fact& fact : facts_) all.push_back(&fact);
  return Judgement(*this, std::move(all), doublings_).run();
}

AuthorityState FactBook::state_at(const EntryId& entry) {
  const Closure& within = closure(entry);
  std::vector<const Fact*> some;
  for (std::size_t i = 0; i < within.size(); ++i) {
    if (within[i]) some.push_back(&facts_[i]);
  }
  const Doublings none;
  return Judgement(*this, std::move(some), none).run();
}

FactBook::Closure FactBook::walk(const EntryId& from, const EntryId* target) const {
  Closure seen(facts_.size());
  const auto start = index_.find(from);
  if (start == index_.end()) return {};
  const auto goal = target == nullptr ? index_.end() : index_.find(*target);
  if (target != nullptr && goal == index_.end()) return {};
  // As long as entries came after those that they cite, nothing below the target leads to it.
  const std::size_t lowest = target != nullptr && is_ordered_ ? goal->second : 0;
  std::vector<std::size_t> open{start->second};
  seen[start->second] = true;
  while (!open.empty() && (target == nullptr || !seen[goal->second])) {
    const Fact& fact = facts_[open.back()];
    open.pop_back();
    for (const EntryId& ref : fact.refs) {
      const auto at = index_.find(ref);
      if (at == index_.end() || at->second < lowest || seen[at->second]) continue;
      seen[at->second] = true;
      open.push_back(at->second);
    }
  }
  return seen;
}

const FactBook::Closure& FactBook::closure(const EntryId& entry) {
  const auto [kept, is_new] = closures_.try_emplace(entry);
  if (is_new) kept->second = walk(entry, nullptr);
  return kept->second;
}

bool FactBook::contains(const Closure& closure, const EntryId& entry) const {
  const auto at = index_.find(entry);
  return at != index_.end() && at->second < closure.size() && closure[at->second];
}

bool FactBook::reaches(const EntryId& from, const EntryId& target) {
  // What was reached once is reached for ever; what was not may be, once the entries between are here.
  if (reached_.contains({from, target})) return true;
  const bool is_reached = contains(walk(from, &target), target);
  if (is_reached) reached_.emplace(from, target);
  return is_reached;
}

}  // namespace kith::space
