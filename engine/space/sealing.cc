// SPDX-License-Identifier: Apache-2.0
// Seals, as far as a space with one operator and one voter makes them: amending schema and constitution, and following
// what was sealed with the tables.
#include <algorithm>

#include "codec/cbor.h"
#include "crypto/derive.h"
#include "space/seal_chain.h"
#include "space/space_impl.h"

namespace kith::space {

using Impl = Space::Impl;

namespace {

/// What every entry may name under a schema that this program cannot read: its tables are not to be judged here.
store::SchemaReach reach_of_unknown() {
  return {UINT32_MAX, std::vector<std::uint8_t>(store::Schema::kTablesMax, store::Schema::kColumnsMax)};
}

/// The frontier of formats 10: CBOR of its items, by log.
Bytes frontier_list(const std::vector<log::FrontierItem>& items) {
  Bytes out;
  codec::CborWriter writer(out);
  for (const log::FrontierItem& item : items) {
    writer.array(4).bytes(item.device.view()).uint(item.low.value).uint(item.high.value).bytes(item.high_id.view());
  }
  return out;
}

std::vector<const Fact*> by_id(const FactBook& book) {
  std::vector<const Fact*> out;
  for (const Fact& fact : book.facts()) out.push_back(&fact);
  std::sort(out.begin(), out.end(), [](const Fact* a, const Fact* b) { return a->id < b->id; });
  return out;
}

}  // namespace

// -- following

void Impl::read_schemas() {
  const std::vector<SealState>& seals = state.seals();
  std::size_t same = 0;
  while (same < schemas.size() && same < seals.size() && schemas[same].seal == seals[same].id) ++same;
  is_schema_due = is_schema_due || same != schemas.size() || same != seals.size();
  schemas.resize(same);
  for (std::size_t i = same; i < seals.size(); ++i) {
    const Bytes& text = seals[i].list(List::kSchema);
    const bool is_unchanged = i > 0 && text == seals[i - 1].list(List::kSchema);
    SealedSchema next = i > 0 ? schemas[i - 1] : SealedSchema{};
    next.seal = seals[i].id;
    if (!is_unchanged) read_schema(as_text(text), next);
    schemas.push_back(std::move(next));
  }
  seal_levels.clear();
}

/// `at`: the schema of the seal before; becomes this one's.
void Impl::read_schema(std::string_view text, SealedSchema& at) {
  auto parsed = store::Schema::parse(text);
  if (!parsed.ok() || at.is_unknown) {
    // A newer program can read it: what names anything new waits for that program.
    at.is_unknown = true;
    at.reach = reach_of_unknown();
    return;
  }
  // What is no allowed move is passed over by whoever can read it, and what was agreed on before goes on.
  if (at.schema) {
    const auto grown = store::Schema::grown(*at.schema, *parsed);
    if (!grown.ok() || grown->canonical() != parsed->canonical()) return;
  }
  at.reach = parsed->reach();
  at.schema = std::move(parsed).value();
}

Result<void> Impl::follow_schema() {
  // Who keeps a space reads no row of it.
  if (kept_bytes_max || !is_schema_due || schemas.empty() || store->db().in_transaction()) return {};
  is_schema_due = false;
  const std::optional<store::Schema>& sealed = schemas.back().schema;
  if (!sealed) return {};
  const std::string before = store->agreed_schema().canonical();
  if (auto done = store->agree(*sealed); !done.ok()) {
    if (done.error().code() != ErrorCode::kBadSchema) return done;
    schema_trouble = std::move(done).error();
    return {};
  }
  schema_trouble.reset();
  const bool has_moved = store->agreed_schema().canonical() != before;
  if (has_moved || !has_placed) KITH_TRY(log->place_waiting());
  has_placed = true;
  return {};
}

bool Impl::has_schema_moved() const {
  return std::any_of(schemas.begin(), schemas.end(),
                     [this](const SealedSchema& sealed) { return sealed.reach != schemas.front().reach; });
}

const store::SchemaReach* Impl::reach_of(std::span<const EntryId> refs) {
  if (schemas.empty()) return nullptr;
  std::size_t latest = 0;
  if (!refs.empty()) {
    if (seal_levels.empty()) level_facts();
    for (const EntryId& ref : refs) {
      if (book.find(ref) != nullptr) latest = std::max<std::size_t>(latest, seal_levels[book.place(ref)]);
    }
  }
  // Under the newest the store's own agreement says the same, and what is beyond may come to be agreed on.
  return schemas[latest].reach == schemas.back().reach ? nullptr : &schemas[latest].reach;
}

/// Which seal each entry cites: facts come after those that they cite, but for what a gap has held up.
void Impl::level_facts() {
  std::unordered_map<EntryId, std::uint32_t, FixedBytesHash> saying;
  for (std::uint32_t k = 0; k < state.seals().size(); ++k) {
    for (const EntryId& entry : state.seals()[k].entries) saying.emplace(entry, k);
  }
  const auto& facts = book.facts();
  seal_levels.assign(facts.size(), 0);
  for (bool is_changed = true; is_changed;) {
    is_changed = false;
    for (std::size_t i = 0; i < facts.size(); ++i) {
      const auto said = saying.find(facts[i].id);
      std::uint32_t level = said == saying.end() ? 0 : said->second;
      for (const EntryId& ref : facts[i].refs) {
        if (book.find(ref) != nullptr) level = std::max(level, seal_levels[book.place(ref)]);
      }
      is_changed = is_changed || level != seal_levels[i];
      seal_levels[i] = level;
    }
  }
}

// -- sealing

Result<void> Impl::check_may_seal() const {
  KITH_TRY(check_may_write());
  const SealState& seal = state.seals().back();
  const std::vector<Operator> operators = operators_of(seal);
  const std::vector<PersonId> electorate = electorate_of(seal);
  if (operators.size() != 1 || electorate.size() != 1) {
    return Error(ErrorCode::kRefused,
                 "This place has more than one operator or voter: such a change is for all of them.",
                 "Propose it to them.");
  }
  if (operators[0].person != *me || electorate[0] != *me) {
    return Error(ErrorCode::kRefused, "Only the founder can change the rules of this place.", "Ask them to.");
  }
  const bool is_signer = operators[0].signer == log->own();
  const Device* signer = state.device(operators[0].signer);
  const bool may_take_over = signer != nullptr && signer->retired_at && keys.person_root;
  if (!is_signer && !may_take_over) {
    return Error(ErrorCode::kRefused, "The device that founded this place signs its changes.",
                 "Do this there; or, if it is lost, retire it and type your words here.");
  }
  if (keys.wrap_secrets.size() < self()->vote_publics.size()) {
    return Error(ErrorCode::kRefused, "This device does not have your newest keys yet.",
                 "Wait until another of your devices was in touch.");
  }
  return {};
}

Result<void> Impl::amend(std::vector<ListChange> lists) {
  KITH_TRY(check_may_seal());
  const Amendment act{std::move(lists)};
  // Everything is on the medium, or nothing, before any of it leaves.
  KITH_TRY(log->together([&]() -> Result<void> {
    const Hash parent = state.seals().back().id;
    KITH_TRY(append(log::Kind::kProposal, encode(ProposalPayload{parent, act})));
    KITH_TRY(certify(parent, act));
    return seal_alone();
  }));
  KITH_TRY(follow_schema());
  KITH_TRY(store->db().flush());
  tell_change();
  return {};
}

/// The one voter's yes, and the certificate that it makes.
Result<void> Impl::certify(const Hash& parent, const Amendment& act) {
  const Person person = *self();  // each entry works the state out anew
  const std::size_t n = person.vote_publics.size() - 1;
  const crypto::SigningKey vote_key = crypto::derive_vote_key(keys.wrap_secrets[n]);
  const Hash proposal = proposal_id(id, parent, act);
  const Signature yes = sign_vote(vote_key, id, parent, proposal, true);
  KITH_TRY(append(log::Kind::kVote, encode(VotePayload{proposal, true, yes})));
  CertificatePayload certificate{parent, act, {1}, {yes}, {}};
  const Bytes& listed = state.seals().back().list(List::kVoteKeys);
  if (!equal(listed, person.vote_publics[n].view())) {
    const auto statement = own_wrap_statement(static_cast<std::uint32_t>(n));
    if (!statement) return Error(ErrorCode::kInternal, "The statement of a vote key is gone.", "Please report it.");
    certificate.replaced.push_back({person.identity, *statement});
  }
  KITH_TRY(append(log::Kind::kCertificate, encode(certificate)));
  return {};
}

std::optional<WrapKeyStatement> Impl::own_wrap_statement(std::uint32_t n) const {
  for (const EntryId& entry : self()->wrap_entries[n]) {
    const Fact* fact = book.find(entry);
    const auto* said = fact == nullptr ? nullptr : std::get_if<KeysPayload>(&fact->payload);
    if (said != nullptr && said->wrap_key.n == n) return said->wrap_key;
  }
  return std::nullopt;
}

/// Every certificate that waits, sealed by this device: a quorum of one. One prevote and one precommit a round; a later
/// round only where a transaction of rounds was lost.
Result<void> Impl::seal_alone() {
  const SealState parent = state.seals().back();
  const DeviceId signer = operators_of(parent).front().signer;
  SealProposalPayload proposal;
  proposal.parent = parent.id;
  for (const Fact& fact : book.facts()) {
    const auto* said = std::get_if<RoundVotePayload>(&fact.payload);
    if (said != nullptr && said->parent == parent.id) proposal.round = std::max(proposal.round, said->round + 1);
  }
  if (signer != log->own()) {
    const crypto::SigningKey identity = crypto::derive_identity(*keys.person_root);
    SignerMove move{identity.public_key(), signer, log->own(), std::max(proposal.round, 1u), {}};
    move.signature = sign_move(identity, id, parent.id, move);
    proposal.round = move.first_round;
    proposal.moves.push_back(move);
  }
  while (log->authority_heads().size() > log::kRefsMax) KITH_TRY(append(log::Kind::kMerge, {}));
  const std::vector<const Fact*> facts = by_id(book);
  const auto all = [](const EntryId&) { return true; };  // the proposal cites every head
  proposal.body = SealChain(book, facts, state).plan(parent, all, proposal.moves).body;
  proposal.body.frontier = list_hash(List::kFrontier, frontier_list(KITH_TRY(log->frontier())));
  KITH_TRY(append(log::Kind::kSealProposal, encode(proposal)));
  const Hash value = seal_id(id, proposal.body);
  Signature precommit;
  for (const Phase phase : {Phase::kPrevote, Phase::kPrecommit}) {
    precommit = sign_round(*log_key, id, parent.id, proposal.round, phase, value);
    KITH_TRY(
        append(log::Kind::kRoundVote, encode(RoundVotePayload{parent.id, proposal.round, phase, value, precommit})));
  }
  KITH_TRY(append(log::Kind::kSeal, encode(SealPayload{proposal.body, proposal.round, {1}, {precommit}})));
  if (state.seals().back().id == value) return {};
  return Error(ErrorCode::kInternal, "A seal of our own does not count.", "Please report it.");
}

/// The founder's device, on a newer program: its tables become the place's.
Result<void> Impl::propose_own_schema() {
  if (has_proposed || schemas.empty() || schemas.back().is_unknown || !check_may_seal().ok()) return {};
  const store::Schema& agreed = *schemas.back().schema;
  const auto growth = store::Schema::compare(agreed, store->program_schema());
  if (!growth.ok() || *growth != store::Growth::kNewer) return {};
  has_proposed = true;
  const store::Schema next = KITH_TRY(store::Schema::grown(agreed, store->program_schema()));
  return amend({{List::kSchema, to_bytes(as_bytes(next.canonical()))}});
}

Result<void> Space::amend_certificate_authority(const std::optional<Hash>& key) {
  Constitution constitution = impl_->state.constitution();
  if (constitution.certificate_authority == key) return {};
  constitution.certificate_authority = key;
  return impl_->amend({{List::kConstitution, constitution.encode()}});
}

const store::SchemaReach* Space::reach_of(std::span<const EntryId> refs) {
  return impl_->reach_of(refs);
}

bool Space::has_schema_moved() const {
  return impl_->has_schema_moved();
}

Result<void> Space::before_window() {
  impl_->window_ms = impl_->environment.clock.steady_ms();
  return impl_->follow_schema();
}

}  // namespace kith::space
