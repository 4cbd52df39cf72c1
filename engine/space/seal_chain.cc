// SPDX-License-Identifier: Apache-2.0
#include "space/seal_chain.h"

#include <algorithm>

namespace kith::space {
namespace {

constexpr std::size_t kSchemaBytesMax = 1 << 20;

template <typename T>
const T* as(const Fact& fact) {
  return std::get_if<T>(&fact.payload);
}

template <typename T>
T item_of(const Bytes& list, std::size_t at, std::size_t offset, std::size_t stride) {
  return *T::from(ByteView(list).subspan(at * stride + offset, T::kSize));
}

Bytes& list_of(SealLists& lists, List which) {
  return lists[static_cast<std::size_t>(which)];
}

bool is_set(const Bytes& bitmap, std::size_t i) {
  return (bitmap[i / 8] >> (i % 8) & 1) != 0;
}

/// Of the right length, and no bit beyond its items.
bool fits(const Bytes& bitmap, std::size_t items) {
  if (bitmap.size() != (items + 7) / 8) return false;
  for (std::size_t i = items; i < bitmap.size() * 8; ++i) {
    if (is_set(bitmap, i)) return false;
  }
  return true;
}

/// Judged by form alone: whether a schema is an allowed move, each program finds for itself (a newer one may read
/// more).
bool is_sound(const ListChange& list) {
  if (list.which == List::kConstitution) return Constitution::decode(list.bytes).ok();
  return !list.bytes.empty() && list.bytes.size() <= kSchemaBytesMax;
}

}  // namespace

std::vector<Operator> operators_of(const SealState& seal) {
  const Bytes& list = seal.list(List::kOperators);
  std::vector<Operator> out;
  for (std::size_t i = 0; i < list.size() / kOperatorBytes; ++i) {
    out.push_back({item_of<PersonId>(list, i, 0, kOperatorBytes), item_of<HostKey>(list, i, 32, kOperatorBytes),
                   item_of<DeviceId>(list, i, 64, kOperatorBytes)});
  }
  return out;
}

std::vector<PersonId> electorate_of(const SealState& seal) {
  const Bytes& list = seal.list(List::kPersons);
  std::vector<PersonId> out;
  for (std::size_t i = 0; i < list.size() / PersonId::kSize; ++i) {
    out.push_back(item_of<PersonId>(list, i, 0, PersonId::kSize));
  }
  return out;
}

std::size_t round_quorum(std::size_t seats) {
  return 2 * seats / 3 + 1;
}

void SealChain::extend(std::vector<SealState>& chain) {
  for (;;) {
    const SealState& parent = chain.back();
    std::vector<Candidate> found;
    for (const Fact* fact : facts_) {
      const auto* seal = as<SealPayload>(*fact);
      if (seal == nullptr || seal->body.parent != parent.id) continue;
      if (auto candidate = check(*fact, *seal, parent)) found.push_back(std::move(*candidate));
    }
    if (found.empty()) return;
    const auto is_lower = [](const Candidate& a, const Candidate& b) {
      return std::pair(a.round, a.seal.id) < std::pair(b.round, b.seal.id);
    };
    SealState next = std::min_element(found.begin(), found.end(), is_lower)->seal;
    next.entries.clear();
    for (const Candidate& candidate : found) {
      if (candidate.seal.id == next.id) next.entries.push_back(candidate.seal.entries.front());
    }
    chain.push_back(std::move(next));
  }
}

std::optional<SealChain::Candidate> SealChain::check(const Fact& fact, const SealPayload& seal,
                                                     const SealState& parent) {
  std::vector<Operator> signers = operators_of(parent);
  auto lists = check_proposal(fact, seal, parent, signers);
  if (!lists || !is_quorum(seal, parent, signers)) return std::nullopt;
  Candidate out;
  out.round = seal.round;
  out.seal = {seal_id(book_.space(), seal.body), seal.body.number, seal.body.level, std::move(*lists), {fact.id}};
  return out;
}

std::optional<SealLists> SealChain::check_proposal(const Fact& seal_fact, const SealPayload& seal,
                                                   const SealState& parent, std::vector<Operator>& signers) {
  for (const Fact* fact : facts_) {
    const auto* proposal = as<SealProposalPayload>(*fact);
    const bool is_of_it = proposal != nullptr && proposal->parent == parent.id && proposal->body == seal.body &&
                          proposal->round <= seal.round;
    if (!is_of_it || !book_.reaches(seal_fact.id, fact->id)) continue;
    std::vector<Operator> moved = operators_of(parent);
    if (!apply_moves(proposal->moves, parent.id, seal.round, moved)) continue;
    const Within within = [&](const EntryId& entry) { return book_.reaches(fact->id, entry); };
    SealPlan expected = plan(parent, within, proposal->moves);
    expected.body.frontier = seal.body.frontier;  // what the sealers held, on their word
    if (!expected.changes_anything || expected.body != seal.body) continue;
    signers = std::move(moved);
    return std::move(expected.lists);
  }
  return std::nullopt;
}

bool SealChain::apply_moves(std::span<const SignerMove> moves, const Hash& parent, std::uint32_t round,
                            std::vector<Operator>& operators) {
  for (const SignerMove& move : moves) {
    const auto seat = std::find_if(operators.begin(), operators.end(), [&](const Operator& at) {
      return at.person == person_of(move.identity) && at.signer == move.from;
    });
    const Device* device = state_.device(move.to);
    const bool is_hers = device != nullptr && device->person == person_of(move.identity);
    if (seat == operators.end() || !is_hers || round < move.first_round) return false;
    if (!book_.checker().move(book_.space(), parent, move)) return false;
    seat->signer = move.to;
  }
  return true;
}

bool SealChain::is_quorum(const SealPayload& seal, const SealState& parent, std::span<const Operator> signers) {
  if (!fits(seal.bitmap, signers.size()) || seal.signatures.size() < round_quorum(signers.size())) return false;
  const Hash value = seal_id(book_.space(), seal.body);
  std::size_t next = 0;
  for (std::size_t i = 0; i < signers.size(); ++i) {
    if (!is_set(seal.bitmap, i)) continue;
    const Signature& signature = seal.signatures[next++];
    if (!book_.checker().round(signers[i].signer, book_.space(), parent.id, seal.round, Phase::kPrecommit, value,
                               signature)) {
      return false;
    }
  }
  return true;
}

SealPlan SealChain::plan(const SealState& parent, const Within& within, std::span<const SignerMove> moves) {
  SealPlan out;
  out.lists = parent.lists;
  Bytes& decisions = list_of(out.lists, List::kDecisions);
  decisions.clear();
  std::vector<List> amended;
  // By id: of two that amend one list the lower counts, the other is void with the term.
  for (const Fact* fact : facts_) {
    const auto* certificate = as<CertificatePayload>(*fact);
    if (certificate == nullptr || certificate->seal != parent.id || !within(fact->id)) continue;
    const auto& lists = certificate->act.lists;
    const bool is_second = std::any_of(lists.begin(), lists.end(), [&](const ListChange& list) {
      return std::find(amended.begin(), amended.end(), list.which) != amended.end();
    });
    if (is_second || !is_certified(*fact, *certificate, parent)) continue;
    for (const ListChange& list : lists) {
      list_of(out.lists, list.which) = list.bytes;
      amended.push_back(list.which);
    }
    append(decisions, fact->id.view());
    out.changes_anything = true;
  }
  Bytes& operators = list_of(out.lists, List::kOperators);
  for (const SignerMove& move : moves) {
    for (std::size_t at = 0; at + kOperatorBytes <= operators.size(); at += kOperatorBytes) {
      const auto signer = operators.begin() + static_cast<std::ptrdiff_t>(at + 64);
      if (std::equal(move.from.data.begin(), move.from.data.end(), signer)) {
        std::copy(move.to.data.begin(), move.to.data.end(), signer);
      }
    }
  }
  Bytes& votes = list_of(out.lists, List::kVoteKeys);
  votes.clear();
  const std::vector<PersonId> persons = electorate_of(parent);
  for (std::size_t i = 0; i < persons.size(); ++i) append(votes, vote_key(parent, i, persons[i], within).view());
  out.body.number = parent.number + 1;
  out.body.parent = parent.id;
  out.body.seats = operators.size() / kOperatorBytes;
  out.body.level = parent.level;
  for (std::size_t i = 0; i < out.lists.size(); ++i) {
    out.body.lists[i] = list_hash(static_cast<List>(i), out.lists[i]);
  }
  return out;
}

SignPublic SealChain::vote_key(const SealState& parent, std::size_t place, const PersonId& person,
                               const Within& within) const {
  const Person* known = state_.person(person);
  for (std::size_t n = known == nullptr ? 0 : known->vote_publics.size(); n-- > 0;) {
    const AnyOf& sayings = known->wrap_entries[n];
    if (std::any_of(sayings.begin(), sayings.end(), within)) return known->vote_publics[n];
  }
  return item_of<SignPublic>(parent.list(List::kVoteKeys), place, 0, SignPublic::kSize);
}

bool SealChain::is_certified(const Fact& fact, const CertificatePayload& certificate, const SealState& parent) {
  const std::vector<PersonId> persons = electorate_of(parent);
  if (!fits(certificate.bitmap, persons.size())) return false;
  if (!std::all_of(certificate.act.lists.begin(), certificate.act.lists.end(), is_sound)) return false;
  const SpaceId& space = book_.space();
  for (const ReplacedVoteKey& replaced : certificate.replaced) {
    if (!book_.checker().wrap_key(space, replaced.identity, replaced.wrap_key)) return false;
  }
  const Within within = [&](const EntryId& entry) { return book_.reaches(fact.id, entry); };
  const Hash proposal = proposal_id(space, parent.id, certificate.act);
  std::size_t next = 0;
  std::size_t yes = 0;
  for (std::size_t i = 0; i < persons.size(); ++i) {
    if (!is_set(certificate.bitmap, i)) continue;
    const Signature& signature = certificate.signatures[next++];
    SignPublic key = item_of<SignPublic>(parent.list(List::kVoteKeys), i, 0, SignPublic::kSize);
    for (const ReplacedVoteKey& replaced : certificate.replaced) {
      if (person_of(replaced.identity) == persons[i]) key = replaced.wrap_key.vote;
    }
    if (!book_.checker().vote(key, space, parent.id, proposal, signature)) return false;
    // A vote by a key that the certificate's own closure knows to be replaced is void.
    if (key == vote_key(parent, i, persons[i], within)) ++yes;
  }
  const auto constitution = Constitution::decode(parent.list(List::kConstitution));
  if (!constitution.ok()) return false;
  const Threshold& amend = constitution->amend;
  return yes >= std::size_t{amend.a} * persons.size() / amend.b + 1;
}

}  // namespace kith::space
