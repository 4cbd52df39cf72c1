// SPDX-License-Identifier: Apache-2.0
// App: what runs on the engine, to an installation of it: two schemas, its operations, and what is written when a place
// begins or somebody comes in. The same app runs in a node and in a browser.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kith/json.h"
#include "kith/local_table.h"
#include "kith/operation.h"
#include "kith/place.h"
#include "kith/tables.h"

namespace kith {

/// A place that somebody's personal space names.
struct KnownPlace {
  Lineage lineage;
  std::vector<std::string> addresses;  // multiaddrs of its houses, as far as was known
  std::string name = {};               // empty: it has not been said
};

/// A device of hers by its two logs, which end together.
struct OwnDevice {
  DeviceId personal;  // in her own space
  Lineage lineage;    // of the place
  DeviceId device;    // there
};

class App {
 public:
  using Names = std::map<PersonId, std::string>;

  virtual ~App() = default;
  virtual std::string schema() const = 0;
  virtual std::string personal_schema() const = 0;
  /// What each installation works out for itself beside the tables of either: indexes of search.
  virtual std::vector<LocalTable> local_tables() const = 0;
  virtual std::vector<LocalTable> personal_local_tables() const = 0;
  virtual const OperationTable& operations() const = 0;
  /// Would this do, as the name of a place or of a person? Asked before any key is made.
  virtual Result<void> check_name(std::string_view name) const = 0;
  /// First words in a new space, and of a new member.
  virtual Result<void> founded(Place& place, std::string_view name, std::string_view person) = 0;
  virtual Result<void> joined(Place& place, std::string_view person) = 0;
  /// This installation, by its PeerId, listens at these multiaddrs: told to the neighbours, whose browsers know no
  /// other way to learn of it. Called whenever that changes.
  virtual Result<void> listens(Place& place, const std::string& peer, const std::vector<std::string>& addresses) = 0;
  /// Where the neighbourhood's nodes say that they are reached: full multiaddrs. Whoever writes there may be wrong.
  virtual Result<std::vector<std::string>> addresses(Place& place) = 0;
  /// Says in the personal space to which place this installation belongs, so that the words alone find it again; and
  /// what it says.
  virtual Result<void> note_place(Database& personal, const KnownPlace& place) = 0;
  virtual Result<std::vector<KnownPlace>> known_places(Database& personal) = 0;
  /// Says there which logs are one device's, so that ending it in the place ends it in her own space; and what it says.
  virtual Result<void> note_device(Database& personal, const OwnDevice& device) = 0;
  virtual Result<std::vector<OwnDevice>> own_devices(Database& personal) = 0;
  /// Empty until it has arrived.
  virtual Result<std::string> place_name(Place& place) = 0;
  virtual Result<Names> names(Place& place) = 0;
  /// What a newcomer may know before she joins, beside who invites her: {place, enamel, rules, posts}.
  virtual Result<Json> introduction(Place& place) = 0;
  /// The first words of what stands in this row of the space; empty: it has none.
  virtual Result<std::string> title_of(Place& place, std::string_view table, const std::string& key) = 0;
  /// Housekeeping, a minute after the start and every hour: takes away what this device wrote and nobody needs any
  /// more.
  virtual Result<void> tidy(Place& place) = 0;
  /// Everything that the person can see, for a file of hers.
  virtual Result<void> take_along(Place& place, Tables& tables) = 0;
  /// What this person is called there; empty: nothing is known.
  Result<std::string> name_of(Place& place, const PersonId& person) {
    const Names known = KITH_TRY(names(place));
    const auto at = known.find(person);
    return at == known.end() ? std::string() : at->second;
  }
};

}  // namespace kith
