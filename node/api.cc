// SPDX-License-Identifier: Apache-2.0
#include "node/api.h"

#include <algorithm>

#include "replica/journal.h"
#include "node/node.h"
#include "node/peers_json.h"
#include "node/problem.h"

namespace kith::node {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::int64_t kInviteDays = 7;
constexpr std::int64_t kInviteDaysMax = 365;
constexpr std::int64_t kInviteUsesMax = 1'000;

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

std::int64_t number_of(const std::optional<std::string>& text, std::int64_t otherwise) {
  if (!text || text->empty() || text->size() > 18 || text->find_first_not_of("0123456789") != std::string::npos)
    return otherwise;
  return std::stoll(*text);
}

Result<Json> log_page(Node& node, const net::HttpRequest& request) {
  const auto names = KITH_TRY(node.app().names(node));
  const Pos after(number_of(request.parameter("after"), 0));
  const auto limit = static_cast<std::size_t>(number_of(request.parameter("limit"), 100));
  const auto lines = KITH_TRY(replica::journal_page(node.neighbourhood(), after, limit));
  Json out;
  out.set("entries", list(lines, [&](const replica::JournalLine& line) {
            const auto name = names.find(line.person);
            Json entry = Json::object(
                {{"pos", line.pos.value}, {"time_ms", line.ms}, {"kind", line.kind}, {"event", line.event}});
            entry.set("state", line.state);
            entry.set("seq", line.seq ? Json(line.seq->value) : Json());
            entry.set("name", name == names.end() ? Json() : Json(name->second));
            entry.set("person", line.person.is_zero() ? Json() : Json(line.person.hex()));
            entry.set("device", line.device.hex());
            return entry;
          }));
  out.set("next", lines.size() >= std::min(std::max<std::size_t>(limit, 1), replica::kJournalPageMax)
                      ? Json(lines.back().pos.value)
                      : Json());
  return out;
}

/// An empty body is an empty object.
Result<Json> body_of(const net::HttpRequest& request) {
  if (request.body.empty()) return Json::object({});
  Json body = KITH_TRY(Json::parse(request.body));
  if (!body.is_object()) return Error(ErrorCode::kUsage, "The body must be a JSON object.", "See docs/rest.md.");
  return body;
}

Result<std::int64_t> bounded(const Json& body, const char* name, std::int64_t otherwise, std::int64_t max) {
  const std::int64_t value = body.at(name).is_null() ? otherwise : body.at(name).integer().value_or(0);
  if (value >= 1 && value <= max) return value;
  return Error(ErrorCode::kUsage,
               std::string("\"") + name + "\" must be a number from 1 to " + std::to_string(max) + ".",
               "Change it and try again.");
}

Result<Json> invite(Node& node, const net::HttpRequest& request) {
  const Json body = KITH_TRY(body_of(request));
  const std::int64_t days = KITH_TRY(bounded(body, "days", kInviteDays, kInviteDaysMax));
  const std::int64_t uses = KITH_TRY(bounded(body, "uses", 1, kInviteUsesMax));
  const std::uint64_t expires = node.clock().wall_ms() + static_cast<std::uint64_t>(days) * kDayMs;
  space::Invitation made = KITH_TRY(node.neighbourhood().invite(expires, static_cast<std::uint32_t>(uses)));
  made.addresses = node.own_addresses();
  return Json::object(
      {{"link", made.link()},
       {"expires_ms", expires},
       {"uses", uses},
       {"addresses", list(made.addresses, [](const std::string& one) { return Json(one); })},
       {"doors", list(node.doors(), [&](const std::string& door) { return Json(made.link_at(door)); })}});
}

Json invites(Node& node) {
  return Json::object({{"invites", list(node.neighbourhood().authority().invites(), [](const space::InviteState* one) {
                          return Json::object({{"invite", one->invite.hex()},
                                               {"inviter", one->inviter.hex()},
                                               {"expires_ms", one->expires_ms},
                                               {"uses", static_cast<std::uint64_t>(one->uses)},
                                               {"used", static_cast<std::uint64_t>(one->people.size())},
                                               {"revoked", one->is_revoked()}});
                        })}});
}

Result<Json> undo(Node& node, const net::HttpRequest& request) {
  const Json body = KITH_TRY(body_of(request));
  const auto resting = KITH_TRY(node.resting());
  const auto wanted = body.at("pos").integer();
  if (!wanted && resting.empty()) {
    return Error(ErrorCode::kRefused, "Nothing of yours rests here any more.",
                 "What has left can still be deleted: `kith delete <id>`.");
  }
  const Pos pos = wanted ? Pos(*wanted) : resting.front().pos;
  const auto found = std::find_if(resting.begin(), resting.end(), [&](const Resting& one) { return one.pos == pos; });
  KITH_TRY(node.space().take_back(pos));
  return Json::object({{"taken_back", pos.value}, {"event", found == resting.end() ? std::string() : found->event}});
}

Json devices(Node& node) {
  Json::Array out;
  for (const Member& member : node.members()) {
    for (const DeviceId& id : member.devices) {
      const space::Device* device = node.neighbourhood().authority().device(id);
      if (device == nullptr) continue;
      out.push_back(Json::object({{"device", id.hex()},
                                  {"person", member.person.hex()},
                                  {"is_this", id == node.neighbourhood().log().own()},
                                  {"retired", device->retired_at.has_value()},
                                  {"doubled", device->doubled_at.has_value()}}));
    }
  }
  return Json::object({{"devices", std::move(out)}});
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
  } else if (request.path == "/api/log" && is_get) {
    respond(to_response(200, log_page(node, request)));
  } else if (request.path == "/api/invites" && is_get) {
    respond(json_response(200, invites(node)));
  } else if (request.path == "/api/invites" && is_post) {
    respond(to_response(201, invite(node, request)));
  } else if (request.path == "/api/devices" && is_get) {
    respond(json_response(200, devices(node)));
  } else if (request.path == "/api/undo" && is_post) {
    respond(to_response(200, undo(node, request)));
  } else if (request.path == "/api/sync" && is_post) {
    sync(node, request, respond);
  } else {
    return false;
  }
  return true;
}

}  // namespace kith::node
