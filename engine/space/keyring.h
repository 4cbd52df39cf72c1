// SPDX-License-Identifier: Apache-2.0
// The keys of one installation: what lies in its key file (formats 12; docs/formats/keyring.md). Secrets are wiped when
// it goes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "crypto/derive.h"
#include "crypto/sign.h"
#include "kith/ids.h"

namespace kith::space {

inline constexpr std::size_t kWrapKeysMax = 4'096;  // of one person: as many devices as she may ever retire

/// This device's keys in one space. Log and box keys are random, never derived, never in a backup.
struct SpaceKeys {
  SpaceId space;
  Lineage lineage;
  crypto::Key log_seed;
  crypto::Key box_secret;
  std::vector<crypto::Key> wrap_secrets;  // 0 … n
  crypto::Key self_key;
  std::optional<crypto::Key> person_root;  // only where the words were made or typed, until forgotten

  ~SpaceKeys() { wipe(); }
  void wipe();
};

/// What the person has done with words that were made here.
enum class WordsState : std::uint8_t { kUnseen, kSeen, kPractised };

struct Keyring {
  static constexpr std::size_t kSpacesMax = 1'024;

  std::optional<crypto::Key> root;  // until the person says "forget them"
  /// Of words that were made here and can still be shown; goes with the root.
  std::optional<std::array<std::uint8_t, 16>> entropy;
  WordsState words = WordsState::kUnseen;
  crypto::Key host_seed;    // libp2p identity of the installation
  crypto::Key storage_key;  // epoch secrets lie in the database under it
  std::vector<SpaceKeys> spaces;

  ~Keyring() { wipe(); }
  Bytes encode() const;  // CBOR; wipe it after use
  static Result<Keyring> decode(ByteView content);
  SpaceKeys* find(const SpaceId& space);
  /// Drops the words and every root, here and in the spaces: what is left can neither link nor retire a device.
  void forget_words();
  void wipe();
};

/// Loads and saves the key file in a data directory: write, sync, rename. Refuses a file that others can read
/// (kPermission). kNotFound where there is none.
Result<Keyring> load_keyring(FileSystem& files, std::string_view name, std::string_view password);
Result<void> save_keyring(FileSystem& files, std::string_view name, std::string_view password, Random& random,
                          const Keyring& keyring);
/// The same in a browser, under a key that it holds (mode 2 of formats 12).
Result<Keyring> load_browser_keyring(FileSystem& files, std::string_view name, const crypto::Key& browser_key);
Result<void> save_browser_keyring(FileSystem& files, std::string_view name, const crypto::Key& browser_key,
                                  Random& random, const Keyring& keyring);

}  // namespace kith::space
