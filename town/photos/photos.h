// SPDX-License-Identifier: Apache-2.0
// Photos as rows: the author's device has scaled them and freed them of location data; here they are bounded, cut into
// chunks and put together again. What is not here yet says how large it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kith/database.h"

namespace kith::town::photos {

inline constexpr std::size_t kPhotoBytesMax = 512 * 1024;
inline constexpr std::size_t kChunkBytes = 64 * 1024;
inline constexpr std::int64_t kSideMax = 4'096;  // pixels
inline constexpr std::size_t kAltBytesMax = 400;
inline constexpr std::size_t kPhotosMax = 8;  // of one post or listing

inline constexpr std::string_view kPhotoAdded = "photo added";

struct Photo {
  std::string id;
  std::string format;  // "image/jpeg" or "image/webp"
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t bytes = 0;
  bool is_here = false;  // all chunks are
  std::optional<std::string> alt;
};

struct NewPhoto {
  std::string id;  // a fresh UUIDv7 of the caller's; empty: one is made
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::string alt;  // may be empty
  ByteView bytes;
};

/// In text form: digits, letters to f, and four hyphens.
inline constexpr std::size_t kUuidChars = 36;
bool is_uuid(std::string_view id);

/// The photo and its chunks. kUsage: no JPEG or WebP, sides that cannot be, or a JPEG that still says where it was
/// taken (Exif); kTooLarge; kExists: the id is taken.
Result<Photo> add(Database& database, const NewPhoto& photo, std::uint64_t rest_ms);

/// Inside a command's transaction: hangs one's own photos on a target, in this order. kNotFound, kTooLarge (too many).
Result<void> check_own(Database& database, const std::vector<std::string>& photos);
Result<void> attach(Database& database, Writer& writer, const std::string& target,
                    const std::vector<std::string>& photos);

/// What the target's author has hung on it.
Result<std::vector<Photo>> photos_of(Database& database, const std::string& target, const PersonId& author);
/// kNotFound: no such photo here.
Result<Photo> photo(Database& database, std::string_view id);
/// The whole picture. kNotFound also while chunks are missing: the cause says how many.
Result<Bytes> bytes_of(Database& database, std::string_view id);

}  // namespace kith::town::photos
