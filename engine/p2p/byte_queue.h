// SPDX-License-Identifier: Apache-2.0
// Bytes waiting in order: put in at the back, taken from the front. Gives its memory back when it is empty, for there
// may be hundreds of them.
#pragma once

#include <algorithm>

#include "kith/bytes.h"

namespace kith::p2p {

class ByteQueue {
 public:
  bool empty() const { return at_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - at_; }
  ByteView view() const { return ByteView(bytes_).subspan(at_); }
  /// `size_max`: what it will never hold more of; its memory stays below that.
  void push(ByteView more, std::size_t size_max) {
    std::size_t need = bytes_.size() + more.size();
    if (need > bytes_.capacity() && at_ > 0 && (at_ >= bytes_.size() / 2 || need > size_max)) {
      compact();
      need = bytes_.size() + more.size();
    }
    if (need > bytes_.capacity()) bytes_.reserve(std::max(need, std::min(size_max, 2 * bytes_.capacity())));
    append(bytes_, more);
  }
  void pop(std::size_t n) {
    at_ += n;
    if (empty()) clear();
    // One that never runs empty must not keep all that ever went through it.
    if (at_ >= kCompactBytes && at_ >= size()) compact();
  }
  void clear() {
    at_ = 0;
    bytes_.clear();
    if (bytes_.capacity() > kKeptBytes) Bytes().swap(bytes_);
  }
  /// The bytes themselves, for encoders that append.
  Bytes& back() { return bytes_; }
  std::size_t capacity() const { return bytes_.capacity(); }

 private:
  static constexpr std::size_t kKeptBytes = 256;
  static constexpr std::size_t kCompactBytes = 64 << 10;
  void compact() {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  Bytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace kith::p2p
