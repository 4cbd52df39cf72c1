// SPDX-License-Identifier: Apache-2.0
#include "node/peers_json.h"

#include <map>
#include <set>

#include "node/node.h"

namespace kith::node {
namespace {

using Names = std::map<HostKey, std::string>;

/// Whose installation has which host key, as far as the space knows.
Result<Names> names_of_hosts(Node& node) {
  const auto names = KITH_TRY(node.app().names(node));
  Names out;
  for (const Member& member : node.members()) {
    const auto name = names.find(member.person);
    for (const DeviceId& id : member.devices) {
      const space::Device* device = node.neighbourhood().authority().device(id);
      if (device != nullptr && device->host && name != names.end()) out[*device->host] = name->second;
    }
  }
  return out;
}

/// What a state that is not "live" waits for.
std::string_view waits_for(std::string_view state) {
  if (state == "dialing") return "It is being dialed.";
  if (state == "hello") return "It has not answered our hello yet.";
  if (state == "authority") return "Who belongs to the neighbourhood is being exchanged.";
  if (state == "comparing") return "Both sides compare what they have.";
  if (state == "backfill") return "What was missed is on its way.";
  return {};
}

std::string state_of(const Link& link) {
  if (link.session() == nullptr) return "dialing";
  const auto progress = link.session()->progress();
  return progress.empty() ? "hello" : progress.front().state;
}

void set_connection(Json& out, const Connected& connected) {
  const p2p::Connection& connection = connected.peer->connection();
  out.set("round_trip_ms", connection.round_trip_ms() ? Json(*connection.round_trip_ms()) : Json());
  const std::string& agent = connection.peer_info().agent_version;
  out.set("agent", agent.empty() ? Json() : Json(agent));
}

Json link_json(Node& node, const Link& link, const Names& names) {
  const auto id = link.peer() ? std::optional(p2p::PeerId::of(*link.peer())) : std::nullopt;
  const auto name = link.peer() ? names.find(*link.peer()) : names.end();
  const std::string state = state_of(link);
  Json out = Json::object({{"peer", id ? Json(id->text()) : Json()}, {"path", link.path()}});
  out.set("name", name == names.end() ? Json() : Json(name->second));
  out.set("role", link.role() == sync::Role::kDialer ? "dialed" : "answered");
  out.set("state", state);
  const std::string_view why = waits_for(state);
  out.set("why", why.empty() ? Json() : Json(why));
  set_progress(out, link);
  if (const Connected* connected = node.houses().network().connection_of(link)) set_connection(out, *connected);
  return out;
}

Json addresses_json(const Peer& peer) {
  Json::Array out;
  for (const KnownAddress& known : peer.addresses) {
    out.push_back(Json::object({{"address", known.address.text},
                                {"source", source_name(known.source)},
                                {"worked_ms", known.worked_ms == 0 ? Json() : Json(known.worked_ms)}}));
  }
  return out;
}

/// A house that we know of and are not in touch with.
Json away_json(const Peer& peer, const Names& names, std::uint64_t now) {
  const auto host = peer.id ? peer.id->host_key() : std::nullopt;
  const auto name = host ? names.find(*host) : names.end();
  Json out = Json::object({{"peer", peer.id ? Json(peer.id->text()) : Json()}, {"path", Json()}});
  out.set("name", name == names.end() ? Json() : Json(name->second));
  out.set("state", peer.is_stranger ? "stranger" : "away");
  out.set("why", peer.last_error.empty() ? Json("It has not been dialed yet.") : Json(peer.last_error));
  out.set("failures", static_cast<std::uint64_t>(peer.retry.failures()));
  out.set("next_try_ms", peer.next_dial_ms <= now ? Json(0) : Json(peer.next_dial_ms - now));
  return out;
}

Json refused_json(const net::Admission& admission) {
  Json out = Json::object({});
  for (std::size_t i = 0; i < net::kRefusalCount; ++i) {
    const auto refusal = static_cast<net::Refusal>(i);
    out.set(std::string(net::refusal_name(refusal)), admission.refused(refusal));
  }
  return out;
}

Json dropped_json(const Houses& houses) {
  std::map<std::string, std::uint64_t> by_reason;
  Json::Array who;
  for (const FaultRecord& fault : houses.faults()) {
    by_reason[fault.fault] += fault.count;
    who.push_back(fault_json(fault));
  }
  Json reasons = Json::object({});
  for (const auto& [reason, count] : by_reason) reasons.set(reason, count);
  return Json::object({{"by_reason", std::move(reasons)}, {"who", std::move(who)}});
}

}  // namespace

void set_progress(Json& out, const Link& link) {
  if (link.session() == nullptr) return;
  const auto progress = link.session()->progress();
  const sync::Counters& counters = link.session()->counters();
  out.set("behind", progress.empty() ? Json() : Json(progress.front().behind_entries));
  out.set("owed", progress.empty() ? Json() : Json(progress.front().owed_entries));
  out.set("entries_in", counters.entries_in);
  out.set("entries_out", counters.entries_out);
  out.set("bytes_in", counters.bytes_in);
  out.set("bytes_out", counters.bytes_out);
}

Json fault_json(const FaultRecord& fault) {
  return Json::object({{"peer", fault.peer},
                       {"fault", fault.fault},
                       {"detail", fault.detail},
                       {"count", fault.count},
                       {"last_ms", fault.last_ms}});
}

Result<Json> peers_json(Node& node) {
  const Names names = KITH_TRY(names_of_hosts(node));
  const Houses& houses = node.houses();
  const std::uint64_t now = node.clock().steady_ms();
  Json::Array peers;
  std::set<const Link*> shown;
  for (const auto& peer : houses.peers()) {
    Json one = peer->link != nullptr ? link_json(node, *peer->link, names) : away_json(*peer, names, now);
    one.set("addresses", addresses_json(*peer));
    if (peer->link != nullptr) shown.insert(peer->link);
    peers.push_back(std::move(one));
  }
  for (const auto& link : houses.links()) {
    if (shown.contains(link.get())) continue;
    Json one = link_json(node, *link, names);
    one.set("addresses", Json::Array());
    peers.push_back(std::move(one));
  }
  const Network& network = node.houses().network();
  Json::Array own;
  for (const p2p::Multiaddr& address : network.addresses()) own.push_back(address.with_peer(network.id()).text());
  return Json::object({{"id", network.id().text()},
                       {"addresses", std::move(own)},
                       {"peers", std::move(peers)},
                       {"connections", static_cast<std::uint64_t>(network.connections().size())},
                       {"half_open", static_cast<std::uint64_t>(network.admission().half_open())},
                       {"refused", refused_json(network.admission())},
                       {"dropped", dropped_json(houses)}});
}

}  // namespace kith::node
