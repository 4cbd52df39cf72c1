// SPDX-License-Identifier: Apache-2.0
#include "crypto/derive.h"

#include <gtest/gtest.h>

#include <set>

#include "codec/testing/vectors.h"

namespace kith::crypto {
namespace {

TEST(Derivation, every_purpose_number_and_lineage_has_its_own_key) {
  ASSERT_TRUE(start().ok());
  Key64 seed;
  seed.data.fill(3);
  const Key root = derive_root(seed);
  std::set<std::string> seen = {root.hex(), personal_lineage(root).hex()};
  for (const std::uint8_t space : {1, 2}) {
    Lineage lineage;
    lineage.data.fill(space);
    const Key person_root = derive_person_root(root, lineage);
    seen.insert(person_root.hex());
    seen.insert(derive_identity(person_root).seed().hex());
    seen.insert(derive_self_key(person_root).hex());
    seen.insert(derive_gate_key(lineage).hex());
    for (const std::uint32_t n : {0u, 1u, 256u, 0x1000000u}) {
      seen.insert(derive_wrap_secret(person_root, n).hex());
      seen.insert(derive_vote_key(derive_wrap_secret(person_root, n)).seed().hex());
    }
  }
  EXPECT_EQ(seen.size(), 2u + 2 * (4 + 2 * 4));
}

TEST(Derivation, the_two_keys_of_an_invitation_differ) {
  const Bytes secret(16, 5);
  EXPECT_NE(derive_invite_key(secret).seed().hex(), derive_invite_box_secret(secret).hex());
}

}  // namespace
}  // namespace kith::crypto
