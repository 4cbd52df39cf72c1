// SPDX-License-Identifier: Apache-2.0
#include "crypto/words.h"

#include "fuzz/fuzz.h"

void kith::fuzz::run(ByteView input) {
  const auto words = crypto::check_words(as_text(input));
  if (!words.ok()) {
    CHECK(words.error().code() == ErrorCode::kBadWords);
    CHECK(!words.error().cause().empty() && !words.error().remedy().empty());
    return;
  }
  CHECK(*crypto::check_words(*words) == *words);
  CHECK(*crypto::check_words("\n " + *words + "\t") == *words);
}
