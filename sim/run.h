// SPDX-License-Identifier: Apache-2.0
// What the worlds of one seed share: which fault is planted, the trace, the first failure.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "kith/bytes.h"
#include "sim/report.h"

namespace kith::sim {

/// A fault planted in what is tested: a simulator that does not notice it is worth nothing.
enum class Mutation : std::uint8_t {
  kNone,
  kNoFlush,     // the disk says "done" to every sync of a write-ahead log: nothing is persistent before it is sent
  kBadRetract,  // the store leaves what retracted entries had won
};

struct RunOptions {
  std::uint64_t seed = 0;
  Mutation mutation = Mutation::kNone;
  bool is_verbose = false;
  /// Otherwise the seed says whether the houses speak through libp2p or through the network's streams as they are.
  bool is_libp2p_forced = false;

  static constexpr std::uint64_t kLibp2pEvery = 3;
  bool is_over_libp2p() const { return is_libp2p_forced || seed % kLibp2pEvery == kLibp2pEvery - 1; }
};

/// One seed's run: says what happens, remembers the first thing that went wrong.
class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options) {}
  const RunOptions& options() const { return options_; }
  Report& report() { return report_; }

  /// A line of the trace. Equal seeds give equal lines.
  void say(std::string_view line) {
    for (const std::uint8_t byte : as_bytes(line)) digest_ = (digest_ ^ byte) * 0x100000001b3;
    if (options_.is_verbose) std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  }
  /// Of all lines so far.
  std::uint64_t trace_digest() const { return digest_; }

  void fail(std::string what) {
    say("FAILED: " + what);
    if (!failure_) failure_ = std::move(what);
  }
  bool has_failed() const { return failure_.has_value(); }
  /// From now on no connection begins crippled.
  void heal() { is_healed_ = true; }
  bool is_healed() const { return is_healed_; }
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  RunOptions options_;
  Report report_;
  bool is_healed_ = false;
  std::uint64_t digest_ = 0xcbf29ce484222325;
  std::optional<std::string> failure_;
};

}  // namespace kith::sim
