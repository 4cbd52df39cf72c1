// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_file.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/cipher.h"

namespace kith::crypto {

namespace {

constexpr std::string_view kFamily = "KITHKEY";
constexpr std::string_view kMagic = "KITHKEY1";
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kNonceBytes = 24;
constexpr std::size_t kHeadBytes = 8 + 1 + 4 + 4 + kSaltBytes + kNonceBytes;

enum Mode : std::uint8_t { kClear = 0, kPassword = 1, kBrowser = 2 };

Error damaged() {
  return Error(ErrorCode::kMalformed, "The key file is damaged.",
               "Restore it from a copy, or start again on this device from your twelve words.");
}

Error newer() {
  return Error(ErrorCode::kNewerVersion, "The key file was written by another or a newer version of this program.",
               "Use that version, or a newer one.");
}

Result<void> check_size(ByteView content) {
  if (content.size() <= kKeyFileContentBytesMax) return {};
  return Error(ErrorCode::kTooLarge, "The key file would grow beyond its bound of 16 MiB.",
               "Leave a space that is no longer needed.");
}

struct Head {
  std::uint8_t mode = kClear;
  std::uint32_t passes = 0;
  std::uint32_t kib = 0;
  std::array<std::uint8_t, kSaltBytes> salt{};
  std::array<std::uint8_t, kNonceBytes> nonce{};
};

Bytes write_head(const Head& head, ByteView content) {
  Bytes file;
  file.reserve(kHeadBytes + content.size() + 16);
  ByteWriter out(file);
  out.bytes(as_bytes(kMagic));
  out.u8(head.mode);
  out.u32(head.passes);
  out.u32(head.kib);
  out.bytes(head.salt);
  out.bytes(head.nonce);
  return file;
}

Result<Head> read_head(ByteView file) {
  if (file.size() < kHeadBytes || !as_text(file).starts_with(kFamily)) return damaged();
  if (!as_text(file).starts_with(kMagic)) return newer();
  if (file.size() > kHeadBytes + kKeyFileContentBytesMax + 16) return damaged();
  ByteReader in(file.subspan(kMagic.size()));
  Head head;
  head.mode = in.u8();
  head.passes = in.u32();
  head.kib = in.u32();
  const ByteView salt = in.bytes(kSaltBytes);
  const ByteView nonce = in.bytes(kNonceBytes);
  CHECK(in.ok());
  std::copy(salt.begin(), salt.end(), head.salt.begin());
  std::copy(nonce.begin(), nonce.end(), head.nonce.begin());
  if (head.mode > kBrowser) return newer();
  return head;
}

/// Of a clear file: its parameters, salt and nonce are zero.
Result<Bytes> clear_content(ByteView file) {
  const ByteView unused = file.subspan(kMagic.size() + 1, kHeadBytes - kMagic.size() - 1);
  for (const std::uint8_t b : unused) {
    if (b != 0) return damaged();
  }
  return to_bytes(file.subspan(kHeadBytes));
}

Result<Bytes> open_box(const Key& key, const Head& head, ByteView file) {
  return open_with_nonce(key, head.nonce, file.subspan(kHeadBytes), file.first(kHeadBytes));
}

void add_box(Bytes& file, const Key& key, const Head& head, ByteView content) {
  append(file, seal_with_nonce(key, head.nonce, content, Bytes(file)));
}

}  // namespace

Result<Bytes> encode_key_file(Random& random, std::string_view password, ByteView content) {
  KITH_TRY(check_size(content));
  Head head;
  if (password.empty()) {
    Bytes file = write_head(head, content);
    append(file, content);
    return file;
  }
  head = {.mode = kPassword, .passes = kPasswordPasses, .kib = kPasswordKib};
  random.fill(head.salt);
  random.fill(head.nonce);
  Key key = KITH_TRY(password_key(password, head.salt, head.passes, head.kib));
  Bytes file = write_head(head, content);
  add_box(file, key, head, content);
  wipe(key.data);
  return file;
}

Result<Bytes> encode_key_file(Random& random, const Key& browser_key, ByteView content) {
  KITH_TRY(check_size(content));
  Head head{.mode = kBrowser};
  random.fill(head.nonce);
  Bytes file = write_head(head, content);
  add_box(file, browser_key, head, content);
  return file;
}

Result<Bytes> decode_key_file(ByteView file, std::string_view password) {
  const Head head = KITH_TRY(read_head(file));
  if (head.mode == kClear) return clear_content(file);
  if (head.mode == kBrowser) {
    return Error(ErrorCode::kCannotOpen, "This key file belongs to a browser, which alone holds the key to it.",
                 "Link this device from that browser instead of copying its files.");
  }
  if (password.empty()) {
    return Error(ErrorCode::kBadPassword, "The key file is protected by a password, and none was given.",
                 "Give the password.");
  }
  Key key = KITH_TRY(password_key(password, head.salt, head.passes, head.kib));
  auto content = open_box(key, head, file);
  wipe(key.data);
  if (!content.ok()) {
    return Error(ErrorCode::kBadPassword, "The key file does not open with this password.",
                 "Try the password again; if it is surely right, the file was altered: restore a copy.");
  }
  return content;
}

Result<Bytes> decode_key_file(ByteView file, const Key& browser_key) {
  const Head head = KITH_TRY(read_head(file));
  // Written before this browser could keep a key: on a page over plain HTTP.
  if (head.mode == kClear) return clear_content(file);
  if (head.mode == kPassword) {
    return Error(ErrorCode::kBadPassword, "The key file is protected by a password, and none was given.",
                 "Give the password.");
  }
  auto content = open_box(browser_key, head, file);
  if (content.ok()) return content;
  return Error(ErrorCode::kCannotOpen, "This browser no longer holds the key to this device's keys.",
               "Begin again on this device from your twelve words, or link it from another of your devices.");
}

}  // namespace kith::crypto
