// SPDX-License-Identifier: Apache-2.0
// Epochs (formats 7): one secret is one key of the space's audience. What an epoch's entry hides (`about`), and the
// secrets that this replica can open, kept in the database under the storage key.
#pragma once

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/environment.h"
#include "crypto/hash.h"
#include "kith/ids.h"
#include "store/db.h"

namespace kith::space {

EpochId epoch_id(const SpaceId& space, const crypto::Key& secret);
EpochTag epoch_tag(const crypto::Key& secret, const DeviceId& device);

/// What only readers of an epoch learn about it.
struct About {
  std::array<std::uint8_t, 16> audience{};  // zero: the whole space, its readers by authority
  std::vector<crypto::Key> previous;        // secrets of the epochs that it replaces
  bool history = true;
};
Result<Bytes> seal_about(Random& random, const crypto::Key& secret, const EpochId& epoch, const About& about);
/// kCannotOpen: not this secret.
Result<About> open_about(const crypto::Key& secret, const EpochId& epoch, ByteView sealed);

class EpochKeeper {
 public:
  static constexpr std::size_t kEpochsMax = 65'536;

  /// Creates its table where there is none. The database, random outlive it.
  static Result<EpochKeeper> open(store::Db& db, const crypto::Key& storage_key, Random& random);
  ~EpochKeeper();
  EpochKeeper(EpochKeeper&&) = default;
  EpochKeeper& operator=(EpochKeeper&&) = delete;

  /// After a rollback: forgets what is not in the database, so that it is new again when it comes again.
  Result<void> reload();
  /// Within the caller's transaction, if there is one. True: it is new here.
  Result<bool> keep(const EpochId& epoch, const crypto::Key& secret);
  const crypto::Key* find(const EpochId& epoch) const;
  /// The secret that this device writes under with this tag.
  const crypto::Key* by_tag(const DeviceId& device, const EpochTag& tag);

 private:
  EpochKeeper(store::Db& db, const crypto::Key& storage_key, Random& random)
      : db_(&db), storage_key_(storage_key), random_(&random) {}
  Result<void> load();
  void forget_all();
  void remember(const EpochId& epoch, const crypto::Key& secret);

  /// Tags of one device for the first `count` secrets.
  struct Tags {
    std::size_t count = 0;
    std::unordered_map<EpochTag, std::size_t, FixedBytesHash> places;
  };
  store::Db* db_;
  crypto::Key storage_key_;
  Random* random_;
  std::vector<crypto::Key> secrets_;
  std::unordered_map<EpochId, std::size_t, FixedBytesHash> places_;
  std::unordered_map<DeviceId, Tags, FixedBytesHash> tags_;
};

}  // namespace kith::space
