// SPDX-License-Identifier: Apache-2.0
// Founding, visiting, joining, inviting (formats 3, 8, 10).
#include <algorithm>

#include "crypto/cipher.h"
#include "log/payload.h"
#include "space/space_impl.h"

namespace kith::space {

using Impl = Space::Impl;

namespace {

/// Fresh device keys, and what follows from the words in this lineage.
SpaceKeys fresh_keys(Random& random, const crypto::Key& root, const Lineage& lineage) {
  SpaceKeys keys;
  keys.lineage = lineage;
  random.fill(keys.log_seed.data);
  random.fill(keys.box_secret.data);
  keys.person_root = crypto::derive_person_root(root, lineage);
  keys.wrap_secrets.push_back(crypto::derive_wrap_secret(*keys.person_root, 0));
  keys.self_key = crypto::derive_self_key(*keys.person_root);
  return keys;
}

DeviceCertificate certify(const crypto::SigningKey& identity, const SpaceId& space, const SpaceKeys& keys,
                          std::uint8_t rights) {
  DeviceCertificate out;
  out.identity = identity.public_key();
  out.log = DeviceId{crypto::SigningKey::from_seed(keys.log_seed).public_key().data};
  out.box = crypto::box_public(keys.box_secret);
  out.rights = rights;
  out.signature = sign_device(identity, space, out);
  return out;
}

WrapKeyStatement state_wrap_key(const crypto::SigningKey& identity, const SpaceId& space, const SpaceKeys& keys) {
  const crypto::Key& secret = keys.wrap_secrets.front();
  WrapKeyStatement out{0, crypto::box_public(secret), crypto::derive_vote_key(secret).public_key(), {}};
  out.signature = sign_wrap_key(identity, space, out);
  return out;
}

GenesisPayload make_genesis(const SpaceKeys& keys, const HostKey& host, std::string_view schema_text,
                            const Constitution& constitution) {
  const crypto::SigningKey identity = crypto::derive_identity(*keys.person_root);
  GenesisPayload out;
  out.lineage = keys.lineage;
  out.certificate = certify(identity, SpaceId{}, keys, kRightContent | kRightActs | kRightSigner);
  out.wrap_key = state_wrap_key(identity, SpaceId{}, keys);
  out.lists = founding_lists(person_of(identity.public_key()), host, out.certificate.log, out.wrap_key.vote,
                             schema_text, constitution);
  out.seal = founding_seal(out.lists);
  out.signature = sign_genesis(identity, out);
  return out;
}

/// The genesis as a window of one record. Its id names the space, so it is made before there is a log to append it to.
struct Genesis {
  log::Header header;
  EntryId id;
  Bytes payload;
  Signature signature;

  Bytes window() const {
    Bytes out;
    log::RecordEncoder encoder(SpaceId{id.data});
    encoder.encode(log::Record{header, id, payload, std::nullopt, false, signature}, out);
    return out;
  }
};

Genesis sign_genesis_entry(const SpaceKeys& keys, const GenesisPayload& payload, Stamp time) {
  const crypto::SigningKey log_key = crypto::SigningKey::from_seed(keys.log_seed);
  Genesis out;
  out.payload = encode(payload);
  out.header.kind = static_cast<std::uint8_t>(log::Kind::kGenesis);
  out.header.payload_length = static_cast<std::uint32_t>(out.payload.size());
  out.header.time = time;
  out.header.device = payload.certificate.log;
  out.header.payload = log::clear_payload_hash(out.payload);
  out.id = log::header_id(out.header);
  out.signature = log_key.sign("kith1 entry", out.id.view());
  return out;
}

}  // namespace

Result<std::unique_ptr<Space>> Space::found(const Environment& environment, OpenOptions options,
                                            const crypto::Key& root, const Lineage& lineage, const HostKey& host,
                                            SpaceKeys& keys, const Constitution& constitution) {
  Lineage own_lineage = lineage;
  if (lineage.is_zero()) environment.random.fill(own_lineage.data);
  SpaceKeys fresh = fresh_keys(environment.random, root, own_lineage);
  const GenesisPayload payload = make_genesis(fresh, host, options.schema.canonical(), constitution);
  const Genesis genesis = sign_genesis_entry(fresh, payload, HybridClock(environment.clock).next());
  if (genesis.payload.size() > log::kPayloadBytesMax) {
    return Error(ErrorCode::kBadSchema, "The schema is too large: a space's first entry holds it, up to a mebibyte.",
                 "Split the app into several spaces, or shorten the schema.");
  }
  fresh.space = SpaceId{genesis.id.data};
  std::unique_ptr<Space> space(new Space(std::make_unique<Impl>(environment, fresh.space)));
  Impl& impl = *space->impl_;
  KITH_TRY(impl.open(options));
  log::RecordDecoder decoder(fresh.space);
  KITH_TRY(impl.log->accept(decoder, genesis.window()));
  KITH_TRY(impl.set_keys(fresh));
  KITH_TRY(impl.follow_schema());
  KITH_TRY(impl.make_epoch());
  if (!host.is_zero()) KITH_TRY(space->bind_host(host));
  KITH_TRY(impl.store->db().flush());
  keys = impl.keys;
  return space;
}

Result<std::unique_ptr<Space>> Space::visit(const Environment& environment, OpenOptions options, const SpaceId& space,
                                            const Invitation& invitation) {
  if (!equal(space.view().first(invitation.space_prefix.size()), invitation.space_prefix)) {
    return Error(ErrorCode::kWrongSpace, "Whoever answers there belongs to another neighbourhood than this invitation.",
                 "Check the address, or ask for a new invitation.");
  }
  std::unique_ptr<Space> visited(new Space(std::make_unique<Impl>(environment, space)));
  visited->impl_->invitation = invitation;
  KITH_TRY(visited->impl_->open(options));
  return visited;
}

Result<std::unique_ptr<Space>> Space::visit_to_restore(const Environment& environment, OpenOptions options,
                                                       const SpaceId& space, const Lineage& lineage) {
  std::unique_ptr<Space> visited(new Space(std::make_unique<Impl>(environment, space)));
  visited->impl_->restoring = lineage;
  KITH_TRY(visited->impl_->open(options));
  return visited;
}

Result<std::unique_ptr<Space>> Space::keep(const Environment& environment, OpenOptions options, const SpaceId& space,
                                           std::uint64_t bytes_max) {
  std::unique_ptr<Space> kept(new Space(std::make_unique<Impl>(environment, space)));
  kept->impl_->kept_bytes_max = bytes_max;
  options.schema = store::Schema();
  options.local_tables.clear();
  KITH_TRY(kept->impl_->open(options));
  return kept;
}

bool Space::is_kept() const {
  return impl_->kept_bytes_max.has_value();
}

Result<std::uint64_t> Space::kept_bytes() {
  const Rows rows =
      KITH_TRY(impl_->store->db().query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"));
  const auto* size = std::get_if<std::int64_t>(&rows.rows.at(0).at(0));
  return size == nullptr ? 0 : static_cast<std::uint64_t>(*size);
}

Result<void> Space::check_room(bool is_authority) {
  if (!impl_->kept_bytes_max) return {};
  const std::uint64_t max = *impl_->kept_bytes_max + (is_authority ? kKeptAuthorityBytesMax : 0);
  if (KITH_TRY(kept_bytes()) < max) return {};
  return Error(ErrorCode::kTooLarge, "The space that is kept here for somebody is as large as it may be.",
               "Delete what you no longer need, or keep a house of your own.");
}

std::optional<SignPublic> Space::founder() const {
  for (const Person* person : impl_->state.members()) {
    if (!person->joined_by) return person->identity;
  }
  return std::nullopt;
}

Result<void> Impl::check_schema() {
  KITH_TRY(follow_schema());
  if (!schema_trouble) return {};
  return Error(ErrorCode::kBadSchema,
               "This neighbourhood runs another app than this device. " + schema_trouble->cause(),
               "Install what whoever invited you runs, then join again.");
}

Result<const InviteState*> Impl::usable_invite(const SignPublic& invite_key, const PersonId& who) {
  const InviteState* invite = state.invite(invite_key);
  const std::string ask = "Ask for a new invitation.";
  if (invite == nullptr) {
    return Error(ErrorCode::kInviteUnknown, "Nobody in this neighbourhood has made this invitation.", ask);
  }
  if (invite->is_revoked()) {
    return Error(ErrorCode::kInviteUnknown, "This invitation was withdrawn by whoever made it.", ask);
  }
  if (now_ms() > invite->expires_ms) {
    return Error(ErrorCode::kInviteExpired, "This invitation has expired.", ask);
  }
  if (invite->is_spent() && !invite->people.contains(who)) {
    return Error(ErrorCode::kInviteSpent, "This invitation has been used already.",
                 "If it was not by you, tell whoever invited you: they see by whom. " + ask);
  }
  return invite;
}

Result<void> Space::join(const crypto::Key& root, SpaceKeys& keys) {
  Impl& impl = *impl_;
  if (impl.me || !impl.invitation) {
    return Error(ErrorCode::kAlreadyMember, "This device has joined this neighbourhood already.", "Just go on.");
  }
  if (!impl.state.is_founded()) {
    return Error(ErrorCode::kNotFound, "The neighbourhood's first entries have not arrived yet.",
                 "Stay connected to whoever invited you, and try again.");
  }
  KITH_TRY(impl.check_schema());
  SpaceKeys fresh = fresh_keys(impl.environment.random, root, impl.state.lineage());
  fresh.space = impl.id;
  const crypto::SigningKey identity = crypto::derive_identity(*fresh.person_root);
  const Person* known = impl.state.person(space::person_of(identity.public_key()));
  if (known != nullptr && known->is_member) {
    return Error(ErrorCode::kAlreadyMember, "These words belong to somebody who is a member here already.",
                 "Link this device from another one of yours instead.");
  }
  const crypto::SigningKey invite_key = crypto::derive_invite_key(impl.invitation->secret);
  KITH_TRY(impl.usable_invite(invite_key.public_key(), space::person_of(identity.public_key())));

  JoinPayload payload;
  payload.certificate = certify(identity, impl.id, fresh, kRightContent | kRightActs);
  payload.wrap_key = state_wrap_key(identity, impl.id, fresh);
  payload.invite = invite_key.public_key();
  payload.join = sign_join(identity, impl.id, payload.invite);
  payload.accept = sign_accept(invite_key, impl.id, payload.certificate);
  KITH_TRY(impl.set_keys(fresh));
  KITH_TRY(impl.append(log::Kind::kJoin, encode(payload)));
  KITH_TRY(impl.wrap_missing());
  KITH_TRY(impl.store->db().flush());
  keys = impl.keys;
  impl.tell_change();
  return {};
}

Result<void> Space::restore(const crypto::Key& root, SpaceKeys& keys) {
  Impl& impl = *impl_;
  if (impl.me || !impl.restoring) {
    return Error(ErrorCode::kAlreadyMember, "This device belongs to this neighbourhood already.", "Just go on.");
  }
  if (!impl.state.is_founded()) {
    return Error(ErrorCode::kNotFound, "The neighbourhood's first entries have not arrived yet.",
                 "Stay connected, and try again.");
  }
  if (impl.state.lineage() != *impl.restoring) {
    return Error(ErrorCode::kWrongSpace, "Whoever answers there belongs to another neighbourhood.",
                 "Check the address and the rescue code.");
  }
  KITH_TRY(impl.check_schema());
  SpaceKeys fresh = fresh_keys(impl.environment.random, root, impl.state.lineage());
  fresh.space = impl.id;
  const crypto::SigningKey identity = crypto::derive_identity(*fresh.person_root);
  const Person* person = impl.state.person(space::person_of(identity.public_key()));
  if (person == nullptr) {
    return Error(ErrorCode::kBadWords, "Nobody in this neighbourhood has these twelve words.",
                 "Look for the words that belong to this neighbourhood, or join it by an invitation.");
  }
  if (!person->is_member) {
    return Error(ErrorCode::kNotMember, "The person of these words is no member of this neighbourhood any more.",
                 "Ask a neighbour for an invitation.");
  }
  KITH_TRY(impl.check_device_count(*person));
  KITH_TRY(impl.set_keys(fresh));
  KITH_TRY(impl.append(log::Kind::kDevice, encode(certify(identity, impl.id, fresh, kRightContent | kRightActs))));
  KITH_TRY(impl.store->db().flush());
  keys = impl.keys;
  impl.tell_change();
  return {};
}

Result<Invitation> Space::invite(std::uint64_t expires_ms, std::uint32_t uses) {
  Impl& impl = *impl_;
  KITH_TRY(impl.check_may_write());
  if (uses == 0 || uses > kInviteUsesMax || expires_ms <= impl.now_ms()) {
    return Error(ErrorCode::kUsage, "An invitation is for 1 to 1,000 people and ends in the future.",
                 "Choose other numbers.");
  }
  Invitation invitation;
  impl.environment.random.fill(invitation.secret);
  std::copy_n(impl.id.data.begin(), invitation.space_prefix.size(), invitation.space_prefix.begin());
  const InvitePayload payload{crypto::derive_invite_key(invitation.secret).public_key(),
                              crypto::box_public(crypto::derive_invite_box_secret(invitation.secret)), expires_ms, uses,
                              impl.state.constitution().opens};
  KITH_TRY(impl.append(log::Kind::kInvite, encode(payload)));
  KITH_TRY(impl.ensure_epoch());
  KITH_TRY(impl.wrap_missing());
  KITH_TRY(impl.store->db().flush());
  impl.tell_change();
  return invitation;
}

Result<void> Space::revoke_invite(const SignPublic& invite_public) {
  Impl& impl = *impl_;
  KITH_TRY(impl.check_may_write());
  const InviteState* invite = impl.state.invite(invite_public);
  if (invite == nullptr || invite->inviter != impl.me) {
    return Error(ErrorCode::kInviteUnknown, "You have made no such invitation.",
                 "Only whoever made an invitation can withdraw it.");
  }
  const InvitePayload payload{invite->invite, invite->box, invite->expires_ms, 0, invite->opens};
  KITH_TRY(impl.append(log::Kind::kInvite, encode(payload)));
  KITH_TRY(impl.ensure_epoch());
  KITH_TRY(impl.store->db().flush());
  impl.tell_change();
  return {};
}

Result<void> Space::bind_host(const HostKey& host) {
  const Device* own = impl_->state.device(impl_->log->own());
  if (own != nullptr && own->host == host) return {};
  KITH_TRY(impl_->check_may_write());
  KITH_TRY(impl_->append(log::Kind::kHost, encode(HostPayload{host})));
  return {};
}

}  // namespace kith::space
