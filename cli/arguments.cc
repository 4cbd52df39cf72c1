// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <cstdlib>

#include "cli/exit_codes.h"
#include "cli/town_commands.h"

namespace kith::cli {
namespace {

constexpr const char* kAbout =
    "kith: a neighbourhood's own network, on software that the neighbours run themselves.\n"
    "Each house keeps everything; what you write is yours, signed, and goes on when any other house is switched off.";

constexpr const char* kExamples =
    "To begin:\n"
    "  kith found \"Elm Street\" --name Ana      a new neighbourhood; shows 12 words, write them down\n"
    "  kith serve                              your house: http://localhost:8440\n"
    "  kith invite                             a link for one neighbour\n"
    "To take part:\n"
    "  kith join 'kith:…' --name Dan --serve   with a link that a neighbour gave you\n"
    "  kith post \"Lost: a grey cat\"            and: kith feed, kith reply <id> \"Seen at no. 12\"\n"
    "Every command takes --home DIR (or KITH_HOME; else ~/.kith) and --json. Exit codes: docs/cli.md.";

std::string default_home() {
  if (const char* home = std::getenv("KITH_HOME"); home != nullptr && *home != '\0') return home;
  const char* user = std::getenv("HOME");
  return std::string(user == nullptr ? "." : user) + "/.kith";
}

/// Builds the commands one by one; the one that was called fills in `command`.
class Parser {
 public:
  explicit Parser(Arguments& out) : out_(out), app_(kAbout, "kith") {
    out_.home = default_home();
    app_.footer(kExamples);
    app_.require_subcommand(1);
    beginnings();
    town();
    writing();
    reading();
    syncing();
    devices();
    networking();
  }

  std::optional<int> parse(int count, const char* const* values) {
    try {
      app_.parse(count, values);
    } catch (const CLI::CallForHelp&) {
      const CLI::App* asked = &app_;
      for (const auto picked = asked->get_subcommands(); !picked.empty();) {
        asked = picked.front();
        break;
      }
      std::fputs(asked->help().c_str(), stdout);
      return 0;
    } catch (const CLI::ParseError& error) {
      std::fprintf(stderr, "kith: %s Try `kith --help`.\n", sentence(error.what()).c_str());
      return exit_code(ErrorCode::kUsage);
    }
    return std::nullopt;
  }

 private:
  static std::string sentence(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
    return text + ".";
  }

  CLI::App* add(CLI::App& under, const std::string& name, const std::string& about, const std::string& example,
                const std::string& command) {
    CLI::App* made = under.add_subcommand(name, about);
    made->footer("Example:\n  " + example);
    made->add_option("--home", out_.home, "Data directory (KITH_HOME; else ~/.kith)");
    made->add_flag("--json", out_.json, "One JSON object, or one a line for lists");
    if (!command.empty()) made->callback([this, command] { out_.command = command; });
    return made;
  }
  CLI::App* add(const std::string& name, const std::string& about, const std::string& example) {
    return add(app_, name, about, example, name);
  }

  void take_words(CLI::App* command) {
    command->add_option("--words-file", out_.words_file,
                        "Write your 12 new words here (0600; must not exist) instead of showing them");
    command->add_option("--with-words", out_.own_words_file,
                        "Use words that you have already, from this file (- for standard input)");
  }

  void take_port(CLI::App* command) {
    command->add_option_function<std::uint16_t>(
        "--port",
        [this](std::uint16_t port) {
          out_.port = port;
          out_.port_given = true;
        },
        "Port for the page on this machine and for other houses (8440; 0 takes a free one)");
    command->add_option("--listen", out_.listen,
                        "Where other houses may dial, e.g. /ip4/192.168.1.20/tcp/8440 (every address of this machine; "
                        "none: only houses on this machine)");
    command->add_option("--announce", out_.announce,
                        "What other houses are told to dial in place of this machine's addresses, e.g. "
                        "/dns/elm.example/tcp/443/tls/ws: a port that a router forwards, a proxy in front");
    command->add_flag("--no-discovery", out_.no_discovery,
                      "Do not look for houses on the LAN, nor be found by them (mDNS)");
    CLI::Option* certificate =
        command->add_option("--tls-cert", out_.tls_certificate,
                            "PEM file: also speak HTTPS and WebSocket under TLS, with this certificate");
    CLI::Option* key = command->add_option("--tls-key", out_.tls_key, "PEM file with the certificate's key");
    certificate->needs(key);
    key->needs(certificate);
    command
        ->add_option("--tls", out_.tls,
                     "auto: HTTPS by the neighbourhood's own certificate authority (the founder's house has it); "
                     "browsers are told at /install how to trust it")
        ->check(CLI::IsMember({"auto"}))
        ->excludes(certificate);
    command->add_option("--web", out_.web,
                        "Directory of the web app (web beside the program, its build tree, share/kith/web)");
  }

  void beginnings() {
    CLI::App* found = add("found", "Found a neighbourhood: your identity from 12 words, and the place",
                          "kith found \"Elm Street\" --name Ana");
    found->add_option("place", out_.words, "What the place is called")->required()->expected(1);
    found->add_option("--name", out_.name, "What the neighbours call you")->required();
    take_words(found);

    CLI::App* demo = add("demo", "A neighbourhood to look around in: forty people and a year of their life",
                         "kith demo --home /tmp/street --words-file words.txt");
    take_words(demo);

    CLI::App* serve = add("serve", "Run your house: the page, and sync with other houses, until Ctrl-C",
                          "kith serve --port 8440\n  kith serve --listen none     (only houses on this machine)");
    take_port(serve);
    serve->add_flag("--welcome", out_.welcome, "Print an invitation and what to do next");

    CLI::App* invite = add("invite", "Make a link for a neighbour", "kith invite --days 3 --uses 10");
    invite->add_option("--days", out_.days, "How long it holds (7)");
    invite->add_option("--uses", out_.uses, "How many people may use it (1)");

    CLI::App* join = add("join", "Join a neighbourhood with a link; syncs, and serves if asked",
                         "kith join 'kith:…' --name Dan --serve --port 8441\n  kith join 'kith:…' --name Dan --via "
                         "'ssh ana kith sync --stdio'");
    join->add_option("invitation", out_.words, "The link")->required()->expected(1);
    join->add_option("--name", out_.name, "What the neighbours call you")->required();
    join->add_option("--via", out_.via, "Reach the other house over this command's input and output");
    join->add_flag("--serve", out_.serve, "Go on as `kith serve` does");
    take_port(join);
    take_words(join);

    CLI::App* restore = add("restore", "Come back as yourself, from your 12 words, on a new device",
                            "kith restore --at /ip4/192.168.1.20/tcp/8440 --with-words words.txt");
    restore
        ->add_option("rescue code", out_.words,
                     "Where no house keeps your personal space: printed beside your words; `kith rescue` shows it")
        ->expected(0, 1);
    restore->add_option("--at", out_.addresses, "Address of a house of the neighbourhood; several are tried");
    restore->add_option("--via", out_.via, "Reach the other house over this command's input and output");
    restore->add_option("--with-words", out_.own_words_file,
                        "Your words, from this file (- or nothing: standard input)");
    restore->add_flag("--serve", out_.serve, "Go on as `kith serve` does");
    take_port(restore);

    CLI::App* words = app_.add_subcommand("words", "About your 12 words");
    words->require_subcommand(1);
    CLI::App* check = add(*words, "check", "Are these words well formed, and are they yours here?",
                          "kith words check --with-words words.txt", "words check");
    check->add_option("--with-words", out_.own_words_file, "The words, from this file (- or nothing: standard input)");
  }

  /// Each word and each option fills in an argument of the operation.
  void town() {
    for (const TownCommand& command : town_commands()) {
      CLI::App* made = add(command.name, command.about, command.example);
      if (!command.words.empty()) {
        std::string names;
        for (const char* word : command.words) names += (names.empty() ? "" : " and ") + std::string(word);
        made->add_option(names, out_.words, names == "id" ? "Which one" : "In this order")
            ->required(command.words_needed > 0)
            ->expected(static_cast<int>(command.words_needed), static_cast<int>(command.words.size()));
      }
      for (const TownOption& option : command.options) {
        CLI::Option* taken = made->add_option_function<std::vector<std::string>>(
            option.flag,
            [this, &option](const std::vector<std::string>& values) {
              for (const std::string& value : values) out_.fields.emplace_back(option.argument, value);
            },
            option.about);
        if (option.is_number) taken->check(CLI::Range(1, 1000));
      }
      if (command.can_rest) take_rest(made);
    }
  }

  void writing() {
    CLI::App* undo = add("undo", "Take back what you wrote last, while it still rests here", "kith undo");
    undo->add_option("--pos", out_.pos, "Another one: its \"pos\" from `kith log` or the answer to `kith post`");
  }

  void take_rest(CLI::App* command) {
    command->add_option("--rest", out_.rest_seconds, "Seconds that it stays here so that you can take it back (10)")
        ->check(CLI::Range(0.0, 600.0));
  }

  void take_page(CLI::App* command, const char* cursor, const char* about) {
    command->add_option("--limit", out_.limit, "How many at most")->check(CLI::Range(1, 1000));
    command->add_option(cursor, out_.cursor, about);
  }

  void reading() {
    add("export", "Everything that you can see, in one SQLite file that any computer opens",
        "kith export street.sqlite")
        ->add_option("file", out_.words, "A new file")
        ->required()
        ->expected(1);
    add("status", "How fresh this is, who is connected, and what went wrong", "kith status");
    take_page(add("log", "What happened, entry by entry: who, number, kind, event, time", "kith log --limit 20"),
              "--after", "Go on behind this position");
  }

  void syncing() {
    CLI::App* sync = add("sync", "Exchange news with another house, once",
                         "kith sync --via 'ssh dan kith sync --stdio'\n  kith sync /ip4/192.168.1.20/tcp/8440\n  "
                         "kith sync          (every known address)");
    sync->add_option("address", out_.words, "Where to")->expected(0, 1);
    sync->add_option("--via", out_.via, "Over this command's input and output");
    sync->add_flag("--stdio", out_.stdio, "Be the other end: speak over standard input and output");
  }

  /// Words are typed for one act: a house has forgotten them.
  void take_own_words(CLI::App* command) {
    command->add_option("--with-words", out_.own_words_file,
                        "Your words, from this file (- or nothing: standard input)");
  }

  void devices() {
    CLI::App* link = add("link", "Make the device that shows this code one of yours; prints the answer for it",
                         "kith link aeb3…  --with-words words.txt");
    link->add_option("code", out_.words, "What the new device shows")->required()->expected(1);
    take_own_words(link);
    add("devices", "The devices of everybody here, yours first", "kith devices");
    CLI::App* retire = add("retire", "End a device of yours that is lost or no longer used", "kith retire 3f2a…");
    retire->add_option("device", out_.words, "Its id, or the beginning of it: `kith devices`")->required()->expected(1);
    take_own_words(retire);
    add("rescue", "The rescue code of this neighbourhood: keep it beside your 12 words", "kith rescue");
  }

  void networking() {
    add("peers", "The other houses: over what way, how far behind, and why if it does not move", "kith peers");
    CLI::App* dial =
        add("dial", "Test the way to another house, step by step",
            "kith dial /ip4/192.168.1.20/tcp/8440/p2p/12D3KooW…\n  kith dial /dns/elm.example/tcp/443/tls/ws");
    dial->add_option("address", out_.words, "Its multiaddr: `kith peers` on that house shows it")
        ->required()
        ->expected(1);
  }

  Arguments& out_;
  CLI::App app_;
};

}  // namespace

std::variant<Arguments, int> parse_arguments(int count, const char* const* values) {
  Arguments out;
  Parser parser(out);
  if (const auto code = parser.parse(count, values)) return *code;
  return out;
}

}  // namespace kith::cli
