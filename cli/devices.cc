// SPDX-License-Identifier: Apache-2.0
// restore, link, devices, retire, rescue: one person on several devices.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

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

namespace {

std::string shown(const KnownPlace& place) {
  return (place.name.empty() ? "A place without a name" : "\"" + place.name + "\"") + " (" +
         space::rescue_code(place.lineage) + ")";
}

/// Nothing is lost silently: a home holds one.
void show_other_places(const std::vector<KnownPlace>& others) {
  if (others.empty()) return;
  std::puts("You belong elsewhere, too. Another --home brings it back: `kith restore <code> --at <a house of it>`");
  for (const KnownPlace& one : others) std::printf("  %s\n", shown(one).c_str());
}

/// Asked where somebody can answer; else the codes say which is meant.
Result<Lineage> which_place(const std::vector<KnownPlace>& places) {
  std::string names;
  for (const KnownPlace& place : places) names += (names.empty() ? "" : ", ") + shown(place);
  if (::isatty(STDIN_FILENO) == 1) {
    std::fputs("You belong to several neighbourhoods, and a home holds one:\n", stderr);
    for (std::size_t i = 0; i < places.size(); ++i)
      std::fprintf(stderr, "  %zu  %s\n", i + 1, shown(places[i]).c_str());
    std::fputs("Number: ", stderr);
    std::string answer;
    std::getline(std::cin, answer);
    const std::size_t number = std::strtoul(answer.c_str(), nullptr, 10);
    if (number >= 1 && number <= places.size()) return places[number - 1].lineage;
  }
  return Error(ErrorCode::kUsage, "You belong to several neighbourhoods, and a home holds one: " + names + ".",
               "Say which with its code: `kith restore <code> --at …`.");
}

}  // namespace

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
  request.choose = which_place;
  request.on_progress = [](std::string_view state, std::uint64_t entries) {
    std::fprintf(stderr, "restoring: %s, %llu entries\n", std::string(state).c_str(),
                 static_cast<unsigned long long>(entries));
  };
  auto node = KITH_TRY(node::Node::join(setup_, std::move(request)));
  if (!node->trouble().empty())
    std::fprintf(stderr, "kith: You are back, but not everything is here yet: %s\n", node->trouble().c_str());
  const std::string place = KITH_TRY(app_.place_name(*node));
  const auto others = KITH_TRY(node->other_places());
  const auto entries = KITH_TRY(node->neighbourhood().log().counters()).entries +
                       KITH_TRY(node->personal_space()->log().counters()).entries;
  Json announcement = Json::object({{"home", arguments_.home},
                                    {"place", place},
                                    {"name", node->name_of(node->neighbourhood().person())},
                                    {"person", node->neighbourhood().person().hex()},
                                    {"device", node->neighbourhood().log().own().hex()},
                                    {"spaces", 1},
                                    {"entries", entries},
                                    {"others", replica::json_of(others)}});
  if (!arguments_.json) {
    std::printf("You are back in %s, on a new device: %llu entries came.\n",
                place.empty() ? "the neighbourhood" : place.c_str(), static_cast<unsigned long long>(entries));
    show_other_places(others);
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
  const Json done = KITH_TRY(call.send("POST", "/api/devices/" + device + "/retire", body));
  const bool is_everywhere = done.at("own_space").boolean().value_or(false);
  if (arguments_.json) {
    print(Json::object({{"retired", device}, {"own_space", is_everywhere}}));
    return {};
  }
  std::puts("Retired. What it writes from now on counts for nobody, and it cannot read what is written from now on.");
  if (!is_everywhere) {
    std::puts(
        "In your own space it is not known yet. If it ever wrote notes or drafts there, run this again after "
        "`kith sync`.");
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
  for (const Json& one : made.at("others").items()) {
    std::printf("%s  %s\n", one.at("code").text().value_or("").c_str(), one.at("name").text().value_or("").c_str());
  }
  std::fputs("Keep these lines beside your 12 words. Alone they open nothing.\n", stderr);
  return {};
}

}  // namespace kith::cli
