// SPDX-License-Identifier: Apache-2.0
// BIP-39: 12 English words <-> 128 bits of entropy, and the 64-byte seed (PBKDF2-HMAC-SHA512, 2,048 rounds, empty
// passphrase).
#pragma once

#include <string>
#include <string_view>

#include "base/environment.h"
#include "crypto/hash.h"
#include "kith/result.h"

namespace kith::crypto {

/// Twelve fresh words, separated by single spaces.
std::string make_words(Random& random);
std::string words_from_entropy(ByteView entropy);  // 16 to 32 bytes, a multiple of 4
/// Trims, folds case and white space. The error says which word is unknown ("word 4, \"elefant\", is not in the list;
/// did you mean \"elephant\"?"), that there are not 12, or that the checksum is off.
Result<std::string> check_words(std::string_view words);
/// `words` as returned by check_words. The passphrase is empty but in the official vectors.
Key64 seed_from_words(std::string_view words, std::string_view passphrase = {});

}  // namespace kith::crypto
