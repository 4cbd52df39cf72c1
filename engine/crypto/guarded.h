// SPDX-License-Identifier: Apache-2.0
// Memory for long-lived secrets (formats 12): locked against swapping where the system allows it, between guard pages,
// wiped when freed. Each takes some pages, so it is for the few keys that stay, not for the many that pass.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace kith::crypto {

/// libsodium's allocation; ends the process (CHECK) when there is no memory at all.
void* guarded_allocate(std::size_t size);
void guarded_free(void* memory);

/// A value in guarded memory. Move-only; empty after it was moved from.
template <typename T>
class Guarded {
  static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 8);

 public:
  Guarded() : value_(new(guarded_allocate(sizeof(T))) T{}) {}
  Guarded(Guarded&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Guarded& operator=(Guarded&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { guarded_free(value_); }
  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }

 private:
  T* value_;
};

}  // namespace kith::crypto
