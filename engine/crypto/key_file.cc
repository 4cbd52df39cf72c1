// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_file.h"

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

}  // namespace

Result<Bytes> encode_key_file(Random& random, std::string_view password, ByteView content) {
  if (content.size() > kKeyFileContentBytesMax) {
    return Error(ErrorCode::kTooLarge, "The key file would grow beyond its bound of 16 MiB.",
                 "Leave a space that is no longer needed.");
  }
  const bool clear = password.empty();
  std::array<std::uint8_t, kSaltBytes> salt{};
  std::array<std::uint8_t, kNonceBytes> nonce{};
  if (!clear) {
    random.fill(salt);
    random.fill(nonce);
  }
  Bytes file;
  file.reserve(kHeadBytes + content.size() + 16);
  ByteWriter out(file);
  out.bytes(as_bytes(kMagic));
  out.u8(clear ? kClear : kPassword);
  out.u32(clear ? 0 : kPasswordPasses);
  out.u32(clear ? 0 : kPasswordKib);
  out.bytes(salt);
  out.bytes(nonce);
  if (clear) {
    out.bytes(content);
    return file;
  }
  Key key = KITH_TRY(password_key(password, salt, kPasswordPasses, kPasswordKib));
  out.bytes(seal_with_nonce(key, nonce, content, Bytes(file)));
  wipe(key.data);
  return file;
}

Result<Bytes> decode_key_file(ByteView file, std::string_view password) {
  if (file.size() < kHeadBytes || !as_text(file).starts_with(kFamily)) return damaged();
  if (!as_text(file).starts_with(kMagic)) return newer();
  if (file.size() > kHeadBytes + kKeyFileContentBytesMax + 16) return damaged();
  ByteReader in(file.subspan(kMagic.size()));
  const std::uint8_t mode = in.u8();
  const std::uint32_t passes = in.u32();
  const std::uint32_t kib = in.u32();
  const ByteView salt = in.bytes(kSaltBytes);
  const ByteView nonce = in.bytes(kNonceBytes);
  CHECK(in.ok());
  if (mode == kBrowser) {
    return Error(ErrorCode::kCannotOpen, "This key file belongs to a browser, which alone holds the key to it.",
                 "Link this device from that browser instead of copying its files.");
  }
  if (mode > kBrowser) return newer();
  if (mode == kClear) {
    const ByteView unused = file.subspan(kMagic.size() + 1, kHeadBytes - kMagic.size() - 1);
    for (const std::uint8_t b : unused) {
      if (b != 0) return damaged();
    }
    return to_bytes(in.rest());
  }
  if (password.empty()) {
    return Error(ErrorCode::kBadPassword, "The key file is protected by a password, and none was given.",
                 "Give the password.");
  }
  Key key = KITH_TRY(password_key(password, salt, passes, kib));
  auto content = open_with_nonce(key, nonce, in.rest(), file.first(kHeadBytes));
  wipe(key.data);
  if (!content.ok()) {
    return Error(ErrorCode::kBadPassword, "The key file does not open with this password.",
                 "Try the password again; if it is surely right, the file was altered: restore a copy.");
  }
  return content;
}

}  // namespace kith::crypto
