// SPDX-License-Identifier: Apache-2.0
// kith-sim: runs seeds and reports. Exit codes: 0 all well; 1 a seed failed; 2 wrong arguments; 3 something was never
// met, so that the run proves less than it says.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/sign.h"
#include "sim/seed.h"

namespace {

using kith::sim::Mutation;

// From so many seeds on, everything must have been met.
constexpr std::uint64_t kSeedsToMeetAll = 200;

constexpr const char* kUsage =
    "kith-sim runs many replicas in one process on a virtual clock, network and disk, and checks what must never "
    "break.\n"
    "\n"
    "  kith-sim --seed N [--verbose]         replays one seed, with --verbose line by line\n"
    "  kith-sim --seeds COUNT [--from N]     runs seeds N, N + 1, …; from 200 on, everything must have been met\n"
    "  kith-sim --seconds S [--from N]       runs seeds until the time is over\n"
    "  kith-sim --mutation no-flush|bad-retract …   plants a fault that the simulator must notice\n"
    "  kith-sim --over-libp2p …              every seed over libp2p; otherwise every third\n";

struct Arguments {
  std::optional<std::uint64_t> seed;
  std::uint64_t from = 0;
  std::uint64_t seeds = 0;
  std::uint64_t seconds = 0;
  Mutation mutation = Mutation::kNone;
  bool is_verbose = false;
  bool is_libp2p_forced = false;
};

std::optional<std::uint64_t> number(const char* text) {
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text, &end, 10);
  return *text != '\0' && *end == '\0' ? std::optional(value) : std::nullopt;
}

std::optional<Mutation> mutation_named(std::string_view name) {
  if (name == "no-flush") return Mutation::kNoFlush;
  if (name == "bad-retract") return Mutation::kBadRetract;
  return std::nullopt;
}

std::string option_of(Mutation mutation) {
  switch (mutation) {
    case Mutation::kNone: return "";
    case Mutation::kNoFlush: return " --mutation no-flush";
    case Mutation::kBadRetract: return " --mutation bad-retract";
  }
  return "";
}

std::optional<Arguments> parse(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--verbose") {
      arguments.is_verbose = true;
      continue;
    }
    if (word == "--over-libp2p") {
      arguments.is_libp2p_forced = true;
      continue;
    }
    if (i + 1 == count) return std::nullopt;
    const char* next = words[++i];
    if (word == "--mutation") {
      const auto mutation = mutation_named(next);
      if (!mutation) return std::nullopt;
      arguments.mutation = *mutation;
      continue;
    }
    const auto value = number(next);
    if (!value) return std::nullopt;
    if (word == "--seed") {
      arguments.seed = *value;
    } else if (word == "--seeds") {
      arguments.seeds = *value;
    } else if (word == "--from") {
      arguments.from = *value;
    } else if (word == "--seconds") {
      arguments.seconds = *value;
    } else {
      return std::nullopt;
    }
  }
  const int ways = (arguments.seed ? 1 : 0) + (arguments.seeds > 0 ? 1 : 0) + (arguments.seconds > 0 ? 1 : 0);
  return ways == 1 ? std::optional(arguments) : std::nullopt;
}

using Moment = std::chrono::steady_clock::time_point;

bool is_over(const Arguments& arguments, std::uint64_t done, Moment began) {
  if (arguments.seed) return done == 1;
  if (arguments.seeds > 0) return done == arguments.seeds;
  return std::chrono::steady_clock::now() - began >= std::chrono::seconds(arguments.seconds);
}

void print_failure(const Arguments& arguments, std::uint64_t seed, const std::string& failure) {
  const std::string options =
      option_of(arguments.mutation) + (arguments.is_libp2p_forced ? std::string(" --over-libp2p") : "");
  std::printf("seed %llu FAILED: %s\nreplay: kith-sim --seed %llu --verbose%s\n", static_cast<unsigned long long>(seed),
              failure.c_str(), static_cast<unsigned long long>(seed), options.c_str());
}

int print_never_seen(const kith::sim::Report& report) {
  const auto missing = report.never_seen();
  if (missing.empty()) return 0;
  std::printf("NOT MET in the whole run, so nothing is proved about it:\n");
  for (const std::string_view name : missing) {
    std::printf("  %.*s\n", static_cast<int>(name.size()), name.data());
  }
  return 3;
}

int run(const Arguments& arguments) {
  const Moment began = std::chrono::steady_clock::now();
  kith::sim::Report report;
  std::uint64_t done = 0;
  for (; !is_over(arguments, done, began); ++done) {
    const std::uint64_t seed = arguments.seed.value_or(arguments.from + done);
    const auto result =
        kith::sim::run_seed({seed, arguments.mutation, arguments.is_verbose, arguments.is_libp2p_forced});
    report.add(result.report);
    if (!result.failure) continue;
    print_failure(arguments, seed, *result.failure);
    return 1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%s%llu seeds in %.1f s, all well\n", report.text().c_str(), static_cast<unsigned long long>(done),
              seconds);
  return done >= kSeedsToMeetAll ? print_never_seen(report) : 0;
}

}  // namespace

int main(int count, char** words) {
  const auto arguments = parse(count, words);
  if (!arguments) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (const auto started = kith::crypto::start(); !started.ok()) {
    std::fprintf(stderr, "%s\n", started.error().message().c_str());
    return 1;
  }
  return run(*arguments);
}
