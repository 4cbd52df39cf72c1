// SPDX-License-Identifier: Apache-2.0
// A key file and the keyring in it. Files with a password are left out: Argon2id would make each input a fifth of a
// second.
#include "space/keyring.h"

#include "base/testing/fakes.h"
#include "crypto/key_file.h"
#include "fuzz/fuzz.h"

void kith::fuzz::run(ByteView input) {
  const auto content = crypto::decode_key_file(input, "");
  testing::SeededRandom random(1);
  if (content.ok()) CHECK(equal(*crypto::encode_key_file(random, "", *content), input));

  const ByteView bytes = content.ok() ? ByteView(*content) : input;
  const auto keyring = space::Keyring::decode(bytes);
  if (keyring.ok()) CHECK(equal(keyring->encode(), bytes));
}
