// SPDX-License-Identifier: Apache-2.0
// How somebody becomes a member: dial, receive authority, join, receive the rest, say the name.
#include "node/node.h"
#include "node/node_joining.h"

namespace kith::node {
namespace {

Error no_address() {
  return {ErrorCode::kUnreachable, "The invitation has no address that can be dialled from here.",
          "Ask for a new one, or reach the other house with --via 'ssh … kith sync --stdio'."};
}

}  // namespace

Result<std::unique_ptr<Node>> Node::join(const Setup& setup, JoinRequest request) {
  if (!request.restoring) KITH_TRY(setup.app.check_name(request.name));  // a restorer has a name already
  auto home = KITH_TRY(claim_home(setup));
  std::unique_ptr<Node> node(new Node(setup, std::move(home)));
  const auto joined = node->run_join(request);
  const bool is_member = node->joining_->is_member;
  node->joining_.reset();
  if (is_member) {
    // What is missing comes with the next connection: the person belongs here, and that is on the disk.
    node->note(joined);
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
  if (request.restoring) {
    crypto::Key person_root = crypto::derive_person_root(request.root, *request.restoring);
    joining_->restoring.emplace(sync::Restoring{*request.restoring, crypto::derive_identity(person_root)});
    crypto::wipe(person_root.data);
  }
  KITH_TRY(check_clock());
  make_keys();
  make_houses();
  setup_.loop.set_after_batch([this] { after_batch(); });
  return reach_inviter(request);
}

/// Over one way after the other, until there is somebody to talk to.
Result<void> Node::reach_inviter(JoinRequest& request) {
  const auto invitation = request.restoring ? std::nullopt : std::optional(request.invitation);
  if (request.channel) {
    return sync_as_newcomer(
        houses_->add(PipeLink::Setup{sync::Role::kDialer, "cable", std::move(request.channel), invitation}));
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
  KITH_TRY(wait_for(*link, [&] { return joining_->is_member && link->is_settled(); }));
  if (joining_->restoring) return {};  // her name has come with the rest
  KITH_TRY(setup_.app.joined(*this, joining_->request.name));
  // The name must have gone out too, or the others see somebody without one.
  is_changed_ = true;
  return wait_for(*link, [&] { return !is_changed_ && !space_->log().has_tail() && link->is_settled(); });
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
  // The personal space stays on this device: hosting it elsewhere comes with the browser.
  return space_ ? std::vector{space_.get()} : std::vector<space::Space*>();
}

const crypto::SigningKey* Node::log_key(const SpaceId& space) {
  return space_ && space_->id() == space ? space_->log_key() : nullptr;
}

space::Space* Node::visit(const SpaceId& space) {
  if (space_) return space_->id() == space ? space_.get() : nullptr;
  if (!joining_) return nullptr;
  auto visited = begin_visit(space);
  if (!visited.ok()) {
    joining_->failure = std::move(visited).error();
    return nullptr;
  }
  space_ = std::move(*visited);
  return space_.get();
}

Result<std::unique_ptr<space::Space>> Node::begin_visit(const SpaceId& space) {
  const space::Environment environment{setup_.clock, setup_.random};
  auto options = KITH_TRY(space_options(kSpaceFile));
  const JoinRequest& request = joining_->request;
  return request.restoring ? space::Space::visit_to_restore(environment, std::move(options), space, *request.restoring)
                           : space::Space::visit(environment, std::move(options), space, request.invitation);
}

const sync::Restoring* Node::restoring() {
  return joining_ && joining_->restoring && !joining_->is_member ? &*joining_->restoring : nullptr;
}

Result<void> Node::authority_complete(space::Space& space) {
  if (!joining_ || joining_->is_member) return {};
  auto joined = become_member(space);
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
  KITH_TRY(found_personal(joining_->request.root));
  KITH_TRY(settle_in());
  if (!joining_->restoring) KITH_TRY(memory_->set(kInvitationName, joining_->request.invitation.link()));
  for (const std::string& address : joining_->request.invitation.addresses) {
    KITH_TRY(memory_->add_address(address));
    if (const auto known = parse_address(address); known.ok()) houses_->keep_dialing(*known, Source::kInvitation);
  }
  KITH_TRY(space.store().db().flush());
  KITH_TRY(personal_->store().db().flush());
  KITH_TRY(save_keys());
  joining_->is_member = true;
  return {};
}

sync::PeerCursor Node::peer_cursor(const HostKey& peer, const SpaceId&) {
  return memory_ ? memory_->cursor(peer) : sync::PeerCursor{};
}

void Node::set_peer_cursor(const HostKey& peer, const SpaceId&, const sync::PeerCursor& cursor) {
  if (memory_) note(memory_->set_cursor(peer, cursor));
}

}  // namespace kith::node
