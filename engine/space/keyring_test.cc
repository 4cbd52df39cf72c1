// SPDX-License-Identifier: Apache-2.0
// The keyring and its file: golden bytes, every malformed form, and that a file with keys is never left open to others
// or half-written.
#include "space/keyring.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "base/testing/fakes.h"

namespace kith::space {
namespace {

template <typename T>
T filled(std::uint8_t byte) {
  T out;
  out.data.fill(byte);
  return out;
}

Keyring sample() {
  Keyring out;
  out.host_seed = filled<crypto::Key>(0x11);
  out.storage_key = filled<crypto::Key>(0x22);
  SpaceKeys keys;
  keys.space = filled<SpaceId>(0xaa);
  keys.lineage = filled<Lineage>(0xbb);
  keys.log_seed = filled<crypto::Key>(0x33);
  keys.box_secret = filled<crypto::Key>(0x44);
  keys.wrap_secrets = {filled<crypto::Key>(0x55), filled<crypto::Key>(0x56)};
  keys.self_key = filled<crypto::Key>(0x66);
  out.spaces.push_back(keys);
  keys.space = filled<SpaceId>(0xab);
  keys.person_root = filled<crypto::Key>(0x77);
  out.spaces.push_back(keys);
  return out;
}

std::string repeated(std::string_view two_digits) {
  std::string out = "5820";
  for (int i = 0; i < 32; ++i) out += two_digits;
  return out;
}

/// A flat place in memory that counts what is durable: content is what the last sync saw.
class MemoryFiles final : public FileSystem {
 public:
  class MemoryFile final : public File {
   public:
    MemoryFile(MemoryFiles& files, std::string name) : files_(files), name_(std::move(name)) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
      const Bytes& held = files_.content[name_];
      const std::size_t count = offset < held.size() ? std::min<std::uint64_t>(out.size(), held.size() - offset) : 0;
      std::copy_n(held.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
      return count;
    }
    Result<void> write_at(std::uint64_t offset, ByteView data) override {
      if (files_.is_full) return Error(ErrorCode::kDiskFull, "The disk is full.", "Free some space.");
      Bytes& held = files_.content[name_];
      held.resize(std::max<std::size_t>(held.size(), offset + data.size()));
      std::copy(data.begin(), data.end(), held.begin() + static_cast<std::ptrdiff_t>(offset));
      files_.is_synced = false;
      return {};
    }
    Result<void> truncate(std::uint64_t size) override {
      files_.content[name_].resize(size);
      return {};
    }
    Result<void> sync() override {
      files_.is_synced = true;
      return {};
    }
    Result<std::uint64_t> size() override { return files_.content[name_].size(); }

   private:
    MemoryFiles& files_;
    std::string name_;
  };

  Result<std::unique_ptr<File>> open(std::string_view name, bool create) override {
    if (!create && !exists(name)) return Error(ErrorCode::kNotFound, "no such file");
    content[std::string(name)];
    return std::unique_ptr<File>(new MemoryFile(*this, std::string(name)));
  }
  Result<void> remove(std::string_view name) override {
    content.erase(std::string(name));
    return {};
  }
  bool exists(std::string_view name) override { return content.contains(std::string(name)); }
  Result<void> rename(std::string_view from, std::string_view to) override {
    EXPECT_TRUE(is_synced) << "a rename before the sync may leave an empty file behind";
    content[std::string(to)] = std::move(content[std::string(from)]);
    content.erase(std::string(from));
    return {};
  }
  Result<bool> is_private(std::string_view) override { return is_closed_to_others; }

  std::map<std::string, Bytes> content;
  bool is_closed_to_others = true;
  bool is_synced = true;
  bool is_full = false;
};

TEST(Keyring, its_bytes_are_those_of_the_format_page) {
  Keyring small;
  small.host_seed = filled<crypto::Key>(0x11);
  small.storage_key = filled<crypto::Key>(0x22);
  small.spaces.push_back(sample().spaces[1]);
  const std::string expected = "8501f6" + repeated("11") + repeated("22") + "8187" + repeated("ab") + repeated("bb") +
                               repeated("33") + repeated("44") + "82" + repeated("55") + repeated("56") +
                               repeated("66") + repeated("77");
  EXPECT_EQ(to_hex(small.encode()), expected);
}

TEST(Keyring, what_is_encoded_is_decoded) {
  for (const bool has_root : {false, true}) {
    Keyring keyring = sample();
    if (has_root) keyring.root = filled<crypto::Key>(0x99);
    auto back = Keyring::decode(keyring.encode());
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->encode(), keyring.encode());
    EXPECT_EQ(back->root, keyring.root);
    ASSERT_NE(back->find(filled<SpaceId>(0xab)), nullptr);
    EXPECT_EQ(back->find(filled<SpaceId>(0xab))->person_root, filled<crypto::Key>(0x77));
    EXPECT_EQ(back->find(filled<SpaceId>(0xac)), nullptr);
  }
}

TEST(Keyring, every_truncation_and_every_byte_too_many_is_refused) {
  const Bytes whole = sample().encode();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(Keyring::decode(ByteView(whole).first(length)).ok()) << length;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(Keyring::decode(longer).ok());
}

TEST(Keyring, whatever_decodes_encodes_to_the_same_bytes) {
  const Bytes whole = sample().encode();
  EXPECT_TRUE(rc::check("a changed byte is refused or means what it says", [&] {
    Bytes changed = whole;
    changed[*rc::gen::inRange<std::size_t>(0, changed.size())] = *rc::gen::arbitrary<std::uint8_t>();
    const auto decoded = Keyring::decode(changed);
    if (decoded.ok()) RC_ASSERT(equal(decoded->encode(), changed));
  }));
}

TEST(Keyring, a_newer_version_is_called_that) {
  Bytes newer = sample().encode();
  newer[1] = 3;
  EXPECT_EQ(Keyring::decode(newer).error().code(), ErrorCode::kNewerVersion);
}

TEST(Keyring, wiping_leaves_no_secret) {
  Keyring keyring = sample();
  keyring.root = filled<crypto::Key>(0x99);
  keyring.wipe();
  const std::string left = to_hex(keyring.encode());
  for (const std::string_view secret : {"11", "22", "33", "44", "55", "56", "66", "77", "99"}) {
    EXPECT_EQ(left.find(repeated(secret).substr(4)), std::string::npos) << secret;
  }
}

TEST(Keyring, a_saved_file_is_loaded_again_with_and_without_a_password) {
  for (const std::string_view password : {"", "correct horse"}) {
    MemoryFiles files;
    kith::testing::SeededRandom random(1);
    ASSERT_TRUE(save_keyring(files, "keys", password, random, sample()).ok());
    EXPECT_EQ(files.content.size(), 1u) << "nothing is left beside the file";
    const auto loaded = load_keyring(files, "keys", password);
    ASSERT_TRUE(loaded.ok());
    EXPECT_EQ(loaded->encode(), sample().encode());
    if (!password.empty()) {
      EXPECT_EQ(load_keyring(files, "keys", "wrong").error().code(), ErrorCode::kBadPassword);
    }
  }
}

TEST(Keyring, a_file_that_others_can_read_is_refused_with_the_remedy) {
  MemoryFiles files;
  kith::testing::SeededRandom random(1);
  ASSERT_TRUE(save_keyring(files, "keys", "", random, sample()).ok());
  files.is_closed_to_others = false;
  const auto loaded = load_keyring(files, "keys", "");
  EXPECT_EQ(loaded.error().code(), ErrorCode::kPermission);
  EXPECT_NE(loaded.error().remedy().find("chmod 600"), std::string::npos);
}

TEST(Keyring, no_file_is_told_from_a_broken_one) {
  MemoryFiles files;
  EXPECT_EQ(load_keyring(files, "keys", "").error().code(), ErrorCode::kNotFound);
  files.content["keys"] = to_bytes(as_bytes("KITHKEY1 but nothing more"));
  const auto loaded = load_keyring(files, "keys", "");
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().code(), ErrorCode::kNotFound);
}

TEST(Keyring, a_full_disk_leaves_the_old_file_as_it_was) {
  MemoryFiles files;
  kith::testing::SeededRandom random(1);
  ASSERT_TRUE(save_keyring(files, "keys", "", random, sample()).ok());
  files.is_full = true;
  Keyring other = sample();
  other.spaces.clear();
  EXPECT_EQ(save_keyring(files, "keys", "", random, other).error().code(), ErrorCode::kDiskFull);
  EXPECT_EQ(load_keyring(files, "keys", "")->encode(), sample().encode());
}

TEST(Keyring, words_made_here_are_kept_until_they_are_forgotten) {
  Keyring keyring = sample();
  keyring.root = filled<crypto::Key>(0x88);
  keyring.entropy.emplace().fill(0x99);
  keyring.words = WordsState::kSeen;
  auto read = Keyring::decode(keyring.encode());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->entropy, keyring.entropy);
  EXPECT_EQ(read->words, WordsState::kSeen);
  EXPECT_EQ(read->encode(), keyring.encode());

  read->forget_words();
  const auto after = Keyring::decode(read->encode());
  ASSERT_TRUE(after.ok());
  EXPECT_FALSE(after->entropy.has_value());
  EXPECT_FALSE(after->root.has_value());
  EXPECT_EQ(after->words, WordsState::kSeen);
  for (const SpaceKeys& keys : after->spaces) EXPECT_FALSE(keys.person_root.has_value());
  EXPECT_EQ(after->spaces.size(), 2u);
}

TEST(Keyring, a_state_of_words_that_does_not_exist_is_refused) {
  Keyring keyring = sample();
  keyring.words = static_cast<WordsState>(3);
  EXPECT_FALSE(Keyring::decode(keyring.encode()).ok());
}

}  // namespace
}  // namespace kith::space
