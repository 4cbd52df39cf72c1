// SPDX-License-Identifier: Apache-2.0
// The key file of a node (formats 12): KITHKEY1 ‖ mode ‖ passes ‖ KiB ‖ salt 16 ‖ nonce 24 ‖ box. Mode 0 is clear (file
// 0600, directory 0700, refused if wider), mode 1 Argon2id, mode 2 a browser's, under a key that the browser holds. Its
// content is opaque here: space/keyring.h says what is in it.
#pragma once

#include <string_view>

#include "base/environment.h"
#include "crypto/hash.h"
#include "kith/result.h"

namespace kith::crypto {

inline constexpr std::size_t kKeyFileContentBytesMax = 16 << 20;

/// Empty password: mode 0, whose parameters, salt and nonce are zero and whose box is the content itself.
Result<Bytes> encode_key_file(Random& random, std::string_view password, ByteView content);
/// Mode 2.
Result<Bytes> encode_key_file(Random& random, const Key& browser_key, ByteView content);
/// kMalformed, kNewerVersion, kBadPassword (none given, wrong, or the file was altered), kCannotOpen (a browser's).
/// Wipe the content after use.
Result<Bytes> decode_key_file(ByteView file, std::string_view password);
/// A browser's, or a clear one. kMalformed, kNewerVersion, kBadPassword (of mode 1), kCannotOpen (another key, or it
/// was altered).
Result<Bytes> decode_key_file(ByteView file, const Key& browser_key);

}  // namespace kith::crypto
