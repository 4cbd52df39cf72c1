// SPDX-License-Identifier: Apache-2.0
#include "sync/hello.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"

namespace kith::sync {

namespace {

// The number of wanted spaces is rounded up, so that a listener who shares none of them does not learn how many there
// are.
constexpr std::size_t kWantedMin = 4;

std::size_t padded(std::size_t n) {
  std::size_t size = kWantedMin;
  while (size < n) size *= 2;
  return size;
}

}  // namespace

Hello::Hello(Role role, const HostKey& own, const HostKey& peer, Random& random, std::vector<Gate> gates)
    : role_(role), own_(own), peer_(peer), random_(random), gates_(std::move(gates)) {
  random_.fill(own_nonce_.data);
}

void Hello::begin(Bytes& out) {
  encode(HelloFrame{kProtocolVersion, own_nonce_}, out);
}

Hello::Blinded Hello::blind(const Gate& gate) const {
  CHECK(peer_nonce_.has_value());
  const bool dialer = role_ == Role::kDialer;
  const Hash& first_nonce = dialer ? own_nonce_ : *peer_nonce_;
  const Hash& second_nonce = dialer ? *peer_nonce_ : own_nonce_;
  const HostKey& first_host = dialer ? own_ : peer_;
  const HostKey& second_host = dialer ? peer_ : own_;
  const std::uint8_t role = static_cast<std::uint8_t>(gate.role);
  const crypto::Key value =
      crypto::keyed_hash(gate.key.view(), "kith1 gate",
                         {first_nonce.view(), second_nonce.view(), first_host.view(), second_host.view(), {&role, 1}});
  Blinded out;
  std::copy_n(value.data.begin(), 16, out.claim.begin());
  std::copy_n(value.data.begin() + 16, 16, out.answer.begin());
  return out;
}

Bytes Hello::statement(const SpaceId& space, bool by_us) const {
  CHECK(peer_nonce_.has_value());
  Bytes out;
  ByteWriter writer(out);
  writer.bytes(space.view());
  writer.bytes((by_us ? own_ : peer_).view());
  writer.bytes((by_us ? peer_ : own_).view());
  writer.bytes((by_us ? own_nonce_ : *peer_nonce_).view());
  writer.bytes((by_us ? *peer_nonce_ : own_nonce_).view());
  return out;
}

bool Hello::is_proof(const SpaceId& space, const SignPublic& key, const Signature& signature) const {
  return peer_nonce_ && crypto::verify(key, "kith1 hello", statement(space, false), signature);
}

void Hello::prove_again(std::uint8_t slot, const SpaceId& space, const crypto::SigningKey& log_key, Bytes& out) const {
  encode(ProofFrame{slot, log_key.public_key(), log_key.sign("kith1 hello", statement(space, true)), std::nullopt},
         out);
}

void Hello::prove_kept(std::uint8_t slot, const SpaceId& space, const crypto::SigningKey& key, bool is_offer,
                       Bytes& out) const {
  ProofFrame proof{slot, key.public_key(), key.sign("kith1 hello", statement(space, true)), std::nullopt};
  if (is_offer) proof.space = space;
  encode(proof, out);
}

void Hello::send_proof(std::uint8_t slot, const Gate& gate, bool show_space, Bytes& out) const {
  ProofFrame proof{slot, gate.signer->public_key(), gate.signer->sign("kith1 hello", statement(gate.space, true)),
                   std::nullopt};
  if (show_space) proof.space = gate.space;
  encode(proof, out);
}

const Gate* Hello::gate_at(std::uint8_t slot) const {
  if (slot >= slots_.size() || !slots_[slot]) return nullptr;
  return &gates_[*slots_[slot]];
}

bool Hello::is_complete() const {
  return answered_ && std::all_of(matches_.begin(), matches_.end(), [](const Match& m) {
           return m.refused || !m.peer_key.is_zero() || is_about_keeping(m.role);
         });
}

Hello::Outcome Hello::receive(const Frame& frame, Bytes& out, std::string& detail) {
  if (frame.type == FrameType::kHello) return receive_hello(frame, out, detail);
  if (!peer_nonce_) {
    detail = "it did not begin with a hello";
    return Outcome::kRubbish;
  }
  if (frame.type == FrameType::kWanted) return receive_wanted(frame, out, detail);
  if (frame.type == FrameType::kAnswer) return receive_answer(frame, out, detail);
  if (frame.type == FrameType::kProof) return receive_proof(frame, out, detail);
  if (frame.type == FrameType::kRefuse) return receive_refuse(frame, detail);
  detail = "a frame of type \"" + std::string(frame_name(frame.type)) + "\" before the hello was over";
  return Outcome::kRubbish;
}

Hello::Outcome Hello::receive_hello(const Frame& frame, Bytes& out, std::string& detail) {
  const auto hello = decode_hello(frame.body);
  if (!hello || peer_nonce_) {
    detail = peer_nonce_ ? "a second hello" : "a hello that is not of the form";
    return Outcome::kRubbish;
  }
  if (hello->version != kProtocolVersion) {
    peer_version_ = hello->version;
    detail = version_error(hello->version).message();
    return Outcome::kVersion;
  }
  // With one nonce and one host key on both sides, our own statements could be handed back to us.
  if (hello->nonce == own_nonce_ || peer_ == own_) {
    detail = "the other side is this very installation";
    return Outcome::kRubbish;
  }
  peer_nonce_ = hello->nonce;
  if (role_ == Role::kDialer) want(out);
  return Outcome::kGoOn;
}

void Hello::want(Bytes& out) {
  const std::size_t n = std::min<std::size_t>(gates_.size(), kSpacesMax);
  slots_.assign(padded(n), std::nullopt);
  for (std::size_t i = 0; i < n; ++i) slots_[i] = i;
  // Shuffled (Fisher-Yates), so that a match tells nothing of how many stand before it.
  for (std::size_t i = slots_.size(); i > 1; --i) std::swap(slots_[i - 1], slots_[random_.u64() % i]);
  std::vector<std::array<std::uint8_t, 16>> values(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i]) {
      values[i] = blind(gates_[*slots_[i]]).claim;
    } else {
      random_.fill(values[i]);
    }
  }
  encode_values(FrameType::kWanted, values, out);
}

Hello::Outcome Hello::receive_wanted(const Frame& frame, Bytes& out, std::string& detail) {
  const auto values = decode_values(frame.body);
  if (role_ != Role::kListener || answered_ || !values) {
    detail = "a list of wanted spaces that is out of place";
    return Outcome::kRubbish;
  }
  if (values->size() > kSpacesMax) {
    detail = "it wants " + std::to_string(values->size()) + " spaces, at most " + std::to_string(kSpacesMax) +
             " are allowed";
    return Outcome::kTooMany;
  }
  std::map<std::array<std::uint8_t, 16>, std::pair<std::size_t, Blinded>> known;
  for (std::size_t i = 0; i < gates_.size(); ++i) {
    const Blinded blinded = blind(gates_[i]);
    known.emplace(blinded.claim, std::pair(i, blinded));
  }
  slots_.assign(values->size(), std::nullopt);
  std::vector<std::array<std::uint8_t, 16>> answers(values->size());
  std::set<std::pair<SpaceId, HelloRole>> taken;  // a space has one slot, and one for each way of keeping
  for (std::size_t slot = 0; slot < values->size(); ++slot) {
    random_.fill(answers[slot]);
    const auto found = known.find((*values)[slot]);
    if (found == known.end()) continue;
    const Gate& gate = gates_[found->second.first];
    const HelloRole as = is_about_keeping(gate.role) ? gate.role : HelloRole::kMember;
    if (!taken.insert({gate.space, as}).second) continue;
    answers[slot] = found->second.second.answer;
    slots_[slot] = found->second.first;
  }
  answered_ = true;
  encode_values(FrameType::kAnswer, answers, out);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot]) continue;
    const Gate& gate = gates_[*slots_[slot]];
    Match match{static_cast<std::uint8_t>(slot), gate.role, gate.space, {}, gate.refusal.has_value()};
    if (gate.refusal) {
      encode_bytes(FrameType::kRefuse, {match.slot, static_cast<std::uint8_t>(*gate.refusal)}, out);
    } else if (!is_about_keeping(gate.role)) {
      send_proof(match.slot, gate, is_arriving(gate.role), out);
    }
    matches_.push_back(match);
  }
  return Outcome::kGoOn;
}

Hello::Outcome Hello::receive_answer(const Frame& frame, Bytes& out, std::string& detail) {
  const auto values = decode_values(frame.body);
  if (role_ != Role::kDialer || answered_ || !values || values->size() != slots_.size()) {
    detail = "an answer that is out of place";
    return Outcome::kRubbish;
  }
  answered_ = true;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot]) continue;
    const Gate& gate = gates_[*slots_[slot]];
    if (!crypto::same_secret(blind(gate).answer, (*values)[slot])) continue;
    matches_.push_back(Match{static_cast<std::uint8_t>(slot), gate.role, gate.space, {}, false});
    // Who arrives signs over the space's id, which the listener's proof shows first.
    if (gate.role == HelloRole::kMember) send_proof(static_cast<std::uint8_t>(slot), gate, false, out);
  }
  return Outcome::kGoOn;
}

Hello::Outcome Hello::receive_proof(const Frame& frame, Bytes& out, std::string& detail) {
  const auto proof = decode_proof(frame.body);
  const auto match =
      std::find_if(matches_.begin(), matches_.end(), [&](const Match& m) { return proof && m.slot == proof->slot; });
  if (match == matches_.end() || match->refused || !match->peer_key.is_zero() || is_about_keeping(match->role)) {
    detail = "a proof for a space that was not agreed on";
    return Outcome::kRubbish;
  }
  Gate& gate = gates_[*slots_[match->slot]];
  const bool shown = role_ == Role::kDialer && is_arriving(match->role);
  if (proof->space.has_value() != shown) {
    detail = shown ? "a proof that does not name the space" : "a proof that names the space where it must not";
    return Outcome::kRubbish;
  }
  if (shown) {
    if (match->role == HelloRole::kNewcomer && !equal(proof->space->view().first(gate.prefix.size()), gate.prefix)) {
      detail = "it showed another space than the one in the invitation";
      return Outcome::kBadProof;
    }
    gate.space = match->space = *proof->space;
  }
  const bool right_key =
      role_ == Role::kDialer || match->role != HelloRole::kNewcomer || equal(proof->key.view(), gate.key.view());
  if (!right_key || !is_proof(match->space, proof->key, proof->signature)) {
    detail = "its signature for a space does not hold";
    return Outcome::kBadProof;
  }
  match->peer_key = proof->key;
  if (shown) send_proof(match->slot, gate, false, out);
  return Outcome::kGoOn;
}

Hello::Outcome Hello::receive_refuse(const Frame& frame, std::string& detail) {
  ByteReader in(frame.body);
  const std::uint8_t slot = in.u8();
  const std::uint8_t reason = in.u8();
  const auto match = std::find_if(matches_.begin(), matches_.end(), [&](const Match& m) { return m.slot == slot; });
  if (!in.at_end() || role_ != Role::kDialer || match == matches_.end() || match->refused) {
    detail = "a refusal that is out of place";
    return Outcome::kRubbish;
  }
  match->refused = true;
  refused_with_ = reason;
  return Outcome::kGoOn;
}

}  // namespace kith::sync
