// SPDX-License-Identifier: Apache-2.0
// The hello of formats 8: nonces; the spaces that the dialer wants, blinded; an answer that only their people can make;
// proofs. A stranger sees one fixed shape whatever spaces there are here, and learns nothing of them.
//
//   dialer                                    listener
//   hello (nonce)                             hello (nonce)
//   wanted: first 16 of K(gate, …) each       answer: the other 16 of each that is ours, random bytes for the rest
//   proof by log or invite key            <-> proof by log key (to a newcomer with the space's full id), or refuse
//
// The answer's 16 bytes prove that the listener holds the gate too, so a member's log key is never shown to somebody
// who merely says "yes".
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/environment.h"
#include "crypto/sign.h"
#include "sync/frames.h"

namespace kith::sync {

enum class Role : std::uint8_t { kDialer, kListener };
/// The first three as in formats 8. The others are asked through the gate of a space that both share, so an older
/// program answers them with random bytes: the dialer has a space of its own that the listener should keep; the dialer
/// would keep one of the listener's.
enum class HelloRole : std::uint8_t { kMember = 0, kNewcomer = 1, kRestoring = 2, kOffering = 3, kKeeping = 4 };
/// These two come without a log of their own and do not know the space's id yet.
constexpr bool is_arriving(HelloRole role) {
  return role == HelloRole::kNewcomer || role == HelloRole::kRestoring;
}
/// A slot for a space that one side keeps for the other: proofs come after the hello (session.h).
constexpr bool is_about_keeping(HelloRole role) {
  return role == HelloRole::kOffering || role == HelloRole::kKeeping;
}

/// One way into one space, at either side. Keys outlive the Hello.
struct Gate {
  SpaceId space;  // zero: a newcomer, who has only the link's prefix, or somebody who restores
  HelloRole role = HelloRole::kMember;
  Hash key;                                    // gate key of the lineage; for newcomers the invite public key
  const crypto::SigningKey* signer = nullptr;  // shows who we are there: log key, invite key, or (restoring) identity;
                                               // nobody where it is about keeping
  std::array<std::uint8_t, 16> prefix{};       // newcomer: the first half of the space's id, from the link
  std::optional<Refusal> refusal;              // listener: this invitation is known and no longer open
};

/// A space that both sides know of.
struct Match {
  std::uint8_t slot = 0;  // its place among what the dialer wanted; names it in every later frame
  HelloRole role = HelloRole::kMember;
  SpaceId space;        // zero at who arrives until the listener has shown it; about keeping: the shared one, or zero
  SignPublic peer_key;  // zero until proved
  bool refused = false;
};

class Hello {
 public:
  enum class Outcome { kGoOn, kRubbish, kBadProof, kTooMany, kVersion };

  /// `gates`: at the dialer what is wanted (at most kSpacesMax are asked for); at the listener every way in.
  Hello(Role role, const HostKey& own, const HostKey& peer, Random& random, std::vector<Gate> gates);

  /// Appends our hello frame.
  void begin(Bytes& out);
  /// Takes one of the hello's frames; appends what is to be said to it. `detail` says what was wrong.
  Outcome receive(const Frame& frame, Bytes& out, std::string& detail);
  /// True once every match is proved or refused on both sides as far as this side can know.
  bool is_complete() const;
  const std::vector<Match>& matches() const { return matches_; }
  /// What a newcomer was told, if refused.
  std::optional<std::uint8_t> refused_with() const { return refused_with_; }
  /// If it is another one than ours.
  std::optional<std::uint8_t> peer_version() const { return peer_version_; }

  /// After joining, a newcomer shows its new log key for the same slot; and the listener checks it.
  void prove_again(std::uint8_t slot, const SpaceId& space, const crypto::SigningKey& log_key, Bytes& out) const;
  bool is_proof(const SpaceId& space, const SignPublic& key, const Signature& signature) const;
  /// After the hello, in a slot about keeping: the offer (which shows the space), and the answer that it is kept.
  void prove_kept(std::uint8_t slot, const SpaceId& space, const crypto::SigningKey& key, bool is_offer,
                  Bytes& out) const;

 private:
  struct Blinded {
    std::array<std::uint8_t, 16> claim;
    std::array<std::uint8_t, 16> answer;
  };
  Blinded blind(const Gate& gate) const;
  Bytes statement(const SpaceId& space, bool by_us) const;
  void send_proof(std::uint8_t slot, const Gate& gate, bool show_space, Bytes& out) const;
  Outcome receive_hello(const Frame& frame, Bytes& out, std::string& detail);
  Outcome receive_wanted(const Frame& frame, Bytes& out, std::string& detail);
  Outcome receive_answer(const Frame& frame, Bytes& out, std::string& detail);
  Outcome receive_proof(const Frame& frame, Bytes& out, std::string& detail);
  Outcome receive_refuse(const Frame& frame, std::string& detail);
  void want(Bytes& out);
  const Gate* gate_at(std::uint8_t slot) const;

  Role role_;
  HostKey own_;
  HostKey peer_;
  Random& random_;
  std::vector<Gate> gates_;
  Hash own_nonce_;
  std::optional<Hash> peer_nonce_;
  bool answered_ = false;                          // wanted and answer have both been
  std::vector<std::optional<std::size_t>> slots_;  // slot -> gate
  std::vector<Match> matches_;
  std::optional<std::uint8_t> refused_with_;
  std::optional<std::uint8_t> peer_version_;
};

}  // namespace kith::sync
