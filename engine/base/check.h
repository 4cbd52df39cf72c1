// SPDX-License-Identifier: Apache-2.0
// CHECK stops the process in every build when our own code is wrong; ASSUME does so in tests and fuzzing
// only. Neither is ever used on input from outside: that is what Result is for.
#pragma once

namespace kith {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

#define CHECK(condition) ((condition) ? static_cast<void>(0) : ::kith::check_failed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define ASSUME(condition) static_cast<void>(0)
#else
#define ASSUME(condition) CHECK(condition)
#endif
