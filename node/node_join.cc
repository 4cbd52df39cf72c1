// SPDX-License-Identifier: Apache-2.0
// How somebody becomes a member: dial, receive authority, join, receive the rest, say the name.
#include "node/node.h"
#include "node/node_joining.h"

namespace kith::node {
namespace {

Error nobody_keeps() {
  return {ErrorCode::kNotFound, "Nobody there keeps anything for these twelve words.",
          "Give the rescue code that lies beside them, or ask another house of your neighbourhood with --at."};
}

Error no_address() {
  return {ErrorCode::kUnreachable, "The invitation has no address that can be dialled from here.",
          "Ask for a new one, or reach the other house with --via 'ssh … kith sync --stdio'."};
}

}  // namespace

Result<std::unique_ptr<Node>> Node::join(const Setup& setup, JoinRequest request) {
  if (!request.is_restoring) KITH_TRY(setup.app.check_name(request.name));  // a restorer has a name already
  auto home = KITH_TRY(claim_home(setup));
  std::unique_ptr<Node> node(new Node(setup, std::move(home)));
  const auto joined = request.is_restoring ? node->run_restore(request) : node->run_join(request);
  const bool is_member = node->joining_->is_member;
  node->joining_.reset();
  if (is_member) {
    // What is missing comes with the next connection: the person belongs here, and that is on the disk.
    node->note(joined);
    node->note_place();
    return node;
  }
  node->houses_.reset();
  node->space_.reset();
  node->personal_.reset();
  node->home_->discard();
  return joined.error();
}

Result<void> Node::run_join(JoinRequest& request) {
  joining_ = std::make_unique<Joining>(Joining{request});
  KITH_TRY(check_clock());
  make_keys();
  make_houses();
  setup_.loop.set_after_batch([this] { after_batch(); });
  return reach_inviter(request);
}

void Node::ask_for(const Lineage& lineage, bool is_personal) {
  crypto::Key person_root = crypto::derive_person_root(joining_->request.root, lineage);
  joining_->restoring.emplace(sync::Restoring{lineage, crypto::derive_identity(person_root), is_personal});
  crypto::wipe(person_root.data);
}

/// First her own space, which the words alone find where a house keeps it: it names the neighbourhood.
Result<void> Node::run_restore(JoinRequest& request) {
  joining_ = std::make_unique<Joining>(Joining{request});
  KITH_TRY(check_clock());
  make_keys();
  make_houses();
  setup_.loop.set_after_batch([this] { after_batch(); });
  ask_for(crypto::personal_lineage(request.root), true);
  auto asked = reach_inviter(request);
  const bool is_unknown = !asked.ok() && asked.error().code() == ErrorCode::kPeerRefused;
  if (!asked.ok() && !is_unknown) return asked;
  std::vector<KnownPlace> places;
  if (joining_->is_personal_back) places = KITH_TRY(known_places());
  const bool is_one_of_several = places.size() > 1;
  if (request.rescue) {
    replica::put_first(places, *request.rescue);
  } else if (is_one_of_several) {
    replica::put_first(places, KITH_TRY(request.choose(places)));
  }
  if (places.empty()) {
    return joining_->is_personal_back
               ? Error(ErrorCode::kNotMember, "Your own notes are kept there, but they name no neighbourhood.",
                       "Join one by an invitation, or give the rescue code of yours.")
               : nobody_keeps();
  }
  return go_back_to(places.front(), is_one_of_several, request);
}

Result<void> Node::go_back_to(const KnownPlace& place, bool is_one_of_several, JoinRequest& request) {
  ask_for(place.lineage, false);
  std::vector<std::string>& addresses = request.invitation.addresses;
  if (is_one_of_several && !place.addresses.empty() && !request.channel) {
    // The house that was asked for her own space may be another place's, and would turn her away.
    const auto asked = std::exchange(addresses, place.addresses);
    auto back = reach_inviter(request);
    const bool may_try_there =
        !back.ok() && !joining_->is_member &&
        (back.error().code() == ErrorCode::kUnreachable || back.error().code() == ErrorCode::kTimeout ||
         back.error().code() == ErrorCode::kPeerRefused);
    if (!may_try_there) return back;
    addresses = asked;
  } else {
    addresses.insert(addresses.end(), place.addresses.begin(), place.addresses.end());
  }
  return reach_inviter(request);
}

/// One session for each space: who is asked closes when there is nothing to say any more.
Result<void> Node::sync_as_restorer(Link& link) {
  const bool is_personal = joining_->restoring->is_personal;
  KITH_TRY(wait_for(link, [this, is_personal, &link] {
    return (is_personal ? joining_->is_personal_back : joining_->is_member) && link.is_settled();
  }));
  if (is_personal) close_link(link);
  return {};
}

/// Over one way after the other, until there is somebody to talk to.
Result<void> Node::reach_inviter(JoinRequest& request) {
  const auto invitation = request.is_restoring ? std::nullopt : std::optional(request.invitation);
  if (request.channel) {
    return sync_as_newcomer(
        houses_->add(PipeLink::Setup{sync::Role::kDialer, "cable", KITH_TRY(request.channel()), invitation}));
  }
  std::vector<Address> remote, here;
  for (const std::string& text : request.invitation.addresses) {
    auto address = parse_address(text);
    // An address of a later version, say: the others may do.
    if (address.ok()) (address->is_unix() ? here : remote).push_back(std::move(*address));
  }
  Result<void> outcome = no_address();
  for (const auto& way : {remote, here}) {
    if (way.empty()) continue;
    outcome = sync_as_newcomer(houses_->dial(way, invitation));
    const bool is_away = !outcome.ok() && (outcome.error().code() == ErrorCode::kUnreachable ||
                                           outcome.error().code() == ErrorCode::kTimeout);
    if (!is_away || joining_->is_member) break;
  }
  return outcome;
}

Result<void> Node::sync_as_newcomer(const Result<Link*>& dialed) {
  if (!dialed.ok()) return dialed.error();
  Link* link = *dialed;
  if (joining_->restoring) return sync_as_restorer(*link);
  KITH_TRY(wait_for(*link, [&] { return joining_->is_member && link->is_settled(); }));
  KITH_TRY(setup_.app.joined(*this, joining_->request.name));
  // The name must have gone out too, or the others see somebody without one.
  is_changed_ = true;
  return wait_for(*link, [&] { return has_sent_all(*link); });
}

Result<void> Node::wait_for(Link& link, std::function<bool()> is_done) {
  Result<void> outcome;
  houses_->watch(link, std::move(is_done), [&](Result<void> result) {
    outcome = std::move(result);
    setup_.loop.stop();
  });
  tick();
  setup_.loop.run();
  // The space refused to be joined: that is the reason, and the end of the connection only its consequence.
  if (!outcome.ok() && joining_ && joining_->failure) return *joining_->failure;
  return outcome;
}

void Node::show_progress() {
  if (!joining_ || !joining_->request.on_progress || houses_->links().empty()) return;
  const std::uint64_t now = setup_.clock.steady_ms();
  if (now < joining_->progress_ms) return;
  joining_->progress_ms = now + kProgressMs;
  const sync::Session* session = houses_->links().front()->session();
  if (session == nullptr) return;
  const auto progress = session->progress();
  joining_->request.on_progress(progress.empty() ? "hello" : progress.front().state, session->counters().entries_in);
}

// -- sync::Spaces

std::vector<space::Space*> Node::spaces() {
  return space_ ? std::vector{space_.get()} : std::vector<space::Space*>();
}

const crypto::SigningKey* Node::log_key(const SpaceId& space) {
  for (space::Space* one : own_spaces()) {
    if (one->id() == space) return one->log_key();
  }
  return nullptr;
}

/// Without an owner: the node's own space lives as long as the node.
Result<std::shared_ptr<space::Space>> Node::keep(const space::Space&, const PersonId& person, const SpaceId& space) {
  if (personal_->id() == space) return std::shared_ptr<space::Space>(std::shared_ptr<void>(), personal_.get());
  return keeper_->keep(person, space);
}

std::vector<sync::Restorable> Node::restorable() {
  if (!keeps()) return {};
  std::vector<sync::Restorable> out = keeper_->restorable();
  if (const auto founder = personal_->founder()) {
    out.push_back({personal_->id(), crypto::derive_kept_gate_key(personal_->lineage(), *founder)});
  }
  return out;
}

Result<std::shared_ptr<space::Space>> Node::open_restorable(const SpaceId& space) {
  if (personal_->id() == space) return std::shared_ptr<space::Space>(std::shared_ptr<void>(), personal_.get());
  return keeper_->open_kept(space);
}

space::Space* Node::visit(const SpaceId& space) {
  const bool is_personal = joining_ && joining_->restoring && joining_->restoring->is_personal;
  if (is_personal && personal_) return personal_->id() == space ? personal_.get() : nullptr;
  if (space_) return space_->id() == space ? space_.get() : nullptr;
  if (!joining_) return nullptr;
  auto visited = begin_visit(space);
  if (!visited.ok()) {
    joining_->failure = std::move(visited).error();
    return nullptr;
  }
  std::unique_ptr<space::Space>& place = is_personal ? personal_ : space_;
  place = std::move(*visited);
  return place.get();
}

Result<std::unique_ptr<space::Space>> Node::begin_visit(const SpaceId& space) {
  const space::Environment environment{setup_.clock, setup_.random};
  if (!joining_->restoring) {
    return space::Space::visit(environment, KITH_TRY(space_options(kSpaceFile)), space, joining_->request.invitation);
  }
  auto options = KITH_TRY(space_options(joining_->restoring->is_personal ? kPersonalFile : kSpaceFile));
  return space::Space::visit_to_restore(environment, std::move(options), space, joining_->restoring->lineage);
}

const sync::Restoring* Node::restoring() {
  return joining_ && joining_->restoring && !joining_->is_member ? &*joining_->restoring : nullptr;
}

Result<void> Node::personal_is_back() {
  space::SpaceKeys keys;
  KITH_TRY(personal_->restore(joining_->request.root, keys));
  joining_->personal_keys = std::move(keys);
  joining_->is_personal_back = true;
  return {};
}

Result<void> Node::authority_complete(space::Space& space) {
  const bool is_personal = &space == personal_.get();
  if (!joining_ || joining_->is_member || (is_personal && joining_->is_personal_back)) return {};
  auto joined = is_personal ? personal_is_back() : become_member(space);
  if (!joined.ok()) joining_->failure = joined.error();
  return joined;
}

/// Everything is on the disk before the session may send the first byte of it; the key file last, because databases
/// without keys count as nothing.
Result<void> Node::become_member(space::Space& space) {
  space::SpaceKeys keys;
  const crypto::Key& root = joining_->request.root;
  KITH_TRY(joining_->restoring ? space.restore(root, keys) : space.join(root, keys));
  KITH_TRY(space.bind_host(host_key_));
  forget_root(keys);
  keyring_.spaces.push_back(std::move(keys));
  if (joining_->is_personal_back) {
    forget_root(joining_->personal_keys);
    keyring_.spaces.push_back(joining_->personal_keys);
    personal_->forget();
  } else {
    KITH_TRY(found_personal(joining_->request.root));
  }
  KITH_TRY(settle_in());
  if (!joining_->restoring) KITH_TRY(memory_->set(kInvitationName, joining_->request.invitation.link()));
  for (const std::string& address : joining_->request.invitation.addresses) {
    KITH_TRY(memory_->add_address(address));
    if (const auto known = parse_address(address); known.ok()) houses_->keep_dialing(*known, Source::kInvitation);
  }
  if (!joining_->restoring) note_place();
  KITH_TRY(space.store().db().flush());
  KITH_TRY(personal_->store().db().flush());
  KITH_TRY(save_keys());
  joining_->is_member = true;
  return {};
}

/// Beside the entries that it tells of.
replica::Memory* Node::memory_of(const SpaceId& space) {
  if (personal_ && personal_->id() == space) return personal_memory_ ? &*personal_memory_ : nullptr;
  if (space_ && space_->id() == space) return memory_ ? &*memory_ : nullptr;
  return keeper_ ? keeper_->memory_of(space) : nullptr;
}

sync::PeerCursor Node::peer_cursor(const HostKey& peer, const SpaceId& space) {
  replica::Memory* memory = memory_of(space);
  return memory != nullptr ? memory->cursor(peer) : sync::PeerCursor{};
}

void Node::set_peer_cursor(const HostKey& peer, const SpaceId& space, const sync::PeerCursor& cursor) {
  if (replica::Memory* memory = memory_of(space)) note(memory->set_cursor(peer, cursor));
}

}  // namespace kith::node
