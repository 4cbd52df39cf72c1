// SPDX-License-Identifier: Apache-2.0
#include "crypto/guarded.h"

#include <sodium.h>

#include "base/check.h"

namespace kith::crypto {

namespace {

// libsodium puts the end of an allocation at a page's end, so sizes that are multiples of this keep words aligned.
constexpr std::size_t kAlignment = 8;

}  // namespace

void* guarded_allocate(std::size_t size) {
  // libsodium draws its canaries at initialisation; a second call does nothing.
  CHECK(sodium_init() >= 0);
  void* memory = sodium_malloc((size + kAlignment - 1) / kAlignment * kAlignment);
  CHECK(memory != nullptr);
  return memory;
}

void guarded_free(void* memory) {
  sodium_free(memory);
}

}  // namespace kith::crypto
