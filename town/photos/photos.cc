// SPDX-License-Identifier: Apache-2.0
#include "town/photos/photos.h"

#include <algorithm>

#include "town/row.h"
#include "town/text.h"

namespace kith::town::photos {
namespace {

constexpr std::string_view kSelect =
    "SELECT p.id, p.format, p.width, p.height, p.bytes, p.chunks, p.alt, p.kith_writer FROM kith_photos p";

bool begins_with(ByteView bytes, std::string_view with, std::size_t at = 0) {
  return bytes.size() >= at + with.size() &&
         std::equal(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// By the first bytes (ITU T.81 B.1.1.3: SOI and the next marker; RFC 9649 2.4).
std::string_view format_of(ByteView bytes) {
  if (begins_with(bytes, "\xff\xd8\xff")) return "image/jpeg";
  if (begins_with(bytes, "RIFF") && begins_with(bytes, "WEBP", 8)) return "image/webp";
  return {};
}

/// Exif lies in an APP1 segment before the picture's data (JPEG), or in a chunk of that name (WebP).
bool has_exif(ByteView bytes) {
  constexpr std::size_t kLookedAt = 64 * 1024;
  const ByteView head = bytes.first(std::min(bytes.size(), kLookedAt));
  constexpr std::string_view kJpegExif("Exif\0\0", 6);
  for (const std::string_view mark :
       {kJpegExif, std::string_view("EXIF"), std::string_view("http://ns.adobe.com/xap/")}) {
    if (std::search(head.begin(), head.end(), mark.begin(), mark.end(),
                    [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }) != head.end())
      return true;
  }
  return false;
}

std::int64_t chunks_for(std::size_t bytes) {
  return static_cast<std::int64_t>((bytes + kChunkBytes - 1) / kChunkBytes);
}

Result<Photo> checked(const NewPhoto& photo) {
  Photo out;
  out.format = std::string(format_of(photo.bytes));
  if (out.format.empty()) return Error(ErrorCode::kUsage, "This is no JPEG or WebP picture.", "Choose another file.");
  if (photo.bytes.size() > kPhotoBytesMax) {
    return Error(ErrorCode::kTooLarge,
                 "A photo can have " + std::to_string(kPhotoBytesMax / 1024) + " KiB; this has " +
                     std::to_string(photo.bytes.size() / 1024) + ".",
                 "Scale it down first.");
  }
  if (photo.width < 1 || photo.width > kSideMax || photo.height < 1 || photo.height > kSideMax) {
    return Error(ErrorCode::kUsage, "A photo's sides are 1 to " + std::to_string(kSideMax) + " pixels.",
                 "Scale it down first.");
  }
  if (has_exif(photo.bytes)) {
    return Error(ErrorCode::kUsage, "This picture may still say where it was taken.",
                 "Save it without its data of camera and place (Exif) and try again.");
  }
  out.width = photo.width;
  out.height = photo.height;
  out.bytes = static_cast<std::int64_t>(photo.bytes.size());
  const std::string alt = KITH_TRY(clean_optional({"A description", kAltBytesMax, false}, photo.alt));
  if (!alt.empty()) out.alt = alt;
  out.is_here = true;
  return out;
}

/// Numbers of the chunks that are here and were written by whoever added the photo. Of two with one number the first
/// counts.
constexpr std::string_view kChunksHere =
    "SELECT count(DISTINCT c.number) FROM kith_photo_chunks c WHERE c.photo = ? AND c.kith_writer = ? AND c.number >= "
    "0 "
    "AND c.number < ?";

Result<Photo> to_photo(Database& database, const Row& row) {
  Photo out;
  out.id = text(row[0]);
  out.format = text(row[1]) == "image/webp" ? "image/webp" : "image/jpeg";
  out.width = std::clamp<std::int64_t>(integer(row[2]), 1, kSideMax);
  out.height = std::clamp<std::int64_t>(integer(row[3]), 1, kSideMax);
  out.bytes = std::clamp<std::int64_t>(integer(row[4]), 0, kPhotoBytesMax);
  if (const auto alt = optional_text(row[6])) out.alt = shown_line(*alt, kAltBytesMax);
  const std::int64_t chunks = integer(row[5]);
  const Rows here = KITH_TRY(database.query(kChunksHere, {out.id, row[7], chunks}));
  out.is_here = chunks > 0 && integer(here.rows[0][0]) == chunks;
  return out;
}

Result<Row> find(Database& database, std::string_view id) {
  Rows found = KITH_TRY(database.query(std::string(kSelect) + " WHERE p.id = ?", {std::string(id)}));
  if (!found.rows.empty()) return std::move(found.rows[0]);
  return Error(ErrorCode::kNotFound, "There is no such photo here.",
               "It may have been withdrawn, or not have arrived yet.");
}

Result<std::string> fresh_id(Database& database, const std::string& wanted) {
  if (wanted.empty()) return database.new_id();
  if (!is_uuid(wanted)) return Error(ErrorCode::kUsage, "The photo's id is no UUID.", "Leave it out.");
  if (KITH_TRY(database.query("SELECT 1 FROM photos WHERE id = ?", {wanted})).rows.empty()) return wanted;
  return Error(ErrorCode::kExists, "There is a photo with this id already.", "Leave the id out.");
}

}  // namespace

bool is_uuid(std::string_view id) {
  if (id.size() != kUuidChars) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_digit = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
    if (is_hyphen ? id[i] != '-' : !is_digit) return false;
  }
  return true;
}

Result<Photo> add(Database& database, const NewPhoto& photo, std::uint64_t rest_ms) {
  Photo out = KITH_TRY(checked(photo));
  out.id = KITH_TRY(fresh_id(database, photo.id));
  const std::int64_t chunks = chunks_for(photo.bytes.size());
  KITH_TRY(database.write(kPhotoAdded, {.rest_ms = rest_ms}, [&](Writer& writer) -> Result<void> {
    KITH_TRY(
        writer.exec("INSERT INTO photos(id, format, width, height, bytes, chunks, alt) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    {out.id, out.format, out.width, out.height, out.bytes, chunks, or_null(out.alt)}));
    for (std::int64_t i = 0; i < chunks; ++i) {
      const std::size_t at = static_cast<std::size_t>(i) * kChunkBytes;
      const ByteView part = photo.bytes.subspan(at, std::min(kChunkBytes, photo.bytes.size() - at));
      KITH_TRY(writer.exec("INSERT INTO photo_chunks(id, photo, number, data) VALUES (?, ?, ?, ?)",
                           {database.new_id(), out.id, i, to_bytes(part)}));
    }
    return {};
  }));
  return out;
}

Result<void> check_own(Database& database, const std::vector<std::string>& photos) {
  if (photos.size() > kPhotosMax)
    return Error(ErrorCode::kTooLarge, "There can be " + std::to_string(kPhotosMax) + " photos.", "Leave some out.");
  for (const std::string& id : photos) {
    const Row row = KITH_TRY(find(database, id));
    if (id_of<PersonId>(row[7]) != database.person())
      return Error(ErrorCode::kRefused, "This photo was added by somebody else.", "Add it yourself.");
  }
  return {};
}

Result<void> attach(Database& database, Writer& writer, const std::string& target,
                    const std::vector<std::string>& photos) {
  for (std::size_t i = 0; i < photos.size(); ++i) {
    KITH_TRY(writer.exec("INSERT INTO attachments(id, target, photo, place) VALUES (?, ?, ?, ?)",
                         {database.new_id(), target, photos[i], static_cast<std::int64_t>(i)}));
  }
  return {};
}

Result<std::vector<Photo>> photos_of(Database& database, const std::string& target, const PersonId& author) {
  const Rows found = KITH_TRY(database.query(
      "SELECT photo FROM kith_attachments WHERE target = ? AND kith_writer = ? ORDER BY place, id LIMIT ?",
      {target, blob(author), static_cast<std::int64_t>(kPhotosMax)}));
  std::vector<Photo> out;
  for (const Row& row : found.rows) {
    const Rows one = KITH_TRY(database.query(std::string(kSelect) + " WHERE p.id = ?", {row[0]}));
    if (!one.rows.empty()) out.push_back(KITH_TRY(to_photo(database, one.rows[0])));
  }
  return out;
}

Result<Photo> photo(Database& database, std::string_view id) {
  return to_photo(database, KITH_TRY(find(database, id)));
}

Result<Bytes> bytes_of(Database& database, std::string_view id) {
  const Row row = KITH_TRY(find(database, id));
  const std::int64_t chunks = std::min(integer(row[5]), chunks_for(kPhotoBytesMax));
  const Rows found = KITH_TRY(database.query(
      "SELECT number, data FROM kith_photo_chunks WHERE photo = ? AND kith_writer = ? AND number >= 0 AND number < ? "
      "ORDER BY number, id",
      {row[0], row[7], chunks}));
  Bytes out;
  std::int64_t next = 0;
  for (const Row& chunk : found.rows) {
    const auto* data = std::get_if<Bytes>(&chunk[1]);
    if (integer(chunk[0]) != next || data == nullptr || data->size() > kChunkBytes) continue;
    out.insert(out.end(), data->begin(), data->end());
    ++next;
  }
  // Others' rows were checked by nobody: it is shown as a picture or not at all.
  const bool is_whole = next == chunks && !format_of(out).empty();
  if (is_whole) return out;
  return Error(ErrorCode::kNotFound,
               "Of this photo " + std::to_string(next) + " of " + std::to_string(chunks) + " parts are here.",
               "The rest comes when a neighbour who has it is in touch.");
}

}  // namespace kith::town::photos
