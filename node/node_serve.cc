// SPDX-License-Identifier: Apache-2.0
// What a node does while it runs: requests, one flush for all that wait, ticks, listeners.
#include <algorithm>

#include "codec/text_codes.h"
#include "net/dial_target.h"
#include "node/api.h"
#include "node/node.h"
#include "node/node_joining.h"
#include "node/operations.h"
#include "node/problem.h"
#include "node/version.h"
#include "replica/doorstep.h"

namespace kith::node {
namespace {

bool is_write(const net::HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

}  // namespace

Result<std::uint16_t> Node::serve(const ListenOptions& options) {
  raise_file_limit();
  server_ = std::make_unique<net::HttpServer>(setup_.loop, [this](net::HttpRequest request, net::Respond respond) {
    handle(std::move(request), std::move(respond));
  });
  KITH_TRY(read_authority(options));
  KITH_TRY(open_public_pages(options));
  const std::uint16_t port =
      KITH_TRY(houses_->network().listen(options, *server_, [this](const std::vector<std::string>& names) {
        return authority_->identity(names, setup_.clock.wall_ms());
      }));
  KITH_TRY(server_->listen_local(home_->file(kControlSocket)));
  KITH_TRY(listen_for_houses());
  remember_addresses();
  note_place();
  houses_->begin_dialing();
  tick();
  return port;
}

/// Whoever founded has it from the beginning, or, with a space from before there was one, makes it now. The
/// constitution names it, so that a neighbour's browser can tell it from anybody else's.
Result<void> Node::read_authority(const ListenOptions& options) {
  const auto all = members();
  const bool is_founder = std::any_of(all.begin(), all.end(), [&](const Member& member) {
    return member.is_founder && member.person == space_->person();
  });
  authority_ = KITH_TRY(SpaceAuthority::read(*home_));
  if (!authority_ && options.is_certified) {
    if (!is_founder) {
      return Error(ErrorCode::kPermission, "The certificate authority of this neighbourhood is at its founder's house.",
                   "Serve without --tls auto, or give a certificate with --tls-cert and --tls-key.");
    }
    authority_ = KITH_TRY(SpaceAuthority::make(*home_, KITH_TRY(setup_.app.place_name(*this)), setup_.clock.wall_ms()));
  }
  if (authority_ && is_founder) note(space_->amend_certificate_authority(KITH_TRY(authority_->hash())));
  return {};
}

Result<void> Node::open_public_pages(const ListenOptions& options) {
  PublicPages::Setup setup{.files = {},
                           .versions =
                               [this] {
                                 return DoorVersions{std::string(kVersion), std::string(sync::kSyncProtocol),
                                                     space_->authority().schema_hash().hex()};
                               },
                           .now_ms = [this] { return setup_.clock.wall_ms(); },
                           .doorstep = [this](const SignPublic& invite) { return doorstep(invite); },
                           .host = *host_,
                           .authority = authority_ ? authority_->certificate() : std::string()};
  if (!options.web_directory.empty()) setup.files = KITH_TRY(WebFiles::read(options.web_directory));
  public_pages_.emplace(std::move(setup));
  return {};
}

/// Sealed for the holder of the invitation. Of a withdrawn one no more than that; of one that is over, who to ask anew.
Result<Json> Node::doorstep(const SignPublic& key) {
  const space::InviteState* invite = space_->authority().invite(key);
  if (invite == nullptr) {
    return Error(ErrorCode::kInviteUnknown, "This house does not know the invitation.",
                 "Its inviter's house may not have been met yet.");
  }
  Json told = Json::object({{"state", replica::invite_state(*invite, setup_.clock.wall_ms())}});
  if (!invite->is_revoked()) {
    const Json introduction = KITH_TRY(setup_.app.introduction(*this));
    for (const auto& [name, value] : introduction.members()) told.set(name, value);
    told.set("inviter", name_of(invite->inviter));
    told.set("members", static_cast<std::uint64_t>(members().size()));
    told.set("expires_ms", invite->expires_ms);
  }
  const Bytes sealed = KITH_TRY(replica::seal_for_holder(setup_.random, *invite, told.dump()));
  return Json::object({{"told", codec::to_base64url(sealed)}});
}

void Node::remember_addresses() {
  if (!memory_) return;
  note(memory_->set_list(kListenName, own_addresses()));
  note(memory_->set_list(kDoorsName, doors()));
}

/// WebSockets first: browsers can do nothing else. Loopback only where there is nothing else.
void Node::announce_house() {
  const Network& network = houses_->network();
  std::vector<std::string> sockets, others, near;
  for (const p2p::Multiaddr& address : network.addresses()) {
    const auto target = net::dial_target(address);
    if (!target.ok()) continue;
    const bool is_loopback = target->endpoint && target->endpoint->is_loopback();
    auto& list = is_loopback ? near : target->is_web_socket ? sockets : others;
    list.push_back(address.with_peer(network.id()).text());
  }
  sockets.insert(sockets.end(), others.begin(), others.end());
  if (sockets.empty()) sockets = std::move(near);
  if (sockets.size() > kAnnouncedMax) sockets.resize(kAnnouncedMax);
  if (sockets.empty() || sockets == announced_) return;
  announced_ = sockets;
  note(setup_.app.listens(*this, network.id().text(), sockets));
  is_changed_ = true;
}

/// For the day on which the twelve words are all that is left.
void Node::note_place() {
  if (!space_->is_member() || !personal_->is_member()) return;
  std::vector<std::string> known = own_addresses();
  if (const auto others = memory_->addresses(); others.ok()) known.insert(known.end(), others->begin(), others->end());
  const auto name = setup_.app.place_name(*this);
  note(setup_.app.note_place(*personal_, {space_->lineage(), known, name.ok() ? *name : std::string()}));
  note(note_own_device());
}

void Node::notify_all() {
  for (const space::Space* one : own_spaces()) houses_->notify(one->id());
  if (!keeper_) return;
  for (const SpaceId& kept : keeper_->open_spaces()) houses_->notify(kept);
}

Result<void> Node::listen_for_houses() {
  sync_listener_ = KITH_TRY(
      net::UnixListener::open(setup_.loop, home_->file(kSyncSocket), [this](std::unique_ptr<net::Channel> channel) {
        houses_->add(PipeLink::Setup{sync::Role::kListener, "from this machine", std::move(channel), {}});
        tick();
      }));
  cable_listener_ = KITH_TRY(
      net::UnixListener::open(setup_.loop, home_->file(kCableSocket), [this](std::unique_ptr<net::Channel> channel) {
        cable_ = houses_->add(PipeLink::Setup{sync::Role::kDialer, "cable", std::move(channel), {}});
        tick();
      }));
  return {};
}

void Node::shut_down() {
  if (is_shutting_down_) return;
  is_shutting_down_ = true;
  sync_listener_.reset();
  cable_listener_.reset();
  houses_->network().stop_listening();
  remember_heard();
  houses_->close_all();
  // One turn of the loop for the goodbyes.
  timer_.start(kGoodbyeMs, [this] { setup_.loop.stop(); });
}

void Node::handle(net::HttpRequest request, net::Respond respond) {
  if (public_pages_) {
    if (auto page = public_pages_->answer(request)) return respond(std::move(*page));
  }
  if (request.is_remote) {
    return respond(problem({ErrorCode::kRefused, "This house answers that to its own machine only.",
                            "Open the web app, or use `kith` on that machine."}));
  }
  if (const auto allowed = guard_.check(request); !allowed.ok()) return respond(problem(allowed.error()));
  if (!is_write(request)) return route(std::move(request), std::move(respond));
  route(std::move(request), [this, respond = std::move(respond)](net::HttpResponse response) {
    waiting_.push_back({respond, std::move(response)});
  });
}

net::HttpResponse Node::handle_now(net::HttpRequest request) {
  request.is_local = true;
  net::HttpResponse out;
  handle(std::move(request), [&](net::HttpResponse response) {
    out = std::move(response);
    setup_.loop.stop();
  });
  if (!waiting_.empty()) flush_and_answer();
  if (out.body.empty() && out.status == 200) setup_.loop.run();
  return out;
}

void Node::route(net::HttpRequest request, net::Respond respond) {
  if (answer_node_request(*this, request, respond)) return;
  if (auto answer = answer_operation(setup_.app.operations(), *this, request)) return respond(std::move(*answer));
  if (auto answer = setup_.pages.handle(*this, request)) return respond(std::move(*answer));
  respond(
      problem({ErrorCode::kNotFound, "There is nothing at " + request.path + ".", "The paths are in docs/rest.md."}));
}

void Node::after_batch() {
  if (!waiting_.empty()) flush_and_answer();
  if (houses_->take_news()) is_changed_ = true;
  if (is_changed_ && space_) {
    tick();
    is_changed_ = false;
    notify_all();
  }
  houses_->check_watches();
}

void Node::flush_and_answer() {
  Result<void> flushed = space_->store().db().flush();
  if (flushed.ok()) flushed = personal_->store().db().flush();
  is_changed_ = true;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    waiting.respond(flushed.ok() || waiting.response.status >= 400 ? std::move(waiting.response)
                                                                   : problem(flushed.error()));
  }
}

void Node::tick() {
  std::uint64_t next = setup_.clock.steady_ms() + kTickMsMax;
  for (space::Space* one : own_spaces()) {
    const auto again = one->tick();
    if (again.ok()) {
      next = std::min(next, *again);
    } else {
      trouble_ = again.error().message();
    }
  }
  next = std::min(next, houses_->tick());
  if (keeper_) note(keeper_->tick());
  if (server_ && space_ && space_->is_member()) {
    announce_house();
    if (is_tidying_due(setup_.clock.steady_ms())) note(setup_.app.tidy(*this));
  }
  show_progress();
  remember_what_left();
  if (!is_shutting_down_) schedule(next);
}

void Node::schedule(std::uint64_t at_ms) {
  const std::uint64_t now = setup_.clock.steady_ms();
  timer_.start(at_ms > now ? at_ms - now : 1, [this] { tick(); });
}

/// When a link owes nothing, everything sealed has left.
void Node::remember_what_left() {
  if (!memory_ || !houses_->is_settled()) return;
  const Seq next = space_->log().own_next();
  if (next == left_) return;
  left_ = next;
  note(memory_->set(kLeftName, std::to_string(next.value)));
  note(memory_->add_departure({next, setup_.clock.wall_ms()}));
  remember_heard();
}

void Node::remember_heard() {
  if (memory_ && houses_->last_heard_ms() > 0) note(memory_->set(kHeardName, std::to_string(houses_->last_heard_ms())));
}

bool Node::has_sent_all(const Link& link) const {
  return !is_changed_ && link.is_settled() && !space_->log().has_tail() && !personal_->log().has_tail();
}

void Node::sync_once(Link& link, Houses::Done done) {
  houses_->watch(link, [this, &link] { return has_sent_all(link); }, std::move(done));
  is_changed_ = true;
}

Result<void> Node::sync_now(Link& link) {
  return wait_for(link, [this, &link] { return has_sent_all(link); });
}

Result<void> Node::run_until_ended(Link& link) {
  const auto ended = wait_for(link, [] { return false; });
  // An orderly end is all that was wanted.
  return ended.error().code() == ErrorCode::kClosed ? Result<void>() : ended.error();
}

void Node::close_link(Link& link) {
  link.close();
  static_cast<void>(wait_for(link, [] { return false; }));
}

Link* Node::cable() const {
  for (const auto& link : houses_->links()) {
    if (link.get() == cable_) return link.get();
  }
  return nullptr;
}

}  // namespace kith::node
