// SPDX-License-Identifier: Apache-2.0
// Seals beyond the genesis (formats 10): which certificates count, what the next seal says, and which seals follow one
// another. A pure function of the facts, as everything in authority.h; docs/formats/authority.md has the rules.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "space/authority.h"

namespace kith::space {

/// One of a seal's operators.
struct Operator {
  PersonId person;
  HostKey host;
  DeviceId signer;
};
std::vector<Operator> operators_of(const SealState& seal);
std::vector<PersonId> electorate_of(const SealState& seal);
/// floor(2n/3) + 1.
std::size_t round_quorum(std::size_t seats);

/// What follows from a set of certificates: the lists of the next seal, and its body but for the frontier.
struct SealPlan {
  SealLists lists;
  SealBody body;
  bool changes_anything = false;  // a certificate waits
};

class SealChain {
 public:
  /// Everything outlives the object; `facts` by id.
  SealChain(FactBook& book, std::span<const Fact* const> facts, const AuthorityState& state)
      : book_(book), facts_(facts), state_(state) {}

  /// Adds to the chain what was sealed after its last. Of several seals with one parent, which only faulty operators
  /// can make, the one of the lowest (round, id).
  void extend(std::vector<SealState>& chain);
  using Within = std::function<bool(const EntryId&)>;
  /// What whoever knows these entries has to seal after `parent`.
  SealPlan plan(const SealState& parent, const Within& within, std::span<const SignerMove> moves);

 private:
  struct Candidate {
    std::uint32_t round = 0;
    SealState seal;
  };
  std::optional<Candidate> check(const Fact& fact, const SealPayload& seal, const SealState& parent);
  /// The lists that a proposal of this very body leads to, if they are what the body says.
  std::optional<SealLists> check_proposal(const Fact& seal_fact, const SealPayload& seal, const SealState& parent,
                                          std::vector<Operator>& signers);
  bool apply_moves(std::span<const SignerMove> moves, const Hash& parent, std::uint32_t round,
                   std::vector<Operator>& operators);
  bool is_quorum(const SealPayload& seal, const SealState& parent, std::span<const Operator> signers);
  bool is_certified(const Fact& fact, const CertificatePayload& certificate, const SealState& parent);
  /// The vote key that counts for whoever knows these entries: the list's, or a later one.
  SignPublic vote_key(const SealState& parent, std::size_t place, const PersonId& person, const Within& within) const;

  FactBook& book_;
  std::span<const Fact* const> facts_;
  const AuthorityState& state_;
};

}  // namespace kith::space
