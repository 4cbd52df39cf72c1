// SPDX-License-Identifier: Apache-2.0
#include "crypto/wrap.h"

#include <algorithm>

namespace kith::crypto {

namespace {

constexpr std::size_t kHintBytes = 2;
constexpr std::size_t kSecretOffset = 32;  // in o of formats 7: the hint from its first half, the pad in its second
constexpr std::size_t kRowsFewest = 4;
constexpr std::size_t kRowsStep = 128;

using Row = std::array<std::uint8_t, kWrapRowBytes>;

/// 4, 8, 16, 32, 64, 128, then multiples of 128: so that the number of rows tells little about that of persons.
std::size_t padded_count(std::size_t count) {
  std::size_t padded = kRowsFewest;
  while (padded < count && padded < kRowsStep) padded *= 2;
  return count <= padded ? padded : (count + kRowsStep - 1) / kRowsStep * kRowsStep;
}

Result<Key64> pad_between(const Key& own_secret, const BoxPublic& other, const BoxPublic& ephemeral,
                          const BoxPublic& recipient, ByteView binding) {
  Key agreed = KITH_TRY(agree(own_secret, other));
  const Key64 pad = keyed_hash_64(agreed.view(), "kith1 wrap pad", {ephemeral.view(), recipient.view(), binding});
  wipe(agreed.data);
  return pad;
}

Result<Row> make_row(const Key& ephemeral_secret, const BoxPublic& ephemeral, const Key& secret, ByteView binding,
                     const BoxPublic& recipient) {
  Key64 pad = KITH_TRY(pad_between(ephemeral_secret, recipient, ephemeral, recipient, binding));
  Row row;
  std::memcpy(row.data(), pad.data.data(), kHintBytes);
  for (std::size_t i = 0; i < Key::kSize; ++i) row[kHintBytes + i] = secret.data[i] ^ pad.data[kSecretOffset + i];
  wipe(pad.data);
  return row;
}

}  // namespace

Result<WrappedRows> wrap_rows(Random& random, const Key& secret, ByteView binding,
                              const std::vector<BoxPublic>& recipients) {
  if (recipients.size() > kWrapRowsMax) {
    return Error(ErrorCode::kTooLarge, "A key cannot be wrapped for more than 65,536 persons at once.",
                 "Wrap it for some of them first and for the others in a second entry.");
  }
  Key ephemeral_secret;
  random.fill(ephemeral_secret.data);
  WrappedRows wrapped;
  wrapped.ephemeral = box_public(ephemeral_secret);
  std::vector<Row> rows;
  rows.reserve(padded_count(recipients.size()));
  for (const BoxPublic& recipient : recipients) {
    const auto row = make_row(ephemeral_secret, wrapped.ephemeral, secret, binding, recipient);
    if (row.ok()) rows.push_back(*row);
  }
  while (rows.size() < padded_count(recipients.size())) random.fill(rows.emplace_back());
  wipe(ephemeral_secret.data);
  std::sort(rows.begin(), rows.end());
  wrapped.rows.reserve(rows.size() * kWrapRowBytes);
  for (const Row& row : rows) append(wrapped.rows, row);
  return wrapped;
}

Result<std::optional<Key>> unwrap_rows(const Key& own_secret, const BoxPublic& ephemeral, ByteView binding,
                                       ByteView rows, bool (*is_right)(const Key& candidate, const void* context),
                                       const void* context) {
  if (rows.size() % kWrapRowBytes != 0 || rows.size() / kWrapRowBytes > kWrapRowsMax) {
    return Error(ErrorCode::kMalformed, "The rows of a wrapped key do not have the length that they should have.",
                 "Another member can wrap the key again.");
  }
  Key64 pad = KITH_TRY(pad_between(own_secret, ephemeral, ephemeral, box_public(own_secret), binding));
  std::optional<Key> found;
  for (; !rows.empty() && !found; rows = rows.subspan(kWrapRowBytes)) {
    if (std::memcmp(rows.data(), pad.data.data(), kHintBytes) != 0) continue;
    Key candidate;
    for (std::size_t i = 0; i < Key::kSize; ++i) candidate.data[i] = rows[kHintBytes + i] ^ pad.data[kSecretOffset + i];
    if (is_right(candidate, context)) found = candidate;
    wipe(candidate.data);
  }
  wipe(pad.data);
  return found;
}

Result<Row> wrap_row(const Key& ephemeral_secret, const Key& secret, ByteView binding, const BoxPublic& recipient) {
  return make_row(ephemeral_secret, box_public(ephemeral_secret), secret, binding, recipient);
}

}  // namespace kith::crypto
