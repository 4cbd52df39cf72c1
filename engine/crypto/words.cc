// SPDX-License-Identifier: Apache-2.0
#include "crypto/words.h"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/check.h"
#include "codec/text_codes.h"
#include "crypto/word_list.h"

namespace kith::crypto {

namespace {

constexpr std::size_t kEntropyBytes = 16;
constexpr std::size_t kEntropyBytesMax = 32;
constexpr std::size_t kPersonWords = 12;
constexpr int kBitsPerWord = 11;
constexpr int kRounds = 2'048;
// Longer than any twelve words with generous white space; what is longer is no list of words.
constexpr std::size_t kInputBytesMax = 1'024;
constexpr std::size_t kShownWordBytesMax = 24;
constexpr std::size_t kSuggestionDistanceMax = 2;
constexpr std::size_t kSuggestionsMax = 3;
// A prefix of this length already names one word of the list.
constexpr std::size_t kTellingLetters = 4;

template <typename Container>
void wipe_all(Container& secret) {
  sodium_memzero(secret.data(), secret.size() * sizeof(*secret.data()));
}

std::uint8_t checksum_byte(ByteView entropy) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), entropy.data(), entropy.size());
  return digest[0];
}

std::optional<std::size_t> index_of(std::string_view word) {
  const auto found = std::lower_bound(kWords.begin(), kWords.end(), word);
  if (found == kWords.end() || *found != word) return std::nullopt;
  return found - kWords.begin();
}

/// Levenshtein's, for words of at most kShownWordBytesMax bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kShownWordBytesMax + 1> row;
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// The words of the list that were most likely meant, the nearest first.
std::vector<std::string_view> suggestions_for(std::string_view word) {
  std::vector<std::string_view> out;
  if (word.size() > kShownWordBytesMax) return out;
  std::array<std::vector<std::string_view>, kSuggestionDistanceMax + 1> by_distance;
  for (const std::string_view candidate : kWords) {
    const std::size_t longer = std::max(candidate.size(), word.size());
    if (longer - std::min(candidate.size(), word.size()) > kSuggestionDistanceMax) continue;
    const std::size_t distance = edit_distance(candidate, word);
    if (distance <= kSuggestionDistanceMax) by_distance[distance].push_back(candidate);
  }
  for (const auto& equally_near : by_distance) out.insert(out.end(), equally_near.begin(), equally_near.end());
  if (out.size() > kSuggestionsMax) out.resize(kSuggestionsMax);
  if (!out.empty() || word.size() < kTellingLetters) return out;
  const std::string_view prefix = word.substr(0, kTellingLetters);
  const auto after = std::lower_bound(kWords.begin(), kWords.end(), prefix);
  if (after != kWords.end() && after->starts_with(prefix)) out.push_back(*after);
  return out;
}

Error unknown_word(std::size_t number, std::string_view word) {
  std::string shown =
      word.size() > kShownWordBytesMax ? std::string(word.substr(0, kShownWordBytesMax)) + "..." : std::string(word);
  if (!codec::is_utf8(shown)) shown = "...";
  std::string remedy;
  for (const std::string_view suggestion : suggestions_for(word)) {
    remedy += (remedy.empty() ? "Did you mean \"" : " or \"") + std::string(suggestion) + "\"";
  }
  if (!remedy.empty()) remedy += "? ";
  return Error(ErrorCode::kBadWords,
               "Word " + std::to_string(number) + ", \"" + shown + "\", is not in the list of words.",
               remedy + "Compare it with what you wrote down.");
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/// Lower case, single spaces, none at the ends.
std::string folded(std::string_view words) {
  std::string out;
  out.reserve(words.size());
  for (const char c : words) {
    if (is_space(c)) {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    } else {
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> out;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    out.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

bool checksum_fits(const std::array<std::size_t, kPersonWords>& indexes) {
  // 12 words are 132 bits: 128 of entropy and the first 4 of its hash.
  std::array<std::uint8_t, kEntropyBytes + 1> bits{};
  for (std::size_t bit = 0; bit < kPersonWords * kBitsPerWord; ++bit) {
    const std::size_t set = indexes[bit / kBitsPerWord] >> (kBitsPerWord - 1 - bit % kBitsPerWord) & 1;
    bits[bit / 8] = static_cast<std::uint8_t>(bits[bit / 8] | set << (7 - bit % 8));
  }
  const bool fits = checksum_byte(ByteView(bits).first(kEntropyBytes)) >> 4 == bits[kEntropyBytes] >> 4;
  wipe_all(bits);
  return fits;
}

}  // namespace

std::string make_words(Random& random) {
  std::array<std::uint8_t, kEntropyBytes> entropy;
  random.fill(entropy);
  std::string words = words_from_entropy(entropy);
  wipe_all(entropy);
  return words;
}

std::string words_from_entropy(ByteView entropy) {
  CHECK(entropy.size() >= kEntropyBytes && entropy.size() <= kEntropyBytesMax && entropy.size() % 4 == 0);
  Bytes bits = to_bytes(entropy);
  bits.push_back(checksum_byte(entropy));
  const std::size_t count = (entropy.size() * 8 + entropy.size() / 4) / kBitsPerWord;
  std::string out;
  for (std::size_t word = 0; word < count; ++word) {
    std::size_t index = 0;
    for (std::size_t bit = word * kBitsPerWord; bit < (word + 1) * kBitsPerWord; ++bit) {
      index = index << 1 | (bits[bit / 8] >> (7 - bit % 8) & 1);
    }
    if (word > 0) out.push_back(' ');
    out += kWords[index];
  }
  wipe_all(bits);
  return out;
}

Result<std::string> check_words(std::string_view words) {
  if (words.size() > kInputBytesMax) {
    return Error(ErrorCode::kBadWords, "That is too long to be twelve words.",
                 "Type the twelve words that you wrote down, in their order.");
  }
  std::string text = folded(words);
  const std::vector<std::string_view> each = split(text);
  std::array<std::size_t, kPersonWords> indexes{};
  for (std::size_t i = 0; i < each.size(); ++i) {
    const auto index = index_of(each[i]);
    if (!index) return unknown_word(i + 1, each[i]);
    if (i < kPersonWords) indexes[i] = *index;
  }
  if (each.size() != kPersonWords) {
    return Error(ErrorCode::kBadWords, "There are " + std::to_string(each.size()) + " words; there must be 12.",
                 "Type the twelve words that you wrote down, in their order.");
  }
  const bool fits = checksum_fits(indexes);
  wipe_all(indexes);
  if (!fits) {
    return Error(ErrorCode::kBadWords,
                 "All twelve words are in the list, but they do not belong together (the checksum is off).",
                 "Look for two words in the wrong order, or one that resembles the right one.");
  }
  return text;
}

Key64 seed_from_words(std::string_view words, std::string_view passphrase) {
  // PBKDF2 (RFC 8018) with HMAC-SHA-512; one block, as the hash is as long as the seed.
  crypto_auth_hmacsha512_state keyed;
  crypto_auth_hmacsha512_init(&keyed, as_bytes(words).data(), words.size());
  crypto_auth_hmacsha512_state state = keyed;
  constexpr std::string_view kSaltPrefix = "mnemonic";
  constexpr std::array<std::uint8_t, 4> kBlockNumber = {0, 0, 0, 1};
  crypto_auth_hmacsha512_update(&state, as_bytes(kSaltPrefix).data(), kSaltPrefix.size());
  crypto_auth_hmacsha512_update(&state, as_bytes(passphrase).data(), passphrase.size());
  crypto_auth_hmacsha512_update(&state, kBlockNumber.data(), kBlockNumber.size());
  Key64 block;
  crypto_auth_hmacsha512_final(&state, block.data.data());
  Key64 seed = block;
  for (int round = 1; round < kRounds; ++round) {
    state = keyed;
    crypto_auth_hmacsha512_update(&state, block.data.data(), Key64::kSize);
    crypto_auth_hmacsha512_final(&state, block.data.data());
    for (std::size_t i = 0; i < Key64::kSize; ++i) seed.data[i] ^= block.data[i];
  }
  wipe(block.data);
  sodium_memzero(&keyed, sizeof keyed);
  sodium_memzero(&state, sizeof state);
  return seed;
}

}  // namespace kith::crypto
