// SPDX-License-Identifier: Apache-2.0
// The journal of a space for people's eyes: who did what when, and what still rests here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kith/place.h"
#include "space/space.h"

namespace kith::replica {

struct JournalLine {
  Pos pos;
  DeviceId device;
  PersonId person;  // zero: not known (yet)
  std::uint64_t ms = 0;
  std::optional<Seq> seq;  // none: not sealed yet
  std::string kind;        // "content", "join", …
  std::string event;       // of content that can be opened here
  std::string state;       // "counts", "locked", …
};

inline constexpr std::size_t kJournalPageMax = 1'000;

/// Oldest first, after a place.
Result<std::vector<JournalLine>> journal_page(space::Space& space, Pos after, std::size_t limit);
/// Transactions of this device that are not sealed, newest first.
Result<std::vector<Resting>> resting_transactions(space::Space& space);
/// The first row of the app's tables that a transaction made or changed and that is still there, by its key.
struct WrittenRow {
  std::string table;
  std::string key;
};
Result<std::optional<WrittenRow>> row_written_at(space::Space& space, Pos pos);
/// Place::sending(). Own entries below `left` have left this device.
Result<std::optional<SendingState>> sending_state(space::Space& space, const DeviceId& device, Stamp stamp, Seq left);
/// Own transactions that nobody else has yet.
Result<std::uint64_t> only_here(space::Space& space, Seq left);

}  // namespace kith::replica
