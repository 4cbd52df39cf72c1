// SPDX-License-Identifier: Apache-2.0
// restore, link, devices, retire, rescue: one person on several devices.
#include <algorithm>

#include "cli/run.h"
#include "cli/show.h"
#include "space/rescue.h"

namespace kith::cli {

/// The words travel to the house that runs here over its control socket, which only this user can open.
Result<Json> Run::with_words(Json body) const {
  const Secret words = KITH_TRY(read_words(arguments_.own_words_file));
  body.set("words", words.text);
  return body;
}

Result<void> Run::restore() {
  node::JoinRequest request;
  request.is_restoring = true;
  if (!arguments_.words.empty()) request.rescue = KITH_TRY(space::parse_rescue_code(word(0)));
  request.invitation.addresses = arguments_.addresses;
  if (!arguments_.via.empty()) {
    request.channel = [this] { return channel_via(); };
  } else if (arguments_.addresses.empty()) {
    return Error(ErrorCode::kUsage, "It does not say where to ask.",
                 "Give --at with the address of a house of the neighbourhood, or --via.");
  }
  const Identity who = KITH_TRY(read_identity(arguments_.own_words_file));
  request.root = who.root();
  request.on_progress = [](std::string_view state, std::uint64_t entries) {
    std::fprintf(stderr, "restoring: %s, %llu entries\n", std::string(state).c_str(),
                 static_cast<unsigned long long>(entries));
  };
  auto node = KITH_TRY(node::Node::join(setup_, std::move(request)));
  if (!node->trouble().empty())
    std::fprintf(stderr, "kith: You are back, but not everything is here yet: %s\n", node->trouble().c_str());
  const std::string place = KITH_TRY(app_.place_name(*node));
  const auto entries = KITH_TRY(node->neighbourhood().log().counters()).entries +
                       KITH_TRY(node->personal_space()->log().counters()).entries;
  Json announcement = Json::object({{"home", arguments_.home},
                                    {"place", place},
                                    {"name", node->name_of(node->neighbourhood().person())},
                                    {"person", node->neighbourhood().person().hex()},
                                    {"device", node->neighbourhood().log().own().hex()},
                                    {"spaces", 1},
                                    {"entries", entries}});
  if (!arguments_.json) {
    std::printf("You are back in %s, on a new device: %llu entries came.\n",
                place.empty() ? "the neighbourhood" : place.c_str(), static_cast<unsigned long long>(entries));
    std::puts("A device that you have lost should be ended: `kith devices`, then `kith retire <device>`.");
  }
  if (arguments_.serve || arguments_.port_given) return serve_node(*node, std::move(announcement));
  if (arguments_.json) print(announcement);
  return {};
}

Result<void> Run::link() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json body = KITH_TRY(with_words(Json::object({{"code", word(0)}})));
  const Json made = KITH_TRY(call.send("POST", "/api/devices", body));
  if (arguments_.json) {
    print(made);
    return {};
  }
  std::puts(made.at("answer").text().value_or("").c_str());
  std::fputs("Give this to the new device, and to nobody else: only it can open it.\n", stderr);
  return {};
}

Result<void> Run::devices() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json status = KITH_TRY(call.get("/api/status"));
  const Json answer = KITH_TRY(call.get("/api/devices"));
  const auto me = status.at("me").at("person").text();
  Json::Array items = answer.at("devices").items();
  // One's own first: each is brought before those that are not.
  auto others = items.begin();
  for (auto one = items.begin(); one != items.end(); ++one) {
    if (one->at("person").text() == me) std::rotate(others++, one, one + 1);
  }
  if (arguments_.json) {
    for (const Json& one : items) print(one);
  } else {
    show_devices(items);
  }
  return {};
}

/// Of one's own devices, the one whose id begins like this.
Result<std::string> Run::find_device(NodeCall& call, const std::string& beginning) {
  const Json answer = KITH_TRY(call.get("/api/devices"));
  std::vector<std::string> found;
  for (const Json& one : answer.at("devices").items()) {
    const std::string id = one.at("device").text().value_or("");
    if (!beginning.empty() && id.starts_with(beginning)) found.push_back(id);
  }
  if (found.size() == 1) return found.front();
  return Error(ErrorCode::kNotFound,
               found.empty() ? "There is no device \"" + beginning + "\" here."
                             : "Several devices begin with \"" + beginning + "\".",
               "`kith devices` lists them.");
}

Result<void> Run::retire() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const std::string device = KITH_TRY(find_device(call, word(0)));
  const Json body = KITH_TRY(with_words(Json::object({})));
  KITH_TRY(call.send("POST", "/api/devices/" + device + "/retire", body));
  if (arguments_.json) {
    print(Json::object({{"retired", device}}));
  } else {
    std::puts("Retired. What it writes from now on counts for nobody, and it cannot read what is written from now on.");
  }
  return {};
}

Result<void> Run::rescue() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json made = KITH_TRY(call.get("/api/rescue"));
  if (arguments_.json) {
    print(made);
    return {};
  }
  std::puts(made.at("code").text().value_or("").c_str());
  for (const Json& address : made.at("addresses").items()) std::puts(address.text().value_or("").c_str());
  std::fputs("Keep these lines beside your 12 words. Alone they open nothing.\n", stderr);
  return {};
}

}  // namespace kith::cli
