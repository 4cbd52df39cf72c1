// SPDX-License-Identifier: Apache-2.0
// Bytes: owned buffers, views, hexadecimal, and the two cursors with which every fixed layout of
// docs/formats is read and written. All integers are big-endian (formats 0).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kith {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view) {
  return Bytes(view.begin(), view.end());
}
inline void append(Bytes& out, ByteView more) {
  out.insert(out.end(), more.begin(), more.end());
}
inline bool equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string to_hex(ByteView bytes);
/// Lower or upper case, an even number of digits; nothing else.
std::optional<Bytes> from_hex(std::string_view hex);

/// Appends big-endian integers and bytes to a buffer that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}
  void u8(std::uint8_t v) { out_.push_back(v); }
  void u16(std::uint16_t v) { put(v, 2); }
  void u32(std::uint32_t v) { put(v, 4); }
  void u64(std::uint64_t v) { put(v, 8); }
  /// Unsigned LEB128, shortest form.
  void varint(std::uint64_t v) {
    while (v >= 0x80) {
      out_.push_back(static_cast<std::uint8_t>(v | 0x80));
      v >>= 7;
    }
    out_.push_back(static_cast<std::uint8_t>(v));
  }
  void bytes(ByteView v) { append(out_, v); }

 private:
  void put(std::uint64_t v, int n) {
    for (int i = n - 1; i >= 0; --i) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  }
  Bytes& out_;
};

/// Reads big-endian integers and bytes from a view. A read beyond the end, or a varint that is not in
/// its shortest form, makes the reader fail for good; values read after that are zero or empty. Check
/// `ok()` (and `at_end()`) once, after the reads.
class ByteReader {
 public:
  explicit ByteReader(ByteView in) : in_(in) {}
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && in_.empty(); }
  std::size_t left() const { return in_.size(); }
  ByteView rest() const { return in_; }
  std::uint8_t u8() { return static_cast<std::uint8_t>(get(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(get(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(get(4)); }
  std::uint64_t u64() { return get(8); }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) break;
      const std::uint8_t b = in_[0];
      in_ = in_.subspan(1);
      if (shift == 63 && b > 1) break;
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) {
        if (b == 0 && shift > 0) break;  // not the shortest form
        return v;
      }
    }
    fail();
    return 0;
  }
  ByteView bytes(std::size_t n) {
    if (n > in_.size()) {
      fail();
      return {};
    }
    const ByteView v = in_.first(n);
    in_ = in_.subspan(n);
    return v;
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    const ByteView v = bytes(N);
    if (ok_) std::memcpy(out.data(), v.data(), N);
    return out;
  }
  void fail() {
    ok_ = false;
    in_ = {};
  }

 private:
  std::uint64_t get(std::size_t n) {
    if (n > in_.size()) {
      fail();
      return 0;
    }
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < n; ++i) v = v << 8 | in_[i];
    in_ = in_.subspan(n);
    return v;
  }
  ByteView in_;
  bool ok_ = true;
};

}  // namespace kith
