// SPDX-License-Identifier: Apache-2.0
// found, serve, invite, join, words check: how somebody comes to a neighbourhood.
#include <unistd.h>

#include <filesystem>

#include "cli/demo.h"
#include "cli/demo_story.h"
#include "cli/run.h"
#include "cli/show.h"
#include "crypto/derive.h"

namespace kith::cli {

Result<Identity> Run::identity() {
  if (!arguments_.own_words_file.empty()) return read_identity(arguments_.own_words_file);
  return make_identity(random_, arguments_.words_file);
}

/// Words of a person who has not come to be are worth nothing, and in the way of the next attempt.
void Run::forget_new_words() {
  if (arguments_.own_words_file.empty() && !arguments_.words_file.empty()) ::unlink(arguments_.words_file.c_str());
}

Result<void> Run::found() {
  KITH_TRY(app_.check_name(word(0)));
  KITH_TRY(app_.check_name(arguments_.name));
  const Identity who = KITH_TRY(identity());
  auto node = node::Node::found(setup_, word(0), arguments_.name, who.root());
  if (!node.ok()) {
    forget_new_words();
    return std::move(node).error();
  }
  if (arguments_.json) {
    print(Json::object({{"home", arguments_.home},
                        {"place", word(0)},
                        {"name", arguments_.name},
                        {"space", (*node)->neighbourhood().id().hex()},
                        {"person", (*node)->neighbourhood().person().hex()}}));
    return {};
  }
  std::printf("%s is founded, and you are its first neighbour.\n", word(0).c_str());
  if (!arguments_.words_file.empty()) {
    std::printf("Your 12 words are in %s. Write them on paper, then delete that file.\n",
                arguments_.words_file.c_str());
  }
  std::puts("Next: `kith serve` runs your house, `kith invite` makes a link for a neighbour.");
  return {};
}

namespace {

/// One that others can dial; who answers there is added by the node.
Result<p2p::Multiaddr> announced_address(const std::string& text) {
  const p2p::Multiaddr address = KITH_TRY(p2p::Multiaddr::parse(text)).without_peer();
  KITH_TRY(net::dial_target(address));
  return address;
}

/// Where an installation or a build has put the web app; empty: nowhere.
std::string built_web_directory() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"web", "../../../web/ui/dist", "../share/kith/web"}) {
    const auto directory = (program / place).lexically_normal();
    if (!error && std::filesystem::exists(directory / "index.html", error)) return directory.string();
  }
  return {};
}

}  // namespace

/// The founder's home is a common one afterwards; the replicas of the others are thrown away with their folder.
Result<void> Run::demo() {
  const Identity who = KITH_TRY(identity());
  const std::uint64_t now = clock_.wall_ms();
  demo::DemoClock clock(now - demo::kYearMs);
  node::Setup setup{arguments_.home, loop_, app_, pages_, clock, random_};
  auto founded = node::Node::found(setup, demo::kPlaceName, demo::people()[0].name, who.root());
  if (!founded.ok()) {
    forget_new_words();
    return std::move(founded).error();
  }
  const std::string folder = arguments_.home + "/demonstration";
  std::error_code failed;
  std::filesystem::create_directory(folder, failed);
  if (failed) return Error(ErrorCode::kIo, "The folder " + folder + " cannot be made: " + failed.message() + ".", "");
  const auto lived = demo::live_a_year(**founded, clock, random_, folder, now, kDemoSeed);
  std::filesystem::remove_all(folder, failed);
  if (!lived.ok()) return lived.error();
  KITH_TRY((*founded)->neighbourhood().store().db().flush());
  std::printf("%s has %zu neighbours, %zu threads with %zu replies, %zu listings with %zu requests. You are %s.\n",
              demo::kPlaceName, lived->people, lived->threads, lived->replies, lived->listings, lived->requests,
              demo::people()[0].name);
  return {};
}

Result<node::ListenOptions> Run::listen_options() const {
  node::ListenOptions out;
  out.port = arguments_.port;
  out.is_discovering = !arguments_.no_discovery;
  out.tls_certificate = arguments_.tls_certificate;
  out.tls_key = arguments_.tls_key;
  out.is_certified = arguments_.tls == "auto";
  out.web_directory = arguments_.web.empty() ? built_web_directory() : arguments_.web;
  for (const std::string& text : arguments_.announce) {
    out.announced.push_back(KITH_TRY(announced_address(text)));
  }
  for (const std::string& text : arguments_.listen) {
    if (text == "none") {
      out.is_only_here = true;
    } else {
      out.addresses.push_back(KITH_TRY(p2p::Multiaddr::parse(text)));
    }
  }
  return out;
}

Result<void> Run::serve() {
  auto node = KITH_TRY(node::Node::open(setup_));
  return serve_node(*node, Json::object({{"home", arguments_.home}}));
}

/// The same invitation for browsers, on the ways that lead here.
void Run::show_doors(const Json& invitation) const {
  if (invitation.at("doors").items().empty()) return;
  std::fprintf(stderr, "\nThe invitation for other browsers (the first that works):\n");
  for (const Json& door : invitation.at("doors").items()) {
    std::fprintf(stderr, "  %s\n", door.text().value_or("").c_str());
  }
}

Json Run::make_welcome_link(node::Node& node) {
  net::HttpRequest request;
  request.method = "POST";
  request.path = "/api/invites";
  const auto made = Json::parse(node.handle_now(std::move(request)).body);
  return made.ok() ? *made : Json();
}

void Run::show_welcome(const std::string& place, const std::string& url, const Json& invitation) const {
  std::printf("%s is at %s\n", place.c_str(), url.c_str());
  const std::string link = invitation.at("link").text().value_or("");
  if (!link.empty()) {
    const std::string code = link.substr(link.find(':') + 1);
    std::printf(
        "\nOpen this in a browser of this machine and come in as a new neighbour (one, within 7 days):\n  %s/i#%s\n",
        url.c_str(), code.c_str());
    std::printf(
        "\nOr come in as yourself: open %s/belong, choose Another device, and give the code that it shows to\n"
        "  kith link <code> --home %s --with-words <the file with your words>\n",
        url.c_str(), arguments_.home.c_str());
    std::fflush(stdout);
    show_doors(invitation);
    std::printf(
        "\nTo try it on this machine, as another person with another house:\n"
        "  kith join '%s' --name Dan --home ~/.kith-dan --words-file ~/dan-words.txt --port %d\n",
        link.c_str(), arguments_.port + 1);
    std::puts(
        "From another machine of this network the same link does; where no way leads here, a command that reaches "
        "this\n"
        "machine: kith join '<link>' --name Dan --via 'ssh this-machine kith sync --stdio'");
    std::printf("\nWrite on the page, or: kith post \"Lost: a grey cat\" --home %s\n", arguments_.home.c_str());
  }
  std::puts("Ctrl-C ends it in order.");
}

Result<void> Run::serve_node(node::Node& node, Json announcement) {
  const std::uint16_t port = KITH_TRY(node.serve(KITH_TRY(listen_options())));
  loop_.set_on_stop_signal([&node] { node.shut_down(); });
  const std::string url = "http://localhost:" + std::to_string(port);
  const Json invitation = arguments_.welcome ? make_welcome_link(node) : Json();
  announcement.set("url", url);
  announcement.set("address", node.own_address());
  announcement.set("peer", node.houses().network().id().text());
  Json::Array addresses;
  for (const std::string& address : node.own_addresses()) addresses.push_back(Json(address));
  announcement.set("addresses", std::move(addresses));
  if (const auto link = invitation.at("link").text()) {
    announcement.set("invite", *link);
    announcement.set("doors", invitation.at("doors"));
  }
  if (arguments_.json) {
    print(announcement);
  } else {
    const std::string place = KITH_TRY(app_.place_name(node));
    show_welcome(place.empty() ? "Your neighbourhood" : place, url, invitation);
  }
  std::fflush(stdout);
  loop_.run();
  return {};
}

Result<void> Run::invite() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json made =
      KITH_TRY(call.send("POST", "/api/invites", Json::object({{"days", arguments_.days}, {"uses", arguments_.uses}})));
  if (arguments_.json) {
    print(made);
    return {};
  }
  std::puts(made.at("link").text().value_or("").c_str());
  show_doors(made);
  std::fprintf(stderr, "Good until %s, for %lld. Whoever has it can join; it is used up then.\n",
               local_time(static_cast<std::uint64_t>(made.at("expires_ms").integer().value_or(0))).c_str(),
               static_cast<long long>(arguments_.uses));
  return {};
}

Result<void> Run::join() {
  node::JoinRequest request;
  request.invitation = KITH_TRY(space::Invitation::parse(word(0)));
  request.name = arguments_.name;
  KITH_TRY(app_.check_name(request.name));
  if (!arguments_.via.empty()) request.channel = [this] { return channel_via(); };
  const Identity who = KITH_TRY(identity());
  request.root = who.root();
  request.on_progress = [](std::string_view state, std::uint64_t entries) {
    std::fprintf(stderr, "joining: %s, %llu entries\n", std::string(state).c_str(),
                 static_cast<unsigned long long>(entries));
  };
  auto node = node::Node::join(setup_, std::move(request));
  if (!node.ok()) {
    forget_new_words();
    return std::move(node).error();
  }
  node::Node& joined = **node;
  const std::string place = KITH_TRY(app_.place_name(joined));
  if (!joined.trouble().empty())
    std::fprintf(stderr, "kith: You belong to the neighbourhood, but not everything is here yet: %s\n",
                 joined.trouble().c_str());
  Json announcement = Json::object({{"home", arguments_.home},
                                    {"place", place},
                                    {"name", arguments_.name},
                                    {"space", joined.neighbourhood().id().hex()},
                                    {"person", joined.neighbourhood().person().hex()},
                                    {"members", static_cast<std::uint64_t>(joined.members().size())}});
  if (!arguments_.json)
    std::printf("You belong to %s now, with %zu neighbours.\n", place.empty() ? "the neighbourhood" : place.c_str(),
                joined.members().size());
  if (arguments_.serve || arguments_.port_given) return serve_node(joined, std::move(announcement));
  if (arguments_.json) {
    print(announcement);
  } else {
    std::puts("Next: `kith serve` runs your house, `kith feed` shows what is new.");
  }
  return {};
}

Result<void> Run::words_check() {
  const Identity who = KITH_TRY(read_identity(arguments_.own_words_file));
  const crypto::Key person_root = crypto::derive_person_root(who.root(), crypto::personal_lineage(who.root()));
  const std::string person = crypto::derive_identity(person_root).public_key().hex();
  auto call = NodeCall::open(setup_);
  const bool is_home_here = call.ok();
  if (!is_home_here && call.error().code() != ErrorCode::kNotFound) return call.error();
  bool are_yours = false;
  if (is_home_here) {
    const Json status = KITH_TRY(call->get("/api/status"));
    are_yours = status.at("me").at("personal").text() == person;
    if (!are_yours) {
      return Error(ErrorCode::kBadWords,
                   "These 12 words are well formed, but they are not the ones of " + arguments_.home + ".",
                   "Look for the paper that belongs to this person.");
    }
  }
  if (arguments_.json) {
    print(Json::object({{"well_formed", true}, {"yours", is_home_here ? Json(are_yours) : Json()}}));
  } else {
    std::puts(is_home_here ? "These are your words." : "These 12 words are well formed.");
  }
  return {};
}

}  // namespace kith::cli
