// SPDX-License-Identifier: Apache-2.0
// The made-up neighbourhood of shared/corpus for benchmarks: its lines, and a replica of a space that holds them as 600
// signed logs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/testing/fakes.h"
#include "space/space.h"

namespace kith::bench {

struct Line {
  std::uint32_t who = 0;
  std::uint32_t device = 0;
  std::uint64_t ms = 0;
  std::string kind;  // post, reply, listing, event, edit, reaction
  std::optional<std::uint32_t> parent;
  std::string text;
};

/// From $KITH_CORPUS or ../shared/corpus/neighbourhood.py; always the same lines for the same numbers. Stops the
/// program with a sentence if the script is not there.
std::vector<Line> load_corpus(std::uint32_t posts, std::uint32_t people);

/// Where the source replica of the corpus lies, made once and kept between runs.
struct SourceReplica {
  std::string database;  // copy it before use
  space::SpaceKeys keys;
  crypto::Key root;         // the founder's words
  crypto::Key storage_key;  // of the database
  std::uint32_t devices = 0;
  std::uint32_t entries = 0;  // content
};

/// A neighbourhood of `people` persons with three devices each, founded by one more, who holds every line as a signed
/// entry of its device's log, in the town's schema. Kept in $TMPDIR by version and size.
SourceReplica source_replica(std::uint32_t posts, std::uint32_t people);

}  // namespace kith::bench
