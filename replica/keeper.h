// SPDX-License-Identifier: Apache-2.0
// Members' personal spaces that a node keeps without being able to read them: one file each, opened while somebody
// speaks of it, with a bound for each person, for all together, and for how many are open.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "replica/memory.h"
#include "space/space.h"
#include "sync/session.h"

namespace kith::replica {

class Keeper {
 public:
  static constexpr std::uint64_t kPersonBytesMax = std::uint64_t{64} << 20;  // of files, all of one person's spaces
  static constexpr std::uint64_t kBytesMax = std::uint64_t{4} << 30;         // of everybody's
  /// Of one person: whoever came back by a rescue code alone has founded another one.
  static constexpr std::size_t kPersonSpacesMax = 4;
  static constexpr std::size_t kSpacesMax = 1'024;
  static constexpr std::size_t kOpenMax = 32;  // at a time; what nobody speaks of is closed first
  /// After this house has seen that somebody is no member any more: until then her words bring her notes back.
  static constexpr std::uint64_t kGraceMs = std::uint64_t{30} * 86'400'000;

  struct Setup {
    space::Environment environment;
    std::function<std::string(const std::string& name)> path;     // of a file in the data directory
    std::function<Result<void>(const std::string& name)> remove;  // one there, or none
    crypto::Key storage_key;
    Memory memory;                                          // of the space whose members these are: it holds the list
    std::function<bool(const PersonId& person)> is_member;  // of that space
    std::uint64_t person_bytes_max = kPersonBytesMax;
  };
  static Result<Keeper> open(Setup setup);

  /// This member's space. kTooLarge: no room for it; kRefused: it is another member's, or one more than is kept for a
  /// person; kLocked: too many are open.
  Result<std::shared_ptr<space::Space>> keep(const PersonId& person, const SpaceId& space);
  /// kNotFound: it is not kept here.
  Result<std::shared_ptr<space::Space>> open_kept(const SpaceId& space);
  /// What its founder's words find. Learned from what has arrived.
  std::vector<sync::Restorable> restorable();
  /// Those that are open, for whoever tells sessions of news.
  std::vector<SpaceId> open_spaces() const;
  /// Null: it is not open.
  Memory* memory_of(const SpaceId& space);
  /// Applies what was held, notes how large the files are, closes what nobody speaks of, deletes what was kept for
  /// whoever is gone.
  Result<void> tick();

  std::size_t count() const { return kept_.size(); }
  std::uint64_t bytes() const;
  std::size_t leaving() const;  // kept for people who are no members any more, for the rest of their grace

 private:
  struct Kept {
    PersonId person;
    std::uint64_t bytes = 0;
    std::optional<crypto::Key> gate{};
    std::optional<std::uint64_t> gone_ms{};  // wall: when this house saw that she is no member
    std::shared_ptr<space::Space> space{};
    std::optional<Memory> memory{};
  };

  explicit Keeper(Setup setup) : setup_(std::move(setup)) {}
  Result<void> load();
  Result<void> save();
  Result<void> open_file(const SpaceId& id, Kept& kept);
  bool make_way();
  bool note(Kept& kept);
  bool note_gone(Kept& kept);
  Result<bool> delete_gone();
  std::uint64_t bytes_of(const PersonId& person, const SpaceId& except) const;

  Setup setup_;
  std::map<SpaceId, Kept> kept_;
};

}  // namespace kith::replica
