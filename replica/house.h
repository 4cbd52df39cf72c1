// SPDX-License-Identifier: Apache-2.0
// House: one installation of one person, as its own operations see it (house_operations.h): the Place of its app, and
// the spaces and keys behind it. A node is one, and a browser.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kith/app.h"
#include "kith/place.h"
#include "kith/tables.h"
#include "replica/memory.h"
#include "space/keyring.h"
#include "space/space.h"
#include "store/table_file.h"
#include "sync/session.h"

namespace kith::replica {

/// A file that is being handed out, piece by piece (replica.export).
struct TakenAlong {
  std::string id;
  std::unique_ptr<store::TableFile> file;
};

/// How it goes with the personal space that other houses are asked to keep.
struct Keepers {
  std::uint64_t houses = 0;      // in touch, that keep it
  std::optional<Error> refused;  // by one of them
};
template <typename Links>
Keepers keepers_of(const Links& links, const space::Space* personal) {
  Keepers out;
  for (const auto& link : links) {
    if (link->session() == nullptr || personal == nullptr) continue;
    for (const sync::SpaceProgress& one : link->session()->progress()) {
      if (one.space != personal->id()) continue;
      if (one.refused_with) out.refused = sync::refusal_error(*one.refused_with);
      if (one.state != "refused") ++out.houses;
    }
  }
  return out;
}

/// {code, name}: what she goes back there with, and what it is called.
Json json_of(const KnownPlace& place);
Json json_of(const std::vector<KnownPlace>& places);
/// This one, with what is known of it if it is among them, becomes the first.
void put_first(std::vector<KnownPlace>& places, const Lineage& lineage);

class House : public kith::Place {
 public:
  /// The neighbourhood. Null before there is one.
  virtual space::Space* shared_space() = 0;
  virtual space::Space* personal_space() = 0;
  /// Of the two, those that are there.
  std::vector<space::Space*> own_spaces();
  virtual space::Keyring& keyring() = 0;
  /// Puts the keyring on the medium.
  virtual Result<void> save_keys() = 0;
  /// Where the neighbourhood is reached: what goes into invitations.
  virtual std::vector<std::string> addresses() = 0;
  /// Web addresses under which its app is served.
  virtual std::vector<std::string> doors() { return {}; }
  /// What a neighbour is called; empty: nobody knows.
  virtual std::string name_of(const PersonId& person) = 0;
  /// Own entries below it have left this device.
  virtual Seq left() const = 0;
  /// Null: nothing is remembered here yet.
  virtual Memory* memory() = 0;
  /// The first words of what stands in this row of the neighbourhood, for a list of what was written; empty: none.
  virtual Result<std::string> title_of(std::string_view table, const std::string& key) = 0;
  /// What the personal space says of where she belongs, and by which devices.
  virtual Result<std::vector<KnownPlace>> known_places() = 0;
  virtual Result<void> note_device(const OwnDevice& device) = 0;
  virtual Result<std::vector<OwnDevice>> own_devices() = 0;
  /// Without the neighbourhood of this installation, which holds one.
  Result<std::vector<KnownPlace>> other_places();
  /// This installation's, which belongs to a neighbourhood.
  Result<void> note_own_device();
  /// Everything that its person can see, as plain tables: her app knows.
  virtual Result<void> take_along(Tables& tables) = 0;
  /// Is it time for the app's housekeeping (App::tidy)?
  bool is_tidying_due(std::uint64_t steady_ms);
  /// One at a time: the next one ends the one before.
  std::optional<TakenAlong>& taken_along() { return taken_along_; }

  // -- Place, once there is a neighbourhood
  std::vector<Member> members() final;
  Result<std::vector<Resting>> resting() final;
  Result<std::optional<SendingState>> sending(const DeviceId& device, Stamp stamp) final;

 private:
  static constexpr std::uint64_t kFirstTidyMs = 60'000;  // after the start: many a phone is looked at for minutes
  static constexpr std::uint64_t kTidyMs = 3'600'000;
  std::optional<TakenAlong> taken_along_;
  std::optional<std::uint64_t> tidy_at_ms_;
};

}  // namespace kith::replica
