// SPDX-License-Identifier: Apache-2.0
// The command line, taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kith::cli {

struct Arguments {
  std::string command;  // "found", "words check", …
  std::string home;
  bool json = false;

  std::vector<std::pair<std::string, std::string>> fields;  // of a command of the town: arguments of its operation
  std::vector<std::string> words;  // what stands behind the command: texts, ids, an invitation, an address
  std::string name;
  std::string words_file;      // new words go here, instead of to the terminal
  std::string own_words_file;  // words that the person has already
  std::string via;
  std::vector<std::string> addresses;  // where to ask
  std::uint16_t port = 8440;
  bool port_given = false;
  std::vector<std::string> listen;    // multiaddrs, or "none"
  std::vector<std::string> announce;  // multiaddrs
  bool no_discovery = false;
  std::string tls_certificate;
  std::string tls_key;
  std::string tls;  // "auto": by the space's own authority
  std::string web;  // directory of the web app; empty: where builds put it
  bool serve = false;
  bool welcome = false;
  bool stdio = false;
  std::int64_t days = 7;
  std::int64_t uses = 1;
  std::int64_t limit = 0;
  std::string cursor;
  std::optional<double> rest_seconds;
  std::optional<std::int64_t> pos;
};

/// The arguments, or the exit code where there is nothing to do (help was printed, or the line makes no sense and that
/// was said).
std::variant<Arguments, int> parse_arguments(int count, const char* const* values);

}  // namespace kith::cli
