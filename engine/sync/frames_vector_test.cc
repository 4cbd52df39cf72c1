// SPDX-License-Identifier: Apache-2.0
// Single frames of tests/vectors/sync/frames.txt: `good` ones are read and written back to the same bytes, `bad` ones
// are refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/testing/file.h"
#include "sync/frames.h"

namespace kith::sync {
namespace {

/// The body, written anew; nothing if it is not of its type's form.
std::optional<Bytes> rewritten(const Frame& frame) {
  Bytes out;
  const auto write = [&](const auto& decoded) {
    if (decoded) encode(*decoded, out);
    return decoded.has_value();
  };
  bool is_read = false;
  switch (frame.type) {
    case FrameType::kHello: is_read = write(decode_hello(frame.body)); break;
    case FrameType::kProof: is_read = write(decode_proof(frame.body)); break;
    case FrameType::kState: is_read = write(decode_state(frame.body)); break;
    case FrameType::kHeads: is_read = write(decode_heads(frame.body)); break;
    case FrameType::kAuthorityDone: is_read = write(decode_authority_done(frame.body)); break;
    case FrameType::kCredit: is_read = write(decode_credit(frame.body)); break;
    case FrameType::kWanted:
    case FrameType::kAnswer: {
      const auto values = decode_values(frame.body);
      if (values) encode_values(frame.type, *values, out);
      is_read = values.has_value();
      break;
    }
    case FrameType::kSince:
    case FrameType::kBackfillDone: {
      const auto place = decode_place(frame.body);
      if (place) encode(frame.type, *place, out);
      is_read = place.has_value();
      break;
    }
    case FrameType::kAuthority:
    case FrameType::kLive:
    case FrameType::kWindow: {
      const auto records = decode_records(frame.type, frame.body);
      if (records) encode_records(frame.type, *records, out);
      is_read = records.has_value();
      break;
    }
    case FrameType::kFrontier: {
      const auto frontier = decode_frontier(frame.body);
      if (frontier) encode_frontier(frontier->slot, frontier->partial, frontier->items, out);
      is_read = frontier.has_value();
      break;
    }
    case FrameType::kOffer: {
      const auto offer = decode_offer(frame.body);
      if (offer) encode_offer(offer->slot, offer->devices, out);
      is_read = offer.has_value();
      break;
    }
    case FrameType::kPiece: {
      const auto piece = decode_piece(frame.body);
      if (piece) encode_piece(*piece, out);
      is_read = piece.has_value();
      break;
    }
    case FrameType::kRefuse:
    case FrameType::kPing:
    case FrameType::kPong:
    case FrameType::kClose: return std::nullopt;  // bare bytes, judged where they are received
  }
  return is_read ? std::optional(out) : std::nullopt;
}

struct Line {
  std::string verdict, name, hex;
};

std::vector<Line> lines_of(const std::string& file) {
  std::vector<Line> out;
  for (const std::string& text : kith::testing::lines_of_file(std::string(KITH_VECTORS_DIR) + "/sync/" + file)) {
    std::istringstream words(text);
    Line line;
    words >> line.verdict >> line.name >> line.hex;
    out.push_back(line);
  }
  return out;
}

TEST(FramesVector, good_frames_are_read_and_written_back_and_bad_ones_refused) {
  std::size_t good = 0, bad = 0;
  for (const Line& line : lines_of("frames.txt")) {
    const auto bytes = from_hex(line.hex);
    ASSERT_TRUE(bytes) << line.name;
    FrameReader reader(kFrameBytesMax);
    reader.feed(*bytes);
    Frame frame{};
    const auto status = reader.next(frame);
    const auto again = status == FrameReader::Status::kFrame ? rewritten(frame) : std::nullopt;
    if (line.verdict == "good") {
      ++good;
      std::string type(frame_name(frame.type));
      std::replace(type.begin(), type.end(), ' ', '_');
      EXPECT_EQ(type, line.name.substr(0, line.name.find('/')));
      EXPECT_EQ(again, bytes) << line.name;
    } else {
      ++bad;
      EXPECT_EQ(line.verdict, "bad");
      EXPECT_FALSE(again) << line.name;
      EXPECT_NE(status, FrameReader::Status::kMore) << line.name << ": refused only when more has come";
    }
  }
  EXPECT_EQ(good, 18u);
  EXPECT_EQ(bad, 19u);
}

}  // namespace
}  // namespace kith::sync
