// SPDX-License-Identifier: Apache-2.0
#include "replica/keeper.h"

#include <gtest/gtest.h>

#include <set>

#include "replica/testing/desk.h"

namespace kith::replica {
namespace {

using testing::key_of;
using testing::must;

PersonId person_of(std::uint8_t number) {
  PersonId out;
  out.data.fill(number);
  return out;
}

SpaceId space_of(std::uint32_t number) {
  SpaceId out;
  out.data[0] = static_cast<std::uint8_t>(number >> 8);
  out.data[1] = static_cast<std::uint8_t>(number);
  out.data[2] = 1;
  return out;
}

class KeeperTest : public ::testing::Test, protected testing::Desk {
 protected:
  KeeperTest() : Desk(7) {}
  void SetUp() override {
    ASSERT_TRUE(crypto::start().ok());
    space::SpaceKeys keys;
    own = must(space::Space::found(environment(), options("own"), key_of(1), Lineage{}, HostKey{}, keys));
  }
  Keeper open(std::uint64_t person_bytes_max = Keeper::kPersonBytesMax) {
    return must(Keeper::open({environment(), [this](const std::string& name) { return directory.file(name); },
                              [this](const std::string& name) -> Result<void> {
                                removed.insert(name);
                                return {};
                              },
                              key_of(0x55), must(Memory::open(own->store().db())),
                              [this](const PersonId& person) { return !gone.contains(person); }, person_bytes_max}));
  }
  /// What a member's device would send.
  static void fill(space::Space& kept, space::Space& from) {
    log::RecordEncoder encoder(from.id());
    Bytes window;
    must(from.log().each_authority([&](const log::AuthorityEntry& entry) -> Result<void> {
      return from.log().encode_authority(entry, encoder, window);
    }));
    log::RecordDecoder decoder(from.id());
    must(kept.log().accept(decoder, window));
  }

  std::unique_ptr<space::Space> own;
  std::set<PersonId> gone;
  std::set<std::string> removed;  // files
};

TEST_F(KeeperTest, a_kept_space_is_found_again_by_its_founders_words_after_a_restart) {
  const crypto::Key root = key_of(9);
  const Lineage lineage = crypto::personal_lineage(root);
  space::SpaceKeys keys;
  const auto personal = must(space::Space::found(environment(), options("hers"), root, lineage, HostKey{}, keys));
  {
    Keeper keeper = open();
    EXPECT_TRUE(keeper.restorable().empty());
    fill(*must(keeper.keep(person_of(1), personal->id())), *personal);
    must(keeper.tick());
    EXPECT_GT(keeper.bytes(), 0u);
  }
  Keeper keeper = open();
  EXPECT_EQ(keeper.count(), 1u);
  const auto found = keeper.restorable();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].space, personal->id());
  const crypto::SigningKey identity = crypto::derive_identity(crypto::derive_person_root(root, lineage));
  EXPECT_EQ(found[0].gate, crypto::derive_kept_gate_key(lineage, identity.public_key()));
  EXPECT_EQ(must(keeper.open_kept(personal->id()))->lineage(), lineage);
}

TEST_F(KeeperTest, a_space_is_one_members_and_a_member_has_few) {
  Keeper keeper = open();
  must(keeper.keep(person_of(1), space_of(1)));
  EXPECT_EQ(keeper.keep(person_of(2), space_of(1)).error().code(), ErrorCode::kRefused);
  for (std::uint32_t i = 2; i <= Keeper::kPersonSpacesMax; ++i) must(keeper.keep(person_of(1), space_of(i)));
  EXPECT_EQ(keeper.keep(person_of(1), space_of(99)).error().code(), ErrorCode::kRefused);
  must(keeper.keep(person_of(2), space_of(99)));
  EXPECT_EQ(keeper.open_kept(space_of(100)).error().code(), ErrorCode::kNotFound);
}

TEST_F(KeeperTest, a_persons_spaces_share_one_bound) {
  std::uint64_t size = 0;  // of one without entries
  {
    Keeper roomy = open();
    must(roomy.keep(person_of(1), space_of(1)));
    must(roomy.tick());
    size = roomy.bytes();
    ASSERT_GT(size, 0u);
  }
  Keeper keeper = open(size * 3 / 2);
  // The second has what the first has left; authority always finds a little more.
  const auto second = must(keeper.keep(person_of(1), space_of(2)));
  EXPECT_EQ(second->check_room(false).error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(second->check_room(true).ok());
  must(keeper.tick());
  EXPECT_EQ(keeper.keep(person_of(1), space_of(3)).error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(must(keeper.keep(person_of(2), space_of(4)))->check_room(false).ok());
}

TEST_F(KeeperTest, what_was_kept_for_somebody_who_is_gone_is_deleted_after_a_grace) {
  const std::string file = "kept-" + space_of(1).hex() + ".kith";
  {
    Keeper keeper = open();
    const auto in_use = must(keeper.keep(person_of(1), space_of(1)));
    must(keeper.keep(person_of(2), space_of(2)));
    gone.insert(person_of(1));
    must(keeper.tick());
    EXPECT_EQ(keeper.leaving(), 1u);
    clock.advance(Keeper::kGraceMs);
    must(keeper.tick());
    EXPECT_EQ(keeper.count(), 2u) << "a session speaks of it";
    clock.wall -= 1;
  }
  Keeper keeper = open();
  EXPECT_EQ(keeper.leaving(), 1u) << "a restart does not begin anew";
  must(keeper.tick());
  EXPECT_EQ(keeper.count(), 2u);
  EXPECT_TRUE(removed.empty());
  EXPECT_TRUE(keeper.open_kept(space_of(1)).ok()) << "until then she can fetch it";
  clock.advance(1);
  must(keeper.tick());
  EXPECT_EQ(keeper.count(), 1u);
  EXPECT_EQ(keeper.leaving(), 0u);
  EXPECT_EQ(removed, (std::set<std::string>{file, file + "-wal", file + "-journal", file + "-shm"}));
  EXPECT_EQ(keeper.open_kept(space_of(1)).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(open().count(), 1u);
}

TEST_F(KeeperTest, who_is_a_member_again_has_lost_nothing) {
  Keeper keeper = open();
  must(keeper.keep(person_of(1), space_of(1)));
  gone.insert(person_of(1));
  must(keeper.tick());
  clock.advance(Keeper::kGraceMs - 1);
  gone.clear();
  must(keeper.tick());
  EXPECT_EQ(keeper.leaving(), 0u);
  gone.insert(person_of(1));
  must(keeper.tick());
  clock.advance(Keeper::kGraceMs - 1);
  must(keeper.tick());
  EXPECT_EQ(keeper.count(), 1u) << "the time begins anew";
  clock.wall -= Keeper::kGraceMs;  // it was a clock that ran ahead
  must(keeper.tick());
  clock.advance(Keeper::kGraceMs);
  must(keeper.tick());
  EXPECT_EQ(keeper.count(), 0u);
}

TEST_F(KeeperTest, few_are_open_at_a_time_and_those_in_use_stay) {
  Keeper keeper = open();
  std::vector<std::shared_ptr<space::Space>> used;
  for (std::uint32_t i = 0; i < Keeper::kOpenMax; ++i) {
    used.push_back(must(keeper.keep(person_of(static_cast<std::uint8_t>(i + 1)), space_of(i))));
  }
  EXPECT_EQ(keeper.keep(person_of(200), space_of(500)).error().code(), ErrorCode::kLocked);
  EXPECT_EQ(keeper.count(), Keeper::kOpenMax) << "what could not be opened is not kept";
  used.pop_back();
  must(keeper.keep(person_of(200), space_of(500)));
  EXPECT_EQ(keeper.open_spaces().size(), Keeper::kOpenMax);
  used.clear();
  must(keeper.tick());
  EXPECT_TRUE(keeper.open_spaces().empty());
  EXPECT_EQ(keeper.memory_of(space_of(0)), nullptr);
}

}  // namespace
}  // namespace kith::replica
