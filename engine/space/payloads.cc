// SPDX-License-Identifier: Apache-2.0
#include "space/payloads.h"

#include <bit>

#include "codec/cbor.h"

namespace kith::space {
namespace {

using codec::CborReader;
using codec::CborWriter;

constexpr std::uint64_t kActConfirm = 1;

// -- Pieces

template <typename T>
void take(CborReader& in, T& out) {
  out = T::from(in.bytes_of(T::kSize)).value_or(T{});
}

void put(CborWriter& out, const DeviceCertificate& v) {
  out.array(6).bytes(v.identity.view()).bytes(v.log.view()).bytes(v.box.view());
  out.uint(v.rights).uint(v.not_after_ms).bytes(v.signature.view());
}

void take(CborReader& in, DeviceCertificate& out, bool& fits) {
  in.array_of(6);
  take(in, out.identity);
  take(in, out.log);
  take(in, out.box);
  const std::uint64_t rights = in.uint();
  fits = fits && rights <= kRightsKnown;
  out.rights = static_cast<std::uint8_t>(rights);
  out.not_after_ms = in.uint();
  take(in, out.signature);
}

/// Wrap public, vote public and signature, flat in the array around them.
void put(CborWriter& out, const WrapKeyStatement& v) {
  out.bytes(v.wrap.view()).bytes(v.vote.view()).bytes(v.signature.view());
}

void take(CborReader& in, WrapKeyStatement& out) {
  take(in, out.wrap);
  take(in, out.vote);
  take(in, out.signature);
}

void put(CborWriter& out, const crypto::WrappedRows& v) {
  out.bytes(v.ephemeral.view()).bytes(v.rows);
}

void take(CborReader& in, crypto::WrappedRows& out, bool& fits) {
  take(in, out.ephemeral);
  const ByteView rows = in.bytes();
  fits = fits && !rows.empty() && rows.size() % crypto::kWrapRowBytes == 0 &&
         rows.size() / crypto::kWrapRowBytes <= crypto::kWrapRowsMax;
  out.rows = to_bytes(rows);
}

/// The genesis payload without its last item: what its last item signs.
Bytes genesis_without_signature(const GenesisPayload& v) {
  Bytes out;
  CborWriter writer(out);
  writer.array(8).bytes(v.lineage.view());
  put(writer, v.certificate);
  put(writer, v.wrap_key);
  writer.raw(v.seal.encode()).array(v.lists.size());
  for (const Bytes& list : v.lists) writer.bytes(list);
  writer.nil();  // parent: this space is no split
  return out;
}

// -- Decoders. `fits` turns false where the bytes are well-formed CBOR but not of this kind's form.

GenesisPayload take_genesis(CborReader& in, bool& fits) {
  GenesisPayload out;
  in.array_of(9);
  take(in, out.lineage);
  take(in, out.certificate, fits);
  take(in, out.wrap_key);
  auto seal = SealBody::decode(in.raw_item());
  fits = fits && seal.ok();
  if (seal.ok()) out.seal = std::move(seal).value();
  in.array_of(kSealListCount);
  for (Bytes& list : out.lists) list = to_bytes(in.bytes());
  fits = fits && in.take_nil();
  take(in, out.signature);
  return out;
}

RetirePayload take_retire(CborReader& in) {
  RetirePayload out;
  in.array_of(5);
  take(in, out.identity);
  take(in, out.log);
  out.last_seq = Seq(in.uint());
  take(in, out.last_id);
  take(in, out.signature);
  return out;
}

KeysPayload take_keys(CborReader& in, bool& fits) {
  KeysPayload out;
  in.array_of(6);
  const std::uint64_t n = in.uint();
  fits = fits && n <= UINT32_MAX;
  out.wrap_key.n = static_cast<std::uint32_t>(n);
  take(in, out.wrap_key);
  take(in, out.rows, fits);
  return out;
}

HostPayload take_host(CborReader& in) {
  HostPayload out;
  in.array_of(1);
  take(in, out.host);
  return out;
}

InvitePayload take_invite(CborReader& in, bool& fits) {
  InvitePayload out;
  in.array_of(5);
  take(in, out.invite);
  take(in, out.box);
  out.expires_ms = in.uint();
  const std::uint64_t uses = in.uint();
  fits = fits && uses <= UINT32_MAX;
  out.uses = static_cast<std::uint32_t>(uses);
  out.opens = in.boolean();
  return out;
}

JoinPayload take_join(CborReader& in, bool& fits) {
  JoinPayload out;
  in.array_of(7);
  take(in, out.certificate, fits);
  take(in, out.wrap_key);
  take(in, out.invite);
  take(in, out.join);
  take(in, out.accept);
  return out;
}

EpochPayload take_epoch(CborReader& in, bool& fits) {
  EpochPayload out;
  in.array_of(5);
  take(in, out.epoch);
  out.is_space_wide = in.boolean();
  take(in, out.rows, fits);
  out.about = to_bytes(in.bytes());
  return out;
}

WrapPayload take_wrap(CborReader& in, bool& fits) {
  WrapPayload out;
  in.array_of(3);
  take(in, out.epoch);
  take(in, out.rows, fits);
  return out;
}

/// A unilateral act; only type 1 is read.
ConfirmPayload take_confirm(CborReader& in, bool& fits) {
  ConfirmPayload out;
  in.array_of(3);
  fits = fits && in.uint() == kActConfirm;
  take(in, out.join);
  fits = fits && in.take_nil();
  return out;
}

// -- Power

constexpr std::uint64_t kActAmend = 9;
constexpr std::uint64_t kCertificateVersion = 1;

std::uint32_t take_u32(CborReader& in, bool& fits) {
  const std::uint64_t value = in.uint();
  fits = fits && value <= UINT32_MAX;
  return static_cast<std::uint32_t>(value);
}

bool is_amendable(std::uint64_t which) {
  return which == static_cast<std::uint64_t>(List::kSchema) || which == static_cast<std::uint64_t>(List::kConstitution);
}

void put(CborWriter& out, const Amendment& v) {
  out.array(4).uint(kActAmend).nil().array(v.lists.size());
  for (const ListChange& list : v.lists) out.array(2).uint(static_cast<std::uint64_t>(list.which)).bytes(list.bytes);
  out.array(0);
}

Amendment take_amendment(CborReader& in, bool& fits) {
  Amendment out;
  in.array_of(4);
  fits = fits && in.uint() == kActAmend;
  fits = fits && in.take_nil();
  const std::uint64_t count = in.array();
  fits = fits && count >= 1 && count <= kSealListCount;
  for (std::uint64_t i = 0; fits && in.ok() && i < count; ++i) {
    in.array_of(2);
    const std::uint64_t which = in.uint();
    fits = fits && is_amendable(which) && (i == 0 || which > static_cast<std::uint64_t>(out.lists.back().which));
    out.lists.push_back({static_cast<List>(which), to_bytes(in.bytes())});
  }
  if (fits) in.array_of(0);
  return out;
}

void put(CborWriter& out, const std::vector<Signature>& signatures) {
  Bytes all;
  for (const Signature& signature : signatures) append(all, signature.view());
  out.bytes(all);
}

/// As many as the bitmap has bits.
std::vector<Signature> take_signatures(CborReader& in, const Bytes& bitmap, bool& fits) {
  const ByteView all = in.bytes();
  std::size_t count = 0;
  for (const std::uint8_t byte : bitmap) count += static_cast<std::size_t>(std::popcount(byte));
  fits = fits && all.size() == count * Signature::kSize;
  std::vector<Signature> out;
  for (std::size_t i = 0; fits && i < count; ++i) {
    out.push_back(*Signature::from(all.subspan(i * Signature::kSize, Signature::kSize)));
  }
  return out;
}

SealBody take_body(CborReader& in, bool& fits) {
  auto body = SealBody::decode(in.raw_item());
  fits = fits && body.ok();
  return body.ok() ? std::move(body).value() : SealBody{};
}

ProposalPayload take_proposal(CborReader& in, bool& fits) {
  ProposalPayload out;
  in.array_of(3);
  take(in, out.seal);
  out.act = take_amendment(in, fits);
  if (fits) in.array_of(0);  // no cuts, no evidence
  return out;
}

VotePayload take_vote(CborReader& in, bool& fits) {
  VotePayload out;
  in.array_of(3);
  take(in, out.proposal);
  const std::uint64_t choice = in.uint();
  fits = fits && choice <= 1;
  out.is_yes = choice == 1;
  take(in, out.signature);
  return out;
}

CertificatePayload take_certificate(CborReader& in, bool& fits) {
  CertificatePayload out;
  in.array_of(6);
  fits = fits && in.uint() == kCertificateVersion;
  take(in, out.seal);
  out.act = take_amendment(in, fits);
  if (!fits) return out;
  out.bitmap = to_bytes(in.bytes());
  out.signatures = take_signatures(in, out.bitmap, fits);
  const std::uint64_t count = in.array();
  fits = fits && count <= out.signatures.size();
  for (std::uint64_t i = 0; fits && in.ok() && i < count; ++i) {
    ReplacedVoteKey& replaced = out.replaced.emplace_back();
    in.array_of(5);
    take(in, replaced.identity);
    replaced.wrap_key.n = take_u32(in, fits);
    take(in, replaced.wrap_key);
  }
  return out;
}

SealProposalPayload take_seal_proposal(CborReader& in, bool& fits) {
  SealProposalPayload out;
  in.array_of(4);
  take(in, out.parent);
  out.round = take_u32(in, fits);
  out.body = take_body(in, fits);
  const std::uint64_t count = in.array();
  fits = fits && count <= log::kRefsMax;
  for (std::uint64_t i = 0; fits && in.ok() && i < count; ++i) {
    SignerMove& move = out.moves.emplace_back();
    in.array_of(5);
    take(in, move.identity);
    take(in, move.from);
    take(in, move.to);
    move.first_round = take_u32(in, fits);
    take(in, move.signature);
  }
  return out;
}

RoundVotePayload take_round_vote(CborReader& in, bool& fits) {
  RoundVotePayload out;
  in.array_of(5);
  take(in, out.parent);
  out.round = take_u32(in, fits);
  const std::uint64_t phase = in.uint();
  fits = fits && phase <= 1;
  out.phase = static_cast<Phase>(phase);
  take(in, out.value);
  take(in, out.signature);
  return out;
}

SealPayload take_seal(CborReader& in, bool& fits) {
  SealPayload out;
  in.array_of(4);
  out.body = take_body(in, fits);
  out.round = take_u32(in, fits);
  out.bitmap = to_bytes(in.bytes());
  out.signatures = take_signatures(in, out.bitmap, fits);
  return out;
}

Payload take_payload(log::Kind kind, CborReader& in, bool& fits) {
  switch (kind) {
    case log::Kind::kGenesis: return take_genesis(in, fits);
    case log::Kind::kDevice: {
      DeviceCertificate out;
      take(in, out, fits);
      return out;
    }
    case log::Kind::kRetire: return take_retire(in);
    case log::Kind::kKeys: return take_keys(in, fits);
    case log::Kind::kHost: return take_host(in);
    case log::Kind::kInvite: return take_invite(in, fits);
    case log::Kind::kJoin: return take_join(in, fits);
    case log::Kind::kEpoch: return take_epoch(in, fits);
    case log::Kind::kWrap: return take_wrap(in, fits);
    case log::Kind::kUnilateral: return take_confirm(in, fits);
    case log::Kind::kDoubling: return DoublingPayload{to_bytes(in.bytes())};
    case log::Kind::kProposal: return take_proposal(in, fits);
    case log::Kind::kVote: return take_vote(in, fits);
    case log::Kind::kCertificate: return take_certificate(in, fits);
    case log::Kind::kSealProposal: return take_seal_proposal(in, fits);
    case log::Kind::kRoundVote: return take_round_vote(in, fits);
    case log::Kind::kSeal: return take_seal(in, fits);
    case log::Kind::kMerge:
    case log::Kind::kBeacon:
    case log::Kind::kErase:
    case log::Kind::kReceipt:
    case log::Kind::kContent:
    case log::Kind::kShare:
    case log::Kind::kSelf: break;
  }
  fits = false;
  return std::monostate{};
}

// -- Statements

Bytes device_statement(const SpaceId& space, const DeviceCertificate& v) {
  Bytes out;
  ByteWriter writer(out);
  for (const ByteView part : {space.view(), v.identity.view(), v.log.view(), v.box.view()}) writer.bytes(part);
  writer.u8(v.rights);
  writer.u64(v.not_after_ms);
  return out;
}

Bytes wrap_key_statement(const SpaceId& space, const SignPublic& identity, const WrapKeyStatement& v) {
  Bytes out;
  ByteWriter writer(out);
  writer.bytes(space.view());
  writer.bytes(identity.view());
  writer.u32(v.n);
  writer.bytes(v.wrap.view());
  writer.bytes(v.vote.view());
  return out;
}

Bytes retire_statement(const SpaceId& space, const RetirePayload& v) {
  Bytes out;
  ByteWriter writer(out);
  for (const ByteView part : {space.view(), v.identity.view(), v.log.view()}) writer.bytes(part);
  writer.u64(v.last_seq.value);
  writer.bytes(v.last_id.view());
  return out;
}

Bytes three(ByteView a, ByteView b, ByteView c) {
  Bytes out;
  for (const ByteView part : {a, b, c}) append(out, part);
  return out;
}

Hash genesis_statement(const GenesisPayload& v) {
  return list_hash(List::kGenesis, genesis_without_signature(v));
}

/// What a signature of formats 2 is over where a space comes first.
struct Statement {
  Bytes bytes;
  Statement& put(ByteView part) {
    append(bytes, part);
    return *this;
  }
  Statement& put(std::uint32_t number) {
    ByteWriter(bytes).u32(number);
    return *this;
  }
};

Bytes vote_statement(const SpaceId& space, const Hash& seal, const Hash& proposal, bool is_yes) {
  Bytes out = three(space.view(), seal.view(), proposal.view());
  out.push_back(is_yes ? 1 : 0);
  return out;
}

Bytes round_statement(const SpaceId& space, const Hash& parent, std::uint32_t round, const Hash& value) {
  return Statement().put(space.view()).put(parent.view()).put(round).put(value.view()).bytes;
}

Bytes move_statement(const SpaceId& space, const Hash& parent, const SignerMove& v) {
  Statement out;
  for (const ByteView part : {space.view(), parent.view(), v.identity.view(), v.from.view(), v.to.view()})
    out.put(part);
  return out.put(v.first_round).bytes;
}

std::string_view label_of(Phase phase) {
  return phase == Phase::kPrevote ? "kith1 prevote" : "kith1 precommit";
}

template <typename Put>
Bytes written(Put&& body) {
  Bytes out;
  CborWriter writer(out);
  body(writer);
  return out;
}

}  // namespace

Bytes encode(const DeviceCertificate& v) {
  return written([&](CborWriter& out) { put(out, v); });
}

Bytes encode(const GenesisPayload& v) {
  Bytes out = genesis_without_signature(v);
  ++out.front();  // one item more: the shortest head of an array of up to 23 items is one byte
  CborWriter(out).bytes(v.signature.view());
  return out;
}

Bytes encode(const RetirePayload& v) {
  return written([&](CborWriter& out) {
    out.array(5).bytes(v.identity.view()).bytes(v.log.view()).uint(v.last_seq.value).bytes(v.last_id.view());
    out.bytes(v.signature.view());
  });
}

Bytes encode(const KeysPayload& v) {
  return written([&](CborWriter& out) {
    out.array(6).uint(v.wrap_key.n);
    put(out, v.wrap_key);
    put(out, v.rows);
  });
}

Bytes encode(const HostPayload& v) {
  return written([&](CborWriter& out) { out.array(1).bytes(v.host.view()); });
}

Bytes encode(const InvitePayload& v) {
  return written([&](CborWriter& out) {
    out.array(5).bytes(v.invite.view()).bytes(v.box.view()).uint(v.expires_ms).uint(v.uses).boolean(v.opens);
  });
}

Bytes encode(const JoinPayload& v) {
  return written([&](CborWriter& out) {
    out.array(7);
    put(out, v.certificate);
    put(out, v.wrap_key);
    out.bytes(v.invite.view()).bytes(v.join.view()).bytes(v.accept.view());
  });
}

Bytes encode(const EpochPayload& v) {
  return written([&](CborWriter& out) {
    out.array(5).bytes(v.epoch.view()).boolean(v.is_space_wide);
    put(out, v.rows);
    out.bytes(v.about);
  });
}

Bytes encode(const WrapPayload& v) {
  return written([&](CborWriter& out) {
    out.array(3).bytes(v.epoch.view());
    put(out, v.rows);
  });
}

Bytes encode(const ConfirmPayload& v) {
  return written([&](CborWriter& out) { out.array(3).uint(kActConfirm).bytes(v.join.view()).nil(); });
}

Bytes encode(const DoublingPayload& v) {
  return written([&](CborWriter& out) { out.bytes(v.proof); });
}

Bytes encode(const Amendment& v) {
  return written([&](CborWriter& out) { put(out, v); });
}

Bytes encode(const ProposalPayload& v) {
  return written([&](CborWriter& out) {
    out.array(3).bytes(v.seal.view());
    put(out, v.act);
    out.array(0);
  });
}

Bytes encode(const VotePayload& v) {
  return written(
      [&](CborWriter& out) { out.array(3).bytes(v.proposal.view()).uint(v.is_yes ? 1 : 0).bytes(v.signature.view()); });
}

Bytes encode(const CertificatePayload& v) {
  return written([&](CborWriter& out) {
    out.array(6).uint(kCertificateVersion).bytes(v.seal.view());
    put(out, v.act);
    out.bytes(v.bitmap);
    put(out, v.signatures);
    out.array(v.replaced.size());
    for (const ReplacedVoteKey& replaced : v.replaced) {
      out.array(5).bytes(replaced.identity.view()).uint(replaced.wrap_key.n);
      put(out, replaced.wrap_key);
    }
  });
}

Bytes encode(const SealProposalPayload& v) {
  return written([&](CborWriter& out) {
    out.array(4).bytes(v.parent.view()).uint(v.round).raw(v.body.encode()).array(v.moves.size());
    for (const SignerMove& move : v.moves) {
      out.array(5).bytes(move.identity.view()).bytes(move.from.view()).bytes(move.to.view()).uint(move.first_round);
      out.bytes(move.signature.view());
    }
  });
}

Bytes encode(const RoundVotePayload& v) {
  return written([&](CborWriter& out) {
    out.array(5).bytes(v.parent.view()).uint(v.round).uint(static_cast<std::uint64_t>(v.phase));
    out.bytes(v.value.view()).bytes(v.signature.view());
  });
}

Bytes encode(const SealPayload& v) {
  return written([&](CborWriter& out) {
    out.array(4).raw(v.body.encode()).uint(v.round).bytes(v.bitmap);
    put(out, v.signatures);
  });
}

Result<Payload> decode_payload(log::Kind kind, ByteView payload) {
  if (kind == log::Kind::kMerge && payload.empty()) return Payload{};
  CborReader in(payload);
  bool fits = true;
  Payload out = take_payload(kind, in, fits);
  KITH_TRY(in.finish("an authority entry"));
  if (!fits) return Error(ErrorCode::kMalformed, "An authority entry is not of its kind's form.");
  return out;
}

Signature sign_device(const crypto::SigningKey& identity, const SpaceId& space, const DeviceCertificate& v) {
  return identity.sign("kith1 device", device_statement(space, v));
}

Signature sign_wrap_key(const crypto::SigningKey& identity, const SpaceId& space, const WrapKeyStatement& v) {
  return identity.sign("kith1 wrap key", wrap_key_statement(space, identity.public_key(), v));
}

Signature sign_genesis(const crypto::SigningKey& identity, const GenesisPayload& v) {
  return identity.sign("kith1 genesis", genesis_statement(v).view());
}

Signature sign_retire(const crypto::SigningKey& identity, const SpaceId& space, const RetirePayload& v) {
  return identity.sign("kith1 retire", retire_statement(space, v));
}

Signature sign_join(const crypto::SigningKey& identity, const SpaceId& space, const SignPublic& invite) {
  return identity.sign("kith1 join", three(space.view(), identity.public_key().view(), invite.view()));
}

Signature sign_accept(const crypto::SigningKey& invite, const SpaceId& space, const DeviceCertificate& v) {
  return invite.sign("kith1 accept", three(space.view(), v.identity.view(), v.log.view()));
}

Signature sign_vote(const crypto::SigningKey& vote_key, const SpaceId& space, const Hash& seal, const Hash& proposal,
                    bool is_yes) {
  return vote_key.sign("kith1 vote", vote_statement(space, seal, proposal, is_yes));
}

Signature sign_round(const crypto::SigningKey& signer, const SpaceId& space, const Hash& parent, std::uint32_t round,
                     Phase phase, const Hash& value) {
  return signer.sign(label_of(phase), round_statement(space, parent, round, value));
}

Signature sign_move(const crypto::SigningKey& identity, const SpaceId& space, const Hash& parent,
                    const SignerMove& move) {
  return identity.sign("kith1 signer", move_statement(space, parent, move));
}

Hash proposal_id(const SpaceId& space, const Hash& seal, const Amendment& act) {
  return crypto::hash("kith1 proposal", {space.view(), seal.view(), encode(act)});
}

Hash seal_id(const SpaceId& space, const SealBody& body) {
  return crypto::hash("kith1 seal id", {space.view(), body.encode()});
}

bool StatementChecker::verify(const SignPublic& key, std::string_view label, ByteView message,
                              const Signature& signature) {
  if (is_checked_before_) return true;
  const auto known = keys_.find(key);
  bool is_valid = known != keys_.end() && known->second;
  if (known == keys_.end()) {
    if (keys_.size() >= kKeysMax) keys_.clear();
    is_valid = crypto::is_valid_public_key(key);
    keys_.emplace(key, is_valid);
  }
  return is_valid && crypto::verify_with_valid_key(key, label, message, signature);
}

bool StatementChecker::device(const SpaceId& space, const DeviceCertificate& v) {
  return verify(v.identity, "kith1 device", device_statement(space, v), v.signature);
}

bool StatementChecker::wrap_key(const SpaceId& space, const SignPublic& identity, const WrapKeyStatement& v) {
  return verify(identity, "kith1 wrap key", wrap_key_statement(space, identity, v), v.signature);
}

bool StatementChecker::genesis(const GenesisPayload& v) {
  const SignPublic& identity = v.certificate.identity;
  return v.wrap_key.n == 0 && !v.lineage.is_zero() && device(SpaceId{}, v.certificate) &&
         wrap_key(SpaceId{}, identity, v.wrap_key) &&
         verify(identity, "kith1 genesis", genesis_statement(v).view(), v.signature) &&
         is_founding_seal(v.seal, v.lists, person_of(identity), v.certificate.log, v.wrap_key.vote);
}

bool StatementChecker::retire(const SpaceId& space, const RetirePayload& v) {
  return verify(v.identity, "kith1 retire", retire_statement(space, v), v.signature);
}

bool StatementChecker::join(const SpaceId& space, const JoinPayload& v) {
  const SignPublic& identity = v.certificate.identity;
  const Bytes joins = three(space.view(), identity.view(), v.invite.view());
  const Bytes accepts = three(space.view(), identity.view(), v.certificate.log.view());
  return v.wrap_key.n == 0 && device(space, v.certificate) && wrap_key(space, identity, v.wrap_key) &&
         verify(identity, "kith1 join", joins, v.join) && verify(v.invite, "kith1 accept", accepts, v.accept);
}

bool StatementChecker::vote(const SignPublic& vote_key, const SpaceId& space, const Hash& seal, const Hash& proposal,
                            const Signature& signature) {
  return verify(vote_key, "kith1 vote", vote_statement(space, seal, proposal, true), signature);
}

bool StatementChecker::round(const DeviceId& signer, const SpaceId& space, const Hash& parent, std::uint32_t round,
                             Phase phase, const Hash& value, const Signature& signature) {
  return verify(SignPublic{signer.data}, label_of(phase), round_statement(space, parent, round, value), signature);
}

bool StatementChecker::move(const SpaceId& space, const Hash& parent, const SignerMove& v) {
  return verify(v.identity, "kith1 signer", move_statement(space, parent, v), v.signature);
}

}  // namespace kith::space
