// SPDX-License-Identifier: Apache-2.0
#include "space/keyring.h"

#include <algorithm>

#include "codec/cbor.h"
#include "crypto/key_file.h"

namespace kith::space {
namespace {

// Version 2 adds the words that were made here; a keyring without them is written as version 1.
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kVersionWithWords = 2;
constexpr std::size_t kFileBytesMax = 64 << 20;  // kSpacesMax spaces with some thousand wrap keys each

void put_optional(codec::CborWriter& out, const std::optional<crypto::Key>& key) {
  if (key) {
    out.bytes(key->view());
  } else {
    out.nil();
  }
}

template <typename T>
T take(codec::CborReader& in) {
  return T::from(in.bytes_of(T::kSize)).value_or(T{});
}

std::optional<crypto::Key> take_optional(codec::CborReader& in) {
  if (in.take_nil()) return std::nullopt;
  return take<crypto::Key>(in);
}

void put_space(codec::CborWriter& out, const SpaceKeys& keys) {
  out.array(7).bytes(keys.space.view()).bytes(keys.lineage.view());
  out.bytes(keys.log_seed.view()).bytes(keys.box_secret.view()).array(keys.wrap_secrets.size());
  for (const crypto::Key& secret : keys.wrap_secrets) out.bytes(secret.view());
  out.bytes(keys.self_key.view());
  put_optional(out, keys.person_root);
}

SpaceKeys take_space(codec::CborReader& in) {
  SpaceKeys keys;
  in.array_of(7);
  keys.space = take<SpaceId>(in);
  keys.lineage = take<Lineage>(in);
  keys.log_seed = take<crypto::Key>(in);
  keys.box_secret = take<crypto::Key>(in);
  const std::uint64_t count = in.array();
  for (std::uint64_t i = 0; i < count && i < kWrapKeysMax && in.ok(); ++i) {
    keys.wrap_secrets.push_back(take<crypto::Key>(in));
  }
  keys.self_key = take<crypto::Key>(in);
  keys.person_root = take_optional(in);
  return keys;
}

void put_words(codec::CborWriter& out, const Keyring& keyring) {
  if (keyring.entropy) {
    out.bytes(*keyring.entropy);
  } else {
    out.nil();
  }
  out.uint(static_cast<std::uint64_t>(keyring.words));
}

/// False: not of its form.
bool take_words(codec::CborReader& in, Keyring& keyring) {
  if (!in.take_nil()) {
    const ByteView entropy = in.bytes_of(16);
    if (!in.ok()) return false;
    std::copy(entropy.begin(), entropy.end(), keyring.entropy.emplace().begin());
  }
  const std::uint64_t state = in.uint();
  if (!in.ok() || state > static_cast<std::uint64_t>(WordsState::kPractised)) return false;
  keyring.words = static_cast<WordsState>(state);
  return true;
}

/// The bytes of a file with keys, overwritten when it goes.
struct SecretBytes {
  explicit SecretBytes(Bytes secret) : bytes(std::move(secret)) {}
  SecretBytes(SecretBytes&&) = default;
  ~SecretBytes() { crypto::wipe(bytes); }
  Bytes bytes;
};

Result<Bytes> read_all(File& file) {
  const std::uint64_t size = KITH_TRY(file.size());
  if (size > kFileBytesMax) return Error(ErrorCode::kTooLarge, "The key file is too large to be one.");
  Bytes content(size);
  content.resize(KITH_TRY(file.read_at(0, content)));
  return content;
}

}  // namespace

void SpaceKeys::wipe() {
  crypto::wipe(log_seed.data);
  crypto::wipe(box_secret.data);
  crypto::wipe(self_key.data);
  for (crypto::Key& secret : wrap_secrets) crypto::wipe(secret.data);
  if (person_root) crypto::wipe(person_root->data);
}

Bytes Keyring::encode() const {
  Bytes out;
  codec::CborWriter writer(out);
  const bool has_words = entropy || words != WordsState::kUnseen;
  writer.array(has_words ? 7 : 5).uint(has_words ? kVersionWithWords : kVersion);
  if (has_words) put_words(writer, *this);
  put_optional(writer, root);
  writer.bytes(host_seed.view()).bytes(storage_key.view()).array(spaces.size());
  for (const SpaceKeys& keys : spaces) put_space(writer, keys);
  return out;
}

Result<Keyring> Keyring::decode(ByteView content) {
  codec::CborReader in(content);
  Keyring keyring;
  const std::uint64_t size = in.array();
  const std::uint64_t version = in.uint();
  if (in.ok() && version > kVersionWithWords) {
    return Error(ErrorCode::kNewerVersion, "The key file was written by a newer version of Kith.", "Update Kith.");
  }
  const bool has_words = version == kVersionWithWords;
  const bool is_of_form =
      version >= kVersion && size == (has_words ? 7u : 5u) && (!has_words || take_words(in, keyring));
  keyring.root = take_optional(in);
  keyring.host_seed = take<crypto::Key>(in);
  keyring.storage_key = take<crypto::Key>(in);
  const std::uint64_t count = in.array();
  for (std::uint64_t i = 0; i < count && i < kSpacesMax && in.ok(); ++i) keyring.spaces.push_back(take_space(in));
  KITH_TRY(in.finish("the key file's content"));
  if (!is_of_form) return Error(ErrorCode::kMalformed, "The key file's content is not of its form.");
  return keyring;
}

SpaceKeys* Keyring::find(const SpaceId& space) {
  for (SpaceKeys& keys : spaces) {
    if (keys.space == space) return &keys;
  }
  return nullptr;
}

void Keyring::forget_words() {
  if (root) crypto::wipe(root->data);
  if (entropy) crypto::wipe(*entropy);
  root.reset();
  entropy.reset();
  for (SpaceKeys& keys : spaces) {
    if (keys.person_root) crypto::wipe(keys.person_root->data);
    keys.person_root.reset();
  }
}

void Keyring::wipe() {
  if (root) crypto::wipe(root->data);
  if (entropy) crypto::wipe(*entropy);
  crypto::wipe(host_seed.data);
  crypto::wipe(storage_key.data);
  for (SpaceKeys& keys : spaces) keys.wipe();
}

namespace {

Result<SecretBytes> read_key_file(FileSystem& files, std::string_view name) {
  if (!files.exists(name)) {
    return Error(ErrorCode::kNotFound, "There is no key file \"" + std::string(name) + "\" here.",
                 "Found a neighbourhood, join one, or choose another data directory.");
  }
  if (!KITH_TRY(files.is_private(name))) {
    return Error(ErrorCode::kPermission,
                 "Other users of this machine can read the key file \"" + std::string(name) + "\".",
                 "Run chmod 700 on its directory and chmod 600 on the file; if somebody may have copied it, retire "
                 "this device.");
  }
  const std::unique_ptr<File> file = KITH_TRY(files.open(name, false));
  return SecretBytes{KITH_TRY(read_all(*file))};
}

Result<void> write_key_file(FileSystem& files, std::string_view name, ByteView stored) {
  const std::string fresh = std::string(name) + ".new";
  {
    const std::unique_ptr<File> file = KITH_TRY(files.open(fresh, true));
    KITH_TRY(file->truncate(0));
    KITH_TRY(file->write_at(0, stored));
    KITH_TRY(file->sync());
  }
  return files.rename(fresh, name);
}

}  // namespace

Result<Keyring> load_keyring(FileSystem& files, std::string_view name, std::string_view password) {
  const SecretBytes stored = KITH_TRY(read_key_file(files, name));
  const SecretBytes content{KITH_TRY(crypto::decode_key_file(stored.bytes, password))};
  return Keyring::decode(content.bytes);
}

Result<Keyring> load_browser_keyring(FileSystem& files, std::string_view name, const crypto::Key& browser_key) {
  const SecretBytes stored = KITH_TRY(read_key_file(files, name));
  const SecretBytes content{KITH_TRY(crypto::decode_key_file(stored.bytes, browser_key))};
  return Keyring::decode(content.bytes);
}

Result<void> save_keyring(FileSystem& files, std::string_view name, std::string_view password, Random& random,
                          const Keyring& keyring) {
  const SecretBytes content{keyring.encode()};
  return write_key_file(files, name, KITH_TRY(crypto::encode_key_file(random, password, content.bytes)));
}

Result<void> save_browser_keyring(FileSystem& files, std::string_view name, const crypto::Key& browser_key,
                                  Random& random, const Keyring& keyring) {
  const SecretBytes content{keyring.encode()};
  return write_key_file(files, name, KITH_TRY(crypto::encode_key_file(random, browser_key, content.bytes)));
}

}  // namespace kith::space
