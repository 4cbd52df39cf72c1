// SPDX-License-Identifier: Apache-2.0
// One call of the program: what its parts are made of, and the commands.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/node_call.h"
#include "cli/plain/plain_pages.h"
#include "cli/words_input.h"
#include "net/channel.h"
#include "town/app.h"

namespace kith::cli {

class Run {
 public:
  explicit Run(const Arguments& arguments)
      : arguments_(arguments),
        clock_(clock_offset_ms()),
        setup_{arguments.home, loop_, app_, pages_, clock_, random_} {}

  Result<void> found();
  /// A neighbourhood of forty with a year behind it, of which this home is the founder's.
  Result<void> demo();
  Result<void> serve();
  Result<void> invite();
  Result<void> join();
  Result<void> words_check();
  /// The command of the town that was asked for.
  Result<void> town();
  Result<void> restore();
  Result<void> link();
  Result<void> devices();
  Result<void> retire();
  Result<void> rescue();
  Result<void> undo();
  Result<void> status();
  /// Everything that this person can see, as one SQLite file.
  Result<void> take_along();
  Result<void> log();
  Result<void> sync();
  Result<void> peers();
  Result<void> dial();

 private:
  static constexpr std::uint32_t kDemoSeed = 14;

  /// For tests of clocks that are off: milliseconds to add to this process's clock.
  static std::int64_t clock_offset_ms();

  const std::string& word(std::size_t i) const { return arguments_.words.at(i); }
  Result<Identity> identity();
  void forget_new_words();
  Result<Json> with_words(Json body) const;
  Result<std::string> find_device(NodeCall& call, const std::string& beginning);
  Json make_welcome_link(node::Node& node);
  void show_welcome(const std::string& place, const std::string& url, const Json& invitation) const;
  void show_doors(const Json& invitation) const;
  Result<node::ListenOptions> listen_options() const;
  Result<void> serve_node(node::Node& node, Json announcement);
  Result<Json> town_arguments() const;
  void show_written(const Json& answer, const char* done) const;
  /// Shows what a path answers. With --json: one line for each of its `items`, or the whole where that is null.
  Result<void> look_up(const std::string& path, const std::string& query, const char* items, void (*show)(const Json&));

  Result<void> list(const std::string& path, const std::string& query, const char* items, void (*show)(const Json&));
  std::string page_query(const char* cursor) const;
  Result<std::unique_ptr<net::Channel>> channel_via();
  Result<void> sync_stdio(NodeCall& call);
  Result<void> sync_via(NodeCall& call);
  Result<void> sync_address(NodeCall& call, const std::string& address);
  Result<void> show_synced(const Json& session) const;
  void print(const Json& json) const { std::puts(json.dump().c_str()); }

  const Arguments& arguments_;
  net::Loop loop_;
  town::App app_;
  PlainPages pages_{app_};
  node::SystemClock clock_;
  node::SystemRandom random_;
  node::Setup setup_;
  std::unique_ptr<net::Child> child_;
};

}  // namespace kith::cli
