// SPDX-License-Identifier: Apache-2.0
#include "codec/cbor.h"

#include <limits>
#include <string>

#include "base/check.h"
#include "codec/text_codes.h"

namespace kith::codec {

namespace {

constexpr std::uint8_t kUnsigned = 0;
constexpr std::uint8_t kNegative = 1;
constexpr std::uint8_t kByteString = 2;
constexpr std::uint8_t kTextString = 3;
constexpr std::uint8_t kArray = 4;
constexpr std::uint8_t kSimple = 7;

constexpr std::uint64_t kFalse = 20;
constexpr std::uint64_t kTrue = 21;
constexpr std::uint64_t kNil = 22;

// The low five bits of the first byte: below 24 the value itself, from 24 to 27 the size of what follows.
constexpr std::uint8_t kOneByteFollows = 24;
constexpr std::uint8_t kEightBytesFollow = 27;

constexpr std::uint64_t kIntegerMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

void CborWriter::head(std::uint8_t major, std::uint64_t v) {
  const auto first = static_cast<std::uint8_t>(major << 5);
  ByteWriter out(out_);
  if (v < kOneByteFollows) {
    out.u8(static_cast<std::uint8_t>(first | v));
  } else if (v <= 0xff) {
    out.u8(first | 24);
    out.u8(static_cast<std::uint8_t>(v));
  } else if (v <= 0xffff) {
    out.u8(first | 25);
    out.u16(static_cast<std::uint16_t>(v));
  } else if (v <= 0xffff'ffff) {
    out.u8(first | 26);
    out.u32(static_cast<std::uint32_t>(v));
  } else {
    out.u8(first | 27);
    out.u64(v);
  }
}

CborWriter& CborWriter::array(std::uint64_t count) {
  head(kArray, count);
  return *this;
}

CborWriter& CborWriter::uint(std::uint64_t v) {
  head(kUnsigned, v);
  return *this;
}

CborWriter& CborWriter::integer(std::int64_t v) {
  if (v >= 0) {
    head(kUnsigned, static_cast<std::uint64_t>(v));
  } else {
    head(kNegative, ~static_cast<std::uint64_t>(v));  // -1 - v
  }
  return *this;
}

CborWriter& CborWriter::bytes(ByteView v) {
  head(kByteString, v.size());
  append(out_, v);
  return *this;
}

CborWriter& CborWriter::text(std::string_view v) {
  ASSUME(is_utf8(v));
  head(kTextString, v.size());
  append(out_, as_bytes(v));
  return *this;
}

CborWriter& CborWriter::boolean(bool v) {
  head(kSimple, v ? kTrue : kFalse);
  return *this;
}

CborWriter& CborWriter::nil() {
  head(kSimple, kNil);
  return *this;
}

CborWriter& CborWriter::raw(ByteView item) {
  append(out_, item);
  return *this;
}

void CborReader::fail() {
  ok_ = false;
  in_ = {};
}

CborReader::Head CborReader::head() {
  if (in_.empty()) {
    fail();
    return {};
  }
  const std::uint8_t first = in_[0];
  const auto major = static_cast<std::uint8_t>(first >> 5);
  const auto low = static_cast<std::uint8_t>(first & 31);
  if (low < kOneByteFollows) {
    in_ = in_.subspan(1);
    return {major, low};
  }
  const std::size_t size = std::size_t{1} << (low - kOneByteFollows);
  if (low > kEightBytesFollow || in_.size() < 1 + size) {
    fail();
    return {};
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | in_[1 + i];
  // One byte starts at 24; each longer form starts where the one of half its size ends.
  const bool shortest = size == 1 ? value >= kOneByteFollows : value >> (4 * size) != 0;
  if (!shortest) {
    fail();
    return {};
  }
  in_ = in_.subspan(1 + size);
  return {major, value};
}

std::uint64_t CborReader::head_of(std::uint8_t major) {
  const Head h = head();
  if (h.major != major) fail();
  return ok_ ? h.value : 0;
}

ByteView CborReader::body(std::uint64_t length) {
  if (length > in_.size()) {
    fail();
    return {};
  }
  const ByteView v = in_.first(length);
  in_ = in_.subspan(length);
  return v;
}

void CborReader::item_done() {
  while (ok_ && depth_ > 0 && --open_[depth_ - 1] == 0) --depth_;
}

void CborReader::enter(std::uint64_t count) {
  // An item is at least one byte, so a count beyond what is left is a lie that costs nobody an allocation.
  if (count > kItemsMax || count > in_.size()) return fail();
  if (depth_ == kDepthMax) return fail();
  if (count == 0) return item_done();
  open_[depth_++] = count;
}

std::uint64_t CborReader::array() {
  const std::uint64_t count = head_of(kArray);
  if (ok_) enter(count);
  return ok_ ? count : 0;
}

void CborReader::array_of(std::uint64_t count) {
  if (array() != count) fail();
}

std::uint64_t CborReader::uint() {
  const std::uint64_t v = head_of(kUnsigned);
  item_done();
  return v;
}

std::int64_t CborReader::integer() {
  const Head h = head();
  if (h.major > kNegative || h.value > kIntegerMax) fail();
  item_done();
  if (!ok_) return 0;
  return static_cast<std::int64_t>(h.major == kNegative ? ~h.value : h.value);
}

ByteView CborReader::bytes() {
  const ByteView v = body(head_of(kByteString));
  item_done();
  return v;
}

ByteView CborReader::bytes_of(std::size_t length) {
  const ByteView v = bytes();
  if (v.size() != length) {
    fail();
    return {};
  }
  return v;
}

std::string_view CborReader::text() {
  const std::string_view v = as_text(body(head_of(kTextString)));
  item_done();
  if (!is_utf8(v)) {
    fail();
    return {};
  }
  return v;
}

bool CborReader::boolean() {
  const std::uint64_t v = head_of(kSimple);
  if (v != kFalse && v != kTrue) fail();
  item_done();
  return ok_ && v == kTrue;
}

bool CborReader::take_nil() {
  if (in_.empty() || in_[0] != (kSimple << 5 | kNil)) return false;
  in_ = in_.subspan(1);
  item_done();
  return true;
}

void CborReader::skip_item() {
  if (in_.empty()) return fail();
  switch (in_[0] >> 5) {
    case kUnsigned: uint(); return;
    case kNegative: integer(); return;
    case kByteString: bytes(); return;
    case kTextString: text(); return;
    case kArray: array(); return;
    case kSimple:
      if (!take_nil()) boolean();
      return;
  }
  fail();
}

ByteView CborReader::raw_item() {
  const ByteView before = in_;
  const int depth = depth_;
  do skip_item();
  while (ok_ && depth_ > depth);
  return ok_ ? before.first(before.size() - in_.size()) : ByteView{};
}

bool CborReader::ok() const {
  return ok_;
}

Result<void> CborReader::finish(std::string_view what) const {
  if (ok_ && in_.empty() && depth_ == 0) return {};
  return Error(ErrorCode::kMalformed, "The " + std::string(what) + " is malformed.",
               "It was damaged on its way or made by a faulty program; fetch it again, from somebody else if you can.");
}

}  // namespace kith::codec
