// SPDX-License-Identifier: Apache-2.0
#include "node/api.h"

#include <algorithm>

#include "node/node.h"
#include "node/operations.h"
#include "node/peers_json.h"
#include "node/problem.h"
#include "replica/house_operations.h"

namespace kith::node {
namespace {

Json session_json(const Link& link) {
  Json out =
      Json::object({{"path", link.path()}, {"role", link.role() == sync::Role::kDialer ? "dialed" : "answered"}});
  out.set("peer", link.peer() ? Json(p2p::PeerId::of(*link.peer()).text()) : Json());
  const sync::Session* session = link.session();
  if (session == nullptr) {
    out.set("state", "greeting");
    return out;
  }
  const auto progress = session->progress();
  out.set("state", progress.empty() ? "hello" : progress.front().state);
  set_progress(out, link);
  return out;
}

Json peer_json(const Peer& peer, std::uint64_t now) {
  Json out = Json::object({{"address", peer.addresses.front().address.text},
                           {"connected", peer.link != nullptr && peer.link->is_welcome()}});
  out.set("failures", static_cast<std::uint64_t>(peer.retry.failures()));
  out.set("next_try_ms", peer.link != nullptr || peer.next_dial_ms <= now ? Json(0) : Json(peer.next_dial_ms - now));
  out.set("last_error", peer.last_error.empty() ? Json() : Json(peer.last_error));
  return out;
}

template <typename List, typename ToJson>
Json list(const List& from, ToJson to_json) {
  Json::Array out;
  for (const auto& item : from) out.push_back(to_json(item));
  return out;
}

Result<Json> status(Node& node) {
  const auto names = KITH_TRY(node.app().names(node));
  const auto counters = KITH_TRY(node.neighbourhood().log().counters());
  const Freshness fresh = node.freshness();
  const auto me = names.find(node.space().person());
  const std::uint64_t now = node.clock().steady_ms();
  Json out = Json::object({{"place", KITH_TRY(node.app().place_name(node))},
                           {"space", node.neighbourhood().id().hex()},
                           {"home", node.home().path()}});
  out.set("address", node.own_address());
  out.set("me", Json::object({{"person", node.space().person().hex()},
                              {"name", me == names.end() ? Json() : Json(me->second)},
                              {"device", node.neighbourhood().log().own().hex()},
                              {"personal", node.personal().person().hex()}}));
  out.set("members", static_cast<std::uint64_t>(node.members().size()));
  out.set("is_member", node.neighbourhood().is_member());
  out.set("in_touch", fresh.in_touch);
  out.set("last_heard_ms", fresh.last_heard_ms);
  out.set("only_here", fresh.only_here);
  const replica::Keepers keepers = replica::keepers_of(node.houses().links(), node.personal_space());
  out.set("keepers", Json::object({{"houses", keepers.houses},
                                   {"refused", keepers.refused ? Json(keepers.refused->message()) : Json()}}));
  out.set("kept", Json::object({{"spaces", static_cast<std::uint64_t>(node.keeper()->count())},
                                {"bytes", node.keeper()->bytes()},
                                {"leaving", static_cast<std::uint64_t>(node.keeper()->leaving())}}));
  out.set("entries", counters.entries);
  out.set("tail", counters.tail);
  out.set("locked", counters.locked);
  out.set("held", counters.held);
  out.set("doubled", counters.doubled);
  out.set("sessions", list(node.houses().links(), [](const auto& link) { return session_json(*link); }));
  out.set("peers", list(node.houses().peers(), [now](const auto& peer) { return peer_json(*peer, now); }));
  out.set("faults", list(node.houses().faults(), fault_json));
  out.set("trouble", node.trouble().empty() ? Json() : Json(node.trouble()));
  out.set("http_connections", static_cast<std::uint64_t>(node.http_connections()));
  return out;
}

/// An empty body is an empty object.
Result<Json> body_of(const net::HttpRequest& request) {
  if (request.body.empty()) return Json::object({});
  Json body = KITH_TRY(Json::parse(request.body));
  if (!body.is_object()) return Error(ErrorCode::kUsage, "The body must be a JSON object.", "See docs/rest.md.");
  return body;
}

/// Both ways of a one-shot sync: dial an address, or use the cable that the command line has just plugged in.
void sync(Node& node, const net::HttpRequest& request, const net::Respond& respond) {
  const auto body = body_of(request);
  if (!body.ok()) return respond(problem(body.error()));
  Link* link = nullptr;
  bool is_ours = false;
  if (const auto text = body->at("address").text()) {
    const auto address = parse_address(*text);
    if (!address.ok()) return respond(problem(address.error()));
    link = node.houses().link_to(*address);
    if (link == nullptr) {
      auto dialed = node.houses().dial(*text, {});
      if (!dialed.ok()) return respond(problem(dialed.error()));
      link = *dialed;
      is_ours = true;
    }
  } else {
    link = node.cable();
  }
  if (link == nullptr) {
    return respond(
        problem({ErrorCode::kUsage, "There is nothing to sync over.", "Give an address, or use `kith sync --via`."}));
  }
  node.sync_once(*link, [link, is_ours, respond](const Result<void>& result) {
    if (!result.ok()) return respond(problem(result.error()));
    const Json answer = session_json(*link);
    if (is_ours) link->close();
    respond(json_response(200, answer));
  });
}

net::HttpResponse to_response(int status_code, const Result<Json>& result) {
  return result.ok() ? json_response(status_code, *result) : problem(result.error());
}

}  // namespace

bool answer_node_request(Node& node, const net::HttpRequest& request, const net::Respond& respond) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  const bool is_post = request.method == "POST";
  if (request.path == "/api/status" && is_get) {
    respond(to_response(200, status(node)));
  } else if (request.path == "/api/peers" && is_get) {
    respond(to_response(200, peers_json(node)));
  } else if (request.path == "/api/sync" && is_post) {
    sync(node, request, respond);
  } else if (auto answer = answer_operation(replica::house_operations(), node, request)) {
    respond(std::move(*answer));
  } else {
    return false;
  }
  return true;
}

}  // namespace kith::node
